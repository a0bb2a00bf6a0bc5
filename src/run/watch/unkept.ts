// What a watch finds and its disk refuses: told when it begins and when it is over, in its pulse meanwhile, so that `episodes` says so and the next watch
// knows where this one is killed, and as a gap in the journal where more was refused than could wait.

import { messageOf } from '../../base/errors.js';
import type { Entry } from '../../model/watch.js';
import type { RingOptions } from '../../recording/ring-file.js';
import { gapEntry } from './gaps.js';
import type { Pulse } from './pulse.js';

type Told = Omit<RingOptions, 'bytes'>;

export class Unkept {
  private readonly tell: (sentence: string) => void;
  private sinceMs: number | undefined;
  private pulse: Pick<Pulse, 'unkeptSinceMs'> | undefined;
  private add: (entry: Entry) => void = () => {};

  constructor(tell: (sentence: string) => void) {
    this.tell = tell;
  }

  /** Where it is shown from now on. */
  follow(pulse: Pick<Pulse, 'unkeptSinceMs'>, add: (entry: Entry) => void): void {
    this.pulse = pulse;
    this.add = add;
    pulse.unkeptSinceMs = this.sinceMs;
  }

  readonly ofHistory: Told = {
    failed: (error) => this.tell(`counters can’t be kept: ${messageOf(error)}.`),
    recovered: () => {},
  };

  readonly ofJournal: Told = {
    failed: (error) => {
      this.since(Date.now());
      this.tell(
        `what is found can’t be kept: ${messageOf(error)}. It is said here alone until the disk takes it, which is tried each minute.`,
      );
    },
    recovered: (lost) => {
      const { sinceMs = Date.now() } = this;
      this.since(undefined);
      if (lost > 0) this.add(gapEntry('not kept', sinceMs, Date.now(), 0));
      this.tell(
        `what is found is kept again${lost > 0 ? `; the oldest ${lost} entries of the journal are lost` : ''}.`,
      );
    },
  };

  private since(ms: number | undefined): void {
    this.sinceMs = ms;
    if (this.pulse) this.pulse.unkeptSinceMs = ms;
  }
}
