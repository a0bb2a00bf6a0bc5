// What makes findings a verdict, just below and just above each number: how sure, how long seen, how much lost, and what is healthy.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals, NO_INTERVALS } from '../../../src/base/intervals.js';
import { shareOf, type Measures } from '../../../src/analysis/measures.js';
import { defineCause, holds } from '../../../src/causes/cause.js';
import { diagnose } from '../../../src/causes/judge/diagnose.js';
import { holding } from '../../support/holding.js';
import type { Segment } from '../../../src/model/segment.js';
import {
  counted,
  diagnosisOf,
  judged,
  ME,
  measuresOf,
  queueFacts,
  WALL_MS,
  type MadeUp,
  type Request,
} from '../../support/measures.js';
import { NO_COUNTERS, series } from '../../support/case.js';

test('a cause is a verdict from half sure on, and a candidate where it would explain a quarter of the time', () => {
  const told = (share: number, confidence: number) => {
    const { diagnosis } = diagnose(measuresOf({}), [holding('x', share, confidence)], 'test');
    return [diagnosis.verdict.cause, diagnosis.candidates.length];
  };
  assert.deepEqual(told(0.3, 0.6), ['x', 0]);
  assert.deepEqual(told(0.3, 0.4), ['inconclusive', 1]);
  assert.deepEqual(told(0.2, 0.4), ['inconclusive', 0]);
});

test('what explains less than a quarter of what the victim was held up for is told as possible at most, and says so', () => {
  const told = (share: number, rank: 'verdict' | 'beside' = 'verdict') => {
    const spent = { 'block-device': 0.6, reclaim: 0.2, asleep: 0.1 };
    const causes = [{ ...holding('dev.neighbour', share, 0.97), rank }, holding('reclaim', 0.5, 0.97)];
    const { verdict, also } = diagnose(measuresOf({ spent }), causes, 'test').diagnosis;
    const one = [verdict, ...also].find(({ cause }) => cause === 'dev.neighbour');
    const says = one?.evidence.find(({ measure }) => measure === 'part of what it lost');
    return [one?.sureness, one?.confidence === 0.7, says?.value];
  };
  assert.deepEqual(told(0.21), ['sure', false, undefined]);
  assert.deepEqual(told(0.19), ['possible', true, '24 %: 19 % of its time, of 80 %']);
  assert.deepEqual(told(0.04), ['possible', true, '5 %: 4 % of its time, of 80 %']);
  assert.deepEqual(told(0, 'beside'), ['sure', false, undefined], 'what takes no time is no part of it');
});

test('what the victim chose to wait for is no loss, nor what a block trace leaves out', () => {
  const told = (share: number, spent: NonNullable<MadeUp['spent']>) =>
    diagnose(measuresOf({ spent }), [holding('x', share, 0.97)], 'test').diagnosis.verdict.confidence > 0.7;
  assert.equal(told(0.12, { 'block-device': 0.2, 'pipe-socket': 0.5, asleep: 0.3 }), true);
  assert.equal(told(0.12, { 'block-device': 0.2, 'outside-block': 0.8 }), true);
  assert.equal(told(0.12, { 'block-device': 0.2, 'fs-lock': 0.5, asleep: 0.3 }), false);
});

test('a cause is asked of the device beneath where that explains half as much, not a third', () => {
  const cause = defineCause({
    id: 'x',
    layer: 'device',
    rank: 'verdict',
    proof: 'time',
    waits: [],
    needs: ['victim'],
    beneath: true,
    judge: (m) => holds({ share: shareOf(m.account, ['block-device']), confidence: 1, lost: NO_INTERVALS }, undefined),
    tell: () => ({
      sentence: '',
      yardstick: { measure: '', value: '', against: '' },
      culprit: null,
      evidence: [],
      advice: [],
    }),
  });
  const waiting = (share: number, beneath: readonly Measures[] = []) =>
    measuresOf({ spent: { 'block-device': share }, measures: { beneath } });
  const told = (beneath: number) => {
    const finding = cause.examine(waiting(0.6, [waiting(beneath)]));
    return finding.kind === 'found' && finding.share;
  };
  assert.equal(told(0.35), 0.35);
  assert.equal(told(0.2), 0.6);
});

