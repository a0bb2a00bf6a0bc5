// What happens again and again takes one record an hour, and nothing of it is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../../src/model/watch.js';
import { Hourly } from '../../../src/run/watch/hourly.js';

const at = (second: number) => new Date(second * 1000).toISOString();

function written(seconds: number, entries: (second: number) => readonly Parameters<Hourly['add']>[0][]): Entry[] {
  const all: Entry[] = [];
  const hourly = new Hourly((entry) => all.push(entry));
  for (let second = 0; second < seconds; second += 1) {
    for (const entry of entries(second)) hourly.add(entry, second * 1000);
    hourly.everySecond(second * 1000);
  }
  hourly.close();
  return all;
}

test('stalls that are passed over each minute of three hours are told at once, and then once an hour, all of them', () => {
  const told = written(3 * 3600, (second) =>
    second % 60 === 0
      ? [{ kind: 'suppressed', from: at(second), to: at(second), count: 1, noticed: 'waits', why: 'too soon' }]
      : [],
  );
  assert.deepEqual(
    told.map((one) => one.kind === 'suppressed' && [one.from, one.to, one.count]),
    [
      [at(0), at(0), 1],
      [at(60), at(3600), 60],
      [at(3660), at(7200), 60],
      [at(7260), at(10_740), 59],
    ],
  );
});

test('gaps of one kind are summed, those of another are not, and after a quiet hour the next is told at once', () => {
  const gap = (second: number, why: 'held up' | 'suspended') =>
    ({ kind: 'gap', from: at(second), to: at(second + 2), ms: 2000, why, withinMs: 100 }) as const;
  const told = written(9000, (second) => {
    if (second === 3) return [gap(second, 'suspended')];
    return second < 3 || second === 8000 ? [gap(second, 'held up')] : [];
  });
  assert.deepEqual(told, [
    gap(0, 'held up'),
    gap(3, 'suspended'),
    { ...gap(1, 'held up'), to: at(4), ms: 4000, withinMs: 200, count: 2 },
    gap(8000, 'held up'),
  ]);
});

test('steps of the clock are told with their sum and number', () => {
  const told = written(3, (second) => [{ kind: 'clock', at: at(second), steppedMs: 100 }]);
  assert.deepEqual(told, [
    { kind: 'clock', at: at(0), steppedMs: 100 },
    { kind: 'clock', at: at(1), steppedMs: 200, count: 2 },
  ]);
});
