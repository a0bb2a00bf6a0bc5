// Which change would teach most: a search among facts of which one makes runs slow, by runs of which some are labelled wrongly. With a known truth: how many
// arms it takes, and how often the fact that is named is the right one.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generator } from '../../src/base/random.js';
import type { Fact, FactSet } from '../../src/differences/facts.js';
import type { Side } from '../../src/differences/separate.js';
import { adviseNext } from '../../src/experiment/next.js';

/** Each arm is run so often. */
const RUNS = 5;

function machine(names: readonly string[], isSlow: (name: string) => boolean): FactSet {
  return new Map(
    names.map((name): [string, Fact] => [name, { name, area: 'setting', value: isSlow(name) ? 'old' : 'new' }]),
  );
}

interface Found {
  readonly arms: number;
  readonly isRight: boolean;
}

/** One slow machine and one fast one that differ in `count` facts; each arm sets some of the slow one's facts to the fast one's. */
function search(count: number, seed: number, wrongly: number): Found {
  const random = generator(seed);
  const names = Array.from({ length: count }, (_, at) => `fact ${at}`);
  const truth = names[Math.floor(random() * count)] ?? '';
  const sets: FactSet[] = [];
  const sides: Side[] = [];
  const run = (isSlow: (name: string) => boolean, isNeverWrong = false) => {
    for (let turn = 0; turn < RUNS; turn += 1) {
      const slow = isSlow(truth) !== (!isNeverWrong && random() < wrongly);
      sets.push(machine(names, isSlow));
      sides.push(slow ? 'slow' : 'fast');
    }
  };
  run(() => true, true);
  run(() => false, true);
  const most = Math.ceil(Math.log2(count)) + 2;
  for (let arms = 0; arms <= most; arms += 1) {
    const advice = adviseNext(sets, sides);
    if (!advice) return { arms, isRight: false };
    if (advice.found)
      return {
        arms,
        isRight: advice.found.name === truth,
      };
    const changed = new Set(advice.change.map(({ name }) => name));
    run((name) => !changed.has(name));
  }
  return { arms: most + 1, isRight: false };
}

describe('the next change', () => {
  it('finds the fact among 2 to 40 in at most ⌈log2⌉ + 2 arms, also with one run in ten mislabelled', () => {
    for (const [count, wrongly] of [
      [2, 0.1],
      [12, 0],
      [12, 0.1],
      [40, 0.1],
    ] as const) {
      const tries = 20;
      const found = Array.from({ length: tries }, (_, seed) => search(count, (seed + 1) * 7919, wrongly));
      const right = found.filter(({ isRight }) => isRight).length;
      assert.ok(right >= tries - 1, `${count} facts, ${wrongly}: ${right} of ${tries}`);
      assert.ok(found.every(({ arms }) => arms <= Math.ceil(Math.log2(count)) + 3));
    }
  });

  it('is nothing where nothing differs between slow and fast', () => {
    const same = machine(['a'], () => true);
    assert.equal(adviseNext([same, same], ['slow', 'fast']), undefined);
  });
});
