// Bytes are given to the process and file behind them: by whom, through which device, and so that the sum is what the device completed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { attribute } from '../../../src/analysis/attribution/owners.js';
import { writersOf } from '../../../src/analysis/attribution/writers.js';
import type { Case } from '../../../src/model/case.js';
import type { Facts } from '../../../src/model/facts.js';
import type { OpenFile } from '../../../src/model/recording.js';
import { NO_COUNTERS, aCase, someFacts } from '../../support/case.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';
import { differences } from '../../support/shares.js';

const BDI = '7:0';
const NAMES = { 5: 'writer', 6: 'other', 7: 'syncer', 40: 'kworker/u8:1', 50: 'jbd2/loop0-8' };
const KB = 1024;

function bio(t: number, pid: number, sector: number, sectors: number, rwbs = 'W', dev = LOOP0): Row {
  return { t, pid, fields: { dev, sector, nr_sector: sectors, rwbs, error: 0 } };
}

function dirty(t: number, pid: number, ino: number, first: number, pages: number, name = BDI): Row[] {
  return Array.from({ length: pages }, (_, page) => ({
    t: t + page * 1e-6,
    pid,
    fields: { name, ino, index: first + page },
  }));
}

function bracket(t: number, pid: number, ino: number, name = BDI): Row {
  return { t, pid, fields: { name, ino, wrote: 0, writeback_index: 0 } };
}

function open(pid: number, inode: number, path: string, more: Partial<OpenFile> = {}): Case['files'][number] {
  return { pid, inode, device: BDI, source: '/dev/loop0', path, how: 'open', atMs: 0, ...more };
}

interface Made {
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly files?: Case['files'];
  readonly facts?: Facts;
  /** Of the events, as the recorder said them. */
  readonly filters?: Readonly<Record<string, string>>;
}

/** The table as lines: device, who, file, KiB, how, through what; with the dispatches of what completes seen it is the same, and so are shares. */
function table(made: Made): string[] {
  const lines = tableOf(made);
  const { block_rq_issue: issues, block_rq_complete: completions = [] } = made.rows;
  const seen = issues ?? completions.map((row) => ({ ...row, t: row.t - 1e-6 }));
  assert.deepEqual(tableOf({ ...made, rows: { ...made.rows, block_rq_issue: seen } }, true), lines);
  return lines;
}

function tableOf({ rows, files = [], facts = someFacts(), filters = {} }: Made, hasDispatches = false): string[] {
  const trace = [
    { atMs: 0, instance: 'machine', enabled: [], filters, stacks: { share: 0, filter: '' }, clock: 'mono' },
  ] as const;
  const input = aCase({ events: someEvents(rows, [], NAMES), files, facts: [facts], trace });
  const topology = new Topology(facts, NO_COUNTERS.diskNames);
  const attribution = attribute(input, topology, Infinity);
  // Bios of a device that has no requests are in its table alone.
  if (hasDispatches && !rows['block_bio_complete']) assert.deepEqual(differences(attribution), []);
  const { portions } = attribution;
  return writersOf({ input, topology, ...(portions && { portions }) }).map((one) =>
    [
      one.device,
      one.pid === null ? one.process : `${one.process} (${one.pid})`,
      one.file ?? one.inode ?? '-',
      ...(one.deleted ? ['deleted'] : []),
      `${(one.writeBytes + one.readBytes) / KB} KiB`,
      one.via,
      ...(one.through === null ? [] : [`through ${one.through}`]),
    ].join(' '),
  );
}

test('what the flusher writes is split over the processes that made the pages dirty, and named', () => {
  const rows = {
    writeback_dirty_folio: [...dirty(1, 5, 12, 0, 6), ...dirty(1.5, 6, 12, 6, 2)],
    writeback_single_inode_start: [bracket(2, 40, 12)],
    block_bio_queue: [bio(3, 40, 800, 64)],
    writeback_single_inode: [bracket(4, 40, 12)],
    block_rq_complete: [bio(5, 0, 800, 64)],
  };
  assert.deepEqual(table({ rows, files: [open(5, 12, '/data/file')] }), [
    'loop0 writer (5) /data/file 24 KiB flushed',
    'loop0 other (6) /data/file 8 KiB flushed',
  ]);
});

