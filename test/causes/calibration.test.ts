// What users are told of a score: no more than verdicts on real programs support.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALIBRATION } from '../../src/causes/judge/calibration-table.js';
import { chanceOf, surenessOf } from '../../src/causes/judge/calibration.js';
import { loadCauses } from '../../src/catalogue.js';

const SCORES = [0.05, 0.3, 0.6, 0.75, 0.9, 0.95, 0.98, 1];

for (const from of ['events', 'counters'] as const)
  test(`a cause that no real program was told of from ${from} is never sure from them, and one that some were told of can be`, async () => {
    const causes = (await loadCauses()).map(({ id }) => id);
    const isTried = (id: string) => CALIBRATION.tried[from].includes(id);
    const isSure = (id: string) => surenessOf(chanceOf(id, 1, from === 'counters')) === 'sure';
    const untried = causes.filter((id) => !isTried(id));
    assert.ok(untried.length > 0, 'causes that no real program was told of');
    for (const id of [...untried, 'a cause of tomorrow']) assert.ok(!isSure(id), id);
    assert.ok(causes.filter(isTried).some(isSure));
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
