// The kernel memory that a thorough look takes is bounded over all CPUs, and is small on a small machine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thoroughKiB } from '../../src/run/live-events.js';

test('the buffers of all CPUs together are bounded by 256 MiB and by what is available', () => {
  const GiB = 1024 * 1024;
  assert.equal(thoroughKiB(2, 16 * GiB), 32 * 1024);
  assert.equal(thoroughKiB(128, 512 * GiB), 2048);
  assert.equal(thoroughKiB(2, GiB / 2), 16 * 1024);
  for (const cpus of [1, 8, 64, 1024])
    for (const available of [GiB, 64 * GiB]) {
      const all = cpus * thoroughKiB(cpus, available);
      assert.ok(all <= 256 * 1024 && all <= available / 16, `${cpus} CPUs, ${available} KiB: ${all}`);
    }
});
