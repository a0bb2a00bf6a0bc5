// The onset of a loss: planted ones are found between their bounds, steady losses of any kind have none, and what comes and goes says so.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Interval, Intervals } from '../../src/base/intervals.js';
import { generator } from '../../src/base/random.js';
import { onsetOfLoss, type LossOnset } from '../../src/onset/of-loss.js';

const END = 10_000;

/** Losses of about `share` of each turn from `from` to `to`. */
function losses(from: number, to: number, share: number, random: () => number, turnMs = 20): Interval[] {
  const found: Interval[] = [];
  for (let t = from; t < to; t += turnMs) {
    const length = turnMs * Math.min(0.99, share * (0.5 + random()));
    found.push({ from: t, to: Math.min(t + length, to) });
  }
  return found;
}

/** Waits and pauses of any length, on average so long. */
function irregular(from: number, to: number, waitMs: number, pauseMs: number, random: () => number): Interval[] {
  const drawn = (mean: number) => Math.max(0.1, -mean * Math.log(1 - random()));
  const found: Interval[] = [];
  for (let t = from + drawn(pauseMs); t < to; t += drawn(pauseMs)) {
    const begin = t;
    t += drawn(waitMs);
    found.push({ from: begin, to: Math.min(t, to) });
  }
  return found;
}

function onsetOf(lost: readonly Interval[], to = END): LossOnset {
  return onsetOfLoss(Intervals.of(lost), 0, to);
}

function isAt({ kind, sinceMs }: LossOnset, at: number, slackMs = 100): boolean {
  return kind === 'sets-in' && sinceMs !== null && Math.abs(sinceMs - at) <= slackMs;
}

/** How many of so many seeds. */
function count(runs: number, of: (random: () => number) => boolean): number {
  return Array.from({ length: runs }, (_, run) => of(generator((run + 1) * 7919))).filter(Boolean).length;
}

describe('a stall that sets in', () => {
  test('is found within 100 ms, between its bounds', () => {
    let within = 0;
    const found = count(100, (random) => {
      const at = 1500 + random() * 5000;
      const share = 0.3 + 0.6 * random();
      const onset = onsetOf([...losses(0, at, 0.03, random), ...losses(at, END, share, random)]);
      const [low, high] = onset.withinMs ?? [NaN, NaN];
      if (low <= at && at <= high) within += 1;
      return isAt(onset, at) && (onset.p ?? 1) <= 0.01;
    });
    assert.ok(found >= 99, `${found} of 100`);
    assert.ok(within >= 93, `${within} of 100 within the bounds`);
  });

  test('is found where waits and pauses are of any length', () => {
    let within = 0;
    const found = count(60, (random) => {
      const at = 3000 + random() * 4000;
      const onset = onsetOf([...irregular(0, at, 10, 200, random), ...irregular(at, END, 150, 30, random)]);
      const [low, high] = onset.withinMs ?? [NaN, NaN];
      if (low <= at && at <= high) within += 1;
      return isAt(onset, at, 500);
    });
    assert.ok(found >= 57, `${found} of 60`);
    // 95 % of 60 may be 52 by accident.
    assert.ok(within >= 52, `${within} of 60 within the bounds`);
  });

  test('is found at the beginning of one long wait', () => {
    const onset = onsetOf([
      { from: 3050, to: 5200 },
      { from: 5201, to: 9000 },
    ]);
    assert.ok(isAt(onset, 3050), JSON.stringify(onset));
    assert.equal(onset.sinceMs, 3050);
  });

  test('is found at its beginning where it ends again', () => {
    for (const [from, to] of [
      [2000, 4000],
      [4000, 7000],
      [1500, 5500],
    ] as const) {
      const onset = onsetOf(losses(from, to, 0.7, generator(7)));
      assert.ok(isAt(onset, from), `${from} to ${to}: ${JSON.stringify(onset)}`);
    }
  });

  test('is not found at a blip before it', () => {
    const onset = onsetOf([{ from: 700, to: 790 }, ...losses(4000, END, 0.7, generator(6))]);
    assert.ok(isAt(onset, 4000), JSON.stringify(onset));
  });

  test('is dated to a tenth of a second in a quarter of an hour, also near its beginning', () => {
    const random = generator(11);
    for (const at of [5000, 400_000, 700_123])
      assert.ok(isAt(onsetOf(losses(at, 900_000, 0.6, random), 900_000), at), String(at));
  });

  test('by bursts of a fixed period is found where they begin, and not where they were before', () => {
    const random = generator(12);
    const bursts = (from: number) =>
      Array.from({ length: Math.ceil((60_000 - from) / 1000) }, (_, n) => n).flatMap((n) =>
        losses(from + 1000 * n, from + 1000 * n + 400, 0.9, random),
      );
    assert.ok(isAt(onsetOf(bursts(30_200), 60_000), 30_200, 1000), JSON.stringify(onsetOf(bursts(30_200), 60_000)));
    assert.equal(onsetOf(bursts(600), 60_000).kind, 'comes-and-goes');
  });
});

