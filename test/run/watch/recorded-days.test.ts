// A short night of PostgreSQL out of recorded seconds: a stall of each kind and harmless work in between, through what a watch judges, triggers, keeps and
// writes. bench/watch-days.ts plays ten days.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator } from '../../../src/base/random.js';
import { HARMLESS, joined, judged, pastOfQuiet, planted, playDays, STALLS, tapes } from '../../support/watch-days.js';

const HOURS_2 = 1 / 12;

test('stalls of ten kinds are noticed within five seconds and recorded from before they began, and nothing else is', async () => {
  const random = generator(7);
  const tape = joined(tapes());
  const plan = planted(HOURS_2, random, { stalls: STALLS.length, harmless: HARMLESS.length });
  const verdictOf = () => Promise.resolve({ verdict: null, lostMs: null, note: 'no recording is made' });
  const past = pastOfQuiet(tape, random);
  const played = await playDays({ tape, days: HOURS_2, planted: plan, random, past, verdictOf });
  const { stalls, wrong } = judged(played, plan);
  const missed = stalls.filter(({ found, from }) => !found || found.noticed > from + 5);
  assert.deepEqual(
    missed.map(({ activity }) => activity),
    [],
  );
  assert.deepEqual(
    wrong.map(({ during }) => during),
    [],
  );
  for (const { activity, from, to, found } of stalls) {
    assert.ok(found && found.recordedFrom <= from && found.lostFrom <= from + 1, activity);
    const endedAt = from + ((found.episode.durationMs ?? NaN) + 1000) / 1000;
    assert.ok(Math.abs(endedAt - to) <= 3, `${activity}: ${endedAt - from} of ${to - from} s`);
  }
});
