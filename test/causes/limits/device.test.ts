// The causes of the device just below and just above each of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals, NO_INTERVALS } from '../../../src/base/intervals.js';
import type { Owner, Owners } from '../../../src/analysis/attribution/owners.js';
import type { Neighbour, NeighbourMeasures } from '../../../src/analysis/victim/neighbours.js';
import type { Counters } from '../../../src/model/counters.js';
import type { Facts } from '../../../src/model/facts.js';
import { NORMS } from '../../../src/model/thresholds/requests.js';
import { processOf } from '../../support/asleep.js';
import { NO_COUNTERS, series, someFacts } from '../../support/case.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';
import {
  counted,
  diagnosisOf,
  findingOf,
  grown,
  judged,
  ME,
  queueFacts,
  requestsOf,
  type MadeUp,
  type Request,
} from '../../support/measures.js';

interface Capped {
  /** Operations in each of twenty half seconds. */
  readonly operations: (window: number) => number;
  readonly depth: number;
  readonly own?: number;
  /** Half seconds at the beginning without a queue. */
  readonly free?: number;
}

/** A device that completes so many requests in each half second, evenly, with so many inside it. */
function capped({ operations, depth, own = 1, free = 0 }: Capped): MadeUp {
  const requests: Request[] = [];
  for (let window = 0; window < 20; window += 1) {
    const count = operations(window);
    const gap = 500 / count;
    const took = (window < free ? 0.5 : depth) * gap;
    for (let n = 0; n < count; n += 1)
      requests.push({ at: window * 500 + (n + 0.5) * gap - took, took, own: n % 10 < own * 10 });
  }
  return { spent: { 'block-device': 1 }, requests };
}

test('an output is flat that varies by 5 % from one half second to the next, not by 12 %', () => {
  assert.equal(judged('dev.capped', capped({ operations: (n) => (n % 2 === 0 ? 100 : 110), depth: 4.5 })), 0.767);
  const uneven = capped({ operations: (n) => (n % 2 === 0 ? 100 : 127), depth: 4.5 });
  assert.match(String(judged('dev.capped', uneven)), /that is not flat/);
});

test('the victim must own 60 % of what waits in the device', () => {
  assert.equal(judged('dev.capped', capped({ operations: () => 100, depth: 9, own: 0.7 })), 0.95);
  assert.match(String(judged('dev.capped', capped({ operations: () => 100, depth: 9, own: 0.5 }))), /only 50 % of it/);
});

test('a device fell to its limit that gave half as much again before, not a seventh', () => {
  const sentence = (before: number) =>
    diagnosisOf('dev.capped', capped({ operations: (n) => (n < 4 ? before : 100), depth: 9, free: 4 })).verdict
      .sentence;
  assert.match(sentence(150), /it gave 1.5 times as much before/);
  assert.doesNotMatch(sentence(115), /times as much before/);
});

test('from counters a rate limit is less sure, and the victim’s part is that of the bytes', () => {
  const t = Array.from({ length: 21 }, (_, n) => n * 500);
  const perWindow = (value: number) => t.map((_, n) => n * value);
  const disk = {
    rd_ios: perWindow(0),
    rd_sectors: perWindow(0),
    wr_ios: perWindow(100),
    wr_sectors: perWindow(800),
    io_ticks: perWindow(500),
    time_in_queue: perWindow(9 * 500),
  };
  const { processes } = counted({}, { write_bytes: 0.7 * 20 * 800 * 512 });
  const counters = { ...NO_COUNTERS, processes, disks: new Map([['7:0', series(t, disk)]]) };
  assert.equal(judged('dev.capped', { source: 'samples', spent: { 'block-device': 1 }, input: { counters } }), 0.807);
});

interface FewAtOnce {
  /** Requests answered in each half second, of 4 KiB, and how many are inside meanwhile. */
  readonly count: (window: number) => number;
  readonly depth: (window: number) => number;
  /** Of the bytes. */
  readonly own?: number;
  /** Of the victim's time. */
  readonly waits?: number;
  readonly isLimited?: boolean;
}

/** A disk that hardly has two requests at once, by its counters over ten seconds. */
function fewAtOnce({ count, depth, own = 1, waits = 1, isLimited = false }: FewAtOnce): MadeUp {
  const t = Array.from({ length: 21 }, (_, n) => n * 500);
  const sums = (each: (window: number) => number) => {
    let sum = 0;
    return t.map((_, n) => (n === 0 ? 0 : (sum += each(n - 1))));
  };
  const disk = {
    rd_ios: sums(() => 0),
    rd_sectors: sums(() => 0),
    wr_ios: sums(count),
    wr_merges: sums(() => 0),
    wr_sectors: sums((n) => 8 * count(n)),
    fl_ios: sums(() => 0),
    io_ticks: sums((n) => 500 * Math.min(1, depth(n))),
    time_in_queue: sums((n) => 500 * depth(n)),
  };
  const sectors = disk.wr_sectors.at(-1) ?? NaN;
  const { processes } = counted({}, { write_bytes: own * sectors * 512 });
  const disks = new Map([['7:0', series(t, disk)]]);
  const input = {
    counters: { ...NO_COUNTERS, processes, disks: isLimited ? new Map([...disks, ['8:0', series(t, disk)]]) : disks },
  };
  const spent = { 'block-device': waits };
  return { source: 'samples', spent, input: isLimited ? { ...input, facts: [limitedBeneath(40)] } : input };
}

