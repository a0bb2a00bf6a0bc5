// What users are told of a score: no more than verdicts on real programs support.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALIBRATION } from '../../src/causes/judge/calibration-table.js';
import { chanceOf, surenessOf } from '../../src/causes/judge/calibration.js';
import { loadCauses } from '../../src/catalogue.js';

const SCORES = [0.05, 0.3, 0.6, 0.75, 0.9, 0.95, 0.98, 1];

test('a cause that no real program was told of is never sure, and one that some were told of can be', async () => {
  const causes = (await loadCauses()).map(({ id }) => id);
  const isTried = (id: string) => CALIBRATION.tried.events.includes(id);
  const untried = causes.filter((id) => !isTried(id));
  assert.ok(untried.length > 0, 'causes that are newer than the fit');
  for (const id of [...untried, 'a cause of tomorrow']) assert.notEqual(surenessOf(chanceOf(id, 1, false)), 'sure', id);
  assert.ok(causes.filter(isTried).some((id) => surenessOf(chanceOf(id, 1, false)) === 'sure'));
});

test('counters alone were never tried on real programs, so that nothing is sure from them', async () => {
  for (const { id } of await loadCauses()) assert.notEqual(surenessOf(chanceOf(id, 1, true)), 'sure', id);
});

test('a higher score is never told as a lower chance', async () => {
  for (const { id } of await loadCauses())
    for (const isFromCounters of [false, true]) {
      const told = SCORES.map((score) => chanceOf(id, score, isFromCounters));
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
        id,
      );
    }
});
