// What events and counters tell together of a step: events when, counters how much where events are a part or none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyMs, looksOf, type Step } from '../../../src/run/bursts/event-looks.js';

const STEP: Step = { fromMs: 1000, toMs: 1250, growth: [], completions: new Map(), ahead: new Map(), isWhole: true };

const completionsOf = (disk: string, ...bins: readonly (readonly [bin: number, operations: number, bytes: number])[]) =>
  new Map([[disk, new Map(bins.map(([bin, operations, bytes]) => [bin, { operations, bytes }]))]]);

const grown = (name: string, operations: number, bytes: number, busyMs = 0) => ({ name, operations, bytes, busyMs });

test('events say when requests were complete, and counters how busy the disk was meanwhile', () => {
  const { looks, ahead } = looksOf({
    ...STEP,
    growth: [grown('sda', 4, 16_384, 8)],
    completions: completionsOf('sda', [103, 3, 12_288], [101, 1, 4096]),
  });
  assert.deepEqual(looks, [
    { atMs: 1020, forMs: 10, disks: [grown('sda', 1, 4096, 2)] },
    { atMs: 1040, forMs: 10, disks: [grown('sda', 3, 12_288, 6)] },
    { atMs: 1250, forMs: 250, disks: [] },
  ]);
  assert.deepEqual(ahead.get('sda'), { operations: 0, bytes: 0 });
});

test('a request that the counters tell of a step later than its event is told once', () => {
  const first = looksOf({
    ...STEP,
    growth: [grown('sda', 1, 4096)],
    completions: completionsOf('sda', [124, 2, 1_052_672]),
  });
  assert.deepEqual(first.ahead.get('sda'), { operations: 1, bytes: 1_048_576 });
  const second = looksOf({
    ...STEP,
    fromMs: 1250,
    toMs: 1500,
    growth: [grown('sda', 1, 1_048_576, 1)],
    ahead: first.ahead,
  });
  assert.deepEqual(second.looks, [{ atMs: 1500, forMs: 250, disks: [grown('sda', 0, 0, 1)] }]);
});

test('a request whose event came before anything was counted is told all the same', () => {
  const { looks, ahead } = looksOf({ ...STEP, completions: completionsOf('sda', [124, 1, 4096]) });
  assert.deepEqual(looks[0], { atMs: 1250, forMs: 10, disks: [grown('sda', 1, 4096)] });
  assert.deepEqual(ahead.get('sda'), { operations: 1, bytes: 4096 });
});

test('of a sample, or where some were lost, counters say how much it was', () => {
  const { looks, ahead } = looksOf({
    ...STEP,
    growth: [grown('sda', 160, 655_360)],
    completions: completionsOf('sda', [101, 6, 24_576], [102, 2, 8192]),
    isWhole: false,
  });
  assert.deepEqual(
    looks.slice(0, 2).map(({ disks }) => disks[0]),
    [grown('sda', 120, 491_520), grown('sda', 40, 163_840)],
  );
  assert.equal(ahead.get('sda'), undefined);
});

test('what no event tells of is spread over the step', () => {
  const { looks } = looksOf({ ...STEP, growth: [grown('md0', 10, 40_960, 100)] });
  assert.deepEqual(looks, [{ atMs: 1250, forMs: 250, disks: [grown('md0', 10, 40_960, 100)] }]);
});

test('what was complete at the very end of a bin is of no time, and yet of a look', () => {
  const { looks } = looksOf({ ...STEP, toMs: 1240, completions: completionsOf('sda', [124, 1, 4096]) });
  assert.ok((looks[0]?.forMs ?? 0) > 0);
  assert.equal(looks[0]?.atMs, 1240);
});

test('the kernel’s buffers are emptied once in an interval of up to a second, and as often as can be where events come fast', () => {
  assert.equal(everyMs(9_000, 1000, 1000), 1000);
  assert.equal(everyMs(11_000, 1000, 1000), 250);
  // By the second, however long the step was.
  assert.equal(everyMs(2_400, 250, 1000), 1000);
  assert.equal(everyMs(2_600, 250, 1000), 250);
  assert.equal(everyMs(0, 1000, 400), 400);
});
