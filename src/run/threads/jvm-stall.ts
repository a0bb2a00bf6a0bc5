// Whether a JVM stalls: `watch`'s judgement of who lost a second, of all threads of one JVM, made where a look at them holds nobody up. A thread that moves
// bytes has lost none by itself; it has where most other threads fall silent while it waits, as those do that need its lock. A stall is one of waiting alone:
// what is starved of CPU, or stopped, would only be held up longer by a question.

import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { listFolder, readWhole } from '../../capture/files.js';
import { parseSchedstat } from '../../base/procfs/schedstat.js';
import { JAVA_LOCK } from '../../model/thresholds/locks.js';
import { JVM_STALL } from '../../model/thresholds/watch.js';
import { LossJudge } from '../watch/judge.js';
import { StallTrigger } from '../watch/trigger.js';

const EVERY_MS = 1000;
/** Of a JVM with more threads the first ones are looked at. */
const MOST_THREADS = 1000;

/** How many threads of a JVM ran in each of its last seconds. */
class Bustle {
  private slices: ReadonlyMap<string, number> | undefined;
  private counts: number[] = [];

  /** A second ends, with how often each thread has run so far; whether far fewer ran in it than before. */
  hasFallen(slices: ReadonlyMap<string, number>): boolean {
    const before = this.slices;
    this.slices = slices;
    if (!before) return false;
    const ran = [...slices].filter(([thread, count]) => count > (before.get(thread) ?? count)).length;
    const most = Math.max(0, ...this.counts);
    this.counts = [...this.counts, ran].slice(-JVM_STALL.lookBack);
    return most - ran >= JAVA_LOCK.leastWaiters && ran <= JVM_STALL.fallenTo * most;
  }
}

export class JvmStall {
  private readonly pid: number;
  private readonly root: string;
  private readonly judge: LossJudge;
  private readonly trigger = new StallTrigger(true);
  private readonly bustle = new Bustle();
  private nextMs = 0;

  constructor(pid: number, root = '') {
    this.pid = pid;
    this.root = root;
    this.judge = new LossJudge(true, root);
  }

  /** Whether it stalls now; to be asked every LOOK_MS. It goes through all threads once a second. */
  isUnderWay(nowMs: number): boolean {
    if (nowMs >= this.nextMs) this.endSecond(nowMs);
    else if (this.judge.hasWaiting) this.judge.look();
    return this.trigger.stall !== undefined;
  }

  private endSecond(nowMs: number): void {
    this.nextMs = nowMs + EVERY_MS;
    this.take('/proc/diskstats');
    const slices = new Map<string, number>();
    for (const thread of listFolder(`${this.root}/proc/${this.pid}/task`).slice(0, MOST_THREADS)) {
      const folder = `/proc/${this.pid}/task/${thread}`;
      const stat = this.take(`${folder}/stat`);
      const counted = parseSchedstat(this.take(`${folder}/schedstat`));
      if (counted) slices.set(thread, counted.slices);
      // Where it sleeps is asked of those alone that wait for the kernel.
      if (parsePidStat(stat)?.state === 'D') this.take(`${folder}/wchan`);
    }
    const hasLost = this.judge.endSecond(nowMs).get(this.pid) === 'waits';
    const hasFallen = this.bustle.hasFallen(slices) && this.judge.waiters > 0;
    this.trigger.step(nowMs, hasLost || hasFallen ? [{ key: 'jvm', pid: this.pid, kind: 'waits' }] : []);
  }

  private take(path: string): string {
    const text = readWhole(this.root + path) ?? '';
    this.judge.take(path, text);
    return text;
  }

  close(): void {
    this.judge.close();
  }
}
