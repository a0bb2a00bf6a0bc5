// The ring: what was added is found again, the newest when it was full, also after a kill at any moment and with bytes damaged.

import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { HeldFolder } from '../../src/base/held-folder.js';
import { readRing, RingFile } from '../../src/recording/ring-file.js';

const BLOCK = 4096;
// On a disk: O_DIRECT is refused where /tmp is memory.
const place = mkdtempSync('/var/tmp/iowitness-ring-');
const folder = HeldFolder.at(place);
after(() => {
  folder.close();
  rmSync(place, { recursive: true });
});

const options = {
  bytes: 8 * BLOCK,
  failed: (error: unknown) => {
    throw error;
  },
};
const texts = (name: string) => readRing(folder, name).map(({ payload }) => payload.toString());

async function filled(name: string, from: number, count: number, size = 10): Promise<void> {
  const ring = await RingFile.open(folder, name, options);
  for (let index = from; index < from + count; index += 1) ring.add(Buffer.from(String(index).padEnd(size)));
  await ring.close();
}

test('a ring keeps its size, and the newest records when more were added than fit', async () => {
  await filled('full', 0, 11);
  assert.equal(statSync(path.join(place, 'full')).size, 8 * BLOCK);
  assert.deepEqual(
    texts('full').map((text) => Number(text)),
    [3, 4, 5, 6, 7, 8, 9, 10],
  );
});

test('one that is opened again goes on behind its newest record', async () => {
  await filled('again', 0, 5);
  await filled('again', 5, 5);
  assert.deepEqual(
    texts('again').map((text) => Number(text)),
    [2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test('records of several blocks are whole or not there', async () => {
  await filled('long', 0, 9, 2 * BLOCK);
  assert.deepEqual(
    texts('long').map((text) => Number(text)),
    [7, 8],
  );
});

test('a damaged block costs its record alone', async () => {
  await filled('damaged', 0, 8);
  const descriptor = openSync(path.join(place, 'damaged'), 'r+');
  writeSync(descriptor, Buffer.alloc(100, 0x55), 0, 100, 3 * BLOCK + 8);
  closeSync(descriptor);
  assert.deepEqual(
    texts('damaged').map((text) => Number(text)),
    [0, 1, 2, 4, 5, 6, 7],
  );
  await filled('damaged', 8, 1);
  assert.equal(Number(texts('damaged').at(-1)), 8);
});

test('there is nothing in a ring that nobody has made', () => assert.deepEqual(texts('none'), []));

test('what a disk refuses is told of once and written when it takes it, and the oldest of more than may wait is lost', async () => {
  const told: string[] = [];
  const ring = await RingFile.open(folder, 'refusing', {
    bytes: 400 * BLOCK,
    failed: (error) => told.push(String(error)),
    recovered: (lost) => told.push(`recovered, ${lost} lost`),
  });
  let refuses = true;
  const file: { append: (parts: readonly Buffer[]) => Promise<void> } = Reflect.get(ring, 'file');
  const append = file.append.bind(file);
  file.append = (parts) => (refuses ? Promise.reject(new Error('EROFS')) : append(parts));
  const add = async (...records: readonly string[]) => {
    for (const record of records) ring.add(Buffer.from(record));
    await Reflect.get(ring, 'chain');
  };
  await add('1', '2', '3');
  assert.deepEqual(told.splice(0), ['Error: EROFS']);
  refuses = false;
  await add('4');
  assert.deepEqual(told.splice(0), ['recovered, 0 lost']);
  assert.deepEqual(texts('refusing'), ['1', '2', '3', '4']);
  refuses = true;
  await add(...Array.from({ length: 260 }, (_, index) => `${index + 5}`));
  refuses = false;
  await add('265');
  assert.deepEqual(told.splice(0), ['Error: EROFS', 'recovered, 5 lost']);
  await ring.close();
  const kept = texts('refusing');
  assert.equal(kept.length, 4 + 256);
  assert.deepEqual([kept[4], kept.at(-1)], ['10', '265']);
});
