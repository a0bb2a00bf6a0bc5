// Damaged times in a CPU's order: every flipped bit that would move a figure costs its record and no other, and what only looks odd stays.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { siftedRecords } from '../../../src/decode/blktrace/sift.js';
import type { Loss } from '../../../src/model/losses.js';
import { traceBytes, writeRecord, type TraceRecord } from '../../support/blktrace.js';
import { numbersFrom } from '../../support/blktrace-fuzz.js';
import { memorySource } from '../../support/blktrace-run.js';

const BEGIN = 10n ** 15n;
const HOUR = 3_600_000_000_000n;

/** The sectors of the records that are kept, and how many were passed over. */
async function sift(records: readonly TraceRecord[], piece?: number): Promise<{ kept: number[]; strays: number }> {
  const kept: number[] = [];
  const losses: Loss[] = [];
  const source = memorySource(traceBytes(records), piece);
  for await (const batch of siftedRecords(source, (loss) => losses.push(loss)))
    for (let row = 0; row < batch.length; row += 1) kept.push(batch.sectorLow[row] ?? NaN);
  assert.ok(losses.every(({ code }) => code === 'blktrace-stray'));
  return { kept, strays: losses.reduce((sum, { count }) => sum + (count ?? 0), 0) };
}

/** Records of one CPU, `stepNs` apart, told apart by their sectors. */
function steady(count: number, stepNs = 50_000n): TraceRecord[] {
  return Array.from({ length: count }, (_, index) =>
    writeRecord('queue', { time: BEGIN + BigInt(index) * stepNs, sector: BigInt(index), sequence: index + 1 }),
  );
}

function flipped(records: readonly TraceRecord[], index: number, bit: bigint): TraceRecord[] {
  return records.map((record, at) => (at === index ? { ...record, time: (record.time ?? 0n) ^ (1n << bit) } : record));
}

const allBut = (count: number, left: readonly number[]) =>
  Array.from({ length: count }, (_, index) => index).filter((index) => !left.includes(index));

describe('the time of a record', () => {
  test('costs it where a flipped bit moved it by more than the tolerance, wherever it lies but at the end', async () => {
    const records = steady(40);
    for (let bit = 24n; bit < 64n; bit += 1n) {
      for (const index of [1, 2, 20, 37, 38]) {
        const { kept, strays } = await sift(flipped(records, index, bit));
        assert.deepEqual(kept, allBut(40, [index]), `bit ${bit} of record ${index}`);
        assert.equal(strays, 1);
      }
    }
  });

  test('is judged across the borders of batches as well', async () => {
    const records = steady(9000);
    for (const index of [4094, 4095, 4096, 4097, 8191, 8192]) {
      const { kept, strays } = await sift(flipped(records, index, 50n), 1000);
      assert.deepEqual([kept.length, strays], [8999, 1], `record ${index}`);
      assert.ok(!kept.includes(index));
    }
  });

  test('is judged where several beside it are damaged', async () => {
    const next = numbersFrom(3);
    let records = steady(2000);
    const damaged = new Set<number>();
    while (damaged.size < 100) damaged.add(2 + next(1990));
    for (const index of damaged) records = flipped(records, index, BigInt(26 + next(36)));
    const { kept, strays } = await sift(records);
    assert.equal(strays, 100);
    assert.deepEqual(kept, allBut(2000, [...damaged]));
  });

  test('may lie a night behind the one before it', async () => {
    const records = steady(50).map((record, index) =>
      index < 25 ? record : { ...record, time: (record.time ?? 0n) + 12n * HOUR },
    );
    assert.deepEqual(await sift(records), { kept: allBut(50, []), strays: 0 });
    // One record an hour, each of them far from all others.
    assert.deepEqual(await sift(steady(50, HOUR)), { kept: allBut(50, []), strays: 0 });
  });

  test('may begin anew where one trace follows another', async () => {
    const records = steady(50).map((record, index) =>
      index < 25 ? record : { ...record, time: (record.time ?? 0n) - 12n * HOUR },
    );
    assert.deepEqual(await sift(records), { kept: allBut(50, []), strays: 0 });
  });

  test('is compared with its own CPU and device only', async () => {
    // A stream in pieces: each goes back to where the others began.
    const piece = (cpu: number, device: number) => steady(10).map((record) => ({ ...record, cpu, device }));
    const records = [piece(0, 1), piece(1, 1), piece(0, 2), piece(1, 2)].flat();
    assert.equal((await sift(records)).strays, 0);
  });

  test('of a notification is no time of the order', async () => {
    const records = steady(10).flatMap((record) => [record, { ...record, category: 1 << 10, time: 0n }]);
    assert.equal((await sift(records)).strays, 0);
  });
});
