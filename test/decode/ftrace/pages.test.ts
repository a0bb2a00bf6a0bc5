// The walk over trace pages: each record type, truncated and mutated bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { walkPages } from '../../../src/decode/ftrace/pages.js';
import { page, record, word } from '../../support/trace-page.js';

interface Seen {
  events: { ns: number; bytes: number[] }[];
  missed: number[];
  malformed: string[];
}

function walk(bytes: Uint8Array, startNs = 0n): Seen {
  const seen: Seen = { events: [], missed: [], malformed: [] };
  walkPages(bytes, startNs, {
    event: (view, offset, length, ns) =>
      seen.events.push({ ns, bytes: [...new Uint8Array(view.buffer, view.byteOffset + offset, length)] }),
    missed: (count) => seen.missed.push(count),
    malformed: (_at, why) => seen.malformed.push(why),
  });
  return seen;
}

test('times are the page’s stamp plus the deltas, relative to the start', () => {
  const bytes = page({ stamp: 1_000_000n, records: [record([1, 2, 3, 4], 10), record([5, 6, 7, 8], 20)] });
  assert.deepEqual(
    walk(bytes, 999_000n).events.map((event) => event.ns),
    [1010, 1030],
  );
});

test('a time extend adds its 59-bit delta without being an event', () => {
  const bytes = page({ stamp: 0n, records: [word(30, 5, 3), record([1, 2, 3, 4], 1)] });
  assert.deepEqual(
    walk(bytes).events.map((event) => event.ns),
    [3 * 2 ** 27 + 5 + 1],
  );
});

test('an absolute stamp replaces the running time', () => {
  const bytes = page({ stamp: 1000n, records: [record([1, 2, 3, 4], 1), word(31, 7000, 0), record([1, 2, 3, 4], 2)] });
  assert.deepEqual(
    walk(bytes).events.map((event) => event.ns),
    [1001, 7002],
  );
});

test('a long event carries its length in the first word', () => {
  const data = Array.from({ length: 200 }, (_, index) => index & 255);
  const bytes = page({ stamp: 0n, records: [record(data, 4), record([9, 9, 9, 9], 1)] });
  const { events } = walk(bytes);
  assert.deepEqual(events[0]?.bytes, data);
  assert.equal(events[1]?.ns, 5);
});

test('padding without a delta ends the page', () => {
  const bytes = page({ stamp: 0n, records: [record([1, 2, 3, 4], 1), word(29, 0, 8), record([1, 2, 3, 4], 1)] });
  assert.equal(walk(bytes).events.length, 1);
});

test('the count of missed events is read from behind the data', () => {
  const bytes = page({ stamp: 0n, records: [record([1, 2, 3, 4], 1)], missed: 17n });
  assert.deepEqual(walk(bytes).missed, [17]);
  assert.equal(walk(bytes).events.length, 1);
});

test('pages follow each other at their trimmed length', () => {
  const one = page({ stamp: 100n, records: [record([1, 2, 3, 4], 1)] });
  const two = page({ stamp: 200n, records: [record([1, 2, 3, 4], 1)] });
  assert.deepEqual(
    walk(Buffer.concat([one, two])).events.map((event) => event.ns),
    [101, 201],
  );
});

test('every truncation yields a prefix of the events and no exception', () => {
  const bytes = Buffer.concat([
    page({ stamp: 100n, records: [record([1, 2, 3, 4], 1), record([5, 6, 7, 8], 1)] }),
    page({ stamp: 200n, records: [record([1, 2, 3, 4], 1)] }),
  ]);
  const whole = walk(bytes).events;
  for (let length = 0; length < bytes.length; length += 1) {
    const part = walk(bytes.subarray(0, length)).events;
    assert.ok(part.length <= whole.length);
    assert.deepEqual(part, whole.slice(0, part.length));
  }
});

test('arbitrary bytes never throw, and never yield an event outside the buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      for (const event of walk(bytes).events) assert.ok(event.bytes.length <= bytes.length);
    }),
    { numRuns: 2000 },
  );
});
