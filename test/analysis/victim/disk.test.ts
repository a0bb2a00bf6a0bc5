// The disk that a victim is judged by, from the most telling to the least: its own waits, its requests, its files, where it stands.

import assert from 'node:assert/strict';
import { Timeline } from '../../../src/model/timeline.js';
import { test } from 'node:test';
import type { Case } from '../../../src/model/case.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { diskOf, diskWaitedFor } from '../../../src/analysis/victim/disk.js';
import { attribute } from '../../../src/analysis/attribution/owners.js';
import { pauseDisks } from '../../../src/analysis/victim/pauses.js';
import { followRequests } from '../../../src/analysis/requests/follow.js';
import type { BlockDevice, Facts, RunningProcess } from '../../../src/model/facts.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../../support/case.js';
import { allUntil, LOOP0, someEvents } from '../../support/events.js';

const ME = 50;

function disk(id: string, name: string, ...beneath: string[]): readonly [string, BlockDevice] {
  return [id, { id, name, queue: new Map([['scheduler', '[none]']]), beneath, bdi: new Map() }];
}

function mount(device: string, mountPoint: string) {
  return { device, mountPoint, root: '/', type: 'ext4', source: '/dev/x', options: 'rw' };
}

function about(
  process: Partial<RunningProcess>,
  busy: Readonly<Record<string, number>> = {},
  changed: (input: Case, facts: Facts) => Case = (input) => input,
) {
  const facts = someFacts({
    devices: new Map([disk('8:0', 'sda'), disk('7:0', 'loop0'), disk('7:1', 'loop1')]),
    mounts: [mount('8:0', '/'), mount('7:0', '/data'), mount('7:1', '/logs')],
    processes: [{ pid: ME, comm: 'me', command: 'me', cgroups: new Map(), startTicks: 1, daemon: false, ...process }],
  });
  const input: Case = aCase({
    durationMs: 1000,
    manifest: { ...aCase().manifest, plan: { command: 'record', hz: 10, events: false } },
    facts: [facts],
    counters: {
      ...NO_COUNTERS,
      disks: new Map(
        ['8:0', '7:0', '7:1'].map((id) => [
          id,
          series([0, 1000], {
            io_ticks: [0, busy[id] ?? 0],
            rd_sectors: [0, busy[id] ?? 0],
            wr_sectors: [0, 0],
          }),
        ]),
      ),
    },
  });
  return diskOf(changed(input, facts), new Topology(facts, NO_COUNTERS.diskNames), undefined, undefined, ME);
}

test('of the disks of its open files the one at work is meant, however busy others are', () => {
  const openFiles = ['/logs/log', '/data/file', '/dev/null'];
  assert.deepEqual(about({ openFiles, folder: '/' }, { '7:0': 900, '8:0': 1000 }), { disk: '7:0', isOwn: true });
  assert.deepEqual(about({ openFiles }), { disk: '7:1', isOwn: true });
});

interface Amounts {
  /** Of the process, bytes. */
  readonly read?: number;
  readonly written?: number;
  /** Dirty in memory at the end, pages. */
  readonly dirty?: number;
  /** Sectors that each disk read and wrote. */
  readonly sectors: Readonly<Record<string, readonly [read: number, written: number]>>;
  readonly options?: string;
}

const MIB = 2 ** 20;

/** Which disk it is by its files, of which the log lies on the busier disk and the other on a quiet one. */
function byAmounts({ read = 0, written = 0, dirty = 0, sectors, options = 'rw' }: Amounts) {
  const io = series([0, 1000], {
    read_bytes: [0, read],
    write_bytes: [0, written],
    cancelled_write_bytes: [0, 0],
  });
  const columns = (id: string) => ({
    io_ticks: [0, id === '7:1' ? 900 : 100],
    rd_sectors: [0, sectors[id]?.[0] ?? 0],
    wr_sectors: [0, sectors[id]?.[1] ?? 0],
  });
  return about({ openFiles: ['/logs/log', '/data/file'] }, {}, (input, facts) => ({
    ...input,
    facts: [{ ...facts, mounts: facts.mounts.map((one) => ({ ...one, options })) }],
    counters: {
      ...input.counters,
      disks: new Map(['8:0', '7:0', '7:1'].map((id) => [id, series([0, 1000], columns(id))])),
      vmstat: series([0, 1000], { nr_dirty: [0, dirty], nr_writeback: [0, 0] }),
      processes: new Map([[ME, { pid: ME, comm: 'me', stat: series([], {}), state: [], io }]]),
    },
  }));
}

