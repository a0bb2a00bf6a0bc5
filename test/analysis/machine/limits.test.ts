// Who counts as a daemon, just below and just above the number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffFacts } from '../../../src/analysis/machine/changes.js';
import { processOf } from '../../support/asleep.js';
import { someFacts } from '../../support/case.js';

test('a process that has lived for 15 s has started as a daemon, one of 7 s may be a passing command', () => {
  const told = (ageMs: number) => {
    const daemon = processOf({ comm: 'backup', daemon: true, startedMs: 60_000 - ageMs });
    return diffFacts([someFacts(), someFacts({ atMs: 60_000, processes: [daemon] })]).map(({ what }) => what);
  };
  assert.deepEqual(told(15_000), ['process backup (50)']);
  assert.deepEqual(told(7000), []);
});