/** loop0 stands on sda, on which version 1's root group may do so many writes a second. */
function limitedBeneath(iops: number, backingFile?: string) {
  const facts = someFacts();
  const loop = facts.devices.get('7:0') ?? assert.fail();
  const limit = { cgroup: '/', file: '/sys/fs/cgroup/blkio/blkio.throttle.write_iops_device', device: '8:0' };
  return someFacts({
    devices: new Map([
      ['7:0', { ...loop, ...(backingFile !== undefined && { backingFile }), beneath: ['8:0'] }],
      ['8:0', { ...loop, id: '8:0', name: 'sda' }],
    ]),
    limits: [{ ...limit, kind: 'io', what: 'wiops', value: iops }],
    processes: [{ ...processOf({ pid: ME, comm: 'victim' }), cgroups: new Map([['blkio', '/']]) }],
  });
}

/** Changes every two seconds. */
const everyTwo = (one: number, other: number) => (window: number) => (window % 8 < 4 ? one : other);

test('from counters, one or two requests at once: an output that does not follow them is a limit, one that does is a slow disk, and where nothing varies it is left open', () => {
  const cappedBy = (few: FewAtOnce) => judged('dev.capped', fewAtOnce(few));
  const slowBy = (few: FewAtOnce) => judged('dev.slow', fewAtOnce(few));
  const limited = { count: () => 40, depth: everyTwo(1, 2) };
  assert.equal(cappedBy(limited), 0.686);
  assert.match(String(slowBy(limited)), /it gave the same however many were inside: a rate limit/);
  const slowDisk = { count: everyTwo(40, 80), depth: everyTwo(1, 2) };
  assert.match(String(cappedBy(slowDisk)), /that is not flat/);
  assert.equal(slowBy(slowDisk), 0.679);
  const { evidence } = diagnosisOf('dev.slow', fewAtOnce(slowDisk)).verdict;
  assert.match(
    evidence.find(({ measure }) => measure === 'requests at once')?.meaning ?? '',
    /output varied by \d\d % in operations/,
  );
  const either = { count: () => 40, depth: () => 1 };
  assert.deepEqual([cappedBy(either), slowBy(either)], [0.343, 0.375]);
  assert.match(diagnosisOf('dev.capped', fewAtOnce(either)).candidates[0]?.cause ?? '', /dev.capped/);
});

test('without a queue the requests inside must vary by a quarter, and what the output varies by is not known of fewer than 25 requests a window', () => {
  const cappedBy = (few: FewAtOnce) => judged('dev.capped', fewAtOnce(few));
  assert.equal(cappedBy({ count: () => 40, depth: everyTwo(1, 1.8) }), 0.686, 'by 29 %');
  assert.equal(cappedBy({ count: () => 40, depth: everyTwo(1, 1.5) }), 0.343, 'by 20 %');
  // Twelve and eighteen by turns are flat in windows of 25, and not in windows of 12; in windows of 50 there are too few of them.
  assert.equal(cappedBy({ count: (n) => (n % 2 === 0 ? 12 : 18), depth: everyTwo(1, 2) }), 0.686);
  assert.match(String(cappedBy({ count: () => 3, depth: everyTwo(1, 2) })), /never queued/);
});

test('from counters a disk that had something to do for two fifths of the victim’s waits kept it from nothing, one that had for seven tenths did', () => {
  const slowBy = (busy: number) => {
    const t = Array.from({ length: 21 }, (_, n) => n * 500);
    const perWindow = (value: number) => t.map((_, n) => n * value);
    const none = { rd_ios: perWindow(0), rd_sectors: perWindow(0), fl_ios: perWindow(0) };
    const wrote = { wr_ios: perWindow(3), wr_sectors: perWindow(24) };
    const disk = { ...none, ...wrote, io_ticks: perWindow(500 * busy), time_in_queue: perWindow(500 * busy) };
    const counters = { ...NO_COUNTERS, disks: new Map([['7:0', series(t, disk)]]) };
    return judged('dev.slow', { source: 'samples', spent: { 'block-device': 1 }, input: { counters } });
  };
  assert.equal(slowBy(0.7), 0.75);
  assert.match(String(slowBy(0.4)), /had something to do for only 40 % of the time/);
});

test('neither is left open where others asked for most of it, where little is waited for, or where a limit beneath is known', () => {
  const either = { count: () => 40, depth: () => 1 };
  assert.equal(judged('dev.slow', fewAtOnce({ ...either, own: 0.5 })), 0.75);
  assert.equal(judged('dev.slow', fewAtOnce({ ...either, waits: 0.2 })), 0.75);
  assert.equal(judged('dev.slow', fewAtOnce({ ...either, isLimited: true })), 0.75);
});

test('a limit beneath that is used up caps a disk that takes no longer than it may: nine tenths of it', () => {
  const under = (count: number) =>
    judged('dev.capped', fewAtOnce({ count: () => count, depth: () => 0.05, isLimited: true, waits: 0.9 }));
  assert.equal(under(19.5), 0.825);
  assert.match(String(under(17)), /never queued/);
  // What gave more was not limited all the time: a limit that came in the middle is no reason for what was waited before.
  assert.equal(under(31), 0.825);
  assert.match(String(under(33)), /never queued/);
  const { verdict } = diagnosisOf(
    'dev.capped',
    fewAtOnce({ count: () => 20, depth: () => 0.05, isLimited: true, waits: 0.9 }),
  );
  assert.match(
    verdict.sentence,
    /gives 40 IOPS and no more: a limit beneath it is used up, that of cgroup \/ \(40 wiops on sda\)/,
  );
  assert.equal(verdict.culprit?.kind, 'cgroup');
});