test('a request made of two files’ bios is both files’', () => {
  const rows = {
    writeback_dirty_folio: [...dirty(1, 5, 12, 0, 1), ...dirty(1.5, 6, 13, 0, 3)],
    writeback_single_inode_start: [bracket(2, 40, 12), bracket(4, 40, 13)],
    block_bio_queue: [bio(2.5, 40, 800, 8), bio(4.5, 40, 808, 24)],
    writeback_single_inode: [bracket(3, 40, 12), bracket(5, 40, 13)],
    block_rq_complete: [bio(6, 0, 800, 32)],
  };
  assert.deepEqual(table({ rows }), ['loop0 other (6) 13 12 KiB flushed', 'loop0 writer (5) 12 4 KiB flushed']);
});

test('a process that syncs somebody else’s pages is not the one who wrote them', () => {
  const call = { dev: LOOP0, ino: 12, range_start: 0, range_cyclic: 0, writeback_index: 0 };
  const rows = {
    writeback_dirty_folio: dirty(1, 5, 12, 0, 4),
    ext4_writepages: [{ t: 2, pid: 7, fields: call }],
    block_bio_queue: [bio(3, 7, 800, 32, 'WS'), bio(5, 7, 900, 8, 'WS')],
    ext4_writepages_result: [{ t: 4, pid: 7, fields: { dev: LOOP0, ino: 12 } }],
    block_rq_complete: [bio(6, 0, 800, 32, 'WS'), bio(7, 0, 900, 8, 'WS')],
  };
  assert.deepEqual(table({ rows }), ['loop0 writer (5) 12 16 KiB flushed', 'loop0 syncer (7) - 4 KiB direct']);
});

test('old dirty pages go to the one process that has the file open, and to nobody where there are two', () => {
  const rows = {
    writeback_single_inode_start: [bracket(2, 40, 12), bracket(4, 40, 13)],
    block_bio_queue: [bio(2.5, 40, 800, 8), bio(4.5, 40, 900, 16)],
    writeback_single_inode: [bracket(3, 40, 12), bracket(5, 40, 13)],
    block_rq_complete: [bio(6, 0, 800, 8), bio(7, 0, 900, 16)],
  };
  const files = [open(5, 12, '/data/a'), open(5, 13, '/data/b'), open(6, 13, '/data/b')];
  assert.deepEqual(table({ rows, files }), [
    'loop0 flusher /data/b 8 KiB unattributed',
    'loop0 writer (5) /data/a 4 KiB holder',
  ]);
});

test('a filesystem’s own structures are nobody’s file; a file without a name is shown as deleted', () => {
  const rows = {
    writeback_dirty_folio: dirty(1, 5, 12, 0, 1),
    writeback_single_inode_start: [bracket(2, 40, 12)],
    block_bio_queue: [
      bio(2.5, 40, 800, 8),
      bio(3, 40, 100, 16, 'WM'),
      bio(3.2, 50, 200, 24, 'WSM'),
      bio(3.5, 7, 300, 32, 'WSM'),
    ],
    writeback_single_inode: [bracket(4, 40, 12)],
    block_rq_complete: [
      bio(6, 0, 800, 8),
      bio(7, 0, 100, 16, 'WM'),
      bio(8, 0, 200, 24, 'WSM'),
      bio(9, 0, 300, 32, 'WSM'),
    ],
  };
  assert.deepEqual(table({ rows, files: [open(5, 12, '/data/old (deleted)')] }), [
    'loop0 syncer (7) - 16 KiB metadata',
    'loop0 journal (jbd2/loop0-8) - 12 KiB journal',
    'loop0 filesystem - 8 KiB metadata',
    'loop0 writer (5) /data/old deleted 4 KiB flushed',
  ]);
});

test('what completes without a bio seen stays visible, whole or in part', () => {
  const rows = {
    block_bio_queue: [bio(3, 5, 800, 8)],
    block_rq_complete: [bio(5, 0, 800, 24), bio(6, 0, 5000, 8)],
  };
  assert.deepEqual(table({ rows }), ['loop0 unknown - 12 KiB unattributed', 'loop0 writer (5) - 4 KiB direct']);
});

