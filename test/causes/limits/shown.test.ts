// How much of what was found is shown, just below and just above each number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../../src/causes/judge/diagnose.js';
import type { Segment } from '../../../src/model/segment.js';
import { holding } from '../../support/holding.js';
import { someEvents } from '../../support/events.js';
import { diagnosisOf, measuresOf } from '../../support/measures.js';

test('of three causes that may be it two are named', () => {
  const unsure = ['x', 'y', 'z'].map((id) => holding(id, 0.5, 0.4));
  const told = (count: number) => diagnose(measuresOf({}), unsure.slice(0, count), 'test').diagnosis.candidates.length;
  assert.deepEqual([1, 2, 3].map(told), [1, 2, 2]);
});

/** Where a victim slept that slept in stacks which nothing explains, each for this share of its time and this deep. */
function stacks(shares: readonly number[], depth = 3): string[] {
  const events = someEvents(
    {},
    shares.map((_, index) => [index, 0, Array.from({ length: depth }, (__, frame) => `sleeps_${index}_${frame}`)]),
  );
  let at = 0;
  const segments = shares.map((share, stack): Segment => {
    const from = at;
    at += share * 10_000;
    return { from, to: at, state: 'unexplained', stack };
  });
  const { verdict } = diagnosisOf('none', { input: { events }, account: { segments, ms: new Map() } });
  return verdict.evidence.filter(({ measure }) => measure === 'kernel stack').map(({ value }) => value);
}

test('of four stacks that nothing explains three are shown, the longest first', () => {
  assert.deepEqual(
    stacks([0.1, 0.3, 0.2]).map((value) => /sleeps_(\d)/.exec(value)?.[1]),
    ['1', '2', '0'],
  );
  assert.equal(stacks([0.1, 0.3, 0.2, 0.25]).length, 3);
});

test('a stack is shown that took 7 % of the time, one that took 3 % is not', () => {
  assert.equal(stacks([0.07]).length, 1);
  assert.equal(stacks([0.03]).length, 0);
});

test('of a stack of ten functions eight are shown, of one of seven all are', () => {
  const functions = (depth: number) => stacks([0.2], depth)[0]?.split(' ← ').length;
  assert.deepEqual([7, 8, 10].map(functions), [7, 8, 8]);
});

test('of eleven changes ten are shown, and of a value of 61 letters less than 60', () => {
  const shown = (count: number, letters: number) => {
    const changes = Array.from({ length: count }, (_, n) => ({
      atMs: n,
      what: `setting ${n}`,
      before: null,
      after: 'x'.repeat(letters),
    }));
    const evidence = diagnosisOf('env.changed', { input: { changes } }).also[0]?.evidence ?? [];
    return [evidence.length, evidence[0]?.value.replace('nothing → ', '').length];
  };
  assert.deepEqual(shown(8, 60), [8, 60]);
  assert.deepEqual(shown(11, 61), [10, 58]);
});
