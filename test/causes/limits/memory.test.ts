// The causes of memory and the page cache just below and just above each of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../../src/base/intervals.js';
import type { Neighbour } from '../../../src/analysis/victim/neighbours.js';
import type { CgroupLimit } from '../../../src/model/facts.js';
import { processOf } from '../../support/asleep.js';
import { NO_COUNTERS, series, someFacts } from '../../support/case.js';
import { LOOP0, someEvents } from '../../support/events.js';
import { counted, diagnosisOf, findingOf, grown, judged, ME, queueFacts, type MadeUp } from '../../support/measures.js';

const MEMORY: CgroupLimit = {
  cgroup: '/box',
  file: '/sys/fs/cgroup/memory/box/memory.limit_in_bytes',
  kind: 'memory',
  what: 'bytes',
  value: 1e9,
};

/** It reclaims for a fifth of its time, in a cgroup that uses so much of its limit. */
function reclaiming(used: number): MadeUp {
  const cgroups = new Map([
    ['/sys/fs/cgroup/memory/box/memory.usage_in_bytes', series([0, 1000], { value: [0, used * 1e9] })],
  ]);
  return {
    spent: { reclaim: 0.2 },
    input: {
      facts: [someFacts({ limits: [MEMORY], processes: [processOf({})] })],
      counters: { ...NO_COUNTERS, cgroups },
    },
  };
}

test('a memory limit is named where nine tenths of it are used', () => {
  const culprit = (used: number) => diagnosisOf('mem.reclaim', reclaiming(used)).verdict.culprit?.kind;
  assert.equal(culprit(0.95), 'cgroup');
  assert.equal(culprit(0.7), 'setting');
  assert.equal(judged('mem.reclaim', reclaiming(0.95)), 0.817);
  assert.equal(judged('mem.reclaim', { ...reclaiming(0.95), source: 'samples' }), 0.735);
});

/** So many faults a second of its own that had to read, with as many pages from swap. */
function swapping(perSecond: number, spent: MadeUp['spent'] = { reclaim: 0.2 }): MadeUp {
  const vmstat = grown({ pswpin: perSecond * 10, pswpout: perSecond * 10 });
  return { spent, input: { counters: counted({}, {}, { vmstat }, perSecond * 10) } };
}

test('from 50 faults a second on, reclaim is a part of swapping', () => {
  assert.match(String(judged('mem.reclaim', swapping(70))), /to make room for its own swapped pages/);
  assert.equal(judged('mem.reclaim', swapping(35)), 0.817);
});

test('swap is told by the sleeps for it, and in memory by 20 µs of CPU for each fault', () => {
  assert.equal(judged('mem.swap', { spent: { swap: 0.2 } }), 0.817);
  assert.equal(judged('mem.swap', { spent: { swap: 0.2 }, source: 'samples' }), 0.735);
  assert.equal(judged('mem.swap', swapping(7000, {})), 0.777);
  assert.match(String(judged('mem.swap', swapping(4000, {}))), /cost it 8 % of its time/);
});

test('from counters a wait for I/O may be one for a page, also while the disk of its files idles', () => {
  assert.equal(judged('mem.swap', { ...swapping(1000, { 'block-held': 0.2 }), source: 'samples' }), 0.747);
  assert.equal(
    typeof judged('mem.swap', swapping(1000, { 'block-held': 0.2 })),
    'string',
    'events tell whose waits they are',
  );
});

test('swapping stands before the waits for a CPU where half of its turns end in a fault', () => {
  const before = (turns: number) => {
    const madeUp = swapping(500, { swap: 0.2, runnable: 0.7 });
    const { processes } = madeUp.input?.counters ?? assert.fail();
    const me = processes.get(ME) ?? assert.fail();
    const own = new Map([[ME, { ...me, schedstat: grown({ slices: turns }) }]]);
    const counters = { ...(madeUp.input?.counters ?? assert.fail()), processes: own };
    return findingOf('mem.swap', { ...madeUp, input: { ...madeUp.input, counters } }).before?.includes('cpu.starved');
  };
  assert.deepEqual([before(9000), before(11_000)], [true, false]);
});

const READ = 1000 * 4096;

/** It waits for cached reads, of which so many had been in memory before; it writes so much besides. */
function thrashing(again: number, written = 0, thrownOut = again): MadeUp {
  const vmstat = grown({ workingset_refault_file: again * 1000, pgsteal_file: thrownOut * 1000 });
  return {
    spent: { 'block-device': 0.2 },
    slept: { 'block-device': 'filemap_read' },
    input: { counters: counted({}, { read_bytes: READ, write_bytes: written }, { vmstat }) },
  };
}

