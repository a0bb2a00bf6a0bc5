// Requests are followed from queue to completion: merges, splits, partial completions, requeues, flushes, and the flusher's inode.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { inodesBeingWritten } from '../../../src/analysis/attribution/writeback.js';
import { followRequests, KIND, kindOf } from '../../../src/analysis/requests/requests.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';

const NOWHERE = new Topology(undefined, new Map());

function block(t: number, pid: number, sector: number, sectors: number, rwbs = 'WS'): Row {
  return { t, pid, fields: { dev: LOOP0, sector, nr_sector: sectors, rwbs, error: 0 } };
}

const END = 1000;

test('one bio, one request', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 8)],
      block_rq_issue: [block(2, 5, 100, 8)],
      block_rq_complete: [block(3, 0, 100, 8)],
    }),
    NOWHERE,
    END,
  );
  assert.equal(requests.length, 1);
  assert.deepEqual([requests.queued[0], requests.dispatched[0], requests.completed[0]], [1, 2, 3]);
  assert.equal(requests.bytes[0], 4096);
  assert.equal(requests.pid[0], 5);
  assert.deepEqual(requests.disks, ['7:0']);
});

test('a merged request takes the earliest of its bios', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 8), block(2, 6, 108, 8)],
      block_rq_issue: [block(3, 5, 100, 16)],
      block_rq_complete: [block(4, 0, 100, 16)],
    }),
    NOWHERE,
    END,
  );
  assert.equal(requests.queued[0], 1);
  assert.equal(requests.bytes[0], 8192);
});

test('a bio that is cut in two gives both requests its queue time', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 16)],
      block_rq_issue: [block(2, 5, 100, 8), block(3, 5, 108, 8)],
      block_rq_complete: [block(4, 0, 100, 8), block(5, 0, 108, 8)],
    }),
    NOWHERE,
    END,
  );
  assert.deepEqual([...requests.queued], [1, 1]);
});

test('a partial completion leaves the rest with the device', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 16)],
      block_rq_issue: [block(2, 5, 100, 16)],
      block_rq_complete: [block(3, 0, 100, 8), block(6, 0, 108, 8)],
    }),
    NOWHERE,
    END,
  );
  assert.equal(requests.length, 1);
  assert.equal(requests.completed[0], 6);
  assert.equal(requests.bytes[0], 8192);
});

test('a requeued request is dispatched anew and keeps its queue time', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 8)],
      block_rq_issue: [block(2, 5, 100, 8), block(5, 5, 100, 8)],
      block_rq_requeue: [block(3, 0, 100, 8)],
      block_rq_complete: [block(6, 0, 100, 8)],
    }),
    NOWHERE,
    END,
  );
  assert.equal(requests.requeues, 1);
  assert.deepEqual([requests.queued[0], requests.dispatched[0]], [1, 5]);
});

test('a flush has no sector', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 0, 0, 'FWS')],
      block_rq_issue: [block(2, 5, 0, 0, 'FF')],
      block_rq_complete: [block(4, 0, 0, 0, 'FF')],
    }),
    NOWHERE,
    END,
  );
  assert.equal(requests.kind[0], KIND.flush);
  assert.equal(requests.queued[0], 1);
});

test('what a flusher queues between the brackets belongs to that inode', () => {
  const inode = { name: '7:0', ino: 12, wrote: 0 };
  const events = someEvents({
    writeback_single_inode_start: [{ t: 1, pid: 40, fields: inode }],
    block_bio_queue: [block(2, 40, 100, 8), block(4, 40, 200, 8)],
    writeback_single_inode: [{ t: 3, pid: 40, fields: inode }],
    block_rq_issue: [block(5, 40, 100, 8), block(6, 40, 200, 8)],
    block_rq_complete: [block(7, 0, 100, 8), block(8, 0, 200, 8)],
  });
  const requests = followRequests(events, NOWHERE, END, inodesBeingWritten(events, NOWHERE));
  assert.equal(requests.inodes[requests.inode[0] ?? -1], '7:0 12');
  assert.equal(requests.inode[1], -1);
});

test('a completion without a dispatch is passed over, a dispatch without a completion is waited for until the end', () => {
  const requests = followRequests(
    someEvents({ block_rq_issue: [block(2, 5, 100, 8)], block_rq_complete: [block(3, 0, 900, 8)] }),
    NOWHERE,
    END,
  );
  assert.deepEqual([requests.length, requests.answered], [1, 0]);
  assert.deepEqual([requests.dispatched[0], requests.completed[0]], [2, END]);
});

test('rwbs letters', () => {
  assert.equal(kindOf('WS', 8), KIND.write);
  assert.equal(kindOf('FWFS', 8), KIND.write);
  assert.equal(kindOf('FWS', 0), KIND.flush);
  assert.equal(kindOf('FF', 0), KIND.flush);
  assert.equal(kindOf('RAM', 8), KIND.read);
  assert.equal(kindOf('D', 8), KIND.discard);
  assert.equal(kindOf('ZAS', 8), KIND.write, 'an append to a zone');
  assert.equal(kindOf('ZR', 0), KIND.other, 'a reset of a zone');
  assert.equal(kindOf('N', 0), KIND.other);
});
