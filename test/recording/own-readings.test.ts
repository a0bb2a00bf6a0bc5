// What the recorder said of the kernel's own threads: all of it together, and a loss where it is no list of threads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnReadingsDecoder } from '../../src/recording/own-readings.js';
import { reading } from '../support/tape.js';

test('the kernel’s threads are those of all readings together, and what is no list of them is a loss', () => {
  const at = (ms: number, value: unknown) => reading(ms, 'iowitness:kernel-threads', JSON.stringify(value));
  const decoder = new OwnReadingsDecoder(0n);
  decoder.take(at(1, [{ pid: 2, comm: 'kthreadd' }]));
  for (const one of [at(2, [{ pid: '3' }]), at(3, [{ pid: 9, comm: 'nfsd' }]), at(4, {})]) decoder.take(one);
  const own = decoder.within({ from: 0, to: Infinity });
  assert.deepEqual(own.kernelThreads, [
    { pid: 2, comm: 'kthreadd' },
    { pid: 9, comm: 'nfsd' },
  ]);
  assert.deepEqual(
    own.losses.map(({ code }) => code),
    ['log-damaged', 'log-damaged'],
  );
});