/** So many failed requests, one each 400 ms, and calls of the victim that failed with EIO once a second. */
function failing(requests: number, calls: number, { rwbs = 'W', error = -5 } = {}): MadeUp {
  const fields = { dev: LOOP0, sector: 8, nr_sector: 8, rwbs, error };
  const failed = Array.from({ length: requests }, (_, n): Row => ({ t: n * 400, fields }));
  const returned = Array.from({ length: calls }, (_, n): Row => ({ t: n * 1000, pid: ME, fields: { ret: -5 } }));
  return {
    requests: [{ at: 1, took: 1 }],
    input: { events: someEvents({ block_rq_complete: failed, sys_exit: returned }) },
  };
}

test('each failed request holds up what follows for a tenth of a second', () => {
  assert.equal(judged('dev.errors', failing(15, 0)), 0.97);
  assert.match(String(judged('dev.errors', failing(7, 0))), /that cost it 7 % of its time/);
});

test('a discard or zeroes that a device can’t write are no errors; data, and flushes, that it loses are', () => {
  for (const rwbs of ['D', 'DS', 'N', 'NS', 'W'])
    assert.match(String(judged('dev.errors', failing(15, 0, { rwbs, error: -95 }))), /no request failed/, rwbs);
  for (const rwbs of ['W', 'WS', 'FWS', 'R', 'RA'])
    assert.equal(judged('dev.errors', failing(15, 0, { rwbs })), 0.97, rwbs);
  const flush = failing(15, 0, { rwbs: 'FF' });
  assert.equal(judged('dev.errors', flush), 0.97);
  assert.equal(judged('dev.errors', failing(0, 10, { rwbs: 'D', error: -95 })), 0.7);
});

test('errors are the surer the more requests failed, and less so where only calls did', () => {
  assert.equal(judged('dev.errors', failing(5, 10)), 0.876);
  assert.equal(judged('dev.errors', failing(0, 10)), 0.7);
});

test('from counters, ten calls that wrote nothing are a candidate, fewer are chance', () => {
  const nothing = (calls: number): MadeUp => ({
    source: 'samples',
    input: { counters: counted({}, { syscw: calls }) },
  });
  assert.equal(judged('dev.errors', nothing(15)), 0.4);
  assert.match(String(judged('dev.errors', nothing(7))), /7 of its calls to write wrote nothing: too little to matter/);
});

interface Company {
  /** Share of the victim's time in which the other was served, and of its time that it waited. */
  readonly share: number;
  readonly waiting?: number;
  /** Mean latency in company, ms, and how much slower that is than alone. */
  readonly meanMs?: number;
  readonly slowdown?: number;
  readonly bytes?: number;
  readonly bursts?: number;
  readonly periodic?: boolean;
  readonly via?: 'direct' | 'unattributed';
}

function company(different: Company): NeighbourMeasures {
  const { share, meanMs = 20, slowdown = 2.75, bytes = 0.9, bursts = 0, periodic = false, via = 'direct' } = different;
  const other: Neighbour = {
    origin: { pid: 60, name: 'other', via },
    processes: 1,
    waitMs: share * 10_000,
    bytes: 1e6,
    share: bytes,
    bursts: {
      spans: Array.from({ length: bursts }, (_, n) => ({ from: n * 20, to: n * 20 + 2 })),
      binMs: 50,
      ...(periodic && { period: 20, regularity: 1 }),
    },
  };
  return {
    others: [other],
    company: NO_INTERVALS,
    ownMs: 0,
    slowdown,
    quietMeanMs: meanMs / slowdown,
    contendedMeanMs: meanMs,
  };
}

function beside(different: Company, more: Partial<MadeUp> = {}): MadeUp {
  const { share, waiting = share } = different;
  return {
    spent: { 'block-device': waiting },
    requests: [{ at: 0, took: 1 }],
    measures: { neighbours: company(different) },
    ...more,
  };
}

const neighbour = (different: Company) => judged('dev.neighbour', beside(different));

test('a neighbour harms where requests take half as long again in its company, and a fifth of the norm', () => {
  assert.equal(neighbour({ share: 0.17 }), 0.72);
  assert.match(String(neighbour({ share: 0.17, slowdown: 1.2 })), /took only 1.2 times as long/);
  assert.equal(neighbour({ share: 0.17, meanMs: 1.5 }), 0.72);
  assert.match(String(neighbour({ share: 0.17, meanMs: 0.7 })), /too little to matter/);
});

test('where its requests were never alone, and took no longer than is ordinary, the neighbour is a candidate', () => {
  assert.equal(neighbour({ share: 0.8, meanMs: 6, slowdown: NaN }), 0.45);
  assert.equal(neighbour({ share: 0.8, meanMs: 20, slowdown: NaN }), 0.95);
  assert.match(String(neighbour({ share: 0.8, meanMs: 0.7, slowdown: NaN })), /too little to matter/);
  const { verdict, candidates } = diagnosisOf('dev.neighbour', beside({ share: 0.8, meanMs: 6, slowdown: NaN }));
  assert.equal(verdict.cause, 'inconclusive');
  assert.match(candidates[0]?.decidedBy ?? '', /while other is stopped or limited for a minute/);
});

test('it must be served during 4 % of the victim’s time, and 15 % of its waiting', () => {
  assert.equal(typeof neighbour({ share: 0.06 }), 'number');
  assert.equal(typeof neighbour({ share: 0.03 }), 'string');
  assert.equal(typeof neighbour({ share: 0.1, waiting: 0.5 }), 'number');
  assert.equal(typeof neighbour({ share: 0.05, waiting: 0.5 }), 'string');
});