test('a disk that moved less than half of what the process did is not its own, however busy it was with a log there', () => {
  const half = MIB / 512;
  const sectors = (logs: number) => ({ '7:0': [2 * half, 0], '7:1': [logs, 0] }) as const;
  assert.deepEqual(byAmounts({ read: 2 * MIB, sectors: sectors(half - 1) }), { disk: '7:0', isOwn: true });
  assert.equal(byAmounts({ read: 2 * MIB, sectors: sectors(half + 1) }).disk, '7:1');
  // Too little to tell: that may be in flight.
  assert.equal(byAmounts({ read: MIB - 1, sectors: sectors(0) }).disk, '7:1');
  assert.equal(byAmounts({ read: MIB, sectors: sectors(0) }).disk, '7:0');
});

test('what it wrote and what memory may hold still, or a filesystem compresses, tells of no disk', () => {
  const sectors = { '7:0': [0, (4 * MIB) / 512], '7:1': [0, 8] } as const;
  assert.equal(byAmounts({ written: 4 * MIB, sectors }).disk, '7:0');
  assert.equal(byAmounts({ written: 4 * MIB, sectors, dirty: 769 }).disk, '7:1');
  assert.equal(byAmounts({ written: 4 * MIB, sectors, dirty: 768 }).disk, '7:0');
  assert.equal(byAmounts({ written: 4 * MIB, sectors, options: 'rw,compress=zstd:1' }).disk, '7:1');
  // It reads from one of them and writes to the other.
  assert.equal(byAmounts({ read: 4 * MIB, written: 4 * MIB, sectors: { ...sectors, '7:1': [8192, 8] } }).disk, '7:1');
});

test('where none of the disks of its files moved what the process did, none of them is its own; where no disk did, nothing is known', () => {
  const elsewhere = { '8:0': [8192, 0] } as const;
  assert.deepEqual(byAmounts({ read: 4 * MIB, sectors: elsewhere }), { disk: '8:0', isOwn: false });
  assert.deepEqual(byAmounts({ read: 4 * MIB, sectors: {} }), { disk: '7:1', isOwn: true });
});

test('a file goes before the folder that the process stands in, and the root is nobody’s choice', () => {
  assert.equal(about({ openFiles: ['/data/file'], folder: '/logs' }, { '7:1': 900 }).disk, '7:0');
  assert.deepEqual(about({ openFiles: ['/dev/null'], folder: '/logs' }), { disk: '7:1', isOwn: true });
  assert.deepEqual(about({ openFiles: [], folder: '/' }, { '7:0': 300 }), { disk: '7:0', isOwn: false });
});

test('a process that has not opened its file yet may name it on its command line', () => {
  assert.deepEqual(about({ command: 'dd if=/dev/zero of=/data/x bs=512', openFiles: [], folder: '/' }), {
    disk: '7:0',
    isOwn: true,
  });
});

test('what the device beneath its own disk completes is its own disk’s work', () => {
  const devices = new Map<string, BlockDevice>([disk('7:0', 'loop0'), disk('7:1', 'loop1')]);
  devices.set('7:0', { ...disk('7:0', 'loop0')[1], beneath: ['7:1'] });
  const facts = someFacts({ devices });
  const topology = new Topology(facts, NO_COUNTERS.diskNames);
  const one = (dev: number, rwbs: string, from: number) => ({
    block_bio_queue: { t: from, pid: ME, fields: { dev, sector: 0, nr_sector: 8, rwbs } },
    block_rq_issue: { t: from + 1, fields: { dev, sector: 0, nr_sector: 8, rwbs } },
    block_rq_complete: { t: from + 9, fields: { dev, sector: 0, nr_sector: 8, rwbs, error: 0 } },
  });
  const below = one(LOOP0 + 1, 'WS', 10);
  const requests = followRequests(
    someEvents(Object.fromEntries(Object.entries(below).map(([name, row]) => [name, [row]]))),
    topology,
    allUntil(100),
  );
  const waits = Timeline.of([{ from: 10, to: 20, state: 'block-device' }]);
  const waitedFor = (known: { disk: string; isOwn: boolean }) =>
    diskWaitedFor(
      waits,
      Int32Array.of(0),
      requests,
      known,
      topology,
      () => undefined,
      () => '',
    )?.disk;
  assert.equal(waitedFor({ disk: '7:0', isOwn: true }), '7:0');
  assert.equal(waitedFor({ disk: '7:0', isOwn: false }), '7:1');
});

