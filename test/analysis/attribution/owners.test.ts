// Whose requests are, in shares, and that they add up to the table of writers, in made-up cases; test/stalls.test.ts holds it for recorded ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attribute } from '../../../src/analysis/attribution/owners.js';
import { writersOf } from '../../../src/analysis/attribution/writers.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { NO_COUNTERS, aCase, someFacts } from '../../support/case.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';
import { differences } from '../../support/shares.js';

const NAMES = { 5: 'writer', 6: 'other', 8: 'md5sum', 40: 'kworker/u8:1', 50: 'jbd2/loop0-8' };
const KB = 1024;

function bio(t: number, pid: number, sector: number, sectors: number, rwbs = 'W'): Row {
  return { t, pid, fields: { dev: LOOP0, sector, nr_sector: sectors, rwbs, error: 0 } };
}

function dirty(t: number, pid: number, ino: number, first: number, pages: number): Row[] {
  return Array.from({ length: pages }, (_, page) => ({
    t: t + page * 1e-6,
    pid,
    fields: { name: '7:0', ino, index: first + page },
  }));
}

function bracket(t: number, pid: number, ino: number): Row {
  return { t, pid, fields: { name: '7:0', ino, wrote: 0, writeback_index: 0 } };
}

/** Each request's owners with their KiB, or with their part of a flush, and the table's rows; both hold the invariant. */
function told(rows: Readonly<Record<string, readonly Row[]>>) {
  const input = aCase({ events: someEvents(rows, [], NAMES) });
  const topology = new Topology(someFacts(), NO_COUNTERS.diskNames);
  const attribution = attribute(input, topology, 1000);
  const { requests, owners, portions } = attribution;
  assert.ok(requests && owners && portions);
  assert.deepEqual(differences(attribution), []);
  const byRequest = Array.from({ length: requests.length }, (_, row) => {
    const shares = Array.from({ length: (owners.first[row + 1] ?? 0) - (owners.first[row] ?? 0) }, (_one, index) => {
      const at = (owners.first[row] ?? 0) + index;
      const owner = owners.list[owners.ownerOf[owners.source[at] ?? 0] ?? 0];
      const bytes = requests.bytes[row] ?? 0;
      const share = owners.share[at] ?? 0;
      return `${owner?.name} ${owner?.via} ${bytes > 0 ? `${(bytes * share) / KB} KiB` : share}`;
    });
    return shares.toSorted().join(', ');
  });
  const table = writersOf({ input, topology, portions }).map(
    (row) => `${row.process} ${row.via} ${(row.writeBytes + row.readBytes) / KB} KiB`,
  );
  return { byRequest, table };
}

test('pages of one file that two processes made dirty are each one’s, in the request as in the table', () => {
  const { byRequest, table } = told({
    writeback_dirty_folio: [...dirty(1, 5, 12, 0, 5), ...dirty(1.5, 6, 12, 5, 3)],
    writeback_single_inode_start: [bracket(2, 40, 12)],
    block_bio_queue: [bio(3, 40, 800, 64)],
    writeback_single_inode: [bracket(4, 40, 12)],
    block_rq_issue: [bio(4.5, 40, 800, 64)],
    block_rq_complete: [bio(5, 0, 800, 64)],
  });
  assert.deepEqual(byRequest, ['other flushed 12 KiB, writer flushed 20 KiB']);
  assert.deepEqual(table, ['writer flushed 20 KiB', 'other flushed 12 KiB']);
});

test('a request of two files is each file’s writer’s, for its bytes', () => {
  const { byRequest, table } = told({
    writeback_dirty_folio: [...dirty(1, 5, 12, 0, 1), ...dirty(1.5, 6, 13, 0, 3)],
    writeback_single_inode_start: [bracket(2, 40, 12), bracket(4, 40, 13)],
    block_bio_queue: [bio(2.5, 40, 800, 8), bio(4.5, 40, 808, 24)],
    writeback_single_inode: [bracket(3, 40, 12), bracket(5, 40, 13)],
    block_rq_issue: [bio(5.5, 40, 800, 32)],
    block_rq_complete: [bio(6, 0, 800, 32)],
  });
  assert.deepEqual(byRequest, ['other flushed 12 KiB, writer flushed 4 KiB']);
  assert.deepEqual(table, ['other flushed 12 KiB', 'writer flushed 4 KiB']);
});

test('a program called md5sum owns what it reads', () => {
  const { byRequest, table } = told({
    block_bio_queue: [bio(3, 8, 800, 64, 'R')],
    block_rq_issue: [bio(4, 8, 800, 64, 'R')],
    block_rq_complete: [bio(5, 0, 800, 64, 'R')],
  });
  assert.deepEqual([byRequest, table], [['md5sum direct 32 KiB'], ['md5sum direct 32 KiB']]);
});

test('what a flusher queues outside its brackets is for nobody known; a journal’s blocks and flushes are the journal’s', () => {
  const { byRequest } = told({
    writeback_dirty_folio: dirty(0.5, 5, 12, 0, 1),
    writeback_single_inode_start: [bracket(1, 40, 12)],
    block_bio_queue: [
      bio(2, 40, 100, 8),
      bio(4, 40, 200, 8),
      bio(4.1, 50, 300, 8, 'WS'),
      bio(4.2, 50, 0, 0, 'FF'),
      bio(4.3, 5, 0, 0, 'FF'),
    ],
    writeback_single_inode: [bracket(3, 40, 12)],
    block_rq_issue: [bio(5, 40, 100, 8), bio(6, 40, 200, 8), bio(6.1, 50, 300, 8, 'WS'), bio(6.2, 0, 0, 0, 'FF')],
    block_rq_complete: [bio(7, 0, 100, 8), bio(8, 0, 200, 8), bio(8.1, 0, 300, 8, 'WS'), bio(8.2, 0, 0, 0, 'FF')],
  });
  assert.deepEqual(byRequest, [
    'writer flushed 4 KiB',
    'kworker/u8:1 unattributed 4 KiB',
    'journal (jbd2/loop0-8) journal 4 KiB',
    'journal (jbd2/loop0-8) journal 0.5, writer direct 0.5',
  ]);
});

test('structures of the filesystem are its own where a worker queues them, and a process’s where that does', () => {
  const { byRequest, table } = told({
    writeback_dirty_folio: dirty(0.5, 5, 12, 0, 1),
    writeback_single_inode_start: [bracket(1, 40, 12)],
    block_bio_queue: [bio(2, 40, 100, 8, 'WM'), bio(2.5, 6, 108, 8, 'WM')],
    block_rq_issue: [bio(3, 40, 100, 16, 'WM')],
    block_rq_complete: [bio(4, 0, 100, 16, 'WM')],
  });
  assert.deepEqual(byRequest, ['filesystem metadata 4 KiB, other direct 4 KiB']);
  assert.deepEqual(table.toSorted(), ['filesystem metadata 4 KiB', 'other metadata 4 KiB']);
});

test('two bios under way at one place are each one’s', () => {
  const { table } = told({
    block_bio_queue: [bio(1, 5, 100, 8, 'WS'), bio(3, 6, 100, 8, 'WS')],
    block_rq_issue: [bio(2, 5, 100, 8, 'WS'), bio(4, 6, 100, 8, 'WS')],
    block_rq_complete: [bio(5, 0, 100, 8, 'WS'), bio(6, 0, 100, 8, 'WS')],
  });
  assert.deepEqual(table.toSorted(), ['other direct 4 KiB', 'writer direct 4 KiB']);
});