/** Company of this kind, as it is told. */
function toldOf(different: Partial<Neighbour>, name = 'other', via: Neighbour['origin']['via'] = 'direct') {
  const measures = company({ share: 0.3 });
  const [other] = measures.others;
  assert.ok(other);
  const pid = via === 'direct' ? 60 : null;
  const others = [{ ...other, origin: { pid, name, via }, ...different }];
  const { verdict } = diagnosisOf(
    'dev.neighbour',
    beside({ share: 0.3 }, { measures: { neighbours: { ...measures, others } } }),
  );
  return {
    verdict,
    sentence: verdict.sentence,
    culprit: verdict.culprit,
    advice: verdict.advice[0]?.commands[0]?.command,
  };
}

test('who discards for most of the time that it costs is told by that, and by bytes otherwise', () => {
  const discarding = (waitMs: number, via: Neighbour['origin']['via'] = 'direct') =>
    toldOf(
      { bytes: 0, discards: { bytes: 2 ** 30, waitMs } },
      via === 'direct' ? 'fstrim' : 'journal (jbd2/loop0-8)',
      via,
    );
  const most = discarding(1600);
  assert.match(most.sentence, /^fstrim \(60\) discards blocks of loop0, and the device was busy with that during 30 %/);
  assert.equal(most.advice, 'echo 67108864 > /sys/block/DEV/queue/discard_max_bytes');
  assert.equal(most.verdict.evidence[1]?.measure, 'discarded');
  assert.match(discarding(1400).sentence, /fills loop0/);
  assert.deepEqual(discarding(1600, 'journal').culprit, { kind: 'setting', name: 'mount option discard on loop0' });
  assert.equal(discarding(1400, 'journal').verdict.cause, 'inconclusive');
});

test('a young ext4 whose inode tables are zeroed is told as that, with what puts it off', () => {
  const { sentence, culprit, advice } = toldOf({}, 'ext4lazyinit', 'unattributed');
  assert.match(sentence, /^ext4lazyinit fills loop0: it zeroes the inode tables of an ext4 filesystem/);
  assert.equal(culprit?.name, 'ext4lazyinit');
  assert.equal(advice, 'mount -o remount,noinit_itable /data');
  assert.doesNotMatch(toldOf({}, 'flusher', 'unattributed').sentence, /inode tables/);
});

/** Ten requests of the victim and ten of others, of which so many are of the idle class, under a scheduler. */
function classes(ownIdle: number, othersIdle: number, scheduler = '[bfq] none', share = 0.17): string | number {
  const requests = Array.from({ length: 20 }, (_, n) => ({ at: n * 10, took: 1, own: n < 10 }));
  const [idle, usual] = [3 << 13, (2 << 13) + 4];
  const issued = requests.map(({ at, own }, n) => {
    const isIdle = own ? n < ownIdle : n - 10 < othersIdle;
    return { t: at, fields: { dev: LOOP0, sector: n, nr_sector: 8, rwbs: 'W', ioprio: isIdle ? idle : usual } };
  });
  const input = { facts: [queueFacts({ scheduler })], events: someEvents({ block_rq_issue: issued }) };
  return judged('blk.idle-class', beside({ share }, { requests, input }));
}

test('a victim whose requests are mostly idle, beside others whose are not, waits by its own class', () => {
  assert.equal(classes(6, 4), 0.72);
  assert.equal(classes(4, 0), '40 % of its requests are of the idle class');
  assert.equal(classes(10, 6), 'its requests are of the idle class, and so are those of others');
  assert.match(String(classes(10, 0, '[none] bfq')), /no scheduler on the way of its requests goes by/);
  assert.equal(classes(10, 0, 'none [mq-deadline]'), 0.72);
  assert.match(String(classes(10, 0, '[bfq] none', 0.03)), /hardly hold it up/);
  assert.equal(
    judged('blk.idle-class', beside({ share: 0.17 }, { input: { facts: [queueFacts({ scheduler: '[bfq]' })] } })),
    'the class of its requests was not recorded (newer kernels tell it)',
  );
});

test('bursts count from 1 % of the time on, irregular ones from 2 %, by one who moves a third of the bytes', () => {
  assert.equal(typeof neighbour({ share: 0.015, bursts: 3, periodic: true }), 'number');
  assert.equal(typeof neighbour({ share: 0.007, bursts: 3, periodic: true }), 'string');
  assert.equal(typeof neighbour({ share: 0.03, bursts: 3 }), 'number');
  assert.equal(typeof neighbour({ share: 0.015, bursts: 3 }), 'string');
  assert.equal(typeof neighbour({ share: 0.03, bursts: 3, bytes: 0.45 }), 'number');
  assert.equal(typeof neighbour({ share: 0.03, bursts: 3, bytes: 0.25 }), 'string');
});

test('bursts must make requests twice as slow, and be more than one', () => {
  assert.equal(typeof neighbour({ share: 0.03, bursts: 3, slowdown: 2.5 }), 'number');
  assert.equal(typeof neighbour({ share: 0.03, bursts: 3, slowdown: 1.7 }), 'string');
  assert.equal(typeof neighbour({ share: 0.03, bursts: 1 }), 'string');
});

test('it is told before a slow device where it explains half of the waiting for the device', () => {
  // Without the company, four fifths of the time in which others were served would be saved.
  const before = (share: number) =>
    findingOf('dev.neighbour', beside({ share, waiting: 0.8, slowdown: 5 })).before ?? [];
  assert.deepEqual(before(0.6), ['dev.slow', 'dev.capped']);
  assert.deepEqual(before(0.4), []);
});

