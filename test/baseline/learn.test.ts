// What a disk's counters teach, and what they must not: a stall on a good disk, a first day that is bad, a time in which somebody was held up; and what a
// change of the machine begins.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { usualAt } from '../../src/analysis/requests/past.js';
import { bookOf, MOST_BYTES, MOST_CHAPTERS, MOST_DAYS, textOfBook, type Book } from '../../src/baseline/book.js';
import { figuresOf, pastFrom } from '../../src/baseline/figures.js';
import { learn, type Seen } from '../../src/baseline/learn.js';
import { Intervals, NO_INTERVALS } from '../../src/base/intervals.js';
import { diskOf, NOON, steady, type Step } from '../support/past.js';

const DAY_MS = 86_400_000;
const STATE = { kernel: '6.1.0', scheduler: 'none' };
const LOAD = { does: 'write', upToBytes: 16_384, depth: 1 } as const;

function fresh(): Book {
  return { key: 'a'.repeat(24), knownBy: 'serial', name: 'sda', model: null, chapters: [] };
}

/** A minute of writes that take so long, or of these steps, on a day. */
function minute(what: number | readonly Step[], day = 0, different: Partial<Seen> = {}): Seen {
  const steps = typeof what === 'number' ? steady(60, { writes: 500, writeMs: what }) : what;
  return {
    disk: diskOf(steps),
    within: { from: 0, to: steps.length * 1000 },
    startMs: NOON + day * DAY_MS,
    state: STATE,
    heldUp: NO_INTERVALS,
    ...different,
  };
}

/** As the book is after it was written and read again. */
function usualIn(book: Book, chapter = -1) {
  const figures = figuresOf(bookOf(textOfBook(book)).chapters.at(chapter) ?? assert.fail());
  const found = figures && usualAt(figures, LOAD);
  return found && { ms: Number(found.usualMs.toPrecision(1)), days: found.days, stretches: found.stretches };
}

describe('quiet time', () => {
  it('teaches what a load takes', () => {
    const book = fresh();
    assert.deepEqual(learn(book, minute(0.1)), { stretches: 60, leftOut: 0 });
    assert.deepEqual(usualIn(book), { ms: 0.1, days: 1, stretches: 60 });
    const best = figuresOf(book.chapters[0] ?? assert.fail())?.best;
    assert.deepEqual(best, { operationsPerSecond: 500, bytesPerSecond: 500 * 4096, days: 1 });
  });

  it('is kept in a form that is read again where the kernel counted no time in use', () => {
    const book = fresh();
    // A few quick requests: time_in_queue grows by a tick, io_ticks by none.
    learn(book, minute(steady(60, { writes: 500, writeMs: 0.1, depth: Infinity })));
    assert.deepEqual(usualIn(book), { ms: 0.1, days: 1, stretches: 60 });
  });

  it('adds up over recordings and days, in any order', () => {
    const book = fresh();
    for (const day of [2, 0, 1, 1]) learn(book, minute(0.1, day));
    assert.deepEqual(usualIn(book), { ms: 0.1, days: 3, stretches: 240 });
    assert.deepEqual(
      book.chapters[0]?.days.map(({ day }) => day),
      ['2026-11-01', '2026-11-02', '2026-11-03'],
    );
  });

  it('has who wrote, by part', () => {
    const book = fresh();
    for (const day of [0, 1])
      learn(
        book,
        minute(0.1, day, {
          writers: new Map([
            ['postgres', 3e6],
            ['rsyslogd', 1e6],
          ]),
        }),
      );
    assert.deepEqual(figuresOf(book.chapters[0] ?? assert.fail())?.writers, [
      { comm: 'postgres', share: 0.75 },
      { comm: 'rsyslogd', share: 0.25 },
    ]);
  });
});

