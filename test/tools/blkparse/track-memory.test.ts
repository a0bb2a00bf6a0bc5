// Which block of memory a request gets that blkparse begins to track, and what it finds there: as glibc hands blocks out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordBatch } from '../../../src/model/blktrace.js';
import { elapsedBetween, TrackMemory, type Times } from '../../../src/tools/blkparse/track-memory.js';

const over = (queued: number): Times => ({ allocated: 1, queued, dispatched: 2 });

function given(count: number): TrackMemory {
  const memory = new TrackMemory();
  for (let n = 1; n <= count; n += 1) memory.give(over(n));
  return memory;
}

function takeAll(memory: TrackMemory, count: number): number[] {
  return Array.from({ length: count }, () => Number(memory.take().queued));
}

test('what was given back last is taken first; memory that nobody gave back holds nobody knows what', () => {
  assert.deepEqual(takeAll(given(3), 4), [3, 2, 1, NaN]);
});

test('beyond seven, blocks wait in a list from which the cache is filled again in the other order', () => {
  assert.deepEqual(takeAll(given(10), 11), [7, 6, 5, 4, 3, 2, 1, 10, 8, 9, NaN]);
  const sorted = given(10);
  sorted.sortFree();
  assert.deepEqual(takeAll(sorted, 10), [7, 6, 5, 4, 3, 2, 1, 10, 8, 9]);
});

test('a record that grows into a block of such a list makes the rest unknown', () => {
  const memory = given(8);
  memory.read();
  assert.equal(memory.take().queued, 7);
  memory.show();
  memory.read();
  assert.ok(Number.isNaN(memory.take().queued));
});

test('a process’s name is what a request finds that gets its notification’s block, and no other length is', () => {
  const batch = new RecordBatch(1);
  batch.bytes = Buffer.from('ksoftirqd/0\0\0\0\0\0 and more');
  batch.view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
  const takenOf = (length: number) => {
    batch.payloadLength[0] = length;
    const memory = new TrackMemory();
    memory.giveRecord(batch, 0);
    return memory.take().queued;
  };
  const name = takenOf(16);
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(name));
  assert.equal(bytes.toString(), 'ksoftirq');
  assert.equal(elapsedBetween(name, 30_576), BigInt.asIntN(64, 30_576n - BigInt(name)));
  for (const length of [8, 25]) assert.ok(Number.isNaN(takenOf(length)));
});
