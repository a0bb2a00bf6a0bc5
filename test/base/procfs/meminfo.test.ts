// What is available, as new kernels and old ones tell it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKeyValues } from '../../../src/base/procfs/key-values.js';
import { availableBytes } from '../../../src/base/procfs/meminfo.js';

test('what is available is told, or what is free, or nothing', () => {
  const of = (text: string): number | undefined => availableBytes(parseKeyValues(text));
  assert.equal(of('MemTotal:  100 kB\nMemFree:  10 kB\nMemAvailable:  50 kB\n'), 50 * 1024);
  assert.equal(of('MemTotal:  100 kB\nMemFree:  10 kB\n'), 10 * 1024);
  assert.equal(of('MemTotal:  100 kB\n'), undefined);
});
