// A cgroup's limit of version 2 on each side of what tells it: the pace of all that it binds, the pages that are written back under it, and the
// controllers that hold I/O back without a limit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupLimit } from '../../../src/model/facts.js';
import { processOf } from '../../support/asleep.js';
import { series, someFacts } from '../../support/case.js';
import { counted, diagnosisOf, grown, judged, WALL_MS, type MadeUp, type Request } from '../../support/measures.js';

const MIB = 1024 ** 2;

function facts(what: string, value: number) {
  const limit: CgroupLimit = {
    cgroup: '/pod',
    file: '/sys/fs/cgroup/pod/io.max',
    kind: 'io',
    device: '7:0',
    what,
    value,
  };
  return [someFacts({ limits: [limit], processes: [processOf({ cgroups: new Map([['', '/pod/app']]) })] })];
}

/** What all in the limit's cgroup did, in all of the time. */
function groupDid(column: string, amount: number, io_ticks = 100) {
  const cgroups = new Map([['/sys/fs/cgroup/pod/io.stat', grown({ [`7:0 ${column}`]: amount })]]);
  return counted({ io_ticks }, {}, { cgroups });
}

const FEW: readonly Request[] = Array.from({ length: 20 }, (_, n) => ({ at: n * 500, took: 1 }));

test('a limit is reached by all in its cgroup, also where a sibling takes most of it', () => {
  const held = (wios: number): MadeUp => ({
    spent: { 'block-held': 0.9 },
    requests: FEW,
    input: { facts: facts('wiops', 8), counters: groupDid('wios', wios) },
  });
  const { verdict } = diagnosisOf('blk.cgroup-limit', held(80));
  assert.equal(verdict.cause, 'blk.cgroup-limit');
  assert.ok(verdict.confidence > 0.9, `${verdict.confidence}`);
  const got = verdict.evidence.filter(({ measure }) => measure.endsWith('got meanwhile'));
  assert.deepEqual(
    got.map(({ value }) => value),
    ['8.0 IOPS', '2.0 IOPS'],
  );
  assert.match(got[0]?.meaning ?? '', /100 % of the limit: it is the limit that sets the pace/);
  // Of what is not at the limit something else may keep it: less sure.
  assert.equal(judged('blk.cgroup-limit', held(30)), 0.7);
});

/** A writer that the page cache pauses for nine tenths of its time, while the device idles. */
function paused(limit: number, written: number, different: { busyMs?: number; limitBytes?: number } = {}): MadeUp {
  const { busyMs = 100, limitBytes = 200 * MIB } = different;
  const throttle = { pauses: 50, pausedMs: 9000, limitBytes, deviceSetpointBytes: 0, dirtyBytes: 30 * MIB };
  return {
    spent: { 'dirty-throttle': 0.9 },
    requests: busyMs > 100 ? [{ at: 0, took: busyMs }] : FEW,
    input: { facts: facts('wbps', limit), counters: groupDid('wbytes', written) },
    measures: { throttle },
  };
}

test('a writer is paused by its cgroup’s limit where what is dirty is written at its pace', () => {
  const made = paused(MIB, 10 * MIB);
  const { verdict } = diagnosisOf('blk.cgroup-limit', made);
  assert.equal(verdict.cause, 'blk.cgroup-limit');
  assert.match(verdict.sentence, /holds back what its processes made dirty/);
  assert.match(String(judged('mem.dirty-limit', made)), /waits for the I\/O limit of cgroup \/pod/);
});

test('of a limit that lets less through than one bio holds, none need have come: less sure', () => {
  const slow = judged('blk.cgroup-limit', paused(64 * 1024, 0));
  assert.equal(slow, 0.7);
  // A cgroup that has done nothing on a device has no line of it.
  const cgroups = new Map([['/sys/fs/cgroup/pod/io.stat', series([0, 5000, WALL_MS], {})]]);
  const counters = counted({ io_ticks: 0 }, {}, { cgroups });
  const fresh = paused(64 * 1024, 0);
  assert.equal(judged('blk.cgroup-limit', { ...fresh, input: { ...fresh.input, counters } }), slow);
});

test('where the cgroup’s own figures were not recorded, it wrote no more than everybody did', () => {
  const beside = (wr_sectors: number) => {
    const made = paused(MIB, 0);
    const counters = counted({ io_ticks: 100, wr_sectors });
    return judged('blk.cgroup-limit', { ...made, input: { ...made.input, counters } });
  };
  assert.equal(beside((10 * MIB) / 512), 0.7);
  assert.match(String(beside(MIB / 512)), /held back before the block layer for only 0 %/);
});

test('a dirty limit of two pages is not the cgroup’s doing, whose limit is far from reached', () => {
  for (const made of [
    paused(100 * MIB, 400_000, { limitBytes: 8192 }),
    // One more bio would be two pages, no mebibyte.
    paused(64 * 1024, 300_000, { limitBytes: 8192 }),
  ]) {
    assert.match(String(judged('blk.cgroup-limit', made)), /held back before the block layer for only 0 %/);
    assert.equal(typeof judged('mem.dirty-limit', made), 'number');
  }
});

test('a device that worked all along sets the pace itself', () => {
  assert.equal(typeof judged('blk.cgroup-limit', paused(MIB, 10 * MIB, { busyMs: 9000 })), 'string');
  assert.equal(typeof judged('blk.cgroup-limit', paused(MIB, 10 * MIB, { busyMs: 3000 })), 'number');
});

/** Kept in the queue for nine tenths of its time below a function of the kernel's. */
function queued(wchan: string, io_ticks = 500): MadeUp {
  return {
    spent: { 'block-queue': 0.9 },
    slept: { 'block-queue': wchan },
    source: 'samples',
    input: { facts: [someFacts()], counters: counted({ io_ticks }) },
  };
}

test('io.cost and io.latency are named where the victim slept in them, and no scheduler', () => {
  for (const [wchan, name] of [
    ['ioc_rqos_throttle', 'io.cost'],
    ['blkcg_iolatency_throttle', 'io.latency'],
  ] as const) {
    const { verdict } = diagnosisOf('blk.cgroup-limit', queued(wchan));
    assert.equal(verdict.cause, 'blk.cgroup-limit');
    assert.equal(verdict.culprit?.name, `${name} of loop0`);
    assert.match(String(judged('blk.scheduler', queued(wchan))), /for 0 % of its time/);
  }
  assert.equal(typeof judged('blk.cgroup-limit', queued('blk_mq_get_request')), 'string');
  assert.equal(typeof judged('blk.scheduler', queued('blk_mq_get_request')), 'number');
});

test('a controller is not to blame for a device that has no room', () => {
  assert.match(String(judged('blk.cgroup-limit', queued('ioc_rqos_throttle', 9900))), /it had no room/);
});
