// Failed calls of the victim cost what follows them; calls for durability are counted by whose they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { ERRNO, failuresOf } from '../../../src/analysis/victim/failures.js';
import { syncsOn } from '../../../src/analysis/victim/syncs.js';
import { aCase, someFacts } from '../../support/case.js';
import { LOOP0, someEvents } from '../../support/events.js';

const failed = (t: number, pid: number, ret: number) => ({ t, pid, fields: { id: 1, ret } });

test('failures of the victim’s threads with the errors asked for are counted, and their aftermaths joined', () => {
  const events = someEvents({
    sys_exit: [failed(100, 5, -28), failed(200, 6, -28), failed(250, 5, -5), failed(900, 5, -28), failed(100, 7, -28)],
  });
  const found = failuresOf(aCase({ events }), new Set([5, 6]), [ERRNO.ENOSPC], 0, 1000);
  assert.equal(found.count, 3);
  assert.deepEqual(
    [...found.times],
    [
      { from: 100, to: 450 },
      { from: 900, to: 1000 },
    ],
  );
  assert.equal(failuresOf(aCase(), new Set([5]), [ERRNO.EIO], 0, 1000).count, 0);
});

test('syncs are counted by thread on the disk asked for; without the events nothing is known', () => {
  const topology = new Topology(someFacts(), new Map());
  const sync = (t: number, pid: number, dev = LOOP0) => ({ t, pid, fields: { dev, ino: 3 } });
  const events = someEvents({
    ext4_sync_file_enter: [sync(1, 5), sync(2, 8), sync(3, 8), sync(4, 8, LOOP0 + 1), sync(5000, 8)],
  });
  const found = syncsOn(aCase({ events }), topology, '7:0', new Set([5]), 0, 1000);
  assert.deepEqual(found?.own, [1]);
  assert.deepEqual([...(found?.others ?? [])], [[8, 2]]);
  assert.equal(syncsOn(aCase({ events: someEvents({}) }), topology, '7:0', new Set([5]), 0, 1000), undefined);
});
