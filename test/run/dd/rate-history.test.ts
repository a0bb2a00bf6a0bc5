// A night of intervals in bounded memory: what was normal is kept, and a fall is found and dated as if nothing had been drawn together.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFall } from '../../../src/onset/fall.js';
import { RateHistory } from '../../../src/run/dd/rate-history.js';

test('a fall after a night is found and dated to its interval', () => {
  const history = new RateHistory();
  const night = 50_000;
  for (let at = 0; at < night + 29; at += 1) history.add(at < night ? 100 + (at % 10) : 10, at);
  assert.equal(findFall(history.stretches), undefined);
  history.add(10, night + 29);
  assert.ok(history.stretches.length <= 8192, String(history.stretches.length));
  assert.equal(history.intervals, night + 30);
  const fall = findFall(history.stretches);
  assert.equal(fall && history.stretches[fall.at]?.beginMs, night);
  assert.equal(history.stretches[0]?.beginMs, 0);
  assert.equal(
    history.stretches.reduce((sum, { intervals }) => sum + intervals, 0),
    night + 30,
  );
});