test('what a thread of the kernel writes in a block trace, for whom is not known, is a candidate', () => {
  const madeUp = beside({ share: 0.5, via: 'unattributed' }, { source: 'requests' });
  assert.equal(judged('dev.neighbour', madeUp), 0.4);
});

/** Requests of 4 KiB one after the other, which take so long by the time at which they begin; one each so often. */
function serving(tookMs: (at: number) => number, everyMs: number): Request[] {
  return Array.from({ length: Math.floor(10_000 / everyMs) }, (_, n) => ({
    at: n * everyMs,
    took: tookMs(n * everyMs),
  }));
}

const NORM_MS = 5 + 4096 / 20_000;
const SLOW = { slow: Intervals.of([{ from: 0, to: 10_000 }]) };

/** Every request takes so many times the norm. */
function slow(factor: number, different: Partial<MadeUp> = {}): MadeUp {
  const requests = serving(() => factor * NORM_MS, 100);
  return { spent: { 'block-device': 1 }, requests, measures: SLOW, ...different };
}

test('a device that takes twice the norm is slow, the surer the more', () => {
  assert.equal(judged('dev.slow', slow(2)), 0.775);
  const busyMs = 1000 * 1.5 * NORM_MS;
  const counters = counted({ wr_ios: 1000, wr_sectors: 8000, io_ticks: busyMs });
  const sampled: MadeUp = { source: 'samples', spent: { 'block-device': 1 }, input: { counters } };
  assert.equal(judged('dev.slow', sampled), 0.625);
});

test('from counters a slow disk that hardly has a queue may be a limit, and says what would tell', () => {
  const told = (depth: number) => {
    const busyMs = 1000 * 1.5 * NORM_MS;
    const work = { wr_ios: 1000, wr_sectors: 8000, io_ticks: busyMs, time_in_queue: depth * busyMs };
    const input = { counters: counted(work) };
    const { verdict } = diagnosisOf('dev.slow', { source: 'samples', spent: { 'block-device': 1 }, input });
    assert.equal(verdict.cause, 'dev.slow');
    return verdict.evidence.find(({ measure }) => measure === 'requests at once')?.meaning ?? '';
  };
  assert.match(told(1), /a limit on the device would look the same. Twice as many at once tell/);
  assert.match(told(2.5), /would look the same/);
  assert.equal(told(4), '');
});

/**
 * For so many ms of its ten seconds the disk serves large writes that take twice the norm, a part of which is the victim's own; quick small ones of the
 * victim fill the rest. `via` is whose the others are.
 */
function largeBeside(largeMs: number, ownPart: number, via: Owner['via'] = 'direct'): MadeUp {
  const bytes = 500_000;
  const took = 2 * (5 + bytes / 20_000);
  const count = Math.floor(largeMs / took);
  const large = Array.from({ length: count }, (_, n) => ({ at: n * took, took, bytes, own: n < ownPart * count }));
  const small = Array.from({ length: Math.floor(10_000 - largeMs) }, (_, n) => ({ at: largeMs + n, took: 1 }));
  const none = { sources: [], ownerOf: new Int32Array(), first: new Int32Array(), source: new Int32Array() };
  const owners: Owners = { ...none, list: [{ pid: 60, name: 'other', via }], share: new Float64Array() };
  const users = { wholly: () => 0, sharesOf: () => new Map([[0, 1]]) };
  return slow(2, { requests: [...large, ...small], measures: { ...SLOW, owners, users } });
}

test('requests that only others send, and that are slow, cost the victim no more than the time in which they are served', () => {
  const share = (...of: Parameters<typeof largeBeside>) => findingOf('dev.slow', largeBeside(...of)).share.toFixed(1);
  assert.equal(share(4000, 0), '0.4');
  assert.equal(share(4000, 0.06), '0.4');
  assert.equal(share(4000, 0.15), '1.0', 'slow for the victim’s own as well');
  assert.equal(share(4000, 0, 'journal'), '1.0', 'a journal may write for the victim');
  assert.match(
    String(judged('dev.slow', largeBeside(700, 0))),
    /the victim waited 6.. % of its time for it while it was slow/,
  );
});

/** How a disk is called that served so many requests one after the other, each when the one before had been answered. */
function how(tookMs: (n: number) => number, count = 100, norm = NORMS.solid, slowly = SLOW.slow): string | undefined {
  let at = 0;
  const requests = Array.from({ length: count }, (_, n): Request => {
    const request = { at, took: tookMs(n) };
    at += request.took;
    return request;
  });
  const { verdict } = diagnosisOf('dev.slow', {
    spent: { 'block-device': 1 },
    requests,
    measures: { slow: slowly, norm },
  });
  return / (hung once|hangs now and then|is slow):/.exec(verdict.sentence)?.[1];
}

test('a device hangs where a tenth of its requests or less makes up half of the time, each a tenth of a second and ten times the usual', () => {
  assert.equal(
    how((n) => (n === 50 ? 2000 : 3)),
    'hung once',
  );
  assert.equal(
    how((n) => (n % 20 === 0 ? 600 : 3)),
    'hangs now and then',
  );
  assert.equal(
    how((n) => (n % 8 === 0 ? 600 : 3)),
    'is slow',
    'an eighth',
  );
  assert.equal(
    how((n) => (n % 20 === 0 ? 90 : 0.2)),
    undefined,
    'not even slow on the whole',
  );
  assert.equal(
    how((n) => (n >= 90 ? 500 : 3)),
    'is slow',
    'from some moment on, for all that come after',
  );
  assert.equal(
    how(() => 30),
    'is slow',
  );
});

