// A device is at work on what it has not answered yet; an answer that was lost long ago keeps it busy for nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals, total } from '../../../src/base/intervals.js';
import { slowness } from '../../../src/analysis/requests/slowness.js';
import { requestsOf, type Request } from '../../support/measures.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { loadOf } from '../../../src/analysis/requests/disk-load.js';
import { slowdownOf } from '../../../src/analysis/requests/slowdown.js';
import { NORMS } from '../../../src/model/thresholds/requests.js';
import { followRequests } from '../../../src/analysis/requests/follow.js';
import { allUntil, LOOP0, someEvents, type Row } from '../../support/events.js';

const at = (t: number, sector: number): Row => ({
  t,
  fields: { dev: LOOP0, sector, nr_sector: 8, rwbs: 'W', error: 0 },
});

function busyOf(issued: readonly Row[], completed: readonly Row[]) {
  const requests = followRequests(
    someEvents({ block_rq_issue: issued, block_rq_complete: completed }),
    new Topology(undefined, new Map()),
    allUntil(100),
  );
  return [...loadOf(requests, 0).busy];
}

test('a device that answers nothing any more is busy until the end', () => {
  assert.deepEqual(busyOf([at(10, 0), at(12, 8)], [at(20, 0)]), [{ from: 10, to: 100 }]);
  assert.deepEqual(busyOf([at(10, 0)], []), [{ from: 10, to: 100 }]);
});

test('a request whose completion was lost does not keep a device busy that answers later ones', () => {
  assert.deepEqual(busyOf([at(10, 0), at(30, 8)], [at(40, 8)]), [{ from: 30, to: 40 }]);
});

test('the services add up to the time at work, and what was held back before a later one came is the oldest one’s', () => {
  const requests = requestsOf([
    { at: 0, took: 1 },
    { at: 3, took: 101 },
    { at: 50, took: 53 },
    { at: 90, took: 12 },
  ]);
  const { serviceFrom, serviceTo, busy } = loadOf(requests, 0);
  const services = [...serviceTo].map((to, row) => to - (serviceFrom[row] ?? NaN));
  // In order of completion: the first, then those of 90, 50 and 3.
  assert.deepEqual(services, [1, 12, 1, 88]);
  assert.equal(
    services.reduce((sum, one) => sum + one, 0),
    total(busy),
  );
});

test('of a sample nobody was held back: others may have been answered meanwhile', () => {
  const requests = requestsOf([
    { at: 3, took: 101 },
    { at: 90, took: 12 },
  ]);
  requests.weight.fill(4);
  const { serviceFrom, serviceTo } = loadOf(requests, 0);
  assert.equal((serviceTo[1] ?? NaN) - (serviceFrom[1] ?? NaN), 2);
});

test('a disk is slower than it was when its requests take longer for their size, not when they are larger', () => {
  /** Direct writes one after the other for three seconds, then others for as long. */
  const slowdown = (first: { bytes: number; ms: number }, then: { bytes: number; ms: number }) => {
    const rows: { issue: Row; complete: Row }[] = [];
    let t = 0;
    for (let n = 0; t < 6000; n += 1) {
      const { bytes, ms } = t < 3000 ? first : then;
      const fields = { dev: LOOP0, sector: n * 10_000, nr_sector: bytes / 512, rwbs: 'WS', error: 0 };
      rows.push({ issue: { t, fields }, complete: { t: t + ms, fields } });
      t += ms + 1;
    }
    const requests = followRequests(
      someEvents({
        block_rq_issue: rows.map(({ issue }) => issue),
        block_rq_complete: rows.map((one) => one.complete),
      }),
      new Topology(undefined, new Map()),
      allUntil(7000),
    );
    return slowdownOf(loadOf(requests, 0), requests, NORMS.solid, { from: 0, to: 6000 });
  };
  const small = { bytes: 128 * 1024, ms: 0.7 };
  assert.equal(slowdown(small, { bytes: 1280 * 1024, ms: 7 }), undefined);
  const slower = slowdown(small, { ...small, ms: 7 });
  assert.ok(slower && Math.abs(slower.usualMs - 0.7) < 0.1 && Math.abs(slower.nowMs - 7) < 0.1);
  assert.ok((slower.times.from[0] ?? 0) >= 2500);
});

test('a small request that is answered amid a larger one may have waited for that; a hang is longer than both', () => {
  /** Each 4 KiB beside one of so many bytes that was sent before it and is answered after it. */
  const factorOf = (bytes: number, ms: number) => {
    const list = Array.from({ length: 20 }, (_, n): Request[] => [
      { at: n * 500, took: ms + 1, bytes },
      { at: n * 500, took: ms },
    ]);
    const requests = requestsOf(list.flat());
    const all = Intervals.of([{ from: 0, to: 10_000 }]);
    const classes = slowness(loadOf(requests, 0), requests, NORMS.solid, all, all);
    return classes.find((one) => one.class === 'small writes')?.factor ?? NaN;
  };
  assert.ok(factorOf(4096, 30) > 2, 'beside one of its own size it is slow');
  assert.ok(factorOf(1024 * 1024, 30) < 1, 'the disk may have written the megabyte first');
  assert.ok(factorOf(1024 * 1024, 400) > 5, 'that takes no disk so long');
});