test('files no longer fit where 30 % of what is read was there before', () => {
  assert.equal(judged('mem.thrash', thrashing(0.4)), 0.777);
  assert.match(String(judged('mem.thrash', thrashing(0.2))), /20 % of what it read had been in memory/);
});

test('what comes back without as much being thrown out went long before', () => {
  assert.equal(judged('mem.thrash', thrashing(0.4, 0, 0.25)), 0.777);
  assert.match(String(judged('mem.thrash', thrashing(0.4, 0, 0.15))), /what comes back went long before/);
});

test('from counters, one that mostly writes did not wait for reads', () => {
  assert.equal(judged('mem.thrash', { ...thrashing(0.4, READ * (2 / 3)), source: 'samples' }), 0.699);
  assert.match(
    String(judged('mem.thrash', { ...thrashing(0.4, READ * 1.5), source: 'samples' })),
    /it did not wait for reads/,
  );
});

test('from counters, what comes back from swap is read like a file: that is open from half of what was read on', () => {
  const beside = (swapped: number, source: 'events' | 'samples') => {
    const made = thrashing(0.4);
    const counters = made.input?.counters ?? assert.fail();
    const vmstat = grown({ workingset_refault_file: 400, pgsteal_file: 400, pswpin: swapped });
    return judged('mem.thrash', { ...made, source, input: { counters: { ...counters, vmstat } } });
  };
  assert.equal(beside(400, 'samples'), 0.699);
  assert.match(String(beside(600, 'samples')), /came back from swap meanwhile/);
  assert.equal(beside(600, 'events'), 0.777);
});

/** Paused for 40 % of its time, while the device worked for this share of that. */
function paused(busy: number, measures: MadeUp['measures'] = {}): MadeUp {
  return { spent: { 'dirty-throttle': 0.4 }, requests: [{ at: 0, took: 4000 * busy }], measures };
}

function sampledPauses(busy: number): MadeUp {
  return {
    spent: { 'dirty-throttle': 0.4 },
    source: 'samples',
    input: { counters: counted({ io_ticks: 10_000 * busy }) },
  };
}

test('a device that works through 60 % of the pauses sets the pace, one that works less had room', () => {
  assert.equal(judged('mem.dirty-backpressure', paused(0.75)), 0.775);
  assert.equal(judged('mem.dirty-backpressure', sampledPauses(0.75)), 0.659);
  assert.equal(typeof judged('mem.dirty-backpressure', paused(0.45)), 'string');
  assert.equal(typeof judged('mem.dirty-limit', paused(0.75)), 'string');
});

test('from counters a disk that is hardly written is not the one for which a writer was paused', () => {
  const written = (ofDisk: number, busy: number): MadeUp => ({
    spent: { 'dirty-throttle': 0.4 },
    source: 'samples',
    input: { counters: counted({ io_ticks: 10_000 * busy, wr_sectors: (ofDisk * 1e8) / 512 }, { write_bytes: 1e8 }) },
  });
  const mostlyRead = /paused the victim wrote 19.1 MiB and loop0 was written .*: that was for another disk/;
  assert.match(String(judged('mem.dirty-backpressure', written(0.07, 0.75))), mostlyRead);
  assert.match(String(judged('mem.dirty-limit', written(0.07, 0.2))), mostlyRead);
  assert.equal(judged('mem.dirty-backpressure', written(0.15, 0.75)), 0.659);
  assert.equal(judged('mem.dirty-limit', written(0.15, 0.2)), 0.647);
  // What went into memory before the limit fell, and in the reading in which it did, says nothing.
  const counters = counted({ io_ticks: 2000, wr_sectors: 1e8 / 512 });
  const t = Array.from({ length: 101 }, (_, n) => n * 100);
  const fast = t.map((at) => Math.min(at, 5000) * 1e6);
  const slow = t.map((at) => at * 1e4);
  const [me = assert.fail()] = counters.processes.values();
  const rewriting = (dirtied: readonly number[], cancelled: readonly number[]): MadeUp => {
    const io = series(t, { write_bytes: [...dirtied], cancelled_write_bytes: [...cancelled] });
    const pauses = [
      { from: 100, to: 110 },
      { from: 4900, to: 10_000 },
    ].map((one) => ({ ...one, state: 'dirty-throttle' as const }));
    return {
      account: { segments: pauses },
      spent: { 'dirty-throttle': 0.5 },
      source: 'samples',
      input: { counters: { ...counters, processes: new Map([[ME, { ...me, io }]]) } },
    };
  };
  const none = t.map(() => 0);
  assert.equal(
    typeof judged(
      'mem.dirty-limit',
      rewriting(
        fast.map((bytes, at) => bytes + (slow[at] ?? 0)),
        none,
      ),
    ),
    'number',
  );
  // Nor does what it removed before any disk got it.
  const all = t.map((at) => at * 1e6);
  assert.equal(
    typeof judged(
      'mem.dirty-limit',
      rewriting(
        all.map((bytes, at) => bytes + (slow[at] ?? 0)),
        all,
      ),
    ),
    'number',
  );
  assert.match(String(judged('mem.dirty-limit', rewriting(all, none))), /that was for another disk/);
});

