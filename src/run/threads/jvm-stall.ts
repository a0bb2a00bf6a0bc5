// Whether a JVM stalls: `watch`'s judgement of who lost a second, of all threads of one JVM, made where a look at them holds nobody up. A stall is one of waiting
// alone: what is starved of CPU, or stopped, would only be held up longer by a question.

import { setTimeout as pause } from 'node:timers/promises';
import { listFolder, readWhole } from '../../capture/files.js';
import { AGAIN_MS, LossJudge } from '../watch/judge.js';
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

  /** Whether it stalls now; to be asked some times a second. It looks at the threads once in that time. */
  async isUnderWay(nowMs: number): Promise<boolean> {
    if (nowMs >= this.nextMs) {
      this.nextMs = nowMs + EVERY_MS;
      for (const thread of listFolder(`${this.root}/proc/${this.pid}/task`).slice(0, MOST_THREADS))
        for (const name of ['stat', 'schedstat']) {
          const path = `/proc/${this.pid}/task/${thread}/${name}`;
          this.judge.take(path, readWhole(this.root + path) ?? '');
        }
      if (this.judge.hasWaiting) await pause(AGAIN_MS);
      const losers = [...this.judge.endSecond(nowMs)].filter(([, kind]) => kind === 'waits');
      this.trigger.step(
        nowMs,
        losers.map(([pid, kind]) => ({ key: 'jvm', pid, kind })),
      );
    }
    return this.trigger.stall !== undefined;
  }
}
