// A disk's counters → its book. What teaches is time in which nobody was held up and the disk was not slower than the chapter already knows: a stall
// must not teach that stalls are normal. A first day may be bad as well: then it is one day, and a median over days passes over it (figures.ts). A
// state of the machine that is another one than before begins a chapter.

import type { Interval } from '../base/intervals.js';
import { firstEndingAfter, type Intervals } from '../base/intervals.js';
import { isoDay } from '../base/format.js';
import { entry } from '../base/maps.js';
import { Histogram } from '../base/histogram.js';
import type { Series } from '../model/counters.js';
import { pacesOf, stretchesAtLoad } from '../analysis/requests/at-load.js';
import { usualAt, usualLimit } from '../analysis/requests/past.js';
import {
  MOST_CHAPTERS,
  MOST_DAYS,
  MOST_LOADS,
  MOST_WRITERS,
  nameOf,
  newDay,
  type Book,
  type Chapter,
  type Day,
} from './book.js';
import { figuresOf } from './figures.js';

/** What was seen of one disk. */
export interface Seen {
  /** Of /proc/diskstats, for as long as one likes. */
  readonly disk: Series;
  readonly within: Interval;
  /** The wall clock at time 0 of the series, ms since 1970. */
  readonly startMs: number;
  /** The machine as it was: what begins a chapter where it differs. */
  readonly state: Readonly<Record<string, string>>;
  /** When somebody was held up: nothing is learnt from it. */
  readonly heldUp: Intervals;
  /** Bytes written by program, where that is known. */
  readonly writers?: ReadonlyMap<string, number>;
}

/** How much was learnt, in stretches. */
export interface Learnt {
  readonly stretches: number;
  readonly leftOut: number;
}

/** True where two states are the same in all that both tell. */
function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return Object.keys(a).every((name) => b[name] === undefined || a[name] === b[name]);
}

function chapterFor(book: Book, { state, startMs, within }: Seen): Chapter {
  const last = book.chapters.at(-1);
  if (last && isSame(last.state, state)) return last;
  const fresh: Chapter = { state, sinceMs: startMs + within.from, untilMs: startMs + within.from, days: [] };
  book.chapters.push(fresh);
  return fresh;
}

function dayAt(chapter: Chapter, ms: number): Day {
  const name = isoDay(ms) ?? '';
  const found = chapter.days.find(({ day }) => day === name);
  if (found) return found;
  const fresh = newDay(name);
  chapter.days.push(fresh);
  return fresh;
}

/** Oldest days go first, and chapters with them; of many writers the small ones. */
function bound(book: Book): void {
  book.chapters = book.chapters.slice(-MOST_CHAPTERS);
  let days = book.chapters.reduce((sum, chapter) => sum + chapter.days.length, 0);
  for (const chapter of book.chapters) {
    const spare = Math.max(0, Math.min(chapter.days.length, days - MOST_DAYS));
    chapter.days.splice(0, spare);
    days -= spare;
    for (const { writers } of chapter.days) {
      const few = [...writers].toSorted((a, b) => b[1] - a[1]).slice(MOST_WRITERS);
      for (const [comm] of few) writers.delete(comm);
    }
  }
}

function overlaps(times: Intervals, { from, to }: Interval): boolean {
  return (times.from[firstEndingAfter(times, from)] ?? Infinity) < to;
}

/** Adds to the book what was seen; returns how much of it. */
export function learn(book: Book, seen: Seen): Learnt {
  const { disk, within, startMs, heldUp, writers } = seen;
  const stretches = stretchesAtLoad(disk, within);
  // A machine whose clock is beyond all dates has no days.
  if (stretches.length === 0 || isoDay(startMs + within.to) === undefined) return { stretches: 0, leftOut: 0 };
  const chapter = chapterFor(book, seen);
  const known = figuresOf(chapter);
  const isOdd = (one: (typeof stretches)[number]) => {
    const usual = known && usualAt(known, one.load);
    return overlaps(heldUp, one) || (usual !== undefined && one.ms > usualLimit(usual));
  };
  let [learnt, leftOut] = [0, 0];
  for (const one of stretches) {
    const day = dayAt(chapter, startMs + one.to);
    if (isOdd(one)) {
      day.leftOut += 1;
      leftOut += 1;
      continue;
    }
    if (day.loads.size >= MOST_LOADS && !day.loads.has(nameOf(one.load))) continue;
    entry(day.loads, nameOf(one.load), () => ({ load: one.load, took: new Histogram() })).took.record(one.ms * 1000);
    learnt += 1;
  }
  for (const pace of pacesOf(disk, within)) {
    const day = dayAt(chapter, startMs + pace.to);
    day.operationsPerSecond = Math.max(day.operationsPerSecond, pace.operationsPerSecond);
    day.bytesPerSecond = Math.max(day.bytesPerSecond, pace.bytesPerSecond);
  }
  for (const [comm, bytes] of writers ?? []) {
    const day = dayAt(chapter, startMs + within.to);
    day.writers.set(comm, (day.writers.get(comm) ?? 0) + bytes);
  }
  chapter.sinceMs = Math.min(chapter.sinceMs, startMs + within.from);
  chapter.untilMs = Math.max(chapter.untilMs, startMs + within.to);
  chapter.days.sort((a, b) => (a.day < b.day ? -1 : 1));
  bound(book);
  return { stretches: learnt, leftOut };
}
