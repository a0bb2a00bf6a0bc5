// Who is alone: a record without another within an hour, where nearly all have company.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALONE_MS, Company } from '../../../src/decode/blktrace/company.js';

function strays(times: readonly number[]): number[] {
  const company = new Company();
  for (const t of times) company.add(t);
  return [...company.strays()].sort((a, b) => a - b);
}

const burst = (from: number) => [from, from + 1, from + 2];

test('one that has nobody within an hour is alone, before all others, behind them and between', () => {
  const loads = [...burst(0), ...burst(10 * ALONE_MS)];
  assert.deepEqual(strays(loads), []);
  for (const t of [-2 * ALONE_MS, 5 * ALONE_MS, 20 * ALONE_MS, 1e12]) assert.deepEqual(strays([...loads, t]), [t]);
});

test('an hour is counted from the record itself and not by the clock', () => {
  assert.deepEqual(strays([...burst(0), 1.9 * ALONE_MS, 2.1 * ALONE_MS]), []);
  assert.deepEqual(strays([...burst(0.9 * ALONE_MS), 1.8 * ALONE_MS]), []);
  assert.deepEqual(strays([...burst(0.1 * ALONE_MS), 1.8 * ALONE_MS]), [1.8 * ALONE_MS]);
});

test('where it is usual to be alone nobody is a stray', () => {
  const hourly = Array.from({ length: 20 }, (_, index) => index * 2 * ALONE_MS);
  assert.deepEqual(strays(hourly), []);
  assert.deepEqual(strays([0]), []);
  assert.deepEqual(strays([0, 5 * ALONE_MS]), []);
});
