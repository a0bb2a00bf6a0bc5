// A disk that had requests before these were traced was at work until the last of them was answered, and did not idle.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attribute } from '../../../src/analysis/attribution/owners.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { busyShare, loadOf } from '../../../src/analysis/requests/disk-load.js';
import { Intervals } from '../../../src/base/intervals.js';
import type { Case } from '../../../src/model/case.js';
import { aCase, NO_COUNTERS, series } from '../../support/case.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';

const END = 1000;
const TRACED = {
  atMs: 0,
  instance: 'machine',
  enabled: ['block/block_rq_issue', 'block/block_rq_complete'],
  filters: {},
  stacks: { share: 0, filter: '' },
  clock: 'mono',
} as const;

function block(t: number, sector: number): Row {
  return { t, pid: 5, fields: { dev: LOOP0, sector, nr_sector: 8, rwbs: 'WS', error: 0 } };
}

/** Three requests are answered that were not sent, at 200, 400 and 800 ms, and one that was; `inFlight` of them were under way at first. */
function amid(inFlight: number, different: Partial<Case> = {}): Case {
  return aCase({
    events: someEvents({
      block_bio_queue: [block(500, 900)],
      block_rq_issue: [block(500, 900)],
      block_rq_complete: [
        block(200, 100),
        // The end of a write with a flush, whose own completion was told before.
        { ...block(201, 100), fields: { ...block(201, 100).fields, nr_sector: 0 } },
        block(400, 200),
        block(510, 900),
        block(800, 300),
      ],
    }),
    trace: [TRACED],
    counters: { ...NO_COUNTERS, disks: new Map([['7:0', series([5, END], { in_flight: [inFlight, 0] })]]) },
    ...different,
  });
}

function busyOf(input: Case): number {
  const { requests } = attribute(input, new Topology(undefined, new Map()), END);
  assert.ok(requests);
  assert.equal(requests.length, 1, 'what was not sent makes no row');
  return busyShare(loadOf(requests, 0), Intervals.of([{ from: 0, to: END }]));
}

test('a disk is at work until the last request is answered that it had when tracing began', () => {
  assert.equal(busyOf(amid(3)), 0.8);
  assert.equal(busyOf(amid(2)), 0.41, 'no more of them than were under way then');
});

test('nothing of before is told where nothing was under way, where that is not known, or where events are missing', () => {
  assert.equal(busyOf(amid(0)), 0.01);
  assert.equal(busyOf(amid(3, { counters: NO_COUNTERS })), 0.01);
  assert.equal(busyOf(amid(3, { trace: [] })), 0.01);
  assert.equal(busyOf(amid(3, { trace: [{ ...TRACED, wholeFromNs: '100000000' }] })), 0.01);
  const { events } = amid(3);
  assert.ok(events);
  const gaps = [{ instance: 'machine', from: 100, to: 150, count: 9 }];
  assert.equal(busyOf(amid(3, { events: { ...events, gaps } })), 0.01);
});
