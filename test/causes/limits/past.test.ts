// A disk against its own past just below and just above each of the numbers by which it is judged. The disk writes 4 KiB one at a time; its victim waits for it
// throughout. What it takes is within the norm of 5 ms in most tests, which then says nothing.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { Intervals } from '../../../src/base/intervals.js';
import type { Past, UsualAtLoad } from '../../../src/model/past.js';
import { NORMS } from '../../../src/model/thresholds/requests.js';
import { NO_COUNTERS } from '../../support/case.js';
import { diagnosisOf, judged, WALL_MS, type MadeUp, type Request } from '../../support/measures.js';
import { chapter, diskOf, pastOf, steady, usual, type Step } from '../../support/past.js';

const SECONDS = 10;

/** Requests that follow each other and take so long with the device. */
function following(ms: number): Request[] {
  return Array.from({ length: Math.floor((SECONDS * 1000) / ms) }, (_, at) => ({ at: at * ms, took: ms }));
}

interface Slow {
  /** What each write takes, ms, and with the device where that is not all of it. */
  readonly ms: number;
  readonly deviceMs?: number;
  readonly past?: Past;
  /** Seconds of the ten in which it does, the others are idle. */
  readonly seconds?: number;
  readonly steps?: readonly Step[];
}

function slow({
  ms,
  deviceMs = ms,
  past = pastOf({ now: chapter([usual()]) }),
  seconds = SECONDS,
  steps,
}: Slow): MadeUp {
  const busy = steady(seconds, { writes: 1000 / ms, writeMs: ms });
  const disk = diskOf(steps ?? [...busy, ...steady(SECONDS - seconds, {})]);
  return {
    spent: { 'block-device': 1 },
    requests: following(deviceMs),
    input: { past, counters: { ...NO_COUNTERS, disks: new Map([['7:0', disk]]) } },
    ...(deviceMs > NORMS.solid.fixedMs && { measures: { slow: Intervals.of([{ from: 0, to: WALL_MS }]) } }),
  };
}

const is = (different: Slow) => judged('dev.slow', slow(different));
const isSlow = (different: Slow) => typeof is(different) === 'number';
const withPast = (...loads: readonly Partial<UsualAtLoad>[]): Past => pastOf({ now: chapter(loads.map(usual)) });

describe('a disk that takes 1.5 ms', () => {
  it('is slow where it took 0.1 ms before, which no norm says', () => {
    assert.equal(is({ ms: 1.5 }), 0.9);
    const { verdict } = diagnosisOf('dev.slow', slow({ ms: 1.5 }));
    assert.match(
      verdict.sentence,
      /^loop0 is slower than it used to be: writes of up to 16 KiB, one at a time, take 1.50 ms instead of 100 µs, 15.0 times as long as on 1000 stretches of a day before, and the victim waited for it 100 % of its time\.$/,
    );
    assert.equal(isSlow({ ms: 1.5, past: { version: 1, devices: [] } }), false);
  });

  it('is healthy where it always did', () => {
    const made = slow({ ms: 1.5, past: withPast({ usualMs: 1.5, days: 5 }) });
    assert.equal(typeof judged('dev.slow', made), 'string');
    const { verdict } = diagnosisOf('healthy', made);
    assert.equal(verdict.cause, 'healthy');
    assert.ok(
      verdict.evidence.some(
        ({ measure, value }) => measure === 'against its own past' && value === '1.0 times the usual',
      ),
    );
  });

  it('is judged by the chapter before where the one in force knows nothing, and what changed stands beside it', () => {
    const before = { chapter: chapter([usual()]), changed: [{ what: 'kernel', before: '6.1.0', after: '6.12.0' }] };
    const { verdict } = diagnosisOf('dev.slow', slow({ ms: 1.5, past: pastOf({ before }) }));
    assert.match(verdict.sentence, /before; since then kernel changed, and/);
    assert.ok(
      verdict.evidence.some(
        ({ measure, meaning }) => measure === 'kernel since then' && meaning.startsWith('6.1.0 → 6.12.0'),
      ),
    );
    const known = pastOf({ now: chapter([usual({ usualMs: 1.5 })]), before });
    assert.equal(isSlow({ ms: 1.5, past: known }), false);
  });
});

test('a load tells that is known from fifteen stretches, not one from seven', () => {
  assert.equal(isSlow({ ms: 1.5, past: withPast({ stretches: 15 }) }), true);
  assert.equal(isSlow({ ms: 1.5, past: withPast({ stretches: 7 }) }), false);
});

test('a disk is slower than it was where it takes six times as long, not three times', () => {
  assert.equal(isSlow({ ms: 3, past: withPast({ usualMs: 0.5 }) }), true);
  assert.equal(isSlow({ ms: 1.5, past: withPast({ usualMs: 0.5 }) }), false);
});

