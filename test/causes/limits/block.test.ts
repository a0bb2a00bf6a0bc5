// The causes of the block layer just below and just above each of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupLimit } from '../../../src/model/facts.js';
import { processOf } from '../../support/asleep.js';
import { someFacts } from '../../support/case.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';
import {
  counted,
  judged,
  ME,
  measuresOf,
  diagnosisOf,
  queueFacts,
  type MadeUp,
  type Request,
} from '../../support/measures.js';

const KIB = 1024;

/** Writes one after the other over so many ms, which keep the device busy for this share of it. */
function writes(count: number, overMs: number, busy: number, different: Partial<Request> = {}): Request[] {
  const each = overMs / count;
  return Array.from({ length: count }, (_, n) => ({ at: n * each, took: each * busy * 0.9999, ...different }));
}

const LIMIT: CgroupLimit = {
  cgroup: '/box',
  file: '/sys/fs/cgroup/blkio/box/blkio.throttle.write_iops_device',
  kind: 'io',
  device: '7:0',
  what: 'wiops',
  value: 100,
};
const LIMITED = [someFacts({ limits: [LIMIT], processes: [processOf({ cgroups: new Map([['blkio', '/box']]) })] })];

/** Held back for 4 s under a limit of 100 writes a second, of which it got this part; the device worked for this share of it. */
function held(part: number, busy = 0.75): MadeUp {
  return { spent: { 'block-held': 0.4 }, requests: writes(400 * part, 4000, busy), input: { facts: LIMITED } };
}

test('a cgroup’s limit is surest where its rate was what the victim got, from 0.6 to 1.6 times', () => {
  assert.equal(judged('blk.cgroup-limit', held(0.8)), 0.873);
  assert.equal(judged('blk.cgroup-limit', held(1.3)), 0.873);
  assert.equal(judged('blk.cgroup-limit', held(0.4)), 0.63);
  assert.equal(judged('blk.cgroup-limit', held(2)), 0.63);
  const counters = counted({ io_ticks: 7500 }, { syscw: 800 });
  const sampled: MadeUp = { spent: { 'block-held': 0.4 }, source: 'samples', input: { facts: LIMITED, counters } };
  assert.equal(judged('blk.cgroup-limit', sampled), 0.742);
});

/** Waits for half of the time for a disk that stands on the limited one, which it got so many writes of done by, by a limit on this cgroup. */
function heldBeneath(count: number, cgroup = '/box'): MadeUp {
  const limits = [{ ...LIMIT, cgroup }];
  const facts = [someFacts({ limits, processes: [processOf({ cgroups: new Map([['blkio', cgroup]]) })] })];
  const spent = { 'block-device': 0.5 };
  const lower = measuresOf({ spent, requests: writes(count, 5000, 0.1), input: { facts }, measures: { top: '7:1' } });
  return { spent, input: { facts }, measures: { disk: '7:1', beneath: [lower] } };
}

test('a limit on a device beneath is told where the rate there is at it; that of version 1’s root group is the disk’s slowness', () => {
  const { verdict } = diagnosisOf('blk.cgroup-limit', heldBeneath(450));
  assert.equal(verdict.cause, 'blk.cgroup-limit');
  assert.match(verdict.sentence, /100 IOPS writes on loop0 \(beneath 7:1\)/);
  assert.ok(Math.abs(verdict.share - 0.45) < 0.02, `${verdict.share}`);
  assert.equal(typeof judged('blk.cgroup-limit', heldBeneath(150)), 'string');
  assert.equal(typeof judged('blk.cgroup-limit', heldBeneath(450, '/')), 'string');
});

test('a device that worked for less than half of the time in which I/O was held back idled', () => {
  const meaning = (busy: number) => diagnosisOf('blk.cgroup-limit', held(0.8, busy)).verdict.evidence.at(-1)?.meaning;
  assert.match(meaning(0.4) ?? '', /the device idled/);
  assert.match(meaning(0.6) ?? '', /served others/);
});

