// The decoder of block traces: every field in both versions and byte orders, any chunking, and damage that costs only what it hits.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findMagic } from '../../../src/decode/blktrace/frame.js';
import { notificationOf, processName, timeOfDay } from '../../../src/decode/blktrace/meaning.js';
import { readRecords } from '../../../src/decode/blktrace/read.js';
import {
  ACTION,
  CATEGORY,
  messageBytes,
  NOTIFY,
  payloadNumber,
  remapOf,
  type RecordBatch,
} from '../../../src/model/blktrace.js';
import type { Loss } from '../../../src/model/losses.js';
import {
  bigEndian,
  processRecord,
  recordBytes,
  traceBytes,
  writeRecord,
  type TraceRecord,
} from '../../support/blktrace.js';
import { memorySource } from '../../support/blktrace-run.js';

/** A row as the object from which its bytes were made. */
function rowOf(batch: RecordBatch, row: number): Required<TraceRecord> {
  const wide = (high: Uint32Array, low: Uint32Array) => (BigInt(high[row] ?? 0) << 32n) | BigInt(low[row] ?? 0);
  const at = batch.payloadAt[row] ?? 0;
  return {
    version: batch.version[row] === 8 ? 8 : 7,
    sequence: batch.sequence[row] ?? -1,
    time: wide(batch.timeHigh, batch.timeLow),
    sector: wide(batch.sectorHigh, batch.sectorLow),
    size: batch.size[row] ?? -1,
    action: batch.action[row] ?? -1,
    category: batch.category[row] ?? -1,
    pid: batch.pid[row] ?? -1,
    device: batch.device[row] ?? -1,
    cpu: batch.cpu[row] ?? -1,
    error: batch.error[row] ?? -1,
    payload: batch.bytes.slice(at, at + (batch.payloadLength[row] ?? 0)),
  };
}

async function readAll(bytes: Uint8Array, piece?: number): Promise<{ rows: Required<TraceRecord>[]; losses: Loss[] }> {
  const rows: Required<TraceRecord>[] = [];
  const losses: Loss[] = [];
  for await (const batch of readRecords(memorySource(bytes, piece), (loss) => losses.push(loss))) {
    for (let row = 0; row < batch.length; row += 1) rows.push(rowOf(batch, row));
  }
  return { rows, losses };
}

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const u16 = fc.integer({ min: 0, max: 0xffff });
const anyRecord: fc.Arbitrary<Required<TraceRecord>> = fc
  .record({
    version: fc.constantFrom(7 as const, 8 as const),
    sequence: u32,
    time: u64,
    sector: u64,
    size: u32,
    action: u16,
    category: u32,
    pid: u32,
    device: u32,
    cpu: u32,
    error: u16,
    payload: fc.uint8Array({ maxLength: 40 }),
  })
  .map((record) => ({ ...record, category: record.version === 7 ? record.category & 0xffff : record.category }));

describe('reading a block trace', () => {
  test('gives every field of both versions in both byte orders, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRecord, { maxLength: 30 }),
        fc.constantFrom('little' as const, 'big' as const),
        fc.integer({ min: 1, max: 200 }),
        async (records, order, piece) => {
          const bytes = traceBytes(records, order);
          const { rows, losses } = await readAll(bytes, piece);
          // A payload that happens to hold a magic number is rightly suspected; the generator hardly ever makes one.
          fc.pre(records.every(({ payload }) => findMagic(new DataView(payload.buffer), 0, payload.length, true) < 0));
          assert.deepEqual(rows, records);
          assert.deepEqual(losses, []);
        },
      ),
    );
  });

  test('reads payloads: remap, number, name, message, time of day', async () => {
    const records: TraceRecord[] = [
      writeRecord('remap', { payload: bigEndian([(8 << 20) | 1, 4], [8 << 20, 4], [0x1_0000_0005n, 8]) }),
      writeRecord('split', { payload: bigEndian([77n, 8]) }),
      processRecord(5, 'name'),
      { action: NOTIFY.message, category: CATEGORY.notify, payload: Buffer.from('said\0more') },
      { action: NOTIFY.timestamp, category: CATEGORY.notify, payload: bigEndian([1_700_000_000, 4], [42, 4]) },
      writeRecord('unplug'),
    ];
    const bytes = traceBytes(records, 'big');
    for await (const batch of readRecords(memorySource(bytes), (loss) => assert.fail(loss.where))) {
      assert.deepEqual(remapOf(batch, 0), {
        deviceFrom: (8 << 20) | 1,
        deviceTo: 8 << 20,
        sectorFromHigh: 1,
        sectorFromLow: 5,
      });
      assert.deepEqual(payloadNumber(batch, 1), { high: 0, low: 77 });
      assert.equal(notificationOf(batch, 2), 'process');
      assert.equal(Buffer.from(processName(batch, 2)).toString(), 'name');
      assert.equal(notificationOf(batch, 3), 'message');
      assert.equal(Buffer.from(messageBytes(batch, 3)).toString(), 'said');
      assert.equal(notificationOf(batch, 4), 'timestamp');
      assert.deepEqual(timeOfDay(batch, 4), { seconds: 1_700_000_000, nanoseconds: 42 });
      assert.equal(notificationOf(batch, 5), undefined);
      assert.equal(payloadNumber(batch, 5), undefined);
      assert.equal(remapOf(batch, 5), undefined);
    }
  });
});

