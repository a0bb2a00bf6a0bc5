// The kernel stacks of the victim's sleeps: taken of each as long as they are few, of those of one tenth of a second in five where they are many, and
// at rest of sleeps for a disk alone. Switching them waits for all CPUs, so whoever drives this does it off the sampling thread (tracer.ts).

import type { Loss } from '../model/losses.js';
import type { Sink } from '../model/sink.js';
import { TraceInstance } from './tracefs.js';

/** Sleeps of the victim per second up to which each gets a kernel stack: at 4 µs a stack that is under 1 % of a CPU. */
const STACKS_PER_SECOND = 2000;
/** What those make in a tenth of a second: out, waking, in and the stack are about 320 bytes. */
const STACKED_BYTES_A_POLL = (STACKS_PER_SECOND / 10) * 320;
/** A sleep makes about four events: out, waking, in, and its stack. */
const EVENTS_A_SLEEP = 4;
/** Beyond it, stacks are taken in one of this many tenths of a second. */
const STACK_DUTY = 5;

/** What of an instance takes them. */
export type StackTaker = Pick<TraceInstance, 'takeSleepStacks' | 'switchSleepStacks'>;

export class SleepStacks {
  private readonly instance: StackTaker;
  private resting: boolean;
  private canTake = false;
  private isOn = false;
  private isSampling = false;
  private turn = 0;

  constructor(instance: StackTaker, resting: boolean) {
    this.instance = instance;
    this.resting = resting;
  }

  /** Takes them from now on, before the instance is opened. Returns what is lost where this kernel has none. */
  begin(sink: Sink): Loss | undefined {
    this.canTake = this.isOn = this.instance.takeSleepStacks(sink, this.filter);
    if (this.canTake) return undefined;
    return { code: 'event-missing', where: 'the stacktrace trigger (where the victim sleeps)' };
  }

  /** Of which sleeps they are taken, in the words of a trigger's filter. */
  get filter(): string {
    return this.resting ? TraceInstance.diskSleepFilter : TraceInstance.sleepFilter;
  }

  /** Of those sleeps' time, in which stacks are taken. */
  get share(): number {
    if (!this.canTake) return 0;
    return this.isSampling ? 1 / STACK_DUTY : 1;
  }

  /** From now on those of a tracer at rest, or of one that keeps all. Throws the system's error. */
  async changeTo(resting: boolean): Promise<void> {
    const before = this.filter;
    this.resting = resting;
    if (resting) this.isSampling = false;
    if (this.canTake && this.isOn) await this.instance.switchSleepStacks(before, false);
    if (this.canTake) await this.instance.switchSleepStacks(this.filter, true);
    this.isOn = this.canTake;
  }

  /** Many sleeps are noticed at once, by the bytes of a tenth of a second. */
  areManyIn(bytesOfPoll: number): boolean {
    return bytesOfPoll > STACKED_BYTES_A_POLL;
  }

  /** That they are few again is noticed by the victim's events of a second. */
  areManyAt(eventsASecond: number): boolean {
    return eventsASecond > EVENTS_A_SLEEP * STACKS_PER_SECOND;
  }

  /** Takes stacks of all sleeps, or of a part. Returns true where that is a change, which is told by `loss` if it is one. */
  sample(isSampling: boolean, loss: (loss: Loss) => void): boolean {
    if (isSampling === this.isSampling) return false;
    this.isSampling = isSampling;
    if (isSampling) loss({ code: 'stacks-sampled', where: `over ${STACKS_PER_SECOND} sleeps of the victim a second` });
    return true;
  }

  /** One tenth of a second further: whether they are to be switched on or off now; undefined where neither. */
  nextTurn(): boolean | undefined {
    this.turn += 1;
    const on = !this.isSampling || this.turn % STACK_DUTY === 0;
    return this.canTake && on !== this.isOn ? on : undefined;
  }

  /** Throws the system's error. */
  async switch(on: boolean): Promise<void> {
    if (!this.canTake || on === this.isOn) return;
    await this.instance.switchSleepStacks(this.filter, on);
    this.isOn = on;
  }
}
