// What is remembered of one disk, and the text that it is kept as: chapters, each under one state of the machine, each of days, each with a histogram of what
// requests took on average by load, the day's best, and who wrote. Its size is bounded by the days and loads that are kept. A later version
// reads an earlier one's text; what does not fit the form is refused in words, so that whoever keeps it can put it aside.

import * as v from 'valibot';
import { UserError } from '../base/errors.js';
import { Histogram } from '../base/histogram.js';
import { MOST_TEXT, type Load } from '../model/past.js';

/** The form's version that is written; every earlier one is read. */
const BOOK_VERSION = 1;
/** All chapters together. */
export const MOST_DAYS = 60;
export const MOST_CHAPTERS = 8;
/** Of a day; three kinds, four sizes and the depths that a machine has. */
export const MOST_LOADS = 96;
export const MOST_WRITERS = 12;
/** Longer texts are no book: sixty days of all loads stay below. */
export const MOST_BYTES = 8 * 1024 ** 2;
/** Parts of an octave that are told apart: 9 %. */
const PARTS = 8;

/** One day (UTC) of a disk. Latencies are µs a request on average over a stretch; a stretch counts once. */
export interface Day {
  /** '2026-11-29'. */
  readonly day: string;
  readonly loads: Map<string, { readonly load: Load; readonly took: Histogram }>;
  operationsPerSecond: number;
  bytesPerSecond: number;
  /** Stretches that were not learnt from, as the disk was slower than it used to be, or somebody was held up. */
  leftOut: number;
  readonly writers: Map<string, number>;
}

/** Days under one state: kernel, settings, size. */
export interface Chapter {
  readonly state: Readonly<Record<string, string>>;
  sinceMs: number;
  untilMs: number;
  days: Day[];
}

export interface Book {
  /** Of what names the disk for good, without telling it. */
  readonly key: string;
  readonly knownBy: string;
  /** As the disk was called last. */
  name: string;
  model: string | null;
  chapters: Chapter[];
}

const Text = v.pipe(v.string(), v.maxLength(MOST_TEXT));
const Count = v.pipe(v.number(), v.finite(), v.minValue(0));
const When = v.pipe(v.number(), v.finite());

const LoadForm = v.object({
  does: v.picklist(['read', 'write', 'flush']),
  upToBytes: Count,
  depth: v.pipe(Count, v.minValue(1)),
  /** Pairs of µs and how many stretches took about as long. */
  took: v.pipe(v.array(v.tuple([Count, Count])), v.maxLength(512)),
});

const DayForm = v.object({
  day: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/)),
  loads: v.pipe(v.array(LoadForm), v.maxLength(MOST_LOADS)),
  operationsPerSecond: Count,
  bytesPerSecond: Count,
  leftOut: Count,
  writers: v.pipe(v.array(v.tuple([Text, Count])), v.maxLength(MOST_WRITERS)),
});

const BookForm = v.object({
  format: v.literal('iowitness-baseline'),
  version: v.literal(BOOK_VERSION),
  key: Text,
  knownBy: Text,
  name: Text,
  model: v.nullable(Text),
  chapters: v.pipe(
    v.array(
      v.object({
        state: v.record(Text, Text),
        sinceMs: When,
        untilMs: When,
        days: v.pipe(v.array(DayForm), v.maxLength(MOST_DAYS)),
      }),
    ),
    v.maxLength(MOST_CHAPTERS),
  ),
});

export function newDay(day: string): Day {
  return { day, loads: new Map(), operationsPerSecond: 0, bytesPerSecond: 0, leftOut: 0, writers: new Map() };
}

/** 'write 16384 1', by which a day keeps its loads. */
export function nameOf({ does, upToBytes, depth }: Load): string {
  return `${does} ${upToBytes} ${depth}`;
}

export function textOfBook(book: Book): string {
  const form: v.InferOutput<typeof BookForm> = {
    format: 'iowitness-baseline',
    version: BOOK_VERSION,
    key: book.key,
    knownBy: book.knownBy,
    name: book.name,
    model: book.model,
    chapters: book.chapters.map(({ state, sinceMs, untilMs, days }) => ({
      state,
      sinceMs,
      untilMs,
      days: days.map(({ day, loads, writers, leftOut, ...best }) => ({
        day,
        loads: [...loads.values()].map(({ load, took }) => ({
          ...load,
          took: took.parts(PARTS).map(({ from, to, count }) => [Math.floor((from + to) / 2), count]),
        })),
        operationsPerSecond: best.operationsPerSecond,
        bytesPerSecond: best.bytesPerSecond,
        leftOut,
        writers: [...writers],
      })),
    })),
  };
  return `${JSON.stringify(form)}\n`;
}

/** Throws a UserError that says what is wrong with the text. */
export function bookOf(text: string): Book {
  const form = v.safeParse(BookForm, parsed(text));
  if (!form.success) throw new UserError(refusal(parsed(text)));
  const { key, knownBy, name, model, chapters } = form.output;
  return {
    key,
    knownBy,
    name,
    model,
    chapters: chapters.map(({ days, ...chapter }) => ({
      ...chapter,
      days: days.map((day) => ({
        ...day,
        loads: new Map(
          day.loads.map(({ took, ...load }) => {
            const histogram = new Histogram();
            for (const [us, count] of took) histogram.record(us, count);
            return [nameOf(load), { load, took: histogram }];
          }),
        ),
        writers: new Map(day.writers),
      })),
    })),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const Later = v.object({
  format: v.literal('iowitness-baseline'),
  version: v.pipe(v.number(), v.minValue(BOOK_VERSION + 1)),
});

/** True for what a later version of the program has written: not damaged, and not to be put aside. */
export function isLater(text: string): boolean {
  return v.is(Later, parsed(text));
}

function refusal(value: unknown): string {
  if (v.is(Later, value))
    return `it is of version ${value.version}, and this program reads up to ${BOOK_VERSION}: use the program that wrote it`;
  return value === undefined ? 'it is no JSON, cut off or damaged' : 'it has not the form of a baseline';
}
