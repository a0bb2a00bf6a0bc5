// What the recorder said of the kernel's own threads: all of it together, and a loss where it is no list of threads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from '../../src/base/allowance.js';
import { OwnReadingsDecoder } from '../../src/recording/own-readings.js';
import { chapter, pastOf, usual } from '../support/past.js';
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

test('who is stopped holds on until it goes on, also where what was before is forgotten', () => {
  const decoder = new OwnReadingsDecoder(0n);
  const told = (pid: number, stopped: boolean) => ({
    pid,
    comm: 'gzip',
    stopped,
    shared: [{ victim: 7, does: 'reads' }],
  });
  const at = (ms: number, pid: number, stopped: boolean) =>
    reading(ms, 'iowitness:stopped', JSON.stringify(told(pid, stopped)));
  for (const one of [at(5, 8, true), at(6, 9, true), at(10, 9, false), at(90, 8, false)]) decoder.take(one);
  decoder.forgetBefore(20);
  const within = (to: number) => decoder.within({ from: 20, to }).stopped.map(({ pid, stopped }) => [pid, stopped]);
  assert.deepEqual(within(60), [[8, true]]);
  assert.deepEqual(within(99), [
    [8, true],
    [8, false],
  ]);
});

test('whom a watched one waits for holds on until that changes, also where what was before is forgotten', () => {
  const decoder = new OwnReadingsDecoder(0n);
  const hop = {
    pid: 8,
    comm: 'gzip',
    does: 'reads',
    state: 'T',
    threads: 1,
    wchan: '',
    runNs: 1,
    waitNs: 2,
    slices: 3,
  };
  const at = (ms: number, pid: number, isWaiting: boolean) =>
    reading(ms, 'iowitness:chain', JSON.stringify({ pid, hops: isWaiting ? [hop] : [], end: 'there' }));
  for (const one of [at(3, 7, true), at(5, 7, true), at(6, 9, true), at(10, 9, false), at(90, 7, false)])
    decoder.take(one);
  const within = (to: number) =>
    decoder.within({ from: 20, to }).chains.map(({ pid, hops, atMs }) => [pid, hops.length, atMs]);
  assert.deepEqual(within(60), [
    [7, 1, 0],
    [9, 0, 0],
  ]);
  decoder.forgetBefore(20);
  assert.deepEqual(within(99), [
    [7, 1, 0],
    [7, 0, 70],
  ]);
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

test('what is kept of the recorder’s own readings is bounded, whatever they claim, and nonsense costs more than sense', () => {
  const file = JSON.stringify({ pid: 1, inode: 2, device: '8:1', source: '', path: '/a', how: 'open' });
  for (const [name, text, most] of [
    ['iowitness:file', file, 150],
    ['iowitness:file', '{}', 10],
    ['iowitness:recorder', 'null', 10],
  ] as const) {
    const allowance = new Allowance(100_000);
    const decoder = new OwnReadingsDecoder(0n, allowance);
    for (let at = 0; at < 1000; at += 1) decoder.take(reading(at, name, text));
    const { files, losses } = decoder.within({ from: 0, to: Infinity });
    const kept = files.length + losses.length;
    assert.ok(kept > 3 && kept < most, `${name} ${text}: ${kept}`);
    assert.ok(allowance.refused > 0);
  }
});

test('what is not kept takes nothing of the allowance: a volume that stays as it is, and clocks', () => {
  const volume = { mountPoint: '/', blockBytes: 1, blocks: 1, free: 1, available: 1, files: 1, freeFiles: 1 };
  const allowance = new Allowance(10_000);
  const decoder = new OwnReadingsDecoder(0n, allowance);
  for (let at = 0; at < 1000; at += 1) {
    decoder.take(reading(at, 'iowitness:space', JSON.stringify(volume)));
    decoder.take(reading(at, 'iowitness:clock', '{}'));
  }
  assert.equal(allowance.refused, 0);
  assert.equal(decoder.within({ from: 0, to: Infinity }).space.length, 1);
});

test('more victims and phases than any recorder has are refused one by one', () => {
  const allowance = new Allowance(1e9);
  const decoder = new OwnReadingsDecoder(0n, allowance);
  for (let pid = 1; pid <= 5000; pid += 1)
    decoder.take(reading(pid, 'iowitness:victim', JSON.stringify({ pid, comm: 'a', role: 'pid' })));
  for (let phase = 0; phase < 20; phase += 1) {
    const slice = { phase: `p${phase}`, blockBytes: 1, fromNs: '1', toNs: '2', operations: 1, bytes: 1 };
    decoder.take(reading(phase, 'iowitness:probe', JSON.stringify(slice)));
  }
  const { victims, probe, losses } = decoder.within({ from: 0, to: Infinity });
  assert.deepEqual([victims.length, allowance.refused, probe.length, losses.length], [4096, 904, 16, 4]);
});

test('what was known of the disks holds for every part, and what has another form is a loss', () => {
  const decoder = new OwnReadingsDecoder(0n);
  const past = pastOf({ now: chapter([usual()]) });
  decoder.take(reading(1, 'iowitness:past', JSON.stringify(past)));
  decoder.take(reading(2, 'iowitness:past', JSON.stringify({ ...past, version: 2 })));
  const own = decoder.within({ from: 50, to: 90 });
  assert.deepEqual(own.past, past);
  assert.deepEqual(
    decoder.within({ from: 0, to: 90 }).losses.map(({ code }) => code),
    ['log-damaged'],
  );
});
