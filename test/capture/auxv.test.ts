// The auxiliary vector: the two entries that are wanted, in both byte orders, and this machine's own.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { parseAuxv, readKernelUnits } from '../../src/capture/auxv.js';

function vector(order: 'LE' | 'BE', entries: readonly (readonly [type: number, value: number])[]): Buffer {
  const bytes = Buffer.alloc(entries.length * 16);
  entries.flat().forEach((word, index) => {
    if (order === 'LE') bytes.writeBigUInt64LE(BigInt(word), index * 8);
    else bytes.writeBigUInt64BE(BigInt(word), index * 8);
  });
  return bytes;
}

test('page size and clock ticks are read up to the entry that ends the vector, in either byte order', () => {
  for (const order of ['LE', 'BE'] as const) {
    const bytes = vector(order, [
      [33, 7],
      [6, 65_536],
      [17, 250],
      [0, 0],
      [6, 1],
    ]);
    assert.deepEqual(parseAuxv(bytes, order), { pageBytes: 65_536, ticksPerSecond: 250 });
  }
});

test('what the vector does not tell is absent', () => {
  assert.deepEqual(parseAuxv(vector('LE', [[17, 100]]), 'LE'), { ticksPerSecond: 100 });
  assert.deepEqual(parseAuxv(Buffer.alloc(0), 'LE'), {});
  assert.deepEqual(parseAuxv(Buffer.from('cut off'), 'LE'), {});
});

test('this machine’s units are those that getconf prints', () => {
  const asked = (name: string) => Number(execFileSync('getconf', [name], { encoding: 'utf8' }));
  assert.deepEqual(readKernelUnits(), { pageBytes: asked('PAGESIZE'), ticksPerSecond: asked('CLK_TCK') });
});
