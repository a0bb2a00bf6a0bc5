// Which threads of a watched process are sampled, where it has more than can be: a database or JVM has hundreds, most of them idle. Each second some of the
// others are looked at, in turn, and who waits, runs, is stopped or has moved bytes takes the place of one that has not for some time. A look at one that
// has not run since takes one small file, 8 µs, at another three; so many a second bound the cost, and a process of 500 threads is seen whole every four
// seconds.

import { parsePidIo } from '../base/procfs/pid-io.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { listFolder, readText, type OpenFiles } from './files.js';
import { NOT_COUNTED } from './process-scan.js';

/** Threads of one process that are sampled besides its first. */
export const MOST_THREADS = 32;
/** Looks at others a second, of all processes together, and of one at least. */
const LOOKS = 128;
const LEAST_LOOKS = 8;
/** For so many seconds after it was last found busy a thread keeps its place before those that were not. */
const KEPT = 10;

/** Held up: in an uninterruptible sleep, stopped, or traced. */
const HELD = /[DTt]/;
/** What being found held up, and being found at work, counts. */
const WEIGHT = { held: 2, works: 1, idle: 0 } as const;

/** A thread as it was found last. */
interface Seen {
  schedstat: string;
  ticks: number;
  bytes: number;
  now: keyof typeof WEIGHT;
  /** What it counted when it was found busy last, and the second of that. */
  weight: number;
  at: number;
}

const UNSEEN: Seen = { schedstat: '', ticks: NaN, bytes: NaN, now: 'idle', weight: WEIGHT.idle, at: -Infinity };

interface OfProcess {
  readonly seen: Map<string, Seen>;
  chosen: readonly string[];
  turn: number;
}

export class ThreadChoice {
  private readonly files: OpenFiles;
  private readonly root: string;
  private readonly processes = new Map<number, OfProcess>();
  private second = 0;

  constructor(files: OpenFiles, root = '') {
    this.files = files;
    this.root = root;
  }

  /** The threads to sample of each process, its first left out; to be called once a second. */
  choose(pids: readonly number[]): Map<number, readonly string[]> {
    this.second += 1;
    const listed = new Map(
      pids.map((pid) => [pid, listFolder(`${this.root}/proc/${pid}/task`).filter((thread) => thread !== String(pid))]),
    );
    const large = [...listed.values()].filter((threads) => threads.length > MOST_THREADS).length;
    const looks = Math.max(LEAST_LOOKS, Math.floor(LOOKS / Math.max(1, large)));
    for (const pid of this.processes.keys())
      if ((listed.get(pid)?.length ?? 0) <= MOST_THREADS) this.processes.delete(pid);
    return new Map(
      [...listed].map(([pid, threads]) => [
        pid,
        threads.length <= MOST_THREADS ? threads : this.chooseOf(pid, threads, looks),
      ]),
    );
  }

  /** How many threads each process has of which only some are sampled. */
  byTurns(): Map<number, number> {
    return new Map([...this.processes].map(([pid, { seen }]) => [pid, seen.size]));
  }

  private chooseOf(pid: number, threads: readonly string[], looks: number): readonly string[] {
    const one = this.processes.get(pid) ?? { seen: new Map<string, Seen>(), chosen: [], turn: 0 };
    this.processes.set(pid, one);
    const living = new Set(threads);
    for (const thread of one.seen.keys()) if (!living.has(thread)) one.seen.delete(thread);
    for (const thread of threads) if (!one.seen.has(thread)) one.seen.set(thread, { ...UNSEEN });
    const wasChosen = new Set(one.chosen);
    let left = looks;
    for (let step = 0; step < threads.length && left > 0; step += 1) {
      const thread = threads[one.turn % threads.length] ?? '';
      one.turn += 1;
      if (wasChosen.has(thread)) continue;
      this.look(pid, thread, one.seen);
      left -= 1;
    }
    for (const thread of one.chosen) this.look(pid, thread, one.seen);
    const rank = (thread: string) => {
      const { weight = 0, at = -Infinity } = one.seen.get(thread) ?? {};
      // Among equals those that have a place keep it: what a series tells is broken off by each change.
      return (this.second - at <= KEPT ? weight : 0) + (wasChosen.has(thread) ? 0.5 : 0);
    };
    one.chosen = threads
      .map((thread) => ({ thread, rank: rank(thread) }))
      .sort((a, b) => b.rank - a.rank)
      .slice(0, MOST_THREADS)
      .map(({ thread }) => thread);
    return one.chosen;
  }

  private look(pid: number, thread: string, all: ReadonlyMap<string, Seen>): void {
    const seen = all.get(thread);
    if (!seen) return;
    const folder = `/proc/${pid}/task/${thread}`;
    const schedstat = readText(this.files, `${folder}/schedstat`) ?? '';
    // Who has not run since is as it was: that is so of most, and asked at the least cost.
    if (schedstat === '' || schedstat.startsWith(NOT_COUNTED) || schedstat !== seen.schedstat) {
      const stat = parsePidStat(readText(this.files, `${folder}/stat`) ?? '');
      if (!stat) return;
      const io = parsePidIo(readText(this.files, `${folder}/io`) ?? '');
      const bytes = io ? io.readBytes + io.writeBytes : NaN;
      const ticks = stat.utime + stat.stime;
      const works = stat.state === 'R' || ticks > seen.ticks || bytes > seen.bytes;
      Object.assign(seen, { schedstat, ticks, bytes, now: HELD.test(stat.state) ? 'held' : works ? 'works' : 'idle' });
    } else if (seen.now === 'works') seen.now = 'idle';
    // One that was held up of late and works now is still worth more than one that only works.
    const isLess = this.second - seen.at <= KEPT && WEIGHT[seen.now] < seen.weight;
    if (seen.now !== 'idle' && !isLess) Object.assign(seen, { weight: WEIGHT[seen.now], at: this.second });
  }
}
