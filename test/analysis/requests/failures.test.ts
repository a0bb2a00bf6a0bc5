// Who failed a request: the device that completed it with an error or, where that has no requests, whose bios ended so; and each failure once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { failedRequests } from '../../../src/analysis/requests/failures.js';
import { aCase, NO_COUNTERS, someFacts } from '../../support/case.js';
import { someEvents, type Row } from '../../support/events.js';

const [DM, SDA] = [253 * 2 ** 20, 8 * 2 ** 20];
const EIO = -5;

function ended(t: number, dev: number, error: number): Row {
  return { t, pid: 0, fields: { dev, sector: 8 * t, nr_sector: 8, rwbs: 'W', error } };
}

function failedOn(disk: string, rows: Readonly<Record<string, readonly Row[]>>) {
  const device = (id: string, name: string, beneath: string[]) =>
    [id, { id, name, queue: new Map([['scheduler', '[none]']]), beneath, bdi: new Map() }] as const;
  const facts = someFacts({ devices: new Map([device('8:0', 'sda', []), device('253:0', 'dm-0', ['8:0'])]) });
  const input = aCase({ facts: [facts], events: someEvents(rows) });
  return failedRequests(input, new Topology(facts, NO_COUNTERS.diskNames), disk);
}

test('a device without requests fails bios by itself, as dm-flakey does', () => {
  const rows = { block_rq_complete: [ended(1, SDA, 0)], block_bio_complete: [ended(2, DM, EIO), ended(3, DM, 0)] };
  assert.deepEqual(failedOn('253:0', rows), { times: [2], disk: '253:0' });
  assert.deepEqual(failedOn('8:0', rows), { times: [], disk: undefined });
});

test('what the disk beneath fails is that one’s failure, and counts once', () => {
  const rows = { block_rq_complete: [ended(1, SDA, EIO)], block_bio_complete: [ended(1.1, DM, EIO)] };
  assert.deepEqual(failedOn('253:0', rows), { times: [1], disk: '8:0' });
});
