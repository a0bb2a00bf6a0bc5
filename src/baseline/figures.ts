// A book → what a disk usually does: by load the median over days of each day's median, so that one bad day, the first one too, is one vote; its best; who
// writes. What has changed between two chapters is told beside them.

import { Histogram } from '../base/histogram.js';
import { addTo } from '../base/maps.js';
import type { ChangedState, DevicePast, Load, PastChapter, UsualAtLoad } from '../model/past.js';
import { PAST } from '../model/thresholds/past.js';
import type { Book, Chapter } from './book.js';

/** Of an even number the lower middle one: the better of two days is what the disk can do. */
function lowerMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN;
}

function usualOf(load: Load, days: readonly Histogram[]): UsualAtLoad {
  const telling = days.filter(({ count }) => count >= PAST.leastStretches);
  // Days of a few stretches each are one together.
  const merged = new Histogram();
  for (const one of days) merged.add(one);
  const votes = telling.length > 0 ? telling : [merged];
  const at = (quantile: number) => lowerMedian(votes.map((day) => day.quantile(quantile))) / 1000;
  return { ...load, usualMs: at(0.5), mostMs: at(0.99), stretches: merged.count, days: votes.length };
}

/** What a chapter tells; undefined where it has no day yet. */
export function figuresOf({ days, sinceMs, untilMs }: Chapter): PastChapter | undefined {
  if (days.length === 0) return undefined;
  const loads = new Map<string, { readonly load: Load; readonly days: Histogram[] }>();
  const written = new Map<string, number>();
  for (const day of days) {
    for (const [name, { load, took }] of day.loads) {
      const known = loads.get(name);
      if (known) known.days.push(took);
      else loads.set(name, { load, days: [took] });
    }
    for (const [comm, bytes] of day.writers) addTo(written, comm, bytes);
  }
  const all = [...written.values()].reduce((sum, bytes) => sum + bytes, 0);
  return {
    sinceMs,
    untilMs,
    usual: [...loads.values()].map(({ load, days: took }) => usualOf(load, took)),
    best: {
      operationsPerSecond: Math.max(0, ...days.map((day) => day.operationsPerSecond)),
      bytesPerSecond: Math.max(0, ...days.map((day) => day.bytesPerSecond)),
      days: days.length,
    },
    writers: [...written]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, 8)
      .map(([comm, bytes]) => ({ comm, share: bytes / all })),
  };
}

/** What differs between two states, by name. */
export function changesBetween(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ChangedState[] {
  return Object.keys({ ...before, ...after })
    .filter((name) => before[name] !== undefined && after[name] !== undefined && before[name] !== after[name])
    .map((what) => ({ what, before: before[what] ?? null, after: after[what] ?? null }));
}

/** The past that is in force for a disk in this state, which bears this number now; undefined where there is none. */
export function pastFrom(book: Book, id: string, state: Readonly<Record<string, string>>): DevicePast | undefined {
  const last = book.chapters.at(-1);
  if (!last) return undefined;
  const changed = changesBetween(last.state, state);
  const isNow = changed.length === 0;
  const former = isNow ? book.chapters.at(-2) : last;
  const now = isNow ? figuresOf(last) : undefined;
  const before = former && figuresOf(former);
  if (!now && !before) return undefined;
  return {
    id,
    knownBy: book.knownBy,
    ...(now && { now }),
    ...(before && former && { before: { chapter: before, changed: changesBetween(former.state, state) } }),
  };
}