test('what a device rightly takes for many requests does not hide that it hung in one of them', () => {
  const [count, hungAt] = [800, 400];
  const hung = Intervals.of([{ from: 4 * hungAt, to: 4 * hungAt + 2000 }]);
  const took = (n: number) => (n === hungAt ? 2000 : 4);
  assert.equal(how(took, count, NORMS.solid, hung), 'hung once');
  assert.equal(
    how((n) => (n >= hungAt && n < hungAt + 100 ? 20 : 4), count, NORMS.solid, hung),
    'is slow',
    'in that time, for all of them',
  );
});

test('twenty-five requests tell a hang from a slow device, fifteen do where it took a second too long', () => {
  const once = (tookMs: number) => (n: number) => (n === 7 ? tookMs : 3);
  assert.equal(how(once(1000), 25), 'hung once');
  assert.equal(how(once(1000), 15), 'is slow');
  assert.equal(how(once(1010), 15), 'hung once');
  // Two of them among a dozen are no single one, though the longer makes up half; nor is a disk that takes so long as a rule.
  assert.equal(
    how((n) => (n === 3 ? 1900 : n === 8 ? 1200 : 3), 12),
    'hangs now and then',
  );
  assert.equal(
    how((n) => (n % 2 === 0 ? 1500 : 3), 6),
    'is slow',
  );
  assert.equal(
    how((n) => (n >= 6 ? 1500 : 3), 12),
    'is slow',
    'from some moment on',
  );
});

test('a handful of hangs with quick requests between them are hangs, up to a third of those from the first to the last', () => {
  const each = (nth: number, from: number, count: number, restMs: (n: number) => number = () => 3) =>
    how((n) => (n % nth === from ? 600 : restMs(n)), count);
  assert.equal(each(3, 1, 9), 'hangs now and then', 'three of nine');
  assert.equal(each(5, 2, 30), 'hangs now and then', 'six of thirty');
  assert.equal(each(2, 0, 6), 'is slow', 'every second');
  assert.equal(
    how((n) => (n === 3 || n === 8 ? 900 : 3), 15),
    'is slow',
    'two of fifteen',
  );
  // What is not quick between them: a disk that is slow, and now and then slower.
  assert.equal(
    each(7, 3, 20, (n) => (n % 7 < 2 ? 95 : 3)),
    'is slow',
    'a third takes 95 ms',
  );
});

test('a spinning disk that takes 14 ms as a rule hangs where it takes eleven times as long, not nine', () => {
  const tenth = (ms: number) => how((n) => (n % 11 === 0 ? ms : 14), 100, NORMS.spinning);
  assert.equal(tenth(155), 'hangs now and then');
  assert.equal(tenth(128), 'is slow');
});

test('three requests tell how slow a device is; fewer do where they take a second longer than the norm', () => {
  // Within five seconds, so that less than a second is noticed as well.
  const segments = [{ from: 0, to: 5000, state: 'block-device' as const }];
  const few = (count: number, took: number) => {
    const requests = Array.from({ length: count }, (_, n) => ({ at: n * 1000, took }));
    return slow(1, { requests, account: { to: 5000, segments } });
  };
  assert.equal(typeof judged('dev.slow', few(4, 200)), 'number');
  assert.equal(typeof judged('dev.slow', few(2, 400)), 'string');
  assert.equal(typeof judged('dev.slow', few(2, 800)), 'number');
});

test('requests that have waited for a second at the end are told as not answered', () => {
  const open = (ms: number) => {
    const list = [...serving(() => 2 * NORM_MS, 100).filter(({ at }) => at < 8000), { at: 10_000 - ms, took: ms }];
    const requests = requestsOf(list);
    const { verdict } = diagnosisOf('dev.slow', {
      ...slow(2, { requests: list }),
      measures: { ...SLOW, requests: { ...requests, answered: requests.length - 1 } },
    });
    return verdict.evidence.some(({ measure }) => measure === 'not answered at the end');
  };
  assert.equal(open(1500), true);
  assert.equal(open(700), false);
});

interface Grown {
  readonly usual: number;
  readonly now: number;
  readonly idle?: number;
}

/** A loop device on a machine whose CPUs idle for so much of the time. */
function looped(idle: number): { facts: Facts[]; counters: Counters } {
  const facts = someFacts();
  const device = facts.devices.get('7:0');
  const ticks = { nice: 0, system: 0, irq: 0, softirq: 0, iowait: 0, steal: 0 };
  return {
    facts: [device ? someFacts({ devices: new Map([['7:0', { ...device, backingFile: '/img' }]]) }) : facts],
    counters: { ...NO_COUNTERS, cpu: grown({ ...ticks, user: 1000 * (1 - idle), idle: 1000 * idle }) },
  };
}

/** A disk within the norm that takes so long in the second half of the recording, which its user waits through. */
function slower({ usual, now, idle }: Grown): MadeUp {
  return {
    spent: { running: 0.5, 'block-device': 0.5 },
    requests: serving((at) => (at < 5000 ? usual : now), 5),
    input: idle === undefined ? { facts: [someFacts()] } : looped(idle),
  };
}

/** Requests follow each other, so that the victim waits for the device through the second half. */
const grew = (different: Grown) => judged('dev.slow', slower(different));

test('a disk within the norm became slower where it takes more than four times as long, and a fifth of the norm', () => {
  assert.equal(typeof grew({ usual: 0.5, now: 2.5 }), 'number');
  assert.equal(typeof grew({ usual: 0.5, now: 1.5 }), 'string');
  assert.equal(grew({ usual: 0.25, now: 1.75 }), 0.75);
  assert.equal(typeof grew({ usual: 0.1, now: 0.7 }), 'string');
});