test('a device that mostly serves others is theirs', () => {
  const other = (share: number): Neighbour => ({
    origin: { pid: 60, name: 'other', via: 'direct' },
    processes: 1,
    waitMs: 0,
    bytes: 1,
    share,
    bursts: { spans: [], binMs: 50 },
  });
  const beside = (share: number) => {
    const means = { slowdown: NaN, quietMeanMs: NaN, contendedMeanMs: NaN };
    return paused(0.75, { neighbours: { others: [other(share)], company: NO_INTERVALS, ownMs: 0, ...means } });
  };
  assert.equal(judged('mem.dirty-backpressure', beside(0.4)), 0.775);
  assert.match(String(judged('mem.dirty-backpressure', beside(0.6))), /60 % of what loop0 served belonged to others/);
});

/** All memory that can be dirty, as the smallest case has it. */
const DIRTYABLE = 1.2e7 * 1024;

/** Paused beside an idle device, with this share of memory as the limit. */
function limited(
  share: number,
  settings: Readonly<Record<string, string>> = {},
  bdi: Readonly<Record<string, string>> = {},
) {
  const facts = someFacts();
  const device = facts.devices.get('7:0');
  assert.ok(device);
  const throttle = { pauses: 1, pausedMs: 1, limitBytes: share * DIRTYABLE, deviceSetpointBytes: 1, dirtyBytes: 1 };
  return {
    ...paused(0.2, { throttle }),
    input: {
      facts: [
        someFacts({
          devices: new Map([['7:0', { ...device, bdi: new Map(Object.entries(bdi)) }]]),
          files: new Map(Object.entries(settings).map(([name, value]) => [`/proc/sys/vm/${name}`, value])),
        }),
      ],
    },
  };
}

test('a limit under one per cent of memory has collapsed; a larger one may be meant', () => {
  assert.equal(judged('mem.dirty-limit', limited(0.007)), 0.896);
  assert.equal(judged('mem.dirty-limit', limited(0.015)), 0.762);
  assert.equal(judged('mem.dirty-limit', sampledPauses(0.2)), 0.647);
});

test('the setting is the device’s own where that is under half of the machine’s limit, or a low vm.dirty_ratio', () => {
  const culprit = (madeUp: MadeUp) => diagnosisOf('mem.dirty-limit', madeUp).verdict.culprit?.name;
  const own = (part: number) => ({ max_bytes: String(0.1 * part * DIRTYABLE) });
  assert.match(culprit(limited(0.1, {}, own(0.4))) ?? '', /loop0’s bdi/);
  assert.equal(culprit(limited(0.1, {}, own(0.7))), 'memory that can be dirty');
  assert.equal(culprit(limited(0.1, { dirty_ratio: '4' })), 'vm.dirty_ratio=4');
  assert.equal(culprit(limited(0.1, { dirty_ratio: '7' })), 'memory that can be dirty');
});

test('a device’s own limit holds the pages of a filesystem that counts them for the device, and not those of btrfs', () => {
  const culpritOn = (type: string) => {
    const madeUp = limited(0.1, { dirty_ratio: '4' }, { max_bytes: String(0.01 * DIRTYABLE), strict_limit: '1' });
    const mount = { device: '7:0', mountPoint: '/data', root: '/', type, source: '/dev/loop0', options: 'rw' };
    const facts = madeUp.input.facts.map((one) => ({ ...one, mounts: [mount] }));
    return diagnosisOf('mem.dirty-limit', { ...madeUp, input: { facts } }).verdict.culprit?.name;
  };
  assert.match(culpritOn('ext4') ?? '', /^strict_limit=1, max_bytes=.* of loop0’s bdi$/);
  assert.equal(culpritOn('btrfs'), 'vm.dirty_ratio=4');
});

