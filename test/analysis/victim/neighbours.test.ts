// Whose requests the disk served while the victim waited: a program's processes together, and a flush for those whose bytes it writes out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { loadOf } from '../../../src/analysis/requests/disk-load.js';
import { findNeighbours } from '../../../src/analysis/victim/neighbours.js';
import type { Origin, Origins } from '../../../src/analysis/attribution/origins.js';
import { followRequests } from '../../../src/analysis/requests/requests.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';

const END = 1000;
const ME = 50;

/** A request: who queued it, when it was with the device, its bytes; none for a flush. */
interface Io {
  readonly pid: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

const ORIGINS: readonly Origin[] = [
  { pid: ME, name: 'victim', via: 'direct' },
  { pid: 60, name: 'dd', via: 'direct' },
  { pid: 61, name: 'dd', via: 'direct' },
  { pid: 70, name: 'tar', via: 'direct' },
  { pid: null, name: 'unknown', via: 'unattributed' },
];

/** The neighbours of a victim that waits all the time. */
function neighboursOf(list: readonly Io[]) {
  const row = ({ pid, bytes }: Io, t: number, index: number): Row => ({
    t,
    pid,
    fields: {
      dev: LOOP0,
      sector: bytes === 0 ? 0 : index * 1_000_000,
      nr_sector: bytes / 512,
      rwbs: bytes === 0 ? 'FF' : 'WS',
      error: 0,
    },
  });
  const requests = followRequests(
    someEvents({
      block_bio_queue: list.map((io, index) => row(io, io.from, index)),
      block_rq_issue: list.map((io, index) => row(io, io.from, index)),
      block_rq_complete: list.map((io, index) => row(io, io.to, index)),
    }),
    new Topology(undefined, new Map()),
    END,
  );
  const of = Int32Array.from(requests.pid, (pid) => {
    const known = ORIGINS.findIndex((origin) => origin.pid === pid);
    return known < 0 ? ORIGINS.length - 1 : known;
  });
  const origins: Origins = { list: ORIGINS, of, inodeShares: new Map() };
  const own = Uint8Array.from(requests.pid, (pid) => Number(pid === ME));
  return findNeighbours(loadOf(requests, 0), requests, origins, own, [{ from: 0, to: END }], END, () => undefined);
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
  assert.equal(waited.get('unknown'), 40, 'with nothing to write out it is nobody’s');
});
