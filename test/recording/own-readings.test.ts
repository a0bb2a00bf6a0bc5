// What the recorder said of the kernel's own threads: all of it together, and a loss where it is no list of threads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnReadingsDecoder } from '../../src/recording/own-readings.js';
import { reading } from '../support/tape.js';

test('a command that was let go is told from when on, also for a part that begins later', () => {
  const decoder = new OwnReadingsDecoder(0n);
  decoder.take(reading(1, 'iowitness:victim', JSON.stringify({ pid: 7, comm: 'tar', role: 'command' })));
  decoder.take(reading(40, 'iowitness:released', JSON.stringify({ pid: 7 })));
  const releasedIn = (from: number) => decoder.within({ from, to: 90 }).victims.map(({ releasedMs }) => releasedMs);
  assert.deepEqual([releasedIn(0), releasedIn(60)], [[40], [0]]);
});

test('who traces a process holds on, also for a part that begins later', () => {
  const decoder = new OwnReadingsDecoder(0n);
  const at = (ms: number, value: unknown) => reading(ms, 'iowitness:ptrace', JSON.stringify(value));
  for (const one of [at(5, { pid: 7, tracer: 77, comm: 'gdb' }), at(90, { pid: 7, tracer: 0, comm: '' })])
    decoder.take(one);
  assert.deepEqual(decoder.within({ from: 20, to: 60 }).attached, [{ pid: 7, tracer: 77, comm: 'gdb', atMs: 0 }]);
});

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
