// What an experiment comes to in one word, which its page and the command's exit status go by.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeArms } from '../../src/experiment/judge.js';
import { overallOf } from '../../src/present/experiment.js';
import { simulate } from '../support/simulated-experiments.js';

const ARMS = ['as it is', 'without cadvisor'];

function comesTo(arms: readonly string[], repeats: number, rate = 1): ReturnType<typeof overallOf> {
  const effects = { 'without cadvisor': { rate } };
  return overallOf(judgeArms(simulate({ arms, repeats, spread: 0.05, effects }, 1), arms));
}

test('an experiment differs, is alike, or can’t be told, as where it has nothing to compare', () => {
  assert.equal(comesTo(ARMS, 12, 2), 'differs');
  assert.equal(comesTo(ARMS, 12), 'alike');
  assert.equal(comesTo(ARMS, 2), 'unclear');
  assert.equal(comesTo(ARMS.slice(0, 1), 12), 'unclear', 'one arm');
  assert.equal(comesTo(ARMS, 0), 'unclear', 'no run');
});