describe('a stall that does not set in', () => {
  const STEADY: Readonly<Record<string, (random: () => number) => Interval[]>> = {
    'by the turn': (random) => losses(0, END, 0.2 + 0.7 * random(), random),
    'of short waits': (random) => irregular(0, END, 5, 5, random),
    'of long waits': (random) => irregular(0, END, 200, 100, random),
    'of few waits': (random) => irregular(0, END, 100, 700, random),
    'that grows': (random) =>
      Array.from({ length: 100 }, (_, n) => n).flatMap((n) => losses(100 * n, 100 * (n + 1), 0.3 + 0.003 * n, random)),
    'that goes with the day': (random) => {
      const phase = 2 * Math.PI * random();
      return Array.from({ length: 100 }, (_, n) => n).flatMap((n) =>
        losses(100 * n, 100 * (n + 1), 0.45 + 0.3 * Math.sin(phase + (2 * Math.PI * n) / 100), random),
      );
    },
    'by bursts of a fixed period': (random) => {
      const period = 500 + 1500 * random();
      const phase = period * random();
      return Array.from({ length: Math.floor((END - phase) / period) }, (_, n) => phase + n * period).flatMap((t) =>
        losses(t, t + 0.3 * period, 0.9, random),
      );
    },
    'by samples': (random) =>
      Array.from({ length: 100 }, (_, n) => ({ from: 100 * n, to: 100 * (n + 1) })).filter(() => random() < 0.5),
  };

  test('is told to set in by less than one of a hundred', () => {
    const runs = 125;
    let alarms = 0;
    for (const [name, make] of Object.entries(STEADY)) {
      const told = count(runs, (random) => onsetOf(make(random)).kind === 'sets-in');
      // 1 % of 125 may be five by accident in one of a hundred such kinds.
      assert.ok(told <= 5, `${name}: ${told} of ${runs}`);
      alarms += told;
    }
    const all = runs * Object.keys(STEADY).length;
    assert.equal(all, 1000);
    // 1 % of 1,000 may be eighteen by accident.
    assert.ok(alarms <= 18, `${alarms} of ${all}`);
  });

  test('was there all the time, or from the start until it ended', () => {
    const random = generator(5);
    assert.deepEqual(onsetOf(losses(0, END, 0.6, random)), { kind: 'throughout', sinceMs: 0, withinMs: null, p: null });
    assert.equal(onsetOf(losses(0, 6000, 0.6, random)).kind, 'from-start');
    const worse = onsetOf([...losses(0, 5000, 0.4, random), ...losses(5000, END, 0.7, random)]);
    assert.equal(worse.kind, 'throughout', 'one that becomes worse was there before');
  });

  test('comes and goes where it returns, and is untold where one wait of it lies at the end', () => {
    const random = generator(9);
    const three = [1000, 4200, 8100].flatMap((t) => losses(t, t + 500, 0.9, random));
    assert.equal(onsetOf(three).kind, 'comes-and-goes');
    assert.equal(onsetOf([{ from: 9800, to: 9990 }]).kind, 'untold');
  });
});

describe('by the numbers of the table, a loss', () => {
  test('that steady ones show one time in 157 sets in, and what they show one time in 84 does not', () => {
    const of = (seed: number, waitMs: number, pauseMs: number) => {
      const random = generator(seed * 7919);
      return onsetOf([...irregular(0, 5000, 40, 900, random), ...irregular(5000, END, waitMs, pauseMs, random)]);
    };
    const told = of(108, 80, 300);
    assert.ok(told.kind === 'sets-in' && (told.p ?? 0) > 0.005 && (told.p ?? 1) < 0.01, JSON.stringify(told));
    assert.notEqual(of(143, 45, 200).kind, 'sets-in');
  });

  /** Between which bounds a loss of turns of so long is dated that grows at a moment. */
  const boundsOf = (turnMs: number, at: number, to: number) => {
    const starts = Array.from({ length: to / turnMs }, (_, n) => n * turnMs);
    return onsetOf(
      starts.map((from) => ({ from, to: from + turnMs * (from < at ? 0.02 : 0.75) })),
      to,
    ).withinMs;
  };

  test('of two seconds is dated by stretches of 10 ms, and in 36 s to less than a tenth of a second', () => {
    assert.deepEqual(boundsOf(4, 1203, 2000), [1190, 1210]);
    const [from, to] = boundsOf(20, 17_456, 36_000) ?? [];
    assert.ok(from !== undefined && to !== undefined && to - from < 100 && from < 17_460 && to > 17_440);
  });

  const random = generator(21);
  const kindOf = (lost: readonly Interval[], to = END) => onsetOf(lost, to).kind;

  test('that was a quarter as much before sets in, and one that was half as much was there', () => {
    assert.equal(kindOf([...losses(0, 5000, 0.2, random), ...losses(5000, END, 0.8, random)]), 'sets-in');
    assert.equal(kindOf([...losses(0, 5000, 0.4, random), ...losses(5000, END, 0.8, random)]), 'throughout');
  });

  test('that begins after 0.7 s sets in, and one after 0.4 s was there', () => {
    assert.equal(kindOf(losses(700, END, 0.7, random)), 'sets-in');
    assert.equal(kindOf(losses(400, END, 0.7, random)), 'throughout');
  });

  test('that returns is dated to its first time where that is as long, and not to a short one before', () => {
    const second = losses(6000, 8000, 0.8, random);
    assert.ok(isAt(onsetOf([...losses(3000, 5000, 0.8, random), ...second]), 3000));
    assert.ok(isAt(onsetOf([...losses(3000, 3500, 0.8, random), ...second]), 6000));
  });

  test('that comes by periods does not set in after one and a half of them without it', () => {
    const after = (periods: number) =>
      Array.from({ length: 12 }, (_, n) => n).flatMap((n) =>
        losses(1000 * (periods + n), 1000 * (periods + n) + 450, 0.95, random),
      );
    assert.equal(kindOf(after(1.5), 13_500), 'comes-and-goes');
  });
});
