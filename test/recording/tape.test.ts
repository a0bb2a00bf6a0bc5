// Readings in a frame's payload: there and back, and from bytes that nobody wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeReadings, encodeReadings } from '../../src/recording/tape.js';

const reading = fc.record(
  {
    path: fc.oneof(
      fc.constantFrom('/proc/diskstats', '/proc/vmstat', 'iowitness:clock'),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
    ),
    atNs: fc.integer({ min: -1e9, max: 2 ** 52 }),
    text: fc.string({ unit: 'grapheme', maxLength: 400 }),
    failed: fc.boolean(),
  },
  { noNullPrototype: true },
);

function encode(readings: readonly { path: string; atNs: number; text: string; failed: boolean }[]): Buffer {
  return encodeReadings(readings.map(({ text, ...rest }) => ({ ...rest, bytes: Buffer.from(text) })));
}

test('readings come back as they were, in order', () => {
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 50 }), (readings) => {
      assert.deepEqual(decodeReadings(encode(readings)), { readings, complete: true });
    }),
  );
});

test('a payload that is cut off gives the readings before the cut', () => {
  fc.assert(
    fc.property(
      fc.array(reading, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (readings, share) => {
        const whole = encode(readings);
        const cut = Math.floor(share * (whole.length - 1));
        const { readings: got } = decodeReadings(whole.subarray(0, cut));
        assert.ok(got.length < readings.length);
        assert.deepEqual(got, readings.slice(0, got.length));
      },
    ),
  );
});

test('bytes that nobody wrote never make it throw, and times are finite', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const one of decodeReadings(Buffer.from(bytes)).readings) assert.ok(Number.isFinite(one.atNs));
    }),
    { numRuns: 5000 },
  );
  const infinite = encode([{ path: '/a', atNs: Infinity, text: '', failed: false }]);
  assert.deepEqual(decodeReadings(infinite), { readings: [], complete: false });
});
