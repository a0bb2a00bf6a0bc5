// Which states of the victim are compared: those that took a noticeable part of its time in one of the two.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../src/base/intervals.js';
import { compare } from '../../src/comparison/compare.js';
import { diagnosisOf, measuresOf, type MadeUp } from '../support/measures.js';

function statesOf(before: MadeUp, after: MadeUp): string[] {
  const side = (madeUp: MadeUp) => ({
    measures: measuresOf(madeUp),
    diagnosis: diagnosisOf('healthy', madeUp),
    otherwise: { ruledOut: [], notChecked: [] },
    lost: NO_INTERVALS,
  });
  const { figures } = compare(side(before), side(after), 'test');
  return figures.filter(({ group }) => group === 'time').map(({ id }) => id);
}

test('a state is compared that took a hundredth of its time before or after', () => {
  assert.deepEqual(statesOf({ spent: { journal: 0.011 } }, {}), ['time.running', 'time.journal']);
  assert.deepEqual(statesOf({ spent: { journal: 0.009 } }, { spent: { swap: 0.011 } }), ['time.running', 'time.swap']);
  assert.deepEqual(statesOf({ spent: { journal: 0.009 } }, { spent: { journal: 0.009 } }), ['time.running']);
});
