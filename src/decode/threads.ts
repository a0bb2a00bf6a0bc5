// The listings of threads on the tape: which threads a process had, at any time that it was looked at, and the names that the tracer
// remembered at the end. Neither is a series over time, so they stand apart from the counters.

import { SAVED_NAMES, type Reading } from '../model/recording.js';

/** Takes all readings and keeps what tells of threads. */
export class ThreadLists {
  private readonly listed = new Map<number, Set<number>>();
  private readonly saved = new Map<number, string>();

  take({ path, text, failed }: Reading): void {
    if (failed) return;
    if (path === SAVED_NAMES) {
      for (const [, pid = '', name = ''] of text.matchAll(/^(\d+) (.+)$/gm)) this.saved.set(Number(pid), name);
    } else if (path.endsWith('/task/')) {
      const pid = Number(/^\/proc\/(\d+)\/task\/$/.exec(path)?.[1]);
      if (Number.isNaN(pid)) return;
      const threads = this.listed.get(pid) ?? new Set<number>();
      for (const thread of text.split('\n')) threads.add(Number(thread));
      this.listed.set(pid, threads);
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