test('a scheduler keeps requests back where the device works for less than 60 % of it', () => {
  const queued = (busy: number): MadeUp => ({ spent: { 'block-queue': 0.4 }, requests: writes(1, 4000, busy) });
  assert.equal(judged('blk.scheduler', queued(0.45)), 0.8);
  assert.match(String(judged('blk.scheduler', queued(0.75))), /it had no room/);
  const counters = counted({ io_ticks: 4500 });
  assert.equal(
    judged('blk.scheduler', { spent: { 'block-queue': 0.4 }, source: 'samples', input: { counters } }),
    0.68,
  );
});

test('no scheduler is advised that is in force already', () => {
  const queued = (scheduler: string): MadeUp => ({
    spent: { 'block-queue': 0.4 },
    requests: writes(1, 4000, 0.45),
    input: { facts: [queueFacts({ scheduler })] },
  });
  const advised = (scheduler: string) => diagnosisOf('blk.scheduler', queued(scheduler)).verdict.advice[0]?.text;
  assert.match(advised('mq-deadline kyber [none]') ?? '', /^Try another: `echo mq-deadline > \S+`\.$/);
  assert.match(advised('[mq-deadline] kyber none') ?? '', /^Try another: `echo none > \S+`\.$/);
  assert.match(advised('mq-deadline [bfq] none') ?? '', /^Try another: `echo none > \S+`, or mq-deadline; bfq idles/);
});

test('the writeback throttle has stepped down with three writes in the device, with five it is an ordinary queue', () => {
  const throttled = (atOnce: number): MadeUp => ({
    spent: { 'block-queue': 0.4 },
    slept: { 'block-queue': 'rq_qos_wait' },
    requests: Array.from({ length: atOnce }, () => ({ at: 0, took: 4000 })),
  });
  assert.equal(judged('blk.scheduler', throttled(3)), 0.9);
  assert.match(String(judged('blk.scheduler', throttled(5))), /it has not stepped down/);
});

test('counters tell as well that the throttle has not stepped down: what the writes took adds up to five at once', () => {
  const throttled = (atOnce: number): MadeUp => ({
    spent: { 'block-queue': 0.4 },
    slept: { 'block-queue': 'rq_qos_wait' },
    source: 'samples',
    input: { counters: counted({ io_ticks: 9000, wr_ticks: atOnce * 10_000 }) },
  });
  assert.equal(judged('blk.scheduler', throttled(3)), 0.765);
  assert.match(String(judged('blk.scheduler', throttled(5))), /5\.0 writes at once: it has not stepped down/);
});

test('a throttle with the kernel’s own target keeps writes back for a busy device, one with a tiny target for itself', () => {
  const throttled = (wbt_lat_usec: string, took = 4000, rotational = '0'): MadeUp => ({
    spent: { 'block-queue': 0.4 },
    slept: { 'block-queue': 'rq_qos_wait' },
    requests: [{ at: 0, took }],
    input: { facts: [queueFacts({ wbt_lat_usec, rotational })] },
  });
  assert.match(String(judged('blk.scheduler', throttled('2000'))), /at the target that the kernel sets/);
  assert.equal(judged('blk.scheduler', throttled('10')), 0.9);
  // A spinning disk's own target is longer, and a device that had room was kept from working.
  assert.equal(judged('blk.scheduler', throttled('2000', 4000, '1')), 0.9);
  assert.equal(judged('blk.scheduler', throttled('2000', 1000)), 0.9);
});

interface Cut {
  readonly limitKib?: number;
  readonly hardwareKib?: number;
  /** Of a hundred requests: how many are as large as the limit, or this many times as large, and how many were split. */
  readonly full?: number;
  readonly times?: number;
  readonly splits?: number;
}