test('a program that gets a seventh of its usual work done stalls, one that gets a third goes its usual way', () => {
  const first = (part: number) => {
    const t = Array.from({ length: 101 }, (_, n) => n * 100);
    const done = t.map((at) => (at < 7000 ? at : 7000 + (at - 7000) * part) * 1000);
    const { processes } = counted({});
    const [[pid, process] = []] = [...processes];
    assert.ok(pid !== undefined && process);
    const io = series(t, { wchar: done, rchar: t.map(() => 0) });
    const counters = { ...NO_COUNTERS, processes: new Map([[pid, { ...process, io }]]) };
    const causes = [
      holding('habit', 0.7, 0.9, { isHabit: true, lost: Intervals.of([{ from: 0, to: 7000 }]) }),
      holding('stall', 0.3, 0.9, { lost: Intervals.of([{ from: 7000, to: 10_000 }]) }),
    ];
    return diagnose(measuresOf({ input: { counters } }), causes, 'test').diagnosis.verdict.cause;
  };
  assert.equal(first(0.15), 'stall');
  assert.equal(first(0.35), 'habit');
});

test('a verdict on a recording with severe losses is worth four fifths', () => {
  const losses = [{ code: 'events-overrun', where: 'machine' }] as const;
  assert.equal(judged('cpu.stopped', { spent: { stopped: 0.5 }, input: { losses } }), 0.776);
});

const NORM_MS = 5 + 4096 / 20_000;

/** A block trace of which the victim's requests span so long; each takes twice the norm. */
function glimpse(seenMs: number): MadeUp {
  const requests = Array.from({ length: Math.floor(seenMs / 12) }, (_, n) => ({ at: n * 12, took: 2 * NORM_MS }));
  const segments = [{ from: 0, to: seenMs, state: 'block-device' as const }];
  return {
    source: 'requests',
    requests,
    input: { source: 'block-trace' },
    account: { to: seenMs, segments, ms: new Map([['block-device', seenMs]]) },
    measures: { slow: Intervals.of([{ from: 0, to: seenMs }]) },
  };
}

test('a block trace is worth less than a recording, and less still where it shows less than a second', () => {
  assert.equal(judged('dev.slow', glimpse(2000)), 0.659);
  assert.equal(judged('dev.slow', glimpse(550)), 0.494);
});

test('a program that was seen for less than a second is not called healthy', () => {
  const quick = (seenMs: number): MadeUp => {
    const { requests = [], ...rest } = glimpse(seenMs);
    return { ...rest, requests: requests.map((one) => ({ ...one, took: 1 })), measures: {} };
  };
  assert.equal(typeof judged('healthy', quick(1500)), 'number');
  assert.match(String(judged('healthy', quick(700))), /span only 700 ms of the trace/);
});

/** A neighbour beside a device that took this share of its time for slow writes, and the rest for quick reads. */
function mixed(slowShare: number): MadeUp {
  const writes = Array.from({ length: 10 }, (_, n): Request => ({ at: n * 1000, took: 3 * NORM_MS }));
  const readsMs = (10 * 3 * NORM_MS * (1 - slowShare)) / slowShare;
  const reads = Array.from({ length: 1000 }, (_, n): Request => ({
    at: n * 10 + 20,
    took: readsMs / 1000,
    kind: 'read',
  }));
  const origin = { pid: 60, name: 'other', via: 'direct' as const };
  const other = { origin, processes: 1, waitMs: 1700, bytes: 1e6, share: 0.9, bursts: { spans: [], binMs: 50 } };
  return {
    spent: { 'block-device': 0.17 },
    requests: [...writes, ...reads.filter(({ at }) => at % 1000 > 20)],
    measures: {
      neighbours: {
        others: [other],
        company: NO_INTERVALS,
        ownMs: 0,
        slowdown: 2.75,
        quietMeanMs: 7,
        contendedMeanMs: 20,
      },
    },
  };
}