test('a loop device that became slower while the CPUs had no time left is no certain case', () => {
  assert.equal(grew({ usual: 0.25, now: 1.75, idle: 0.08 }), 0.75);
  assert.equal(grew({ usual: 0.25, now: 1.75, idle: 0.03 }), 0.375);
});

/** Two of five requests take long, the others are quick; the victim once waited so long for a CPU. */
function hanging(input: MadeUp['input'], readyMs: number, quickMs = 1): MadeUp {
  const segments = [
    { from: 0, to: 10_000 - readyMs, state: 'block-device' },
    { from: 10_000 - readyMs, to: 10_000, state: 'runnable' },
  ] as const;
  const requests = serving((at) => (at % 500 < 200 ? 90 : quickMs), 100);
  return { account: { segments }, requests, measures: SLOW, ...(input && { input }) };
}

test('a loop device on a server may lack a CPU where none idles, half is quick, and the rest is no longer than the victim’s own turns', () => {
  const sure = judged('dev.slow', hanging(looped(0.2), 100));
  assert.equal(typeof sure, 'number');
  assert.equal(judged('dev.slow', hanging(looped(0.01), 100)), Number(sure) / 2);
  assert.equal(judged('dev.slow', hanging(looped(0.01), 80)), sure);
  assert.ok(Number(judged('dev.slow', hanging(looped(0.01), 100, 3 * NORM_MS))) > 0.6, 'slow throughout');
});

/** A quick write every millisecond but for one hang, after which all that waited comes back at once. */
function hungOnce(hangMs: number, readyMs: number): MadeUp {
  const quick = Array.from({ length: 9000 }, (_, n) => ({ at: n, took: 0.1 })).filter(
    ({ at }) => at < 2000 || at >= 2000 + hangMs,
  );
  const surge = Array.from({ length: 900 }, (_, n) => ({ at: 2000 + hangMs + n / 10, took: 0.1 }));
  const segments = [
    { from: 0, to: 10_000 - readyMs, state: 'block-device' },
    { from: 10_000 - readyMs, to: 10_000, state: 'runnable' },
  ] as const;
  return {
    account: { segments },
    requests: [...quick, { at: 2000, took: hangMs }, ...surge],
    measures: { slow: Intervals.of([{ from: 2000, to: 2500 + hangMs }]) },
    input: looped(0.01),
  };
}

test('one hang of more than a second is told however many quick answers follow it, and for lack of no CPU where the victim got its own', () => {
  const { verdict } = diagnosisOf('dev.slow', hungOnce(3000, 50));
  assert.match(verdict.sentence, /^loop0 hung once: one of its \d+ small writes took 3 s of its own time/);
  assert.equal(verdict.score, 0.95);
  // Whoever is kept from a CPU for as long may as well be the device's worker.
  assert.equal(judged('dev.slow', hungOnce(3000, 3500)), 0.475);
  assert.equal(typeof judged('dev.slow', hungOnce(700, 50)), 'string');
});

/** Counters of a disk that answers nothing from the second second on, for so long; what is under way then is one request, written to before. */
function silent(hangMs: number, inFlight: number, writtenBytes: number): MadeUp {
  const t = Array.from({ length: 101 }, (_, n) => n * 100);
  const done = (at: number) => (at <= 2000 ? at : at <= 2000 + hangMs ? 2000 : at - hangMs + 10 * hangMs);
  const isSilent = (at: number) => at >= 2000 && at <= 2000 + hangMs;
  const disk = series(t, {
    rd_ios: t.map(() => 0),
    rd_sectors: t.map(() => 0),
    wr_ios: t.map((at) => done(at) / 10),
    wr_sectors: t.map((at) => (Math.min(at, 2000) / 2000) * (writtenBytes / 512)),
    fl_ios: t.map((at) => (at <= 2000 + hangMs ? 0 : done(at) / 20)),
    fl_ticks: t.map(() => 0),
    in_flight: t.map((at) => (isSilent(at) ? inFlight : 0)),
    io_ticks: t.map(
      (at) => Math.min(at, 2000) / 10 + Math.max(0, Math.min(at - 2000, hangMs)) + Math.max(0, at - 2000 - hangMs) / 10,
    ),
    time_in_queue: t.map((at) => at),
  });
  const counters = { ...counted({}), disks: new Map([['7:0', disk]]) };
  return { source: 'samples', spent: { 'block-device': 1 }, input: { counters } };
}

test('counters tell that a disk answered nothing for seconds, whatever came back at once after that', () => {
  const { verdict } = diagnosisOf('dev.slow', silent(3000, 1, 1e6));
  assert.match(verdict.sentence, /^loop0 hung once: it answered nothing for 3 s while requests waited in it/);
  assert.equal(verdict.evidence[0]?.measure, 'without an answer');
  // Nothing under way is no hang, and a flush may take as long as what it has to write out.
  assert.equal(typeof judged('dev.slow', silent(3000, 0, 1e6)), 'string');
  assert.equal(typeof judged('dev.slow', silent(3000, 1, 80e6)), 'string');
  assert.equal(typeof judged('dev.slow', silent(700, 1, 1e6)), 'string');
});

