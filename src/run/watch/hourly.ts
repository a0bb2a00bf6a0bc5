// What may happen again and again, a gap, a stall that is not recorded, a step of the clock: the first of a kind is written at once, and those of the
// hour behind it as one entry, so that a bad week doesn't push months of episodes out of the journal. What enters is entries, one each; what leaves is
// those that are to be written. A kill loses the sum of an hour at most.

import type { Entry } from '../../model/watch.js';

type Repeated = Exclude<Entry, { readonly kind: 'watch' | 'episode' }>;

const HOUR_MS = 3_600_000;

interface Sum {
  writtenMs: number;
  /** Of those since. */
  entry: Repeated | undefined;
}

export class Hourly {
  private readonly write: (entry: Repeated) => void;
  private readonly sums = new Map<string, Sum>();

  constructor(write: (entry: Repeated) => void) {
    this.write = write;
  }

  /** `nowMs`: of the monotonic clock, as below. */
  add(entry: Repeated, nowMs: number): void {
    const key = [entry.kind, 'why' in entry && entry.why, 'noticed' in entry && entry.noticed].join(' ');
    const sum = this.sums.get(key);
    if (sum) sum.entry = sum.entry ? summed(sum.entry, entry) : entry;
    else {
      this.sums.set(key, { writtenMs: nowMs, entry: undefined });
      this.write(entry);
    }
  }

  everySecond(nowMs: number): void {
    for (const [key, sum] of this.sums) {
      if (nowMs - sum.writtenMs < HOUR_MS) continue;
      if (sum.entry) this.write(sum.entry);
      // After an hour without any the next one is written at once again.
      if (sum.entry) this.sums.set(key, { writtenMs: nowMs, entry: undefined });
      else this.sums.delete(key);
    }
  }

  /** Writes what is left. */
  close(): void {
    for (const { entry } of this.sums.values()) if (entry) this.write(entry);
    this.sums.clear();
  }
}

/** Two of one kind as one. */
function summed(sum: Repeated, next: Repeated): Repeated {
  if (sum.kind === 'suppressed' && next.kind === 'suppressed')
    return { ...sum, to: next.to, count: sum.count + next.count };
  if (sum.kind === 'gap' && next.kind === 'gap')
    return {
      ...sum,
      to: next.to,
      ms: sum.ms + next.ms,
      withinMs: sum.withinMs + next.withinMs,
      count: (sum.count ?? 1) + (next.count ?? 1),
    };
  if (sum.kind === 'clock' && next.kind === 'clock')
    return { ...sum, steppedMs: sum.steppedMs + next.steppedMs, count: (sum.count ?? 1) + (next.count ?? 1) };
  return next;
}