test('requests that take a fifth of a device’s time speak for it', () => {
  const isSlowItself = (slowShare: number) =>
    diagnosisOf('dev.neighbour', mixed(slowShare)).verdict.evidence.some(({ measure }) => measure === 'loop0 itself');
  assert.ok(isSlowItself(0.3));
  assert.ok(!isSlowItself(0.13));
});

test('a victim is healthy where at most a quarter of its time is not understood', () => {
  assert.equal(judged('healthy', { spent: { unexplained: 0.2 } }), 0.95);
  assert.match(String(judged('healthy', { spent: { unexplained: 0.3 } })), /30 % of the victim’s time/);
  assert.equal(judged('healthy', { source: 'samples' }), 0.76);
});

test('bookkeeping around the device is ordinary up to 40 % of the time', () => {
  assert.equal(judged('healthy', { spent: { 'block-finish': 0.35 } }), 0.95);
  assert.equal(typeof judged('healthy', { spent: { 'block-finish': 0.5 } }), 'string');
});

/** Counters: it waits for the disk for this share, and its requests are quick. */
function sampled(waiting: number, different: Partial<MadeUp> = {}): MadeUp {
  const counters = counted(
    { wr_ios: 5000, wr_sectors: 40_000, io_ticks: 3000, time_in_queue: 3000 },
    { syscw: 5000, wchar: 5000 * 4096, write_bytes: 5000 * 4096 },
  );
  return { source: 'samples', spent: { 'block-device': waiting }, input: { counters }, ...different };
}

test('counters acquit a disk that was waited for through 60 % of the time, not through 80 %', () => {
  assert.equal(judged('healthy', sampled(0.6)), 0.76);
  assert.match(
    String(judged('healthy', sampled(0.8))),
    /can’t tell whether waiting for I\/O \d+ % of the time is as it should be/,
  );
});

test('counters don’t acquit a reader that waits a quarter of its time where nothing is read ahead', () => {
  const told = (waiting: number, readAhead: string, reads: number) => {
    const counters = counted(
      { rd_ios: reads, rd_sectors: reads * 8, io_ticks: 3000, time_in_queue: 3000 },
      { syscr: 5000, rchar: 5000 * 4096, read_bytes: reads * 4096 },
    );
    return judged(
      'healthy',
      sampled(waiting, { input: { counters, facts: [queueFacts({ read_ahead_kb: readAhead })] } }),
    );
  };
  assert.match(String(told(0.3, '0\n', 5000)), /nothing is read ahead there .*can’t tell whether it reads in order/);
  assert.equal(told(0.2, '0\n', 5000), 0.76);
  assert.equal(told(0.3, '128\n', 5000), 0.76);
});

/** Counters: the disk moved so many times what the victim wrote, and requests took so long with their queueing. */
function crowded(times: number, queueMs: number): MadeUp {
  const requests = 5000 * times;
  return sampled(0.3, {
    input: {
      counters: counted(
        { wr_ios: requests, wr_sectors: requests * 8, io_ticks: 3000, time_in_queue: requests * queueMs },
        { syscw: 5000, wchar: 5000 * 4096, write_bytes: 5000 * 4096 },
      ),
    },
  });
}

test('a queue is others’ work from half of the disk’s bytes on', () => {
  assert.match(String(judged('healthy', crowded(2.5, 20))), /60 % of what loop0 moved was not the victim’s, each/);
  assert.equal(judged('healthy', crowded(1 / 0.6, 20)), 0.76);
});

interface Surge {
  /** What others write in the busy and in the quiet parts, against the victim's usual 1. */
  readonly busy: number;
  readonly quiet: number;
  /** What the victim gets done in the busy parts. */
  readonly own: number;
  readonly everyMs?: number;
  readonly seconds?: number;
}

