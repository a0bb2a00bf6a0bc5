// Whose requests the disk served while the victim waited: a program's processes together, and a flush for those whose bytes it writes out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals } from '../../../src/base/intervals.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { loadOf } from '../../../src/analysis/requests/disk-load.js';
import { isGuilty } from '../../../src/analysis/attribution/owners.js';
import { findNeighbours } from '../../../src/analysis/victim/neighbours.js';
import { attribute } from '../../../src/analysis/attribution/owners.js';
import { Usage } from '../../../src/analysis/victim/users.js';
import { ownRequests } from '../../../src/analysis/victim/own-requests.js';
import { aCase } from '../../support/case.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';

const END = 1000;
const ME = 50;

/** A request: who queued it, when it was with the device, its bytes; none for a flush. */
interface Io {
  readonly pid: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly rwbs?: string;
}

const NAMES = { [ME]: 'victim', 60: 'dd', 61: 'dd', 70: 'tar' };

/** The neighbours of a victim that waits all the time. */
function neighboursOf(list: readonly Io[]) {
  const row = ({ pid, bytes, rwbs }: Io, t: number, index: number): Row => ({
    t,
    pid,
    fields: {
      dev: LOOP0,
      sector: bytes === 0 ? 0 : index * 1_000_000,
      nr_sector: bytes / 512,
      rwbs: rwbs ?? (bytes === 0 ? 'FF' : 'WS'),
      error: 0,
    },
  });
  return neighboursIn({
    block_bio_queue: list.map((io, index) => row(io, io.from, index)),
    block_rq_issue: list.map((io, index) => row(io, io.from, index)),
    block_rq_complete: list.map((io, index) => row(io, io.to, index)),
  });
}

function neighboursIn(rows: Readonly<Record<string, readonly Row[]>>) {
  const input = aCase({ events: someEvents(rows, [], NAMES) });
  const { requests, owners } = attribute(input, new Topology(undefined, new Map()), END);
  assert.ok(requests && owners);
  const threads = new Set([ME]);
  const own = ownRequests(requests, owners, threads, new Int32Array(0));
  const waits = Intervals.of([{ from: 0, to: END }]);
  const users = new Usage(requests, owners, threads).of([], own);
  const shared = { requests, owners, users, own, waits, durationMs: END, pagesDirtied: () => undefined };
  return findNeighbours({ ...shared, load: loadOf(requests, 0) });
}

test('processes of one name are one neighbour, told by the one that moved most', () => {
  const { others } = neighboursOf([
    { pid: 60, from: 0, to: 100, bytes: 4096 },
    { pid: 61, from: 200, to: 300, bytes: 8192 },
    { pid: 70, from: 400, to: 450, bytes: 4096 },
  ]);
  assert.deepEqual(
    others.map(({ origin, processes, waitMs, bytes }) => [origin.name, origin.pid, processes, waitMs, bytes]),
    [
      ['dd', 61, 2, 200, 12_288],
      ['tar', 70, 1, 50, 4096],
    ],
  );
});

test('a discard keeps the disk busy and moves nothing', () => {
  const discard = { pid: 70, from: 100, to: 400, bytes: 2 ** 30, rwbs: 'D' };
  const { others } = neighboursOf([discard, { pid: 60, from: 500, to: 510, bytes: 4096 }]);
  assert.deepEqual(
    others.map(({ origin, waitMs, bytes, share, discards }) => [origin.name, waitMs, bytes, share, discards]),
    [
      ['tar', 300, 0, 0, { bytes: 2 ** 30, waitMs: 300 }],
      ['dd', 10, 4096, 1, undefined],
    ],
  );
});

test('the thread that zeroes young inode tables is somebody, other threads of the kernel are nobody', () => {
  const byThread = (name: string) => ({ pid: null, name, via: 'unattributed' }) as const;
  assert.equal(isGuilty(byThread('ext4lazyinit')), true);
  assert.equal(isGuilty(byThread('kworker/0:1')), false);
});

test('a flush is served to those whose bytes it writes out, in their proportion', () => {
  const flush = { pid: 9, from: 100, to: 200, bytes: 0 };
  const { others, ownMs } = neighboursOf([
    { pid: ME, from: 0, to: 10, bytes: 4096 },
    { pid: 60, from: 20, to: 30, bytes: 12_288 },
    flush,
    { ...flush, from: 300, to: 340 },
  ]);
  const waited = new Map(others.map(({ origin, waitMs }) => [origin.name, waitMs]));
  assert.equal(waited.get('dd'), 10 + 75);
  assert.equal(ownMs, 10 + 25);
  assert.equal(waited.get('unnamed'), 40, 'with nothing to write out it is who asked for it');
});

