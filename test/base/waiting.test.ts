// A pause lasts until its time, and an interrupt ends the one that is under way and all that come behind it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monotonicNs } from '../../src/base/clock.js';
import { waiting } from '../../src/base/waiting.js';

const inMs = (ms: number): bigint => monotonicNs() + BigInt(ms * 1e6);

test('it waits until the time, and says that nothing interrupted it', async () => {
  const wait = waiting(new Promise(() => {}));
  const until = inMs(30);
  assert.equal(await wait(until), false);
  assert.ok(monotonicNs() >= until - 2_000_000n);
});

test('an interrupt ends the pause at once, and those behind it', async () => {
  let interrupt = (): void => {};
  const wait = waiting(new Promise<void>((settle) => (interrupt = settle)));
  const far = inMs(3_600_000);
  setTimeout(interrupt, 10);
  assert.equal(await wait(far), true);
  assert.equal(await wait(far), true);
});