test('a process in real time that has a CPU for more than half of the time keeps a loop device’s workers from it', () => {
  const besideHog = (policy: number, share: number) => {
    const stat = grown({ utime: share * 1000, stime: 0, policy: 0, nice: 0 });
    const columns = new Map([...stat.columns, ['policy', stat.t.map(() => policy)] as const]);
    const hog = { pid: 70, comm: 'hog', stat: { ...stat, columns }, state: [] };
    const { facts, counters } = looped(0.4);
    return judged('dev.slow', hanging({ facts, counters: { ...counters, processes: new Map([[70, hog]]) } }, 100));
  };
  const sure = judged('dev.slow', hanging(looped(0.4), 100));
  assert.equal(besideHog(1, 0.6), Number(sure) / 2);
  assert.equal(besideHog(1, 0.4), sure);
  assert.equal(besideHog(0, 0.6), sure);
});

test('a limit on the device beneath is to blame where half of it is used', () => {
  const facts = [limitedBeneath(100)];
  const culprit = (perSecond: number) => {
    const below = grown({ wr_ios: perSecond * 10, wr_merges: 0 });
    const counters = { ...NO_COUNTERS, disks: new Map([['8:0', below]]) };
    return diagnosisOf('dev.slow', slow(2, { input: { facts, counters } })).verdict.culprit?.kind;
  };
  assert.equal(culprit(60), 'cgroup');
  assert.equal(culprit(35), 'device');
});

test('a loop device whose disk does what a limit there lets through lacks no CPU, however busy the CPUs are; flushes count', () => {
  const { counters } = looped(0.03);
  const judge = (writes: number, flushes: number) => {
    const below = grown({ wr_ios: writes * 10, wr_merges: 0, fl_ios: flushes * 10 });
    const input = { facts: [limitedBeneath(100, '/img')], counters: { ...counters, disks: new Map([['8:0', below]]) } };
    return judged('dev.slow', { ...slower({ usual: 0.25, now: 1.75 }), input });
  };
  assert.equal(judge(55, 0), 0.375);
  assert.equal(judge(65, 0), 0.75);
  assert.equal(judge(45, 20), 0.75);
  assert.equal(judge(165, 0), 0.375, 'the limit was not in force all the time');
});

test('a hang of a loop device while the disk of its file is idle is the filesystem’s of that file, unless the dirty throttle paused its workers', () => {
  const facts = someFacts();
  const [loop] = facts.devices.values();
  assert.ok(loop);
  const devices = new Map([
    ['7:0', { ...loop, backingFile: '/srv/images/disk.img', beneath: ['8:0'] }],
    ['8:0', { ...loop, id: '8:0', name: 'sda' }],
  ]);
  const mount = { device: '8:0', mountPoint: '/srv', root: '/', type: 'ext4', source: '/dev/sda', options: 'rw' };
  const t = Array.from({ length: 101 }, (_, n) => n * 100);
  const told = (atWork: number, isPaused = false) => {
    const io_ticks = t.map((at) => Math.max(0, at - 1000) * atWork);
    const quick = Array.from({ length: 100 }, (_, n) => ({ at: n * 10, took: 1 }));
    return diagnosisOf('dev.slow', {
      spent: { running: 0.1, 'block-device': 0.5 },
      requests: [...quick, { at: 1000, took: 5000 }],
      input: {
        facts: [someFacts({ devices, mounts: [mount] })],
        counters: { ...NO_COUNTERS, disks: new Map([['8:0', series(t, { io_ticks })]]) },
      },
      measures: {
        slow: Intervals.of([{ from: 1000, to: 6000 }]),
        pausedBeneath: isPaused ? Intervals.of([{ from: 1000, to: 6000 }]) : NO_INTERVALS,
      },
    }).verdict;
  };
  const frozen = told(0.05);
  assert.deepEqual(frozen.culprit, { kind: 'filesystem', name: '/srv' });
  assert.match(JSON.stringify(frozen), /the filesystem of \/srv, on which its file lies.*fsfreeze --unfreeze \/srv/);
  assert.deepEqual(told(0.15).culprit, { kind: 'device', name: 'loop0' });
  assert.deepEqual(told(0.05, true).culprit, { kind: 'device', name: 'loop0' });
});

test('a mapped device keeps what the victim waits for while what it stands on is idle for 95 % of it, not for 85 %', () => {
  /** Writes on a mapped device of which one takes five seconds, in which the one beneath is at work for a share. */
  const suspended = (atWork: number): MadeUp => {
    const quick = Array.from({ length: 100 }, (_, n) => ({ at: n * 10, took: 1 }));
    const facts = someFacts();
    const [mapped] = facts.devices.values();
    assert.ok(mapped);
    const devices = new Map([
      ['7:0', { ...mapped, name: 'dm-0', mappedName: 'vg-data', beneath: ['8:0'] }],
      ['8:0', { ...mapped, id: '8:0', name: 'sda' }],
    ]);
    const t = Array.from({ length: 101 }, (_, n) => n * 100);
    const io_ticks = t.map((at) => Math.max(0, at - 1000) * atWork);
    return {
      spent: { running: 0.1, 'block-device': 0.5 },
      requests: [...quick, { at: 1000, took: 5000 }],
      input: {
        facts: [someFacts({ devices })],
        counters: { ...NO_COUNTERS, disks: new Map([['8:0', series(t, { io_ticks })]]) },
      },
      measures: { slow: Intervals.of([{ from: 1000, to: 6000 }]) },
    };
  };
  const told = (atWork: number) => JSON.stringify(diagnosisOf('dev.slow', suspended(atWork)).verdict);
  assert.match(told(0.05), /sda.*had nothing to do for 95 % of that time.*dmsetup info vg-data/);
  assert.match(told(0.15), /the slowness may come from beneath/);
  const open = diagnosisOf('app.sync-writes', suspended(0)).verdict;
  assert.equal(open.cause, 'inconclusive');
  assert.match(JSON.stringify(open.advice), /dmsetup status vg-data/);
});
