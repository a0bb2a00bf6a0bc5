// Damaged zstd streams: cut anywhere, with bytes flipped or overwritten, in pieces of any size. All that is thrown is that they are damaged; what a
// stream gives is the same however it is cut into pieces, no block gives more than a block may have, and none takes longer than that.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Damaged } from '../../src/decode/zstd/damaged.js';
import { ZstdStream } from '../../src/decode/zstd/stream.js';
import { fixturePath } from '../support/fixtures.js';
import { block, FORM, frame } from '../support/zstd-frames.js';

const RUNS = { seed: 16, numRuns: 150 };
const MOST_BLOCK = 128 * 1024;

/** What comes out of it, and why no more. */
function inflated(bytes: Uint8Array, step: number): { readonly bytes: Buffer; readonly why: string } {
  const stream = new ZstdStream();
  const pieces: Buffer[] = [];
  try {
    for (let at = 0; at < bytes.length; at += step)
      for (const piece of stream.inflate(bytes.subarray(at, at + step))) {
        assert.ok(piece.length <= MOST_BLOCK);
        pieces.push(Buffer.from(piece));
      }
  } catch (error) {
    assert.ok(error instanceof Damaged, String(error));
    return { bytes: Buffer.concat(pieces), why: error.message };
  }
  return { bytes: Buffer.concat(pieces), why: stream.isWhole ? 'whole' : 'cut' };
}

function assertSameInPieces(bytes: Uint8Array, step: number): void {
  assert.deepEqual(inflated(bytes, step), inflated(bytes, Math.max(1, bytes.length)));
}

for (const name of ['fast', 'one', 'most', 'window'])
  describe(`${name}.zst`, () => {
    const whole = readFileSync(fixturePath(`zstd/${name}.zst`));
    const text = readFileSync(fixturePath('kernel-trace/ftrace.txt'));
    // The heads of frames and blocks stand at the beginning, and most of what is told of states.
    const place = fc.oneof(fc.nat(300), fc.nat(whole.length - 1));

    test('cut at any place gives a part of what was compressed', () =>
      fc.assert(
        fc.property(fc.nat(whole.length - 1), (end) => {
          const { bytes, why } = inflated(whole.subarray(0, end), 999);
          assert.ok(why === 'cut' || end === 0);
          assert.ok(bytes.equals(text.subarray(0, bytes.length)));
        }),
        RUNS,
      ));

    test('with bits flipped', () =>
      fc.assert(
        fc.property(
          fc.array(fc.tuple(place, fc.nat(7)), { minLength: 1, maxLength: 6 }),
          fc.integer({ min: 1, max: 5000 }),
          (flips, step) => {
            const bytes = Buffer.from(whole);
            for (const [at, bit] of flips) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
            assertSameInPieces(bytes, step);
          },
        ),
        RUNS,
      ));
  });

test('blocks of any bytes end', () => {
  const start = process.cpuUsage();
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 5 }), (bodies) => {
      const blocks = bodies.map((body) => block(FORM.compressed, body.length, [...body]));
      assertSameInPieces(frame([block(FORM.plain, 9, [...Buffer.alloc(9)]), ...blocks]), 7);
    }),
    { ...RUNS, numRuns: 2000 },
  );
  assert.ok(process.cpuUsage(start).user < 60e6, 'a block takes milliseconds');
});