describe('a stall', () => {
  it('does not teach that stalls are normal, however long it lasts', () => {
    const book = fresh();
    learn(book, minute(0.1));
    for (let day = 0; day < 20; day += 1) assert.deepEqual(learn(book, minute(5, day)), { stretches: 0, leftOut: 60 });
    assert.deepEqual(usualIn(book), { ms: 0.1, days: 1, stretches: 60 });
  });

  it('teaches nothing of the time in which somebody was held up', () => {
    const book = fresh();
    const learnt = learn(book, minute(0.1, 0, { heldUp: Intervals.of([{ from: 0, to: 30_500 }]) }));
    assert.deepEqual(learnt, { stretches: 29, leftOut: 31 });
  });

  it('on the first day is one day’s vote: two good days outvote it', () => {
    const book = fresh();
    learn(book, minute(5, 0));
    assert.equal(usualIn(book)?.ms, 5);
    learn(book, minute(0.1, 1));
    assert.equal(usualIn(book)?.ms, 0.1);
    learn(book, minute(0.1, 2));
    assert.deepEqual(usualIn(book), { ms: 0.1, days: 3, stretches: 180 });
  });
});

describe('a disk that is slow from the first day', () => {
  it('has that as its usual', () => {
    const book = fresh();
    for (let day = 0; day < 4; day += 1) learn(book, minute(30, day));
    assert.equal(usualIn(book)?.ms, 30);
    assert.equal(usualIn(book)?.days, 4);
  });
});

describe('another kernel, setting or size', () => {
  it('begins a chapter, of which the one before knows nothing', () => {
    const book = fresh();
    learn(book, minute(0.1, 0));
    const state = { ...STATE, kernel: '6.12.0' };
    assert.deepEqual(learn(book, minute(0.5, 1, { state })), { stretches: 60, leftOut: 0 });
    assert.equal(book.chapters.length, 2);
    assert.equal(usualIn(book, 0)?.ms, 0.1);
    assert.equal(usualIn(book, 1)?.ms, 0.5);
  });

  it('is told beside the past that a recording gets', () => {
    const book = fresh();
    learn(book, minute(0.1, 0));
    assert.equal(pastFrom(book, '8:0', STATE)?.before, undefined);
    const past = pastFrom(book, '8:0', { ...STATE, scheduler: 'mq-deadline' });
    assert.equal(past?.now, undefined);
    assert.deepEqual(past?.before?.changed, [{ what: 'scheduler', before: 'none', after: 'mq-deadline' }]);
  });

  it('is none where a file could not be read this time', () => {
    const book = fresh();
    learn(book, minute(0.1, 0));
    learn(book, minute(0.1, 1, { state: { kernel: '6.1.0' } }));
    assert.equal(book.chapters.length, 1);
  });
});

describe('a book', () => {
  it('is bounded over years of kernels, days, loads and writers', () => {
    const book = fresh();
    for (let day = 0; day < 400; day += 1) {
      const state = { ...STATE, kernel: `6.${Math.floor(day / 30)}.0` };
      const steps = [1, 2, 4, 8, 16, 32, 64, 128].flatMap((depth) =>
        [4096, 32_768, 131_072, 1e6].flatMap((bytes) =>
          steady(1, {
            writes: 100,
            writeMs: 0.1 * (1 + ((day * depth) % 13)),
            reads: 100,
            readMs: 0.3,
            flushes: 60,
            flushMs: 1,
            bytes,
            depth,
          }),
        ),
      );
      const writers = new Map(Array.from({ length: 40 }, (_, n) => [`writer${n}`, n]));
      learn(book, minute(steps, day, { state, writers }));
    }
    const text = textOfBook(book);
    assert.ok(book.chapters.length <= MOST_CHAPTERS);
    assert.equal(
      book.chapters.reduce((sum, { days }) => sum + days.length, 0),
      MOST_DAYS,
    );
    assert.ok(text.length < MOST_BYTES / 4, `${text.length} bytes`);
    assert.equal(textOfBook(bookOf(text)), text);
  });

  it('that is cut off, of another form or of a later version is refused in words', () => {
    const book = fresh();
    learn(book, minute(0.1));
    const text = textOfBook(book);
    assert.throws(() => bookOf(text.slice(0, -20)), /it is no JSON, cut off or damaged/);
    assert.throws(() => bookOf('{}'), /it has not the form of a baseline/);
    assert.throws(
      () => bookOf(text.replace('"version":1', '"version":7')),
      /it is of version 7, and this program reads up to 1/,
    );
  });
});