/** Others write in surges that come and go, as long as the quiet between them. */
function surging({ busy, quiet, own, everyMs = 1000, seconds = 10 }: Surge): MadeUp {
  const t = Array.from({ length: seconds * 10 + 1 }, (_, n) => n * 100);
  const isBusy = (at: number) => Math.floor((at - 1) / everyMs) % 2 === 1;
  const sum = (rate: (at: number) => number) => {
    let total = 0;
    return t.map((at) => (total += at === 0 ? 0 : 100 * rate(at)));
  };
  const mine = sum((at) => (isBusy(at) ? own : 1));
  const all = sum((at) => (isBusy(at) ? own + busy : 1 + quiet));
  const zero = t.map(() => 0);
  const bytes = mine.map((count) => count * 4096);
  const disk = { rd_ios: zero, rd_sectors: zero, wr_ios: all, wr_sectors: all.map((n) => n * 8), fl_ios: zero };
  const { processes } = counted({});
  const [[pid, process] = []] = [...processes];
  assert.ok(pid !== undefined && process);
  const io = series(t, { syscr: zero, rchar: zero, read_bytes: zero, syscw: mine, wchar: bytes, write_bytes: bytes });
  const counters = {
    ...NO_COUNTERS,
    disks: new Map([['7:0', series(t, { ...disk, io_ticks: zero, time_in_queue: zero })]]),
    processes: new Map([[pid, { ...process, io }]]),
  };
  const to = seconds * 1000;
  const segments = [
    { from: 0, to: 0.3 * to, state: 'block-device' as const },
    { from: 0.3 * to, to, state: 'running' as const },
  ];
  const ms = new Map([
    ['block-device' as const, 0.3 * to],
    ['running' as const, 0.7 * to],
  ]);
  return { source: 'samples', input: { counters }, account: { to, segments, ms, lines: new Map([[pid, segments]]) } };
}

const inSurges = (different: Surge) => judged('healthy', surging(different));

test('surges of others are four times what they ask at their quietest, and hold a victim up that gets half done', () => {
  assert.match(String(inSurges({ busy: 3, quiet: 0.5, own: 0.4 })), /got 40 % of its work done/);
  assert.equal(inSurges({ busy: 3, quiet: 1, own: 0.4 }), 0.76, 'three times');
  assert.equal(inSurges({ busy: 3, quiet: 0.5, own: 0.7 }), 0.76, 'seven tenths');
});

test('surges matter from a quarter of the disk’s bytes on', () => {
  assert.equal(typeof inSurges({ busy: 0.45, quiet: 0.05, own: 0.4 }), 'string');
  assert.equal(inSurges({ busy: 0.25, quiet: 0.02, own: 0.4 }), 0.76);
});

test('surges are looked for in windows of 200 ms, of which each side needs three', () => {
  assert.equal(typeof inSurges({ busy: 3, quiet: 0.5, own: 0.4, everyMs: 200 }), 'string');
  assert.equal(
    inSurges({ busy: 3, quiet: 0.5, own: 0.4, everyMs: 100 }),
    0.76,
    'each window holds a surge and its end',
  );
  assert.equal(typeof inSurges({ busy: 3, quiet: 0.5, own: 0.4, seconds: 2 }), 'string');
  assert.equal(inSurges({ busy: 3, quiet: 0.5, own: 0.4, everyMs: 200, seconds: 1 }), 0.76);
});

test('a wait for the memory map that no cause explains is told with the thread that let it go, and what that waited for', () => {
  const told = (share: number) => {
    const wait: Segment = { from: 0, to: share * WALL_MS, state: 'map-lock', wokenBy: ME + 1 };
    const rest: Segment = { from: wait.to, to: WALL_MS, state: 'running' };
    const holder: Segment[] = [
      { from: 0, to: 0.9 * wait.to, state: 'fs-frozen' },
      { from: 0.9 * wait.to, to: WALL_MS, state: 'running' },
    ];
    const lines = new Map([
      [ME, [wait, rest]],
      [ME + 1, holder],
    ]);
    const { verdict } = diagnosisOf('fs.full', { spent: {}, account: { segments: [wait, rest], lines } });
    return verdict.evidence.find(({ measure }) => measure === 'who released the memory map');
  };
  assert.equal(told(0.5)?.value, 'thread 51 (51), after 5 s of 5 s');
  assert.match(String(told(0.5)?.meaning), /mostly waiting for a frozen filesystem meanwhile/);
  assert.equal(told(0.07), undefined);
});