test('and not where it took as long now and then on its usual days', () => {
  assert.equal(isSlow({ ms: 3, past: withPast({ usualMs: 0.5, mostMs: 2.5 }) }), true);
  assert.equal(isSlow({ ms: 3, past: withPast({ usualMs: 0.5, mostMs: 3.5 }) }), false);
});

test('0.3 ms are fast, however it was; 0.6 ms are not', () => {
  assert.equal(isSlow({ ms: 0.6, past: withPast({ usualMs: 0.05 }) }), true);
  assert.equal(isSlow({ ms: 0.3, past: withPast({ usualMs: 0.05 }) }), false);
});

test('it must be so for four seconds, not for two', () => {
  assert.equal(isSlow({ ms: 1.5, seconds: 4 }), true);
  assert.equal(isSlow({ ms: 1.5, seconds: 2 }), false);
});

test('seven tenths of the requests’ time must be with the device, four tenths are a scheduler’s queue', () => {
  assert.equal(isSlow({ ms: 4, deviceMs: 2.8 }), true);
  assert.equal(isSlow({ ms: 4, deviceMs: 1.6 }), false);
});

test('more at once may take as many times as long; as many may not', () => {
  const steps = (depth: number) => steady(SECONDS, { writes: (depth * 1000) / 4, writeMs: 4, depth });
  assert.equal(isSlow({ ms: 4, steps: steps(16), past: withPast({ usualMs: 0.1, depth: 1 }) }), false);
  assert.equal(isSlow({ ms: 4, steps: steps(16), past: withPast({ usualMs: 0.1, depth: 16 }) }), true);
  assert.equal(isSlow({ ms: 4, steps: steps(4), past: withPast({ usualMs: 0.1, depth: 8 }) }), true);
});

test('what is read, or larger, is not held against small writes', () => {
  assert.equal(isSlow({ ms: 1.5, past: withPast({ does: 'read' }) }), false);
  assert.equal(isSlow({ ms: 1.5, past: withPast({ upToBytes: 65_536 }) }), false);
});

test('how sure it is, by how many times and how much past', () => {
  assert.equal(is({ ms: 3.5, past: withPast({ usualMs: 0.5, stretches: 155 }) }), 0.72);
});

describe('a disk that takes 30 ms, six times the norm', () => {
  it('is not called slow that did so on four days, and is so on two', () => {
    assert.equal(isSlow({ ms: 30, past: withPast({ usualMs: 30, days: 2 }) }), true);
    assert.match(
      String(is({ ms: 30, past: withPast({ usualMs: 30, days: 4 }) })),
      /^loop0 takes what it usually took at that load, 1.0 times that, on 4 days before$/,
    );
  });

  it('is healthy by its own past then, and that it is not by that of its kind is told', () => {
    const made = slow({ ms: 30, past: withPast({ usualMs: 30, days: 4 }) });
    assert.match(
      diagnosisOf('healthy', made).verdict.sentence,
      / Healthy by its own past of 4 days, though it takes 5.8 times what an ordinary disk of its kind may\.$/,
    );
  });

  it('is slow where most of what it did is not known', () => {
    const steps = (reads: number) => steady(SECONDS, { writes: 33, writeMs: 30, reads, readMs: 30 });
    const past = withPast({ usualMs: 30, days: 4, depth: 1 });
    assert.equal(isSlow({ ms: 30, past, steps: steps(33) }), true);
    assert.equal(isSlow({ ms: 30, past, steps: steps(8) }), false);
  });

  it('is slow where it took the same before, and hung for more than a tenth of the time', () => {
    const past = withPast({ usualMs: 30, days: 4 }, { does: 'read', usualMs: 30, days: 4 });
    const hung = (ms: number): Step[] => [
      ...steady(SECONDS - 1, { writes: 33, writeMs: 30 }),
      { writes: 33, writeMs: 30, reads: 1, readMs: ms },
    ];
    assert.equal(isSlow({ ms: 30, past, steps: hung(700) }), false);
    assert.equal(isSlow({ ms: 30, past, steps: hung(1500) }), true);
  });

  it('is slow where it took a third of that before', () => {
    assert.equal(isSlow({ ms: 30, past: withPast({ usualMs: 30 / 1.5, mostMs: 100, days: 4 }) }), false);
    assert.equal(isSlow({ ms: 30, past: withPast({ usualMs: 10, mostMs: 100, days: 4 }) }), true);
  });

  it('is slow where it took 1 ms before', () => {
    assert.equal(isSlow({ ms: 30, past: withPast({ usualMs: 1, days: 4 }) }), true);
  });
});