test('of a device that passes its bios on and the one beneath it the first is the victim’s, unless that has more by another way', () => {
  const [DM, SDA] = [253 * 2 ** 20, 8 * 2 ** 20];
  const facts = someFacts({
    devices: new Map([disk('8:0', 'sda'), disk('253:0', 'dm-0', '8:0')]),
  });
  const topology = new Topology(facts, NO_COUNTERS.diskNames);
  const row = (t: number, dev: number, sector: number, sectors: number) => ({
    t,
    pid: ME,
    fields: { dev, sector, nr_sector: sectors, rwbs: 'WS', error: 0 },
  });
  const diskWith = (other: number) => {
    const events = someEvents({
      block_bio_queue: [row(1, DM, 0, 8), row(2, SDA, 2048, 8), row(5, SDA, 9000, other)],
      block_rq_issue: [row(3, SDA, 2048, 8), row(6, SDA, 9000, other)],
      block_rq_complete: [row(4, SDA, 2048, 8), row(7, SDA, 9000, other)],
      block_bio_complete: [row(4.5, DM, 0, 8)],
    });
    const input: Case = aCase({
      durationMs: 10,
      manifest: { ...aCase().manifest, plan: { command: 'record', hz: 10, events: true } },
      facts: [facts],
      events,
    });
    const { requests, owners } = attribute(input, topology, 10);
    return diskOf(input, topology, requests, owners, ME).disk;
  };
  assert.equal(diskWith(4), '253:0');
  assert.equal(diskWith(64), '8:0');
});

test('a thread that reads from one disk and is paused for its dirty pages of another is judged by the one it waited for longer', () => {
  const facts = someFacts({ devices: new Map([disk('7:0', 'loop0'), disk('7:1', 'loop1')]) });
  const topology = new Topology(facts, NO_COUNTERS.diskNames);
  const read = { dev: LOOP0, sector: 0, nr_sector: 8, rwbs: 'R' };
  const pause = (t: number, pid: number, bdi: string) => ({ t, pid, fields: { bdi, pause: 10 } });
  const events = someEvents({
    block_bio_queue: [{ t: 10, pid: ME, fields: read }],
    block_rq_issue: [{ t: 11, fields: read }],
    block_rq_complete: [{ t: 19, fields: { ...read, error: 0 } }],
    balance_dirty_pages: [pause(29.9, ME, '7:1'), pause(29.95, ME + 1, '7:0'), pause(35, ME, 'btrfs-1')],
  });
  const requests = followRequests(events, topology, allUntil(100));
  const waitedFor = (from: number, to: number) => {
    const waits = Timeline.of([
      { from: 10, to: 20, state: 'block-device' },
      { from: 20, to: from, state: 'running' },
      { from, to, state: 'dirty-throttle' },
    ]);
    const pausedFor = pauseDisks(aCase({ events }), topology, ME);
    const known = { disk: '7:0', isOwn: true };
    return diskWaitedFor(waits, Int32Array.of(0, -1, -1), requests, known, topology, pausedFor, () => '');
  };
  assert.equal(waitedFor(30, 50)?.disk, '7:1');
  assert.equal(waitedFor(30, 35)?.disk, '7:0');
  assert.equal(waitedFor(36, 80)?.disk, '7:0');
});

test('a thread that the journal of one filesystem lets go waited for the disk of that, whatever it reads from another', () => {
  const facts = someFacts({ devices: new Map([disk('7:0', 'loop0'), disk('7:1', 'loop1'), disk('254:0', 'dm-0')]) });
  const topology = new Topology(facts, NO_COUNTERS.diskNames);
  const requests = followRequests(someEvents({ block_rq_complete: [] }), topology, allUntil(100));
  const waits = Timeline.of([{ from: 10, to: 20, state: 'journal', wokenBy: 300 }]);
  const waitedFor = (name: string) => {
    const known = { disk: '7:0', isOwn: true };
    const nameOf = (thread: number) => (thread === 300 ? name : '');
    return diskWaitedFor(waits, Int32Array.of(-1), requests, known, topology, () => undefined, nameOf)?.disk;
  };
  assert.equal(waitedFor('jbd2/loop1-8'), '7:1');
  assert.equal(waitedFor('jbd2/dm-0-8'), '254:0');
  // A long name is cut off after fifteen characters.
  assert.equal(waitedFor('jbd2/loop1-'), '7:1');
  assert.equal(waitedFor('kworker/1:2'), undefined);
});
