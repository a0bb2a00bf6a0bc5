// Framed logs read back: whole, cut off at every byte, with bits flipped, with rubbish between, and made to waste time or memory.

import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { Loss } from '../../src/model/losses.js';
import { encodeFrame, encodePadding, BLOCK, FRAME, FRAME_HEADER, MOST_PAYLOAD } from '../../src/recording/frame.js';
import { readFrames } from '../../src/recording/log-reader.js';
import { inFolder } from '../support/recordings.js';

interface Read {
  readonly payloads: string[];
  readonly losses: Loss[];
}

function readLog(file: string): Read {
  const losses: Loss[] = [];
  const payloads: string[] = [];
  for (const { head, payload } of readFrames(file, (loss) => losses.push(loss)))
    if (head.type !== FRAME.padding) payloads.push(payload.toString('latin1'));
  return { payloads, losses };
}

function frame(sequence: number, payload: string | Uint8Array, type: number = FRAME.pages): Buffer {
  return encodeFrame({ type, flags: 0, sequence, atNs: BigInt(sequence) }, Buffer.from(payload));
}

/** Eight frames in two writes, padded to blocks as the writer does it. */
const PAYLOADS = Array.from({ length: 8 }, (_, index) => `payload ${index} `.repeat(index * 5));
function smallLog(): Buffer {
  const parts: Buffer[] = [];
  let sequence = 0;
  for (let write = 0; write < 2; write += 1) {
    const frames = PAYLOADS.slice(write * 4, write * 4 + 4).map((payload) => frame(sequence++, payload));
    const used = frames.reduce((sum, one) => sum + one.length, 0);
    parts.push(...frames, encodePadding(used, sequence++, 0n));
  }
  return Buffer.concat(parts);
}

/** True where `some` are among `all`, in the same order. */
function isSubsequence(some: readonly string[], all: readonly string[]): boolean {
  let at = 0;
  for (const one of some) {
    at = all.indexOf(one, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

test('frames come back as they were written, and every write is whole blocks', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    const frames = fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 20 });
    fc.assert(
      fc.property(frames, (payloads) => {
        const parts = payloads.map((payload, index) => frame(index, payload));
        const used = parts.reduce((sum, one) => sum + one.length, 0);
        const whole = Buffer.concat([...parts, encodePadding(used, payloads.length, 0n)]);
        assert.equal(whole.length % BLOCK, 0);
        writeFileSync(file, whole);
        const read = readLog(file);
        assert.deepEqual(read.losses, []);
        assert.deepEqual(
          read.payloads,
          payloads.map((payload) => Buffer.from(payload).toString('latin1')),
        );
      }),
      { numRuns: 200 },
    );
  });
});

test('a log cut off at any byte gives the frames before it, and says where it ends', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    const log = smallLog();
    for (let length = log.length; length >= 0; length -= 1) {
      writeFileSync(file, log.subarray(0, length));
      const { payloads, losses } = readLog(file);
      assert.deepEqual(payloads, PAYLOADS.slice(0, payloads.length));
      const [loss, ...more] = losses;
      assert.deepEqual(more, []);
      if (!loss) continue;
      assert.equal(loss.code, 'log-truncated');
      const offset = Number(/^a\.log, offset (\d+)$/.exec(loss.where)?.[1]);
      assert.equal(offset + (loss.count ?? NaN), length);
    }
  });
});

test('a flipped bit costs one frame and never passes unseen', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    const log = smallLog();
    fc.assert(
      fc.property(fc.nat(log.length * 8 - 1), (bit) => {
        const damaged = Buffer.from(log);
        damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        writeFileSync(file, damaged);
        const { payloads, losses } = readLog(file);
        assert.ok(isSubsequence(payloads, PAYLOADS));
        assert.ok(payloads.length >= PAYLOADS.length - 1, `${payloads.length} frames are left`);
        if (payloads.length < PAYLOADS.length)
          assert.ok(losses.some((loss) => loss.code === 'log-damaged' && (loss.count ?? 0) > 0));
      }),
      { numRuns: 4000 },
    );
  });
});