describe('a damaged block trace', () => {
  const three = [1, 2, 3].map((sequence) => writeRecord('queue', { sequence, time: BigInt(sequence) }));
  const sequences = (rows: readonly Required<TraceRecord>[]) => rows.map(({ sequence }) => sequence);

  test('loses the record whose magic is gone, and says where', async () => {
    const bytes = traceBytes(three);
    bytes.fill(0, 48, 52);
    const { rows, losses } = await readAll(bytes);
    assert.deepEqual(sequences(rows), [1, 3]);
    assert.deepEqual(losses, [{ code: 'blktrace-damaged', where: 'memory, offset 48', count: 48 }]);
  });

  test('does not let a wrong payload length cover the records behind it', async () => {
    const bytes = traceBytes(three);
    bytes.writeUInt16LE(60, 46);
    const { rows, losses } = await readAll(bytes);
    assert.deepEqual(sequences(rows), [2, 3]);
    assert.deepEqual(losses, [{ code: 'blktrace-damaged', where: 'memory, offset 0', count: 48 }]);
  });

  test('tells a cut tail from damage', async () => {
    const { rows, losses } = await readAll(traceBytes(three).subarray(0, 48 * 2 + 20));
    assert.deepEqual(sequences(rows), [1, 2]);
    assert.deepEqual(losses, [{ code: 'blktrace-truncated', where: 'memory, offset 96', count: 20 }]);
  });

  test('names a version that it does not know', async () => {
    const bytes = traceBytes(three);
    bytes[48] = 9;
    const { rows, losses } = await readAll(bytes);
    assert.deepEqual(sequences(rows), [1, 3]);
    assert.deepEqual(losses, [{ code: 'blktrace-version', where: 'memory, offset 48', count: 48 }]);
  });

  test('is no trace at all: one loss of all its bytes', async () => {
    const { rows, losses } = await readAll(Buffer.alloc(1_000_000, 'no trace '));
    assert.deepEqual(rows, []);
    assert.deepEqual(losses, [{ code: 'blktrace-damaged', where: 'memory, offset 0', count: 1_000_000 }]);
  });

  test('is not reported more often than memory bears', async () => {
    const good = recordBytes(writeRecord('queue', { action: ACTION.queue }));
    const { rows, losses } = await readAll(
      Buffer.concat(Array.from({ length: 1000 }, () => [good, Buffer.alloc(5)]).flat()),
    );
    assert.equal(rows.length, 1000);
    assert.equal(losses.length, 51);
    assert.deepEqual(losses.at(-1), { code: 'blktrace-damaged', where: 'memory, 950 further places', count: 4750 });
  });

  test('accounts for every byte, whatever is changed', async () => {
    const mutation = fc.record({ at: fc.nat(2000), value: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRecord, { minLength: 1, maxLength: 20 }),
        fc.array(mutation, { maxLength: 6 }),
        fc.nat(2000),
        fc.integer({ min: 1, max: 300 }),
        async (records, mutations, cut, piece) => {
          const bytes = traceBytes(records);
          for (const { at, value } of mutations) bytes[at % bytes.length] = value;
          const kept = bytes.subarray(0, Math.max(0, bytes.length - (cut % bytes.length)));
          const { rows, losses } = await readAll(kept, piece);
          const read = rows.reduce((sum, { version, payload }) => sum + (version === 7 ? 48 : 64) + payload.length, 0);
          const lost = losses.reduce((sum, { count }) => sum + (count ?? 0), 0);
          assert.equal(read + lost, kept.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