test('a request of several is served to each for its share; where the victim is among them it is no company', () => {
  const bio = (pid: number, sector: number, sectors: number, t: number): Row => ({
    t,
    pid,
    fields: { dev: LOOP0, sector, nr_sector: sectors, rwbs: 'WS', error: 0 },
  });
  const { others, ownMs, company } = neighboursIn({
    block_bio_queue: [bio(ME, 0, 8, 1), bio(60, 8, 24, 2), bio(60, 500, 8, 3), bio(70, 508, 8, 4)],
    block_rq_issue: [bio(0, 0, 32, 100), bio(0, 500, 16, 200)],
    block_rq_complete: [bio(0, 0, 32, 180), bio(0, 500, 16, 240)],
  });
  assert.deepEqual(
    others.map(({ origin, waitMs, bytes }) => [origin.name, waitMs, bytes]),
    [
      ['dd', 60 + 20, 12_288 + 4096],
      ['tar', 20, 4096],
    ],
  );
  assert.equal(ownMs, 20);
  assert.deepEqual([...company], [{ from: 200, to: 240 }]);
});

/** Requests of the victim alone, of 1 to 2 ms, and one of `ms` in each burst of another's, of so many requests. */
function inBursts({ bursts, ms, requests }: { bursts: number; ms: number; requests: number }) {
  const alone = Array.from({ length: 60 }, (_, n): Io => {
    return { pid: ME, from: n * 5, to: n * 5 + 1 + n / 60, bytes: 4096 };
  });
  const beside = Array.from({ length: bursts }, (_, n): Io[] => {
    const from = 400 + n * 150;
    const one = ms / requests;
    const theirs = Array.from({ length: requests }, (__, at): Io => {
      return { pid: 60, from: from + at * one, to: from + (at + 1) * one, bytes: 65_536 };
    });
    return [...theirs, { pid: ME, from: from + 0.1, to: from + ms + 0.1, bytes: 4096 }];
  });
  return neighboursOf([...alone, ...beside.flat()].sort((a, b) => a.from - b.from));
}

test('one that waits for each answer has few requests in company: they tell where they could not be as long by chance', () => {
  const { slowdown, contendedMeanMs } = inBursts({ bursts: 3, ms: 100, requests: 20 });
  assert.ok(Math.abs(contendedMeanMs - 100) < 1e-6);
  assert.ok(slowdown > 50);
  assert.ok(inBursts({ bursts: 2, ms: 100, requests: 20 }).slowdown > 50);
  const { slowdown: byChance } = inBursts({ bursts: 3, ms: 1.6, requests: 2 });
  assert.ok(Number.isNaN(byChance), 'two of five alone took as long');
});

test('a disk that hangs serves nobody meanwhile, whoever asked for what it hangs in', () => {
  const { slowdown, company, others } = inBursts({ bursts: 3, ms: 130, requests: 1 });
  assert.ok(Number.isNaN(slowdown));
  assert.ok(
    others.every(({ waitMs }) => waitMs < 1),
    JSON.stringify(others),
  );
  assert.deepEqual([...company], []);
});

test('a single request that others held up for far longer than any alone took is no accident', () => {
  const { slowdown, contendedMeanMs } = inBursts({ bursts: 1, ms: 150, requests: 30 });
  assert.ok(slowdown > 50, `${slowdown}`);
  assert.ok(Math.abs(contendedMeanMs - 150) < 1e-6);
  assert.ok(inBursts({ bursts: 1, ms: 30, requests: 10 }).slowdown > 15, 'fifteen times the longest alone');
  // Five times the longest alone may be one late answer of the disk's own.
  assert.ok(Number.isNaN(inBursts({ bursts: 1, ms: 10, requests: 4 }).slowdown));
});

/** Small requests of the victim beside a reader whose requests are with the disk all the time, and others that are with it alone. */
function amid(theirs: number) {
  const all = Array.from({ length: 20 }, (_, n): Io[] => [
    { pid: 60, from: n * 50, to: n * 50 + 49, bytes: theirs },
    // Each is answered while the other's is still with the disk, which answers nobody else meanwhile.
    { pid: ME, from: n * 50 + 1, to: n * 50 + 21, bytes: 4096 },
  ]);
  return neighboursOf(all.flat());
}

test('a small request amid a larger one of another was not alone, though only its own was answered', () => {
  assert.ok(Number.isNaN(amid(1024 * 1024).quietMeanMs));
  assert.ok(Math.abs(amid(4096).quietMeanMs - 20) < 1e-6, 'as small as its own');
});
