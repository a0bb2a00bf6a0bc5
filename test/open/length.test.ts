// How long a recording lasts: the manifest's end is believed where another clock agrees with it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Loss } from '../../src/model/losses.js';
import { lengthOf } from '../../src/open/length.js';

/** Times in minutes; a recording without `end` was killed. */
function told(
  tape: number,
  end?: { readonly monotonic: number; readonly wall: number },
): { ms: number; losses: Loss[] } {
  const losses: Loss[] = [];
  const start = { monotonicNs: '1000', wallMs: 5000 };
  const manifest = {
    start,
    ...(end && { end: { monotonicNs: String(1000 + end.monotonic * 6e10), wallMs: 5000 + end.wall * 60_000 } }),
  };
  const ms = lengthOf({ manifest, tapeEndNs: () => tape * 6e10 }, (loss) => losses.push(loss));
  return { ms, losses };
}

test('the end of the manifest, the tape’s last frame where the recorder was killed, and nothing where there is neither', () => {
  assert.deepEqual(told(10, { monotonic: 11, wall: 11 }), { ms: 660_000, losses: [] });
  assert.deepEqual(told(10), { ms: 600_000, losses: [] });
  assert.deepEqual(told(0), { ms: 0, losses: [] });
  assert.deepEqual(told(0, { monotonic: 11, wall: 500 }), { ms: 660_000, losses: [] });
});

test('an end that the tape or the wall clock agrees with is believed: a disk hung, the machine slept, the clock was set', () => {
  assert.deepEqual(told(10, { monotonic: 300, wall: 300 }), { ms: 18_000_000, losses: [] });
  assert.deepEqual(told(10, { monotonic: 11, wall: 900 }), { ms: 660_000, losses: [] });
  assert.deepEqual(told(10, { monotonic: 11, wall: -900 }), { ms: 660_000, losses: [] });
});

test('an end that neither agrees with, or that is no later than the start, is a loss, and the tape’s end is taken', () => {
  for (const end of [
    { monotonic: 5000, wall: 11 },
    { monotonic: 0, wall: 11 },
    { monotonic: -3, wall: -3 },
  ]) {
    const { ms, losses } = told(10, end);
    assert.equal(ms, 600_000);
    assert.deepEqual(losses, [{ code: 'log-damaged', where: 'manifest.json: its end is none of this recording' }]);
  }
});
