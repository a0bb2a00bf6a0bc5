// Whether a JVM stalls: `watch`'s judgement of who lost a second, of all threads of one JVM, made where a look at them holds nobody up. A stall is one of waiting
// alone: what is starved of CPU, or stopped, would only be held up longer by a question.

import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { listFolder, readWhole } from '../../capture/files.js';
import { LossJudge } from '../watch/judge.js';
import { StallTrigger } from '../watch/trigger.js';

const EVERY_MS = 1000;
/** Of a JVM with more threads the first ones are looked at. */
const MOST_THREADS = 1000;

export class JvmStall {
  private readonly pid: number;
  private readonly root: string;
  private readonly judge: LossJudge;
  private readonly trigger = new StallTrigger(true);
  private nextMs = 0;

  constructor(pid: number, root = '') {
    this.pid = pid;
    this.root = root;
    this.judge = new LossJudge(root);
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
    for (const thread of listFolder(`${this.root}/proc/${this.pid}/task`).slice(0, MOST_THREADS)) {
      const folder = `/proc/${this.pid}/task/${thread}`;
      const stat = this.take(`${folder}/stat`);
      this.take(`${folder}/schedstat`);
      // Where it sleeps is asked of those alone that wait for the kernel.
      if (parsePidStat(stat)?.state === 'D') this.take(`${folder}/wchan`);
    }
    const losers = [...this.judge.endSecond(nowMs)].filter(([, kind]) => kind === 'waits');
    this.trigger.step(
      nowMs,
      losers.map(([pid, kind]) => ({ key: 'jvm', pid, kind })),
    );
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
