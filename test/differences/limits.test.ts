// Each number of compare with the nearest look-alike on either side of it: facts that divide by accident or not, windows that differ and are felt or not, and
// changes within a recording that are sure and large enough to be told. Series are drawn from a seed, so the same ones come again.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure } from '../../src/analysis/measures.js';
import type { Fact } from '../../src/differences/facts.js';
import { separate, separates, type Side } from '../../src/differences/separate.js';
import type { Measure } from '../../src/onset/series.js';
import { whenOf } from '../../src/differences/when.js';
import { compareGroups, compareTwo, type Window } from '../../src/differences/windows.js';
import type { Case } from '../../src/model/case.js';
import type { Onsets } from '../../src/model/differences.js';
import { Searches } from '../../src/statistics/step-draws.js';
import { aCase } from '../support/case.js';
import { noise } from '../support/simulated.js';

const NAMES = ['vm.swappiness', 'vm.dirty_ratio'];

/** Whether a fact separates four slow from four fast recordings, where each of the facts takes the values of one pattern. */
function separating(...patterns: readonly string[]): boolean {
  const sides: Side[] = 'ssssffff'.split('').map((side) => (side === 's' ? 'slow' : 'fast'));
  const sets = sides.map(
    (_, at) =>
      new Map(
        patterns.map((pattern, which): [string, Fact] => {
          const name = NAMES[which] ?? '';
          return [name, { name, area: 'setting', value: pattern[at] ?? '' }];
        }),
      ),
  );
  return separate(sets, sides).groups.some(separates);
}

describe('a fact that divides four slow from four fast recordings', () => {
  it('separates them where no other division was tried: by accident in 2.9 % of cases', () => {
    assert.ok(separating('11110000'));
  });

  it('does not where two were tried: by accident in 5.7 %', () => {
    assert.ok(!separating('11110000', '11100000'));
  });
});

function window(id: string, values: ArrayLike<number>): Window {
  const all = Float64Array.from(values);
  const t = all.map((_, at) => at * 1000);
  return { measure: { id, label: id, unit: 'count', values: () => ({ t, values: all }) }, values: all };
}

/** Whether groups of recordings differ in a measure of which each has this median. */
function differing(slow: readonly number[], fast: readonly number[]): boolean {
  const sides = [slow, fast].map((side) => side.map((value) => [window('x', [value])]));
  return compareGroups(sides[0] ?? [], sides[1] ?? []).groups.length > 0;
}

describe('medians of recordings', () => {
  it('differ where four lie above four others: by accident in 2.9 % of cases', () => {
    assert.ok(differing([50, 60, 70, 80], [10, 20, 30, 40]));
  });

  it('do not where one pair stands the other way: in 5.7 %', () => {
    assert.ok(!differing([40, 60, 70, 80], [10, 20, 30, 50]));
  });

  const many = (from: number) => Array.from({ length: 400 }, (_, at) => from + at);

  it('differ where the groups are half apart', () => {
    assert.ok(differing(many(220), many(100)));
  });

  it('do not where they are a quarter apart, however sure that is', () => {
    assert.ok(!differing(many(154), many(100)));
  });

  it('do not where nobody feels it: a twentieth, beyond all doubt', () => {
    assert.ok(!differing([105, 105.1, 105.2, 105.3, 105.4], [100, 100.1, 100.2, 100.3, 100.4]));
  });

  it('differ where it is felt: by a half', () => {
    assert.ok(differing([150, 150.1, 150.2, 150.3, 150.4], [100, 100.1, 100.2, 100.3, 100.4]));
  });
});

describe('two measures that differ between two windows', () => {
  /** How many groups they are told as, where what they do within the windows is correlated as much as this. */
  const groups = (correlation: number) => {
    const pair = (seed: number, level: number) => {
      const [shared, own] = [noise(128, seed), noise(128, seed + 50)];
      const other = shared.map((x, at) => correlation * x + Math.sqrt(1 - correlation ** 2) * (own[at] ?? 0));
      return [
        window(
          'a',
          shared.map((x) => level + x),
        ),
        window(
          'b',
          other.map((x) => level + x),
        ),
      ];
    };
    return compareTwo(pair(1, 20), pair(2, 40)).groups.length;
  };

  it('are one where they go up and down together', () => {
    assert.equal(groups(0.92), 1);
  });

  it('are two where they do so now and then', () => {
    assert.equal(groups(0.6), 2);
  });
});

describe('a window', () => {
  /** Values that follow from each other for so long that the window is worth this many stretches. */
  const tooShort = (stretches: number) => {
    const steps = (seed: number) => {
      const levels = noise(stretches, seed);
      return Float64Array.from({ length: stretches * 10 }, (_, at) => levels[Math.floor(at / 10)] ?? 0);
    };
    return compareTwo([window('x', steps(1))], [window('x', steps(2))]).tooShort;
  };

  it('of too few stretches that are independent can’t be told from another', () => {
    assert.equal(tooShort(30), 1);
  });

  it('of enough can', () => {
    assert.equal(tooShort(50), 0);
  });
});

const SEARCHES = new Searches();
const SECONDS = 96;
const STEP_AT = SECONDS / 2;

/** A measure of a value a second, of noise that steps up half-way. */
function stepping(id: string, seed: number, step: number, level = 4): Measure {
  const t = Float64Array.from({ length: SECONDS }, (_, at) => (at + 1) * 1000);
  const values = noise(SECONDS, seed).map((x, at) => level + x + (at >= STEP_AT ? step : 0));
  return { id, label: id, unit: 'count', values: () => ({ t, values }) };
}

function whenIn(measures: readonly Measure[], different: Partial<Case> = {}): Onsets {
  const m = measure(aCase({ durationMs: SECONDS * 1000, ...different }));
  return whenOf(m, measures, 0, SEARCHES);
}

describe('a step within a recording', () => {
  it('is told where one as good comes about by accident in less than a hundredth of recordings', () => {
    assert.equal(whenIn([stepping('disk.throughput', 5, 2)]).changes.length, 1);
  });

  it('is not where it does so in one to two of a hundred', () => {
    assert.equal(whenIn([stepping('disk.throughput', 8, 2)]).changes.length, 0);
  });

  it('is not told where it is a sixth, however sure', () => {
    assert.equal(whenIn([stepping('disk.throughput', 1, 16, 100)]).changes.length, 0);
  });

  it('is told where it is a half', () => {
    assert.equal(whenIn([stepping('disk.throughput', 1, 50, 100)]).changes.length, 1);
  });

  it('has a counter beside it that moved, sure to two thousandths, and none that is not as sure', () => {
    const beside = (seed: number, step: number) =>
      whenIn([stepping('disk.throughput', 1, 20, 20), stepping('vmstat.pgscan_direct', seed, step)]).counters.length;
    assert.equal(beside(101, 2), 1);
    assert.equal(beside(96, 2), 0);
  });

  it('has a setting beside it that changed four seconds before, and none of eight', () => {
    const at = (seconds: number) => [
      { what: '/proc/sys/vm/swappiness', before: '60', after: '1', atMs: STEP_AT * 1000 - seconds * 1000 },
    ];
    const step = [stepping('disk.throughput', 1, 50, 100)];
    assert.equal(whenIn(step, { changes: at(4) }).settings.length, 1);
    assert.equal(whenIn(step, { changes: at(8) }).settings.length, 0);
  });
});
