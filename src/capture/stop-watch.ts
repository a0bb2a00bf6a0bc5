// Which processes are stopped by a signal (state T of proc_pid_stat(5)), and which watched process has the other end of a pipe or socket of theirs: the
// signal may be older than the recording, and counters hold no signals. What a stopped process has open stays as it is, so its descriptors are
// read once; a watched one's are looked at only while somebody with such ends is stopped. Of two sockets of the UNIX domain only the server's has a name
// (/proc/PID/net/unix), so that whose client it serves is not known. A named FIFO is not told from a file, and passed over.

import { entry } from '../base/maps.js';
import { NO_SOCKETS, type Sockets } from '../base/procfs/net-sockets.js';
import { SOURCE, type SharedEnd, type Stopped } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { doesFor, endsOf, socketsSeenIn, type Doing } from './ends.js';

/** Processes that are told at a time. */
const MOST_STOPPED = 32;
/** A watched process's ends are read in one look of so many while somebody is stopped: the tables of a machine with many connections are long. */
const WATCHED_EVERY = 5;

/** Pipes and sockets that a process has open, by inode number. */
interface Ends {
  /** Whether it reads or writes there; both at a descriptor that can do both. */
  readonly pipes: ReadonlyMap<number, ReadonlySet<Doing>>;
  readonly sockets: ReadonlySet<number>;
  readonly tables: Sockets;
}

const NEITHER: ReadonlySet<Doing> = new Set();

export class StopWatch {
  private readonly sink: Sink;
  private readonly root: string;
  private readonly stopped = new Map<number, Ends>();
  private readonly told = new Map<number, string>();
  private watched: readonly { readonly pid: number; readonly ends: Ends }[] = [];
  private looks = 0;

  constructor(sink: Sink, root = '') {
    this.sink = sink;
    this.root = root;
  }

  /**
   * `stopped`: the names of those that are stopped now, by process; `beyond`: whom watched ones wait for, as far as that is known, whose ends are
   * compared as theirs are. To be called once a second.
   */
  look(
    stopped: ReadonlyMap<number, string>,
    victims: readonly number[],
    nowNs: bigint,
    beyond: readonly number[] = [],
  ): void {
    for (const pid of this.told.keys()) {
      if (stopped.has(pid)) continue;
      this.stopped.delete(pid);
      this.told.delete(pid);
      this.say({ pid, comm: '', stopped: false, shared: [] }, nowNs);
    }
    const others = [...stopped].filter(([pid]) => !victims.includes(pid)).slice(0, MOST_STOPPED);
    if (others.length === 0) return;
    const watched = [...new Set([...victims, ...beyond])];
    const isNew =
      others.some(([pid]) => !this.stopped.has(pid)) ||
      beyond.some((pid) => !this.watched.some((one) => one.pid === pid));
    for (const [pid] of others) if (!this.stopped.has(pid)) this.stopped.set(pid, this.endsOf(pid, true));
    this.looks += 1;
    if (isNew || this.looks % WATCHED_EVERY === 0) {
      const talks = [...this.stopped.values()].some(({ sockets }) => sockets.size > 0);
      this.watched = watched.map((pid) => ({ pid, ends: this.endsOf(pid, talks) }));
    }
    for (const [pid, comm] of others) {
      const own = this.stopped.get(pid);
      if (!own) continue;
      const shared = this.watched.flatMap(({ pid: victim, ends }) =>
        victim === pid ? [] : sharedEnds(own, ends).map((end) => ({ victim, ...end })),
      );
      const text = JSON.stringify(shared);
      if (this.told.get(pid) === text) continue;
      this.told.set(pid, text);
      this.say({ pid, comm, stopped: true, shared }, nowNs);
    }
  }

  private say(stopped: Stopped, nowNs: bigint): void {
    this.sink.reading(SOURCE.stopped, JSON.stringify(stopped), nowNs);
  }

  private endsOf(pid: number, withTables: boolean): Ends {
    const pipes = new Map<number, Set<Doing>>();
    const sockets = new Set<number>();
    for (const { kind, inode, does } of endsOf(this.root, pid)) {
      if (kind === 'socket') sockets.add(inode);
      else for (const one of does) entry(pipes, inode, () => new Set<Doing>()).add(one);
    }
    const isAsked = withTables && sockets.size > 0;
    return { pipes, sockets, tables: isAsked ? socketsSeenIn(`${this.root}/proc/${pid}`, true) : NO_SOCKETS };
  }
}

/** What a stopped process does at ends whose other end a watched one has. */
function sharedEnds(stopped: Ends, watched: Ends): Omit<SharedEnd, 'victim'>[] {
  const found = new Set<SharedEnd['does']>();
  for (const [inode, does] of watched.pipes) {
    for (const one of doesFor(does, stopped.pipes.get(inode) ?? NEITHER)) found.add(one);
  }
  for (const inode of watched.sockets) {
    const peer = watched.tables.peerOf.get(inode);
    if (peer !== undefined && stopped.sockets.has(peer)) found.add('talks');
  }
  const serves = [...stopped.sockets].some((inode) => stopped.tables.unix.get(inode) === 'named');
  const asks = [...watched.sockets].some((inode) => watched.tables.unix.get(inode) === 'unnamed');
  if (serves && asks) found.add('may-serve');
  return [...found].map((does) => ({ does }));
}
