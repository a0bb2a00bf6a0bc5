// What reached a disk for what was called: parts that sum to the disk's bytes, and no ratio where something of it is not known.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Writer } from '../../../src/model/diagnosis.js';
import type { WhoProgram } from '../../../src/model/who.js';
import { amplificationOf } from '../../../src/analysis/attribution/amplification.js';

const row = (over: Partial<Writer>): Writer => ({
  device: 'sda',
  layer: 'disk',
  process: 'db',
  pid: 7,
  unit: null,
  file: '/srv/x',
  inode: 12,
  deleted: false,
  writeBytes: 0,
  readBytes: 0,
  share: 0,
  via: 'direct',
  through: null,
  ...over,
});

const program = (over: Partial<WhoProgram>): WhoProgram => ({
  process: 'db',
  pid: 7,
  calledWriteBytes: 1000,
  calledReadBytes: 0,
  writeBytes: 1000,
  readBytes: 0,
  ...over,
});

const ROWS = [
  row({ writeBytes: 600 }),
  row({ writeBytes: 400, via: 'flushed' }),
  row({ writeBytes: 300, via: 'journal', process: 'journal (jbd2/sda1-8)', pid: null }),
  row({ writeBytes: 50, via: 'stacked', process: 'journal (jbd2/dm-0-8)', pid: null }),
  row({ writeBytes: 20, via: 'metadata', process: 'filesystem', pid: null }),
  row({ writeBytes: 30, via: 'metadata' }),
  row({ writeBytes: 500, via: 'holder' }),
  row({ writeBytes: 100, via: 'unattributed', process: 'flusher', pid: null }),
  row({ writeBytes: 5, via: 'unattributed', process: 'kworker', pid: null }),
];

test('parts are named and sum up, and what was dirtied before is no part of the ratio', () => {
  const found = amplificationOf(ROWS, [program({})], 0, false);
  assert.deepEqual(found, {
    calledBytes: 1000,
    deviceBytes: 2005,
    of: { data: 1000, journal: 350, metadata: 50, before: 600, unattributed: 5 },
    ratio: 1.405,
    but: [],
  });
});

test('no ratio while more than a twentieth waits, or nobody knows how much', () => {
  assert.equal(amplificationOf(ROWS, [program({})], 50, false)?.ratio, 1.405);
  for (const [waiting, why] of [
    [51, /^51 B still wait/],
    [undefined, /^what still waits is not known/],
  ] as const) {
    const found = amplificationOf(ROWS, [program({})], waiting, false);
    assert.equal(found?.ratio, null);
    assert.match(found?.but[0] ?? '', why);
  }
});

test('no ratio where pages were dirtied without calls, calls were not counted, or events were lost', () => {
  const mapped = (calledWriteBytes: number) => amplificationOf(ROWS, [program({ calledWriteBytes })], 0, false);
  assert.notEqual(mapped(500)?.ratio, null);
  assert.equal(mapped(499)?.ratio, null);
  const beside = (writeBytes: number) =>
    amplificationOf(ROWS, [program({}), program({ pid: 8, calledWriteBytes: null, writeBytes })], 0, false);
  assert.notEqual(beside(50)?.ratio, null);
  assert.match(beside(51)?.but[0] ?? '', /^1 of 2 programs had ended/);
  assert.match(amplificationOf(ROWS, [program({})], 0, true)?.but[0] ?? '', /^events were lost/);
});

test('without a program that writes there is nothing to hold it against', () => {
  assert.equal(amplificationOf(ROWS, [program({ writeBytes: 0 })], 0, false), null);
});