/**
 * Paused at a limit that memory makes, of this share of all memory and evenly shared out, while another kept this part of it dirty on a
 * filesystem of its own.
 */
function filled(ofTotal: number, byOther: number): MadeUp {
  const limitBytes = 1e9;
  const throttle = { pauses: 1, pausedMs: 1, limitBytes, deviceSetpointBytes: limitBytes / 2, dirtyBytes: limitBytes };
  const meminfo = series([0], {
    MemTotal: [limitBytes / ofTotal / 1024],
    MemFree: [1e7],
    'Active(file)': [1e6],
    'Inactive(file)': [1e6],
  });
  const pause = { t: 10, pid: 60, fields: { bdi: 'nfs', wb_dirty: (byOther * limitBytes) / 4096, pause: 10 } };
  const events = someEvents({ balance_dirty_pages: [pause] }, [], { 60: 'cp' });
  return { ...paused(0.2, { throttle }), input: { counters: { ...NO_COUNTERS, meminfo }, events } };
}

test('a limit that memory makes is low under two per cent of all of it', () => {
  const of = (ofTotal: number) => judged('mem.dirty-limit', filled(ofTotal, 0.1));
  assert.equal(typeof of(0.015), 'number');
  assert.match(String(of(0.03)), /is no low one, and nobody was seen to fill it/);
});

test('another fills the limit who keeps 60 % of it dirty, not 40 %', () => {
  assert.match(diagnosisOf('mem.dirty-limit', filled(0.1, 0.6)).verdict.sentence, /is used up by what cp \(60\) wrote/);
  assert.match(String(judged('mem.dirty-limit', filled(0.1, 0.4))), /nobody was seen to fill it/);
});

/** A reader that waits for cached pages for a share of its time; each read is of so many bytes and begins so far behind the end of the one before. */
function reading(share: number, reads: readonly { readonly bytes: number; readonly gap: number }[], readAhead: string) {
  let sector = 0;
  const rows = reads.map(({ bytes, gap }, index) => {
    sector += gap;
    const fields = { dev: LOOP0, sector, nr_sector: bytes / 512, rwbs: 'R' };
    sector += bytes / 512;
    return { t: index, pid: ME, fields };
  });
  const madeUp: MadeUp = {
    spent: { 'block-device': share },
    slept: { 'block-device': 'filemap_get_pages' },
    input: {
      facts: [queueFacts({ read_ahead_kb: readAhead })],
      events: someEvents({ block_bio_queue: rows }),
    },
  };
  return madeUp;
}

function pages(count: number, gap: number, bytes = 4096) {
  return Array.from({ length: count }, () => ({ bytes, gap }));
}

test('reads in order, a page each, are told where nothing is read ahead; random ones and large ones are not', () => {
  const told = (share: number, reads: ReturnType<typeof pages>, readAhead = '0\n') =>
    judged('mem.no-read-ahead', reading(share, reads, readAhead));
  assert.equal(told(0.45, pages(200, 0)), 0.95);
  assert.equal(told(0.25, pages(200, 0)), 0.85, 'the surer the more time it takes');
  assert.equal(told(0.25, pages(200, 0), '128\n'), 0.7);
  assert.equal(told(0.45, pages(200, 0), '4\n'), 0.95, 'a page and no more');
  assert.equal(told(0.45, pages(200, 0), '128\n'), 0.8, 'the program asked for it');
  assert.match(String(told(0.45, pages(200, 800))), /0 % of them in order and no larger than what was asked for/);
  assert.match(
    String(told(0.45, pages(200, 0, 131_072))),
    /0 % of them in order and no larger than what was asked for/,
  );
  assert.match(String(told(0.07, pages(200, 0))), /^it waited 7 % of its time for cached reads$/);
});

test('whose calls take a part of each page reads small files that lie side by side, whatever it tells the kernel', () => {
  const told = (taken: number, readAhead = '128') => {
    const madeUp = reading(0.45, pages(200, 0), readAhead);
    const counters = counted({}, { rchar: 200 * 4096 * taken });
    return judged('mem.no-read-ahead', { ...madeUp, input: { ...madeUp.input, counters } });
  };
  assert.equal(told(0.95), 0.8);
  assert.match(String(told(0.7)), /its calls took 70 % of those pages, as where small files/);
  assert.equal(told(0.7, '0'), 0.95, 'the setting is known');
});