test('rubbish of any kind between frames is passed over and counted to the byte', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    const rubbish = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 5000 }),
      fc.constant(Buffer.from('IOWF'.repeat(100))),
      // Bytes of a frame, but not its header: a length that nobody should believe.
      fc.nat(11).map((index) => Buffer.from(frame(index, 'x'.repeat(500)).subarray(9, 400))),
    );
    fc.assert(
      fc.property(rubbish, (bytes) => {
        fc.pre(bytes.some((byte) => byte !== 0));
        writeFileSync(file, Buffer.concat([frame(0, 'one'), bytes, frame(1, 'two')]));
        const { payloads, losses } = readLog(file);
        assert.deepEqual(payloads, ['one', 'two']);
        const offset = frame(0, 'one').length;
        assert.deepEqual(losses, [{ code: 'log-damaged', where: `a.log, offset ${offset}`, count: bytes.length }]);
      }),
      { numRuns: 500 },
    );
  });
});

test('a damaged frame is stepped over whole, so that frames inside its payload are never taken for frames', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    const outer = frame(0, Buffer.concat([frame(0, 'inner'), Buffer.from('tail')]));
    outer.writeUInt8(outer.readUInt8(outer.length - 8) ^ 1, outer.length - 8);
    writeFileSync(file, Buffer.concat([outer, frame(1, 'after')]));
    assert.deepEqual(readLog(file).payloads, ['after']);
  });
});

test('frames that are missing without a trace of damage are noticed by their numbers', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    writeFileSync(file, Buffer.concat([frame(0, 'zero'), frame(3, 'three')]));
    const { payloads, losses } = readLog(file);
    assert.deepEqual(payloads, ['zero', 'three']);
    assert.deepEqual(
      losses.map((loss) => loss.code),
      ['log-damaged'],
    );
    assert.match(losses[0]?.where ?? '', /frame 3 follows 0$/);
  });
});

test('a frame of a later type is passed on, not taken for damage', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    writeFileSync(file, Buffer.concat([frame(0, 'one'), frame(1, 'news', 77), frame(2, 'two')]));
    assert.deepEqual(readLog(file), { payloads: ['one', 'news', 'two'], losses: [] });
  });
});

test('a tail that was never written is the end, not damage', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    const fd = openSync(file, 'w');
    const begin = frame(0, 'one');
    writeSync(fd, begin);
    ftruncateSync(fd, 64 * 1024 * 1024);
    closeSync(fd);
    const { payloads, losses } = readLog(file);
    assert.deepEqual(payloads, ['one']);
    assert.deepEqual(losses, [
      { code: 'log-truncated', where: `a.log, offset ${begin.length}`, count: 64 * 1024 * 1024 - begin.length },
    ]);
  });
});

/** A header whose own checksum holds, and that promises more than there is. */
function promise(length: number): Buffer {
  const header = Buffer.from(frame(0, '').subarray(0, FRAME_HEADER));
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
  return header;
}

test('a log that is made to be read slowly is read in one pass', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    const headers = Buffer.concat(Array.from({ length: 200_000 }, () => promise(1024 * 1024)));
    for (const bytes of [headers, Buffer.alloc(8 * 1024 * 1024, 'IOWF')]) {
      writeFileSync(file, bytes);
      const begun = performance.now();
      const { payloads, losses } = readLog(file);
      assert.ok(performance.now() - begun < 10_000, `${performance.now() - begun} ms`);
      assert.deepEqual(payloads, []);
      assert.ok(losses.length > 0 && losses.length < 10, `${losses.length} losses`);
    }
  });
});

test('a length over the limit is not believed, and no memory is taken for it', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    writeFileSync(file, Buffer.concat([promise(MOST_PAYLOAD + 1), frame(0, 'one')]));
    const { payloads, losses } = readLog(file);
    assert.deepEqual(payloads, ['one']);
    assert.deepEqual(losses, [{ code: 'log-damaged', where: 'a.log, offset 0', count: FRAME_HEADER }]);
  });
});

test('memory stays bounded, whatever the file’s size', async () => {
  await inFolder((folder) => {
    const file = path.join(folder, 'a.log');
    const fd = openSync(file, 'w');
    const payload = Buffer.alloc(1024 * 1024, 7);
    for (let sequence = 0; sequence < 400; sequence += 1) writeSync(fd, frame(sequence, payload));
    closeSync(fd);
    const before = process.memoryUsage().external;
    let most = 0;
    let count = 0;
    for (const { head } of readFrames(file, () => {})) {
      count += head.length;
      most = Math.max(most, process.memoryUsage().external - before);
    }
    assert.equal(count, 400 * payload.length);
    assert.ok(most < 160 * 1024 * 1024, `${most} bytes`);
  });
});
