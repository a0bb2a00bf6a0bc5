// A device is at work on what it has not answered yet; an answer that was lost long ago keeps it busy for nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topology } from '../../src/analysis/devices.js';
import { loadOf } from '../../src/analysis/disk-load.js';
import { followRequests } from '../../src/analysis/requests.js';
import { LOOP0, someEvents, type Row } from '../support/events.js';

const at = (t: number, sector: number): Row => ({
  t,
  fields: { dev: LOOP0, sector, nr_sector: 8, rwbs: 'W', error: 0 },
});

function busyOf(issued: readonly Row[], completed: readonly Row[]) {
  const requests = followRequests(
    someEvents({ block_rq_issue: issued, block_rq_complete: completed }),
    new Topology(undefined, new Map()),
    100,
  );
  return loadOf(requests, 0).busy;
}

test('a device that answers nothing any more is busy until the end', () => {
  assert.deepEqual(busyOf([at(10, 0), at(12, 8)], [at(20, 0)]), [{ from: 10, to: 100 }]);
  assert.deepEqual(busyOf([at(10, 0)], []), [{ from: 10, to: 100 }]);
});

test('a request whose completion was lost does not keep a device busy that answers later ones', () => {
  assert.deepEqual(busyOf([at(10, 0), at(30, 8)], [at(40, 8)]), [{ from: 30, to: 40 }]);
});
