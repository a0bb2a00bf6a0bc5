// Tells facts from counters on the tape. A set of facts is a mark and the readings that carry the mark's own time; the same path at any
// other time, /proc/meminfo or /proc/PID/stat, is a counter. Both decoders ask here, so that each reading is read as one of the two.

import { SOURCE, type FactsMark, type Reading } from '../model/recording.js';

export class FactSets {
  private atNs: number | undefined;

  /** The mark, where this reading begins a set of facts; 'member' where it belongs to the set begun last; undefined for all others. */
  classify(reading: Reading): FactsMark | 'member' | undefined {
    if (reading.path === SOURCE.facts) {
      const when = whenOf(reading.text);
      this.atNs = when === undefined ? undefined : reading.atNs;
      return when === undefined ? undefined : { when };
    }
    return reading.atNs === this.atNs && !reading.path.startsWith('iowitness:') ? 'member' : undefined;
  }
}

function whenOf(text: string): FactsMark['when'] | undefined {
  return (['start', 'change', 'end'] as const).find((when) =>
    new RegExp(`^\\s*\\{\\s*"when"\\s*:\\s*"${when}"`).test(text),
  );
}
