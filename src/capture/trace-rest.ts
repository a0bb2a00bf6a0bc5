// The rest of a trace that waits for a stall (docs/adr/0011-look-back.md): the kernel keeps, in its own ring, what costs next to nothing while nothing is
// wrong; nothing is read, and what is overwritten is no loss. Once something is wrong, everything is kept again.

import type { Loss } from '../model/losses.js';
import type { EventClass } from './event-plan.js';
import type { RequestFilter } from './request-sample.js';
import type { SleepStacks } from './sleep-stacks.js';
import type { TraceChanges } from './trace-changes.js';
import type { TraceClasses } from './trace-classes.js';

/** At rest one small request of so many is kept, and the victim's sleeps up to so many events of them a second: more are felt, and fill the ring in no time. */
const REST_SAMPLE = 16;
const REST_EVENTS = 4000;
/** Sleeps that were too many at rest are tried again after so many seconds. */
const REST_RETRY_S = 60;

export interface RestOptions {
  readonly classes: TraceClasses;
  readonly changes: TraceChanges;
  readonly stacks: SleepStacks;
  readonly requests: RequestFilter;
  readonly loss: (loss: Loss) => void;
  /** What is kept has changed. */
  readonly changed: () => void;
}

export class TraceRest {
  private readonly options: RestOptions;
  private resting: boolean;
  /** Seconds until the sleeps are kept again that were too many at rest. */
  private sleepsRest = 0;

  constructor(resting: boolean, options: RestOptions) {
    this.resting = resting;
    this.options = options;
  }

  get isResting(): boolean {
    return this.resting;
  }

  /** Settles when it is set; never rejects. */
  async begin(): Promise<void> {
    const { classes, stacks, requests } = this.options;
    await this.change(async () => {
      this.resting = true;
      await stacks.changeTo(true);
      classes.forgetShed();
      for (const one of classes.usual) await classes.switch(one, one.atRest === true);
      // Only what is enabled is filtered: a class that had been shed is, once it is enabled again.
      await requests.keepOneOf(REST_SAMPLE);
    });
  }

  /**
   * Everything is kept from now on: what was not is enabled at once, however many of Node's threads wait for a disk; the rest settles when it is
   * set. Never rejects.
   */
  async end(): Promise<void> {
    const { classes, changes, stacks, requests, loss } = this.options;
    if (this.sleeps && !this.keepsSleeps)
      loss({ code: 'look-back-short', where: 'the victim’s sleeps, which were too many to be kept' });
    if (changes.isIdle) classes.enableUsual();
    await this.change(async () => {
      loss({
        code: 'requests-sampled',
        where: `one small request of ${REST_SAMPLE} before the stall was noticed`,
      });
      this.resting = false;
      await stacks.changeTo(false);
      for (const one of classes.usual) await classes.switch(one, true);
      await requests.keepOneOf(1);
    });
  }

  /**
   * To be called once a second at rest, with the victim's events of it: a service that sleeps thousands of times a second would pay for that, and
   * fill the ring within seconds.
   */
  keepCheap(rate: number): void {
    const { classes, changes, stacks } = this.options;
    if (!changes.isFree('events')) return;
    this.sleepsRest -= 1;
    const { sleeps } = this;
    const isOn = this.keepsSleeps;
    if (!sleeps || (isOn ? rate <= REST_EVENTS : this.sleepsRest > 0)) return;
    if (isOn) this.sleepsRest = REST_RETRY_S;
    void this.change(async () => {
      await classes.switch(sleeps, !isOn);
      await stacks.switch(!isOn);
    });
  }

  private async change(make: () => Promise<void>): Promise<void> {
    await this.options.changes.beginWhole('what the kernel keeps', make, this.options.changed);
  }

  private get sleeps(): EventClass | undefined {
    return this.options.classes.usual.find(({ name }) => name === 'sleeps');
  }

  private get keepsSleeps(): boolean {
    return this.sleeps !== undefined && this.options.classes.isEnabled(this.sleeps);
  }
}