test('a bio that was cut completes in any order', () => {
  const rows = {
    block_bio_queue: [bio(1, 5, 800, 32)],
    block_rq_issue: [bio(2, 5, 800, 16), bio(3, 5, 816, 16)],
    block_rq_complete: [bio(4, 0, 816, 16), bio(5, 0, 800, 16)],
  };
  assert.deepEqual(table({ rows }), ['loop0 writer (5) - 16 KiB direct']);
});

test('direct writes go to files as far as they are told, the rest in the same proportion', () => {
  const told = (t: number, ino: number, count: number): Row => ({ t, pid: 5, fields: { dev: LOOP0, ino, count } });
  const rows = {
    // A write of 4 KiB stands for eight of its kind, one of 32 KiB for itself.
    iomap_dio_rw_begin: [told(1, 12, 4096), told(2, 13, 32_768)],
    block_bio_queue: [bio(1.5, 5, 0, 8, 'WS'), bio(2.5, 5, 100, 64, 'WS'), bio(4, 5, 200, 56, 'WS')],
    block_rq_complete: [bio(5, 0, 0, 8, 'WS'), bio(6, 0, 100, 64, 'WS'), bio(7, 0, 200, 56, 'WS')],
  };
  const filters = { 'iomap/iomap_dio_rw_begin': 'count >= 32768 || !(pos & 28672)' };
  assert.deepEqual(table({ rows, filters }), [
    'loop0 writer (5) 12 32 KiB direct',
    'loop0 writer (5) 13 32 KiB direct',
  ]);
  // Where all were kept, each stands for itself: 4 of 36 KiB, and 60 KiB more in that proportion.
  const [most = '', least = ''] = table({ rows });
  assert.match(most, /^loop0 writer \(5\) 13 56\.88/);
  assert.match(least, /^loop0 writer \(5\) 12 7\.1/);
});

test('a direct write of which nothing is told belongs to the one file that is open so', () => {
  const rows = { block_bio_queue: [bio(1, 5, 0, 8, 'WS')], block_rq_complete: [bio(2, 0, 0, 8, 'WS')] };
  const direct = { how: 'direct' } as const;
  assert.deepEqual(table({ rows, files: [open(5, 12, '/data/a', direct), open(5, 13, '/data/b')] }), [
    'loop0 writer (5) /data/a 4 KiB direct',
  ]);
  assert.deepEqual(table({ rows, files: [open(5, 12, '/data/a', direct), open(5, 13, '/data/b', direct)] }), [
    'loop0 writer (5) - 4 KiB direct',
  ]);
});

/** A device as the facts have it. */
function device(id: string, name: string, beneath: readonly string[], backingFile?: string, whole = true) {
  const queue = new Map(whole ? [['scheduler', '[none]']] : []);
  return [
    id,
    { id, name, queue, beneath, bdi: new Map<string, string>(), ...(backingFile !== undefined && { backingFile }) },
  ] as const;
}

const VDA = 254 * 2 ** 20;

test('what a disk does for a loop device is given on to who wrote there, and is marked', () => {
  const facts = someFacts({
    devices: new Map([device('254:0', 'vda', []), device('7:0', 'loop0', ['254:0'], '/images/0')]),
  });
  const rows = {
    writeback_dirty_folio: [...dirty(1, 5, 12, 0, 3), ...dirty(1.5, 6, 13, 0, 1), ...dirty(3.6, 40, 99, 0, 4, '254:0')],
    writeback_single_inode_start: [bracket(2, 40, 12), bracket(3, 40, 13), bracket(5, 40, 99, '254:0')],
    block_bio_queue: [bio(2.2, 40, 0, 24), bio(3.2, 40, 24, 8), bio(5.2, 40, 5000, 32, 'W', VDA)],
    writeback_single_inode: [bracket(2.5, 40, 12), bracket(3.5, 40, 13), bracket(6, 40, 99, '254:0')],
    block_rq_complete: [bio(4, 0, 0, 32), bio(7, 0, 5000, 32, 'W', VDA)],
  };
  const files = [open(0, 99, '/images/0', { device: '254:0', source: '', how: 'loop', loop: 'loop0' })];
  assert.deepEqual(table({ rows, files, facts }), [
    'loop0 writer (5) 12 12 KiB flushed',
    'loop0 other (6) 13 4 KiB flushed',
    'vda writer (5) 12 12 KiB stacked through loop0',
    'vda other (6) 13 4 KiB stacked through loop0',
  ]);
});

