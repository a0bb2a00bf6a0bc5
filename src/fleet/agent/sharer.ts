// A host's permission to fetch its recordings: what a relay says that somebody waits for is packed and sent by a process of its own, one at a time, and not
// while the host stalls, as its disk is what would be read. Who asked and what was given is told.

import { binary } from '../../base/format.js';
import { messageOf } from '../../base/errors.js';
import type { Share } from '../../model/fleet.js';
import type { Errands } from '../../run/watch/errand.js';
import type { RelayLine } from '../relay-line.js';
import { refuseRecording, type Wanted } from '../share.js';
import type { GiveErrand } from './give.js';

export interface SharerOptions {
  readonly line: RelayLine;
  readonly errands: Pick<Errands, 'run'>;
  /** What is the same for every recording. */
  readonly giving: Omit<GiveErrand, 'kind' | 'number'>;
  /** Says what happens, a sentence each. */
  readonly tell: (sentence: string) => void;
}

export class Sharer {
  private readonly options: SharerOptions;
  private isGiving = false;

  constructor(options: SharerOptions) {
    this.options = options;
  }

  get share(): Share {
    return this.options.giving.share;
  }

  /** A relay says it with each batch until the recording begins to come; returns at once. */
  asked(wanted: Wanted, isStalling: boolean): void {
    if (this.isGiving) return;
    this.isGiving = true;
    void this.answer(wanted, isStalling).finally(() => (this.isGiving = false));
  }

  private async answer({ number, reader }: Wanted, isStalling: boolean): Promise<void> {
    const { line, errands, giving, tell } = this.options;
    try {
      if (isStalling) {
        await refuseRecording(
          line,
          number,
          'It stalls at this moment, and its disk is left alone: ask again afterwards.',
        );
        tell(`${reader} asked for the recording of stall ${number}, and was told to ask again after this one.`);
        return;
      }
      const answer = await errands.run({ kind: 'give', number, ...giving }, tell);
      if (answer.kind === 'given')
        tell(`${reader} was given the recording of stall ${number} (${binary(answer.bytes)}, ${giving.share}).`);
    } catch (error) {
      tell(`${reader} asked for the recording of stall ${number}, and was not given it: ${messageOf(error)}`);
    }
  }
}
