// Books → the document that `baseline` prints.

import { isoTime } from '../base/format.js';
import type { Baseline, BaselineChapter, BaselineDisk } from '../model/baseline.js';
import type { Load } from '../model/past.js';
import { PAST } from '../model/thresholds/past.js';
import { nameOf, type Book, type Chapter } from './book.js';
import { changesBetween, figuresOf } from './figures.js';

/** A book from elsewhere may hold times beyond all dates. */
function iso(ms: number): string {
  return isoTime(ms) ?? 'unknown';
}

/** The load of most stretches. */
function mainLoad({ days }: Chapter): Load | undefined {
  const counts = new Map<string, { readonly load: Load; count: number }>();
  for (const day of days)
    for (const [name, { load, took }] of day.loads) {
      const one = counts.get(name) ?? { load, count: 0 };
      one.count += took.count;
      counts.set(name, one);
    }
  return [...counts.values()].toSorted((a, b) => b.count - a.count)[0]?.load;
}

function stretchesOf({ loads }: Chapter['days'][number]): number {
  return [...loads.values()].reduce((sum, { took }) => sum + took.count, 0);
}

function shownChapter(chapter: Chapter, before: Chapter | undefined): BaselineChapter {
  const { days, state, sinceMs, untilMs } = chapter;
  const figures = figuresOf(chapter);
  const main = mainLoad(chapter);
  return {
    since: iso(sinceMs),
    until: iso(untilMs),
    changed: before ? changesBetween(before.state, state) : [],
    state: { ...state },
    days: days.length,
    stretches: days.reduce((sum, day) => sum + stretchesOf(day), 0),
    leftOut: days.reduce((sum, day) => sum + day.leftOut, 0),
    usual: (figures?.usual ?? [])
      .toSorted((a, b) => b.stretches - a.stretches)
      .map((one) => ({
        ...one,
        upToBytes: one.upToBytes === 0 ? null : one.upToBytes,
        tells: one.stretches >= PAST.leastStretches,
      })),
    best: {
      operationsPerSecond: figures?.best.operationsPerSecond ?? 0,
      bytesPerSecond: figures?.best.bytesPerSecond ?? 0,
    },
    writers: (figures?.writers ?? []).map(({ comm, share }) => ({ program: comm, share })),
    byDay: days.map((day) => {
      const took = main && day.loads.get(nameOf(main))?.took;
      return {
        day: day.day,
        usualMs: took ? took.quantile(0.5) / 1000 : null,
        stretches: stretchesOf(day),
        leftOut: day.leftOut,
      };
    }),
  };
}

/** A disk that is there now. */
export interface Here {
  readonly key: string;
  readonly name: string;
  readonly state: Readonly<Record<string, string>>;
}

function shownDisk(book: Book, here: Here | undefined): BaselineDisk {
  const { key, knownBy, name, model, chapters } = book;
  const last = chapters.at(-1);
  return {
    name: here?.name ?? name,
    model,
    key,
    knownBy,
    isHere: here !== undefined,
    chapters: chapters.map((chapter, at) => shownChapter(chapter, chapters[at - 1])),
    changedNow: here && last ? changesBetween(last.state, here.state) : [],
  };
}

/** `unnamed`: disks that nothing names for good. */
export function showBooks(
  books: readonly Book[],
  here: readonly Here[],
  unnamed: readonly string[],
): Pick<Baseline, 'disks' | 'without'> {
  const byKey = new Map(here.map((one) => [one.key, one]));
  const known = new Set(books.map(({ key }) => key));
  const disks = books.map((book) => shownDisk(book, byKey.get(book.key)));
  return {
    disks: disks.toSorted((a, b) => Number(b.isHere) - Number(a.isHere) || (a.name < b.name ? -1 : 1)),
    without: [
      ...here
        .filter(({ key }) => !known.has(key))
        .map(({ name }) => ({ name, why: 'nothing was learnt yet: check and record do so' })),
      ...unnamed.map((name) => ({
        name,
        why: 'no serial, wwid, uuid or model names it for good, so it could not be told from another one after a reboot',
      })),
    ],
  };
}
