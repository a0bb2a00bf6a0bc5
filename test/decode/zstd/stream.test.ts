// zstd streams: what zstd compressed is read as it was, in pieces of any size; forms that it makes seldom; what claims more than it has ends at once.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Damaged } from '../../../src/decode/zstd/damaged.js';
import { ZstdStream } from '../../../src/decode/zstd/stream.js';
import { fixturePath } from '../../support/fixtures.js';
import { block, FORM, frame } from '../../support/zstd-frames.js';

const TEXT = readFileSync(fixturePath('kernel-trace/ftrace.txt'));

/** What it inflates to, given in pieces of `step` bytes, and whether it was whole. */
function inflated(bytes: Buffer, step = bytes.length): { readonly bytes: Buffer; readonly isWhole: boolean } {
  const stream = new ZstdStream();
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += step)
    for (const piece of stream.inflate(bytes.subarray(at, at + step))) pieces.push(Buffer.from(piece));
  return { bytes: Buffer.concat(pieces), isWhole: stream.isWhole };
}

function refusal(bytes: Buffer, what: RegExp): void {
  assert.throws(
    () => inflated(bytes),
    (error) => error instanceof Damaged && what.test(error.message),
  );
}

describe('a zstd stream', () => {
  for (const name of ['fast', 'one', 'most', 'window'])
    it(`of ${name}.zst is what was compressed, in pieces of any size`, () => {
      const bytes = readFileSync(fixturePath(`zstd/${name}.zst`));
      for (const step of [bytes.length, 1000, 7, 1]) {
        const found = inflated(bytes, step);
        assert.ok(found.isWhole && found.bytes.equals(TEXT), `pieces of ${step} bytes`);
      }
    });

  it('that is cut gives what was whole before', () => {
    const bytes = readFileSync(fixturePath('zstd/window.zst'));
    const found = inflated(bytes.subarray(0, 20_000));
    assert.ok(!found.isWhole && found.bytes.length > 100_000 && found.bytes.length < TEXT.length);
    assert.ok(found.bytes.equals(TEXT.subarray(0, found.bytes.length)));
  });

  it('has blocks that are plain or one byte repeated, several frames, and what is to be skipped', () => {
    const one = frame([block(FORM.plain, 3, [97, 98, 99]), block(FORM.repeated, 4, [120], true)]);
    const skipped = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    const checked = Buffer.concat([frame([block(FORM.plain, 1, [33], true)], 4), Buffer.alloc(4, 9)]);
    for (const step of [1, 5, 100]) {
      const found = inflated(Buffer.concat([one, skipped, checked, skipped, one]), step);
      assert.deepEqual([found.bytes.toString(), found.isWhole], ['abcxxxx!abcxxxx', true]);
    }
  });

  it('whose frame needs a dictionary, too large a window or is none is refused', () => {
    refusal(frame([block(FORM.plain, 0, [], true)], 1), /needs a dictionary/);
    refusal(frame([block(FORM.plain, 0, [], true)], 8), /reserved form/);
    refusal(frame([], 0, '256M'), /needs a window of 268435456 bytes/);
    refusal(Buffer.from('no frame'), /no frame where one should begin/);
    refusal(frame([block(FORM.reserved, 0, [])]), /block of a reserved form/);
    refusal(frame([block(FORM.plain, 200_000, [])]), /block of 200000 bytes/);
  });

  it('takes memory as it is filled, not as its window claims', () => {
    const before = process.memoryUsage().arrayBuffers;
    const stream = new ZstdStream();
    const pieces = [...stream.inflate(frame([block(FORM.plain, 1, [1])], 0, '128M'))];
    assert.equal(pieces.length, 1);
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 2 ** 20);
  });

  it('ends at a copy of what is not there, or of more than a block holds', () => {
    /** One literal, then sequences whose three states are single ones. */
    const copies = (
      before: number,
      count: number,
      codes: readonly [number, number, number],
      bits: readonly number[],
    ) => {
      const data = [1 << 3, 97, 255, (count - 0x7f00) & 255, (count - 0x7f00) >> 8, 0b0101_0100, ...codes, ...bits];
      return frame([
        block(
          FORM.plain,
          before,
          Array.from({ length: before }, () => 98),
        ),
        block(FORM.compressed, data.length, data),
      ]);
    };
    refusal(copies(0, 0x7f00, [1, 2, 0], [0x80, 0x80, 1]), /copy of bytes that are not there/);
    // Ninety-eight thousand copies of 64 KiB each.
    const start = process.cpuUsage();
    refusal(copies(8, 0x7f00 + 0xffff, [0, 0, 52], [0, 0, 0, 1]), /longer than told/);
    assert.ok(process.cpuUsage(start).user < 1e6);
  });

  it('ends at literals and states that no block before it told', () => {
    const compressed = (...data: number[]) => frame([block(FORM.compressed, data.length, data)]);
    refusal(compressed(0b0000_0011, 0x40, 0, 0, 0), /code that was not told/);
    refusal(compressed(1 << 3, 97, 1, 0b1100_0000, 1), /states that were not told/);
    refusal(compressed(1 << 3, 97, 1, 0b0100_0000, 36, 1), /states that were not told/);
    refusal(compressed(0xf8, 97), /literals that are cut off/);
    // Weights in states that need no bits have no end: one symbol has the whole probability.
    refusal(compressed(0x42, 0, 2, 5, 0xf0, 3, 0, 0, 1, 1, 1, 0), /weights without an end/);
  });
});
