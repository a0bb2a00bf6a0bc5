// Whom a watched process waits for at a pipe or TCP connection, and whom that one waits for, hop by hop: in `a | b | c` a stands still because c does.
// The next hop is whoever has the other end of what a thread sleeps at, which its system call names (/proc/PID/task/TID/syscall) or, where that is
// refused, the function that it sleeps in. Nothing is judged here: each hop is told with its state and its CPU times, whenever they change. Who polls
// names no descriptor, and a socket of the UNIX domain no peer: there a chain ends.

import os from 'node:os';
import { FOR_READER, FOR_WRITER } from '../base/pipe-waits.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { parseSchedstat } from '../base/procfs/schedstat.js';
import { parseSyscall } from '../base/procfs/syscall.js';
import { SOURCE, type Hop, type WaitChain } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { endAt, EndsOfAll, endsOf, type End } from './ends.js';
import { listFolder, readWhole } from './files.js';

/** Hops of a chain, threads that are looked at of one process, and watched processes that are followed. */
const MOST_HOPS = 8;
const MOST_THREADS = 16;
const MOST_FOLLOWED = 16;

/** Waits for a child (kernel/exit.c): a shell has open what its command has. */
const FOR_CHILD = /^(do_wait|kernel_wait4)$/;
/** Calls whose descriptor is asked for something else than bytes. */
const NO_TRANSFER = new Set(['epoll_wait', 'epoll_pwait', 'accept', 'accept4', 'connect', 'fcntl', 'flock']);

/** A process as one look found it: what of its threads says most, and what that one sleeps at. */
interface Look extends Omit<Hop, 'pid' | 'does'> {
  readonly at: End | undefined;
}

export class WaitChains {
  private readonly sink: Sink;
  private readonly root: string;
  private readonly ends: EndsOfAll;
  private readonly told = new Map<number, string>();

  constructor(sink: Sink, root = '') {
    this.sink = sink;
    this.root = root;
    this.ends = new EndsOfAll(root);
  }

  /** Follows the waits of the watched ones; to be called once a second. Returns those at the ends of chains, where another look may see more. */
  look(victims: readonly number[], nowNs: bigint): number[] {
    const waiting = victims.slice(0, MOST_FOLLOWED).flatMap((pid): { readonly pid: number; readonly at: End }[] => {
      const at = this.lookAt(pid)?.at;
      return at ? [{ pid, at }] : [];
    });
    const [first] = waiting;
    if (first) this.ends.step(first.pid);
    else this.ends.forget();
    for (const pid of this.told.keys())
      if (!waiting.some((one) => one.pid === pid)) this.tell({ pid, hops: [], end: 'there' }, nowNs);
    return waiting.flatMap(({ pid, at }) => {
      const chain = this.follow(pid, at);
      this.tell(chain, nowNs);
      const last = chain.hops.at(-1);
      return last && !victims.includes(last.pid) ? [last.pid] : [];
    });
  }

  private tell(chain: WaitChain, nowNs: bigint): void {
    const text = JSON.stringify(chain);
    const before = this.told.get(chain.pid);
    if (chain.hops.length === 0) {
      this.told.delete(chain.pid);
      if (before === undefined) return;
    } else this.told.set(chain.pid, text);
    if (text !== before) this.sink.reading(SOURCE.chain, text, nowNs);
  }

  private follow(pid: number, from: End): WaitChain {
    const hops: Hop[] = [];
    let [last, at]: [number, End | undefined] = [pid, from];
    while (at) {
      const others = this.others(last, at);
      const [other] = others;
      if (other === undefined) return { pid, hops, end: 'unseen' };
      if (others.length > 1) return { pid, hops, end: 'several' };
      if (other === pid || hops.some((hop) => hop.pid === other)) return { pid, hops, end: 'circle' };
      if (hops.length === MOST_HOPS) return { pid, hops, end: 'far' };
      const look = this.lookAt(other);
      if (!look) return { pid, hops, end: 'unseen' };
      const { at: next, ...seen } = look;
      hops.push({ pid: other, does: doesAt(at), ...seen });
      [last, at] = [other, next];
    }
    return { pid, hops, end: 'there' };
  }

  /** Whoever may end a wait; those that only have the end open while a child of theirs works are passed over, unless there are no others. */
  private others(pid: number, at: End): number[] {
    const all = this.ends.beyond(pid, at);
    const working = all.length > 1 ? all.filter((one) => !FOR_CHILD.test(this.wchanOf(`/proc/${one}`))) : all;
    return working.length > 0 ? working : all;
  }

  private read(path: string): string {
    return readWhole(this.root + path) ?? '';
  }

  private wchanOf(folder: string): string {
    const text = this.read(`${folder}/wchan`).trim();
    return text === '0' ? '' : text;
  }

  /** Of its threads the one that works, or else is stuck, or else waits at a pipe or socket; of a process that is stopped the first. */
  private lookAt(pid: number): Look | undefined {
    const stat = parsePidStat(this.read(`/proc/${pid}/stat`));
    if (!stat) return undefined;
    const { comm, threads } = stat;
    const lookAt = (thread: number, state: string): Look => {
      const folder = `/proc/${pid}/task/${thread}`;
      const times = parseSchedstat(this.read(`${folder}/schedstat`)) ?? { runNs: 0, waitNs: 0, slices: 0 };
      const wchan = state === 'R' ? '' : this.wchanOf(folder);
      return { comm, state, threads, wchan, ...times, at: state === 'S' ? this.endOf(pid, thread, wchan) : undefined };
    };
    if (/[TtZX]/.test(stat.state)) return lookAt(pid, stat.state);
    const others = threads > 1 ? listFolder(`${this.root}/proc/${pid}/task`).slice(0, MOST_THREADS).map(Number) : [];
    const looks = [...new Set([pid, ...others])].flatMap((thread) => {
      const state = thread === pid ? stat.state : parsePidStat(this.read(`/proc/${pid}/task/${thread}/stat`))?.state;
      return state === undefined ? [] : [lookAt(thread, state)];
    });
    const [first] = looks;
    const works = looks.find(({ state }) => state === 'R') ?? looks.find(({ state }) => state === 'D');
    return works ?? looks.find(({ at }) => at) ?? first;
  }

  /** The pipe or socket that a thread sleeps at to read or write. */
  private endOf(pid: number, thread: number, wchan: string): End | undefined {
    const text = this.read(`/proc/${pid}/task/${thread}/syscall`);
    const call = parseSyscall(text, os.machine());
    if (typeof call === 'object') {
      const { name, descriptor } = call;
      return descriptor === undefined || NO_TRANSFER.has(name) ? undefined : endAt(this.root, pid, descriptor);
    }
    // Where the call is not shown, there must be one pipe alone of that direction.
    const wanted = FOR_READER.test(wchan) ? 'writes' : FOR_WRITER.test(wchan) ? 'reads' : undefined;
    if (text !== '' || wanted === undefined) return undefined;
    const pipes = endsOf(this.root, pid).filter(({ kind, does }) => kind === 'pipe' && does.has(wanted));
    return new Set(pipes.map(({ inode }) => inode)).size === 1 ? pipes[0] : undefined;
  }
}

/** What whoever is beyond an end does there. */
function doesAt({ kind, does }: End): Hop['does'] {
  if (kind === 'socket') return 'talks';
  return does.has('writes') ? 'reads' : 'writes';
}