function cut({ limitKib = 32, hardwareKib = 160, full = 70, times = 1, splits = 40 }: Cut): MadeUp {
  const table: Row[] = Array.from({ length: splits }, (_, t) => ({ t, pid: ME, fields: { dev: LOOP0 } }));
  const facts = queueFacts({ max_sectors_kb: String(limitKib), max_hw_sectors_kb: String(hardwareKib) });
  const large = writes(full, 3000, 0.9, { bytes: limitKib * KIB * times });
  return {
    spent: { 'block-device': 0.4 },
    requests: [...large, ...writes(100 - full, 1000, 0.9).map((one) => ({ ...one, at: one.at + 3000 }))],
    input: { facts: [facts], events: someEvents({ block_split: table }) },
  };
}

test('requests are cut small where half of them are as large as the limit and the kernel split three in ten', () => {
  assert.equal(judged('blk.split', cut({})), 0.833);
  assert.match(String(judged('blk.split', cut({ full: 40 }))), /40 % of its 100 requests are as large/);
  assert.match(String(judged('blk.split', cut({ splits: 20 }))), /20 were split/);
});

test('as large as the limit is within 2 % of it', () => {
  assert.equal(judged('blk.split', cut({ times: 1.01 })), 0.833);
  assert.equal(typeof judged('blk.split', cut({ times: 0.95 })), 'string');
  assert.equal(typeof judged('blk.split', cut({ times: 1.05 })), 'string');
});

test('a limit above 64 KiB cuts nothing that hurts', () => {
  assert.equal(judged('blk.split', cut({ limitKib: 48, hardwareKib: 1280 })), 0.717);
  assert.match(String(judged('blk.split', cut({ limitKib: 96, hardwareKib: 1280 }))), /takes requests of up to 96 KiB/);
});

test('with a device that could take no more than four times as much, less is to be won', () => {
  assert.equal(judged('blk.split', cut({ hardwareKib: 96 })), 0.667);
});

test('from counters, it must ask for twice the limit, and requests must be nearly as large as that', () => {
  const sampled = (askedKib: number, meanKib: number): MadeUp => ({
    source: 'samples',
    spent: { 'block-device': 0.4 },
    input: {
      facts: [queueFacts({ max_sectors_kb: '32', max_hw_sectors_kb: '160' })],
      counters: counted({ wr_ios: 1000, wr_sectors: 2000 * meanKib }, { syscw: 100, wchar: 100 * askedKib * KIB }),
    },
  });
  assert.equal(judged('blk.split', sampled(80, 30)), 0.708);
  assert.equal(typeof judged('blk.split', sampled(50, 30)), 'string');
  assert.equal(typeof judged('blk.split', sampled(80, 20)), 'string');
});

test('a queue of fewer than 32 requests is a bottleneck, the surer the fewer', () => {
  const waiting = (requests: number): MadeUp => ({
    spent: { 'block-queue': 0.4 },
    slept: { 'block-queue': 'blk_mq_get_tag' },
    input: { facts: [queueFacts({ nr_requests: String(requests) })] },
  });
  assert.equal(judged('blk.tags', waiting(17)), 0.819);
  assert.equal(judged('blk.tags', { ...waiting(17), source: 'samples' }), 0.737);
  assert.match(String(judged('blk.tags', waiting(40))), /it is the load that fills it/);
});

/** A block trace: 17 requests are in use while a bio waits 3.6 s for one, and 15 while another waits for so long. */
function traced(restMs: number): MadeUp {
  const row = (t: number, pid: number): Row => ({ t, pid, fields: { dev: LOOP0, nr_sector: 8 } });
  const many = (count: number, t: number, pid: number) => Array.from({ length: count }, () => row(t, pid));
  return {
    source: 'requests',
    spent: { 'block-queue': 0.8 },
    input: {
      events: someEvents({
        block_bio_queue: [row(100, ME), row(5000, ME)],
        block_getrq: [...many(17, 50, 9), row(3700, ME), row(5000 + restMs, ME)],
        block_rq_complete: [row(3700, 0), ...many(2, 4000, 0)],
      }),
    },
  };
}

test('in a block trace all requests must be in use for 80 % of the waiting', () => {
  assert.equal(judged('blk.tags', traced(400)), 0.709);
  assert.match(String(judged('blk.tags', traced(1543))), /with 17 in use at most/);
});
