// What processes wait for now, by looks at where their threads sleep: each look at a thread tells one state of the closed table, and the share of a
// state is that of the rounds of looks of late in which any of its threads was in it. A handful of looks tells shares coarsely, so nothing finer
// than that is shown.

import { stateOfWchan } from '../../analysis/victim/state-of-stack.js';
import { listFolder, type OpenFiles, readText } from '../../capture/files.js';
import { AT_EASE, type State } from '../../model/states.js';
import type { TopWait } from '../../model/top.js';

/** Rounds older than this are forgotten, ms. */
const LATELY_MS = 10_000;
/** Threads of a process that are looked at in a round, by turns where it has more. */
const MOST_THREADS = 8;

/** A thread that sleeps so waits for storage, or for memory that storage has to give back. */
const FOR_IO: ReadonlySet<State> = new Set([
  'dirty-throttle',
  'block-held',
  'block-queue',
  'block-device',
  'block-finish',
  'journal',
  'fs-lock',
  'fs-frozen',
  'reclaim',
  'swap',
  'server',
]);
interface Look {
  readonly state: State;
  readonly wchan: string;
}

const RUNNING: Look = { state: 'running', wchan: '' };

interface Round {
  readonly ms: number;
  readonly looks: readonly Look[];
  /** Whose each look is. */
  readonly threads: readonly number[];
}

export interface Waiter {
  readonly pid: number;
  readonly state: State;
  readonly wchan: string;
}

export class Waits {
  private readonly files: OpenFiles;
  private readonly root: string;
  private readonly rounds = new Map<number, Round[]>();
  private turn = 0;
  /** The kernel has some hundred places to sleep in. */
  private readonly known = new Map<string, Look>([
    ['0', RUNNING],
    ['', RUNNING],
  ]);

  constructor(files: OpenFiles, root = '') {
    this.files = files;
    this.root = root;
  }

  /** A round of looks at these processes. */
  look(pids: Iterable<number>, ms: number): void {
    this.turn += 1;
    for (const pid of pids) {
      const seen = this.lookAt(pid);
      if (seen.looks.length === 0) continue;
      const rounds = this.rounds.get(pid) ?? [];
      rounds.push({ ms, ...seen });
      while ((rounds[0]?.ms ?? ms) < ms - LATELY_MS) rounds.shift();
      this.rounds.set(pid, rounds);
    }
    for (const [pid, rounds] of this.rounds) if ((rounds.at(-1)?.ms ?? 0) < ms - LATELY_MS) this.rounds.delete(pid);
  }

  private lookAt(pid: number): Pick<Round, 'looks' | 'threads'> {
    const others = listFolder(`${this.root}/proc/${pid}/task`).filter((thread) => thread !== String(pid));
    const from = others.length < MOST_THREADS ? 0 : (this.turn * (MOST_THREADS - 1)) % others.length;
    const chosen = [...others.slice(from), ...others.slice(0, from)].slice(0, MOST_THREADS - 1);
    const looks: Look[] = [];
    const threads: number[] = [];
    const take = (thread: number, folder: string): void => {
      const look = this.lookIn(folder);
      if (!look) return;
      looks.push(look);
      threads.push(thread);
    };
    take(pid, `/proc/${pid}`);
    for (const thread of chosen) take(Number(thread), `/proc/${pid}/task/${thread}`);
    return { looks, threads };
  }

  /** '0' stands for a thread that does not sleep, and for one of another user's where we are not root. */
  private lookIn(folder: string): Look | undefined {
    const wchan = readText(this.files, `${folder}/wchan`);
    if (wchan === undefined) return undefined;
    let look = this.known.get(wchan);
    if (!look) this.known.set(wchan, (look = { state: stateOfWchan(wchan) ?? 'unexplained', wchan }));
    return look;
  }

  /** Who was looked at of late. */
  get pids(): IterableIterator<number> {
    return this.rounds.keys();
  }

  /** What a process waits for, or one thread of it, of the states that say most; null where nothing is known. */
  of(pid: number, thread?: number): TopWait | null {
    return this.allOf(pid, thread)[0] ?? null;
  }

  /** All that its threads were seen in of late, or that one of them. */
  allOf(pid: number, thread?: number): TopWait[] {
    const rounds = this.looksAt(pid, thread);
    const counts = new Map<State, { count: number; wchan: string }>();
    for (const looks of rounds)
      for (const state of new Set(looks.map((look) => look.state))) {
        const count = (counts.get(state)?.count ?? 0) + 1;
        counts.set(state, { count, wchan: looks.find((look) => look.state === state)?.wchan ?? '' });
      }
    return [...counts]
      .sort(([a, x], [b, y]) => rank(b) - rank(a) || y.count - x.count)
      .map(([state, { count, wchan }]) => ({
        state,
        share: count / rounds.length,
        wchan: wchan === '' ? null : wchan,
      }));
  }

  /** By round; those in which a thread was looked at, where one is asked for. */
  private looksAt(pid: number, thread: number | undefined): (readonly Look[])[] {
    const rounds = this.rounds.get(pid) ?? [];
    if (thread === undefined) return rounds.map(({ looks }) => looks);
    return rounds.flatMap(({ looks, threads }) => {
      const look = looks[threads.indexOf(thread)];
      return look ? [[look]] : [];
    });
  }

  /** Who waited most for I/O of late, of those that are meant. */
  most(isMeant: (pid: number) => boolean): number | undefined {
    const shares = [...this.rounds.keys()].filter(isMeant).map((pid) => {
      const wait = this.of(pid);
      return { pid, share: wait && FOR_IO.has(wait.state) ? wait.share : 0 };
    });
    const [first] = shares.sort((a, b) => b.share - a.share);
    return first && first.share > 0 ? first.pid : undefined;
  }

  /** Who was seen to wait for I/O since then. */
  waiting(sinceMs: number): Waiter[] {
    return [...this.rounds].flatMap(([pid, rounds]) => {
      const lately = rounds.filter(({ ms }) => ms > sinceMs).flatMap(({ looks }) => looks);
      const found = lately.findLast(({ state }) => FOR_IO.has(state));
      return found ? [{ pid, state: found.state, wchan: found.wchan }] : [];
    });
  }
}

/** How much a state says, where a process’s threads are in several: rest says least. */
function rank(state: State): number {
  if (FOR_IO.has(state)) return 3;
  if (!AT_EASE.has(state)) return 2;
  return state === 'running' ? 1 : 0;
}

/** A thread that waits for completions of an io_uring, which the kernel counts as a wait for I/O whatever they are of (io_uring/io_uring.c). */
export function isRing(wchan: string): boolean {
  return /^(__)?io_(cqring|uring)/.test(wchan);
}
