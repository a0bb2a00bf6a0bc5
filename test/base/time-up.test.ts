import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { timeUp } from '../../src/base/time-up.js';

test('the time is up after it, and not before', async () => {
  const from = performance.now();
  assert.equal(await timeUp(0.05).over, 'time');
  assert.ok(performance.now() - from >= 49);
});

test('what is cancelled, and what has no time, is never up', async () => {
  const cancelled = timeUp(0.01);
  cancelled.cancel();
  const first = await Promise.race([cancelled.over, timeUp(undefined).over, pause(50, 'neither')]);
  assert.equal(first, 'neither');
});

test('a time that was cancelled keeps no process', () => {
  const module = new URL('../../src/base/time-up.js', import.meta.url).href;
  const code = `import { timeUp } from ${JSON.stringify(module)}; timeUp(60).cancel(); timeUp(undefined);`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { timeout: 20_000 });
  assert.equal(status, 0);
});
