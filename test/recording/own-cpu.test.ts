// When the recorder has CPU time to spare, told by readings of its own use.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnCpu } from '../../src/recording/own-cpu.js';

test('there is time until a second in which the process took too much, and again after one in which it did not', () => {
  const cpu = new OwnCpu({ atMs: 0, usedMs: 0 });
  assert.equal(cpu.hasTime, true);
  cpu.look({ atMs: 1000, usedMs: 149 });
  assert.equal(cpu.hasTime, true);
  cpu.look({ atMs: 2000, usedMs: 300 });
  assert.equal(cpu.hasTime, false);
  cpu.look({ atMs: 3000, usedMs: 400 });
  assert.equal(cpu.hasTime, true);
});

test('a look right after the last one says nothing', () => {
  const cpu = new OwnCpu({ atMs: 0, usedMs: 0 });
  cpu.look({ atMs: 100, usedMs: 100 });
  assert.equal(cpu.hasTime, true);
  cpu.look({ atMs: 600, usedMs: 100 });
  assert.equal(cpu.hasTime, false);
});
