// A thread's time as slices of one state each: what the rooms of the victim hand to each other and to the causes.

import type { State } from './states.js';

/**
 * One stretch of one state. Times in ms since the recording's start. A database's thread has a million of them, so those that are made
 * from events all have all fields, in this order: V8 then knows where each field is.
 */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly state: State;
  /** The thread that had the CPU meanwhile (for runnable); 0 for the idle task. */
  readonly rival?: number | undefined;
  /** Index into events.stacks.stacks, for sleeps that had one, or were so like one that had. */
  readonly stack?: number | undefined;
  /** The one kernel function that a sample told, where there are no stacks. */
  readonly wchan?: string | undefined;
  /** The state of the whole sleep, where this is a stage of it: a journal's commit is waited for while the device writes it. */
  readonly whole?: State | undefined;
  /** The wake-up that ended a sleep: when, on which CPU, and the thread that ran there (0 in the idle task). */
  readonly wokenAt?: number | undefined;
  readonly wokenOn?: number | undefined;
  readonly wokenBy?: number | undefined;
  /** True where an interrupt woke it: the thread that ran there may have had nothing to do with it. */
  readonly byInterrupt?: boolean | undefined;
}