/** A reader whose calls take this part of what it reads, so much each. */
function readingByCalls(reads: ReturnType<typeof pages>, readAhead: string, { call = 4096, taken = 1 }) {
  const madeUp = reading(0.45, reads, readAhead);
  const rchar = taken * reads.reduce((sum, { bytes }) => sum + bytes, 0);
  const counters = counted({}, { rchar, syscr: rchar / call });
  return judged('mem.no-read-ahead', { ...madeUp, input: { ...madeUp.input, counters } });
}

test('calls of several pages bring what they ask for at once: that is told as well, up to a quarter of the usual read-ahead', () => {
  const told = (bytes: number, readAhead: string, call = bytes) =>
    readingByCalls(pages(200, 0, bytes), readAhead, { call });
  assert.equal(told(8192, '4'), 0.95, 'a call’s bytes in one request');
  assert.equal(told(32_768, '4'), 0.95);
  assert.equal(typeof told(36_864, '4'), 'string', 'the usual read-ahead would not bring four of them');
  assert.equal(told(16_384, '16', 4096), 0.95, 'the setting’s bytes in one request');
  assert.equal(told(32_768, '32', 4096), 0.95);
  assert.equal(told(8192, '128'), 0.8, 'the program told the kernel that it reads at random');
  assert.equal(told(8192, '64'), 0.8, 'a setting of more is no cause');
  assert.equal(told(8192, '128', 6000), 0.8, 'a call asks for whole pages');
  assert.equal(typeof told(16_384, '128', 8192), 'string', 'read-ahead brings more than the call asks for');
  assert.match(String(readingByCalls(pages(200, 800, 8192), '4', { call: 8192 })), /0 % of them in order/);
  assert.match(String(readingByCalls(pages(200, 800, 8192), '128', { call: 8192 })), /0 % of them in order/);
});

test('requests of several pages that end where small files do are not told, nor those of compressed data', () => {
  const told = (taken: number, readAhead: string, call = 8192) =>
    readingByCalls(pages(200, 0, 8192), readAhead, { call, taken });
  assert.equal(told(0.94, '4'), 0.95);
  assert.match(String(told(0.75, '4')), /its calls took 75 % of those pages, as where small files/);
  assert.match(String(told(0.75, '128')), /its calls took 75 % of those pages, as where small files/);
  assert.equal(told(0.75, '8'), 0.95, 'of the setting’s size: that ended them');
  assert.equal(told(1.9, '128'), 0.8);
  assert.match(String(told(2.2, '128', 65_536)), /its calls took 220 % of what was read, as where it is compressed/);
  assert.equal(told(2.2, '4'), 0.95, 'the setting is known');
});

test('the sentence tells how much it waits for at a time, and the setting', () => {
  const sentence = (bytes: number, readAhead: string) =>
    diagnosisOf('mem.no-read-ahead', reading(0.45, pages(200, 0, bytes), readAhead)).verdict.sentence;
  assert.match(
    sentence(4096, '0'),
    /nothing is read ahead: it waits for each page by itself, .* is switched off on loop0/,
  );
  assert.match(sentence(8192, '4'), /waits for every 8 KiB by itself, .* only 4 KiB on loop0/);
  assert.match(
    sentence(16_384, '16'),
    /next to nothing is read ahead: .* every 16 KiB by itself, .* only 16 KiB on loop0/,
  );
});

test('half of the reads must go on so, and fifty', () => {
  const told = (onward: number, others: number) =>
    typeof judged('mem.no-read-ahead', reading(0.45, [...pages(onward + 1, 0), ...pages(others, 80)], '0'));
  assert.equal(told(70, 50), 'number');
  assert.equal(told(70, 100), 'string');
  assert.equal(told(35, 10), 'string');
});

test('the setting is the culprit where it reads nothing ahead, and the program where the disk would', () => {
  const verdict = (readAhead: string) =>
    diagnosisOf('mem.no-read-ahead', reading(0.45, pages(200, 0), readAhead)).verdict;
  assert.equal(verdict('0').culprit?.name, 'read_ahead_kb=0 of loop0');
  assert.equal(verdict('0').advice[0]?.commands[0]?.command, 'echo 128 > /sys/block/loop0/queue/read_ahead_kb');
  assert.equal(verdict('128').culprit?.name, 'victim');
});
