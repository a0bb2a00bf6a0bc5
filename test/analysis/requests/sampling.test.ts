// Requests of which one in four was recorded stand for all of them: what counts or adds up comes out as if nothing had been left out, and what
// looks at one request is as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals, NO_INTERVALS } from '../../../src/base/intervals.js';
import { attribute } from '../../../src/analysis/attribution/owners.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { ceilingOf, queueOf } from '../../../src/analysis/requests/ceiling.js';
import { loadOf } from '../../../src/analysis/requests/disk-load.js';
import { NORMS } from '../../../src/model/thresholds/requests.js';
import { Sampling } from '../../../src/analysis/requests/sampling.js';
import { slowness } from '../../../src/analysis/requests/slowness.js';
import { spreadOf } from '../../../src/analysis/requests/spread.js';
import { sampleFilter } from '../../../src/capture/request-sample.js';
import { aCase } from '../../support/case.js';
import { numbersFrom } from '../../support/blktrace-fuzz.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';
import type { TraceState } from '../../../src/model/recording.js';

const MIB_SECTORS = 2048;
const END = 4000;
const PLACES = 20_000;

const STATE: TraceState = {
  instance: 'machine',
  enabled: [],
  filters: {},
  stacks: { share: 0, filter: '' },
  clock: 'mono',
};

interface Io {
  readonly at: number;
  readonly took: number;
  readonly sector: number;
  readonly sectors: number;
  readonly pid: number;
}

/** Four at once at places far from each other, small and now and then a large one, of two processes. */
function load(): Io[] {
  const below = numbersFrom(7);
  const list: Io[] = [];
  for (let at = 0; at < END - 10; at += 0.25) {
    const isLarge = below(50) === 0;
    const sectors = isLarge ? 1024 : 8;
    // Each place once: 7919 has no factor in common with the number of places.
    const sector = ((list.length * 7919) % PLACES) * MIB_SECTORS;
    list.push({ at, took: 1, sector, sectors, pid: below(4) === 0 ? 60 : 50 });
  }
  return list;
}

/** What the kernel keeps under the filter of one of so many. */
function isKept({ sector, sectors }: Io, of: number): boolean {
  const mask = Number(/sector & (\d+)\)$/.exec(sampleFilter(of))?.[1] ?? 0);
  return sectors > 256 || (sector & mask) === 0;
}

function analysed(of: number) {
  const kept = load().filter((io) => of === 1 || isKept(io, of));
  const row = ({ pid, sector, sectors }: Io, t: number): Row => ({
    t,
    pid,
    fields: { dev: LOOP0, sector, nr_sector: sectors, rwbs: 'W', error: 0 },
  });
  const input = aCase({
    durationMs: END,
    trace: [{ ...STATE, atMs: 0, ...(of > 1 && { sampled: { of, upToSectors: 256 } }) }],
    events: someEvents({
      block_bio_queue: kept.map((io) => row(io, io.at)),
      block_rq_issue: kept.map((io) => row(io, io.at)),
      block_rq_complete: kept.map((io) => row(io, io.at + io.took)),
    }),
  });
  const { requests, portions } = attribute(input, new Topology(undefined, new Map()), END);
  assert.ok(requests && portions);
  const disk = loadOf(requests, 0);
  const whole = { from: 0, to: END };
  const [first] = slowness(disk, requests, NORMS.solid, Intervals.of([whole]), NO_INTERVALS);
  const spread = spreadOf(disk, requests, NORMS.solid, 'small writes', whole);
  const ceiling = ceilingOf(disk, requests, () => true, 0, END, queueOf(0.1));
  assert.ok(first && spread && ceiling);
  return {
    bytes: portions.list.map(({ queuer, writeBytes }) => [queuer, writeBytes] as const).toSorted((a, b) => a[0] - b[0]),
    requests: first.requests,
    serviceMs: first.serviceMs / first.requests,
    factor: first.factor,
    count: spread.count,
    medianMs: spread.medianMs,
    operations: ceiling.operationsPerSecond,
    depth: ceiling.depth,
    rows: requests.length,
  };
}

function near(is: number, should: number, share: number, what: string): void {
  assert.ok(Math.abs(is / should - 1) <= share, `${what}: ${is} of a sample, ${should} of all`);
}

test('a sample of one in four gives the counts, bytes, service times and depth of all', () => {
  const all = analysed(1);
  const sample = analysed(4);
  assert.ok(sample.rows < all.rows / 3);
  for (const [index, [pid, bytes]] of all.bytes.entries()) {
    assert.equal(sample.bytes[index]?.[0], pid);
    near(sample.bytes[index]?.[1] ?? 0, bytes, 0.05, `bytes of ${pid}`);
  }
  for (const name of ['requests', 'serviceMs', 'factor', 'count', 'operations', 'depth'] as const)
    near(sample[name], all[name], 0.06, name);
  // How many that are not there lie between two that are is chance.
  assert.ok(sample.medianMs > all.medianMs / 2 && sample.medianMs < all.medianMs * 2);
});

test('large requests and flushes are never left out, and stand for themselves', () => {
  const sampling = new Sampling({
    durationMs: 100,
    trace: [{ ...STATE, atMs: 10, sampled: { of: 16, upToSectors: 256 } }],
  });
  assert.deepEqual([...sampling.times], [{ from: 10, to: 100 }]);
  assert.deepEqual(
    [
      [5, 8],
      [20, 8],
      [20, 256],
      [20, 257],
      [20, 0],
    ].map(([t = 0, sectors = 0]) => sampling.weightAt(t, sectors)),
    [1, 16, 16, 1, 1],
  );
});

test('of several states of the trace the last one holds, and the victim’s says nothing of requests', () => {
  const sampling = new Sampling({
    durationMs: 100,
    trace: [
      { ...STATE, atMs: 0, sampled: { of: 4, upToSectors: 256 } },
      { ...STATE, instance: 'victim', atMs: 0 },
      { ...STATE, atMs: 40 },
      { ...STATE, atMs: 60, sampled: { of: 16, upToSectors: 256 } },
    ],
  });
  assert.deepEqual(
    [...sampling.times],
    [
      { from: 0, to: 40 },
      { from: 60, to: 100 },
    ],
  );
  assert.deepEqual(
    [10, 50, 70].map((t) => sampling.weightAt(t, 8)),
    [4, 1, 16],
  );
});
