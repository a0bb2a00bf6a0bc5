// What is set in the kernel while a trace runs, off the sampling thread: switching an event of system calls walks over all threads, and removing a
// trigger waits for all CPUs. Of what would get into each other's way one is under way at a time; what fails is a loss, and none of it rejects.

import { messageOf } from '../base/errors.js';
import type { Loss } from '../model/losses.js';

/** What is set: which events are enabled and how they are filtered, or the trigger that takes kernel stacks. */
export type Part = 'events' | 'stacks';

export class TraceChanges {
  private readonly loss: (loss: Loss) => void;
  private readonly busy = new Set<Part>();
  private readonly pending = new Set<Promise<void>>();
  /** Those of all parts, one behind the other. */
  private whole: Promise<void> = Promise.resolve();
  private isEnded = false;

  constructor(loss: (loss: Loss) => void) {
    this.loss = loss;
  }

  /** Whether a change of this part may begin now. */
  isFree(part: Part): boolean {
    return !this.busy.has(part) && !this.isEnded;
  }

  /** Whether nothing is being set. */
  get isIdle(): boolean {
    return this.pending.size === 0;
  }

  /** Begins a change of parts that are free; `what`: how a loss names it, where it fails; `done`: what then, where it does not. */
  begin(parts: readonly Part[], what: string, work: () => Promise<unknown>, done: () => void): void {
    for (const part of parts) this.busy.add(part);
    const follow = async (): Promise<void> => {
      try {
        await work();
        done();
      } catch (error) {
        this.loss({ code: 'source-failed', where: `${what}: ${messageOf(error)}` });
      }
      for (const part of parts) this.busy.delete(part);
      this.pending.delete(kept);
    };
    const kept = follow();
    this.pending.add(kept);
  }

  /** A change of all parts, once whatever is under way has ended. Settles when it is made. */
  async beginWhole(what: string, work: () => Promise<unknown>, done: () => void): Promise<void> {
    const change = async (): Promise<void> => {
      await Promise.all(this.pending);
      if (this.isEnded) return;
      this.begin(['events', 'stacks'], what, work, done);
      await Promise.all(this.pending);
    };
    await (this.whole = this.whole.then(change));
  }

  /** From now on none begins. */
  end(): void {
    this.isEnded = true;
  }

  /** Settles when nothing is being set any more, and nothing waits to be: a file of an instance that is open keeps it from being removed. */
  async settled(): Promise<void> {
    await this.whole;
    await Promise.all(this.pending);
  }
}