test('a member of device-mapper is written in the thread that wrote above, which is told without being counted as a user of its own', () => {
  const DM = 253 * 2 ** 20;
  const facts = someFacts({
    devices: new Map([
      device('254:0', 'vda', []),
      device('254:1', 'vda1', ['254:0'], undefined, false),
      device('254:2', 'vda2', ['254:0'], undefined, false),
      device('253:0', 'dm-0', ['254:1']),
    ]),
  });
  const rows = {
    // Device-mapper has no requests: its bios complete by themselves.
    block_bio_queue: [bio(1, 5, 0, 8, 'W', DM), bio(1.1, 5, 2048, 8, 'W', VDA + 1), bio(3, 6, 90_000, 8, 'W', VDA + 2)],
    block_rq_complete: [bio(2, 0, 2048, 8, 'W', VDA), bio(4, 0, 90_000, 8, 'W', VDA)],
    block_bio_complete: [bio(2.1, 0, 0, 8, 'W', DM)],
  };
  assert.deepEqual(table({ rows, facts }), [
    'dm-0 writer (5) - 4 KiB direct',
    'vda writer (5) - 4 KiB stacked through dm-0',
    'vda other (6) - 4 KiB direct',
  ]);
});

test('layers are named', () => {
  const topology = new Topology(
    someFacts({
      devices: new Map([
        device('8:0', 'sda', []),
        device('8:1', 'sda1', ['8:0'], undefined, false),
        device('9:0', 'md0', ['8:1']),
        device('7:0', 'loop0', ['8:0'], '/images/0'),
      ]),
    }),
    new Map(),
  );
  assert.deepEqual(
    ['8:0', '8:1', '9:0', '7:0', '1:1'].map((id) => topology.layer(id)),
    ['disk', 'partition of sda', 'md on sda1', 'loop on /images/0', 'device'],
  );
});

test('what btrfs allocates is what it writes: compressed, in another thread, and twice', () => {
  const extent = (t: number, file_offset: number, len: number, disk_len: number): Row => ({
    t,
    pid: 41,
    fields: { ino: 257, root_objectid: 5, file_offset, len, disk_len },
  });
  const rows = {
    writeback_dirty_folio: [...dirty(1, 5, 257, 0, 32, 'btrfs-1'), ...dirty(1.5, 6, 257, 32, 32, 'btrfs-1')],
    btrfs_ordered_extent_add: [extent(2, 0, 131_072, 16_384), extent(4, 131_072, 131_072, 32_768)],
    block_bio_queue: [bio(3, 41, 0, 32), bio(3.1, 41, 9000, 32), bio(5, 41, 32, 64), bio(5.1, 41, 9032, 64)],
    block_rq_complete: [bio(6, 0, 0, 96), bio(7, 0, 9000, 96)],
  };
  assert.deepEqual(table({ rows }), ['loop0 other (6) 257 64 KiB flushed', 'loop0 writer (5) 257 32 KiB flushed']);
});

test('small files and processes are summed up, never left out', () => {
  const many = Array.from({ length: 2000 }, (_, index) => index);
  const rows = {
    writeback_dirty_folio: many.flatMap((index) => dirty(1 + index * 1e-3, 5, 100 + index, 0, 1)),
    writeback_single_inode_start: many.map((index) => bracket(10 + index, 40, 100 + index)),
    block_bio_queue: many.map((index) => bio(10.2 + index, 40, index * 8, 8)),
    writeback_single_inode: many.map((index) => bracket(10.5 + index, 40, 100 + index)),
    block_rq_complete: many.map((index) => bio(10.7 + index, 0, index * 8, 8)),
  };
  assert.deepEqual(table({ rows }), ['loop0 writer (5) - 8000 KiB flushed']);
});
