// The listings of threads on the tape: which threads a process had, at any time that it was looked at, and the names that the tracer
// remembered at the end. Neither is a series over time, so they stand apart from the counters.

import { unbounded, type Allowance } from '../base/allowance.js';
import { SAVED_NAMES, type Reading } from '../model/recording.js';

/** No thread's number is larger (PID_MAX_LIMIT in include/linux/threads.h). */
const MOST_PID = 2 ** 22;
/** What V8 takes for a process's list, for a thread and for a name. */
const PROCESS_BYTES = 256;
const THREAD_BYTES = 64;
const NAME_BYTES = 128;

/** Takes all readings and keeps what tells of threads. */
export class ThreadLists {
  private readonly listed = new Map<number, Set<number>>();
  private readonly saved = new Map<number, string>();

  private readonly allowance: Allowance;

  constructor(allowance = unbounded()) {
    this.allowance = allowance;
  }

  take({ path, text, failed }: Reading): void {
    if (failed) return;
    if (path === SAVED_NAMES) this.takeNames(text);
    else if (path.endsWith('/task/')) {
      const pid = Number(/^\/proc\/(\d+)\/task\/$/.exec(path)?.[1]);
      if (pid <= MOST_PID) this.takeThreads(pid, text);
    }
  }

  private takeNames(text: string): void {
    for (const [, pid = '', name = ''] of text.matchAll(/^(\d+) (.+)$/gm)) {
      const isKnown = this.saved.has(Number(pid));
      if (isKnown || this.allowance.take(NAME_BYTES + name.length)) this.saved.set(Number(pid), name);
    }
  }

  private takeThreads(pid: number, text: string): void {
    let threads = this.listed.get(pid);
    if (!threads && !this.allowance.take(PROCESS_BYTES)) return;
    if (!threads) this.listed.set(pid, (threads = new Set()));
    for (const line of text.split('\n')) {
      const thread = Number(line);
      if (!(thread <= MOST_PID) || threads.has(thread)) continue;
      if (this.allowance.take(THREAD_BYTES)) threads.add(thread);
    }
  }

  /** Every thread that was ever listed, by process. */
  threads(): Map<number, number[]> {
    return new Map([...this.listed].map(([pid, threads]) => [pid, [...threads]]));
  }

  names(): Map<number, string> {
    return new Map(this.saved);
  }
}
