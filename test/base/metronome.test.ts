// Beats by the real clock: what throws keeps neither the other steps nor the next beats from being made, what was missed is not made up for, and what is
// done between beats is done only while it is wanted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metronome } from '../../src/base/metronome.js';
import { sleepHere } from '../../src/base/sleep.js';
import { until } from '../support/until.js';

test('a step that throws is told, and keeps neither the next step nor the next beat from being made', async () => {
  const failed: string[] = [];
  const beats: number[] = [];
  const metronome = new Metronome({
    everyMs: 5,
    steps: [
      ({ count }) => {
        if (count % 2 === 1) throw new Error(`beat ${count}`);
      },
      ({ count }) => beats.push(count),
    ],
    failed: (error) => failed.push(String(error)),
  });
  metronome.start();
  try {
    assert.deepEqual(beats, [0], 'the first is made at once');
    await until('four beats', () => beats.length >= 4);
  } finally {
    metronome.stop();
  }
  assert.deepEqual(beats.slice(0, 4), [0, 1, 2, 3]);
  assert.deepEqual(failed.slice(0, 2), ['Error: beat 1', 'Error: beat 3']);
});

test('what a hold-up has missed is not made up for, and its length is told', async () => {
  const late: number[] = [];
  const metronome = new Metronome({
    everyMs: 20,
    steps: [
      ({ count, lateMs }) => {
        late.push(lateMs);
        if (count === 0) sleepHere(500);
      },
    ],
    failed: assert.ifError,
  });
  const begunMs = performance.now();
  metronome.start();
  try {
    await until('two beats', () => late.length >= 2);
  } finally {
    metronome.stop();
  }
  const tookMs = performance.now() - begunMs;
  // 25 were missed; a busy machine may have let some further time pass.
  assert.ok(late.length < 3 + (tookMs - 500) / 20, `${late.length} beats in ${tookMs} ms`);
});

test('between beats something is done while it is wanted, also after it has thrown', async () => {
  let isWanted = false;
  let [beats, between] = [0, 0];
  const failed: unknown[] = [];
  const metronome = new Metronome({
    everyMs: 60,
    steps: [() => (beats += 1)],
    between: {
      everyMs: 5,
      isWanted: () => isWanted,
      step: () => {
        between += 1;
        if (between === 1) throw new Error('once');
      },
    },
    failed: (error) => failed.push(error),
  });
  metronome.start();
  try {
    await until('two beats', () => beats >= 2);
    assert.equal(between, 0);
    isWanted = true;
    await until('two steps between', () => between >= 2);
    const before = beats;
    await until('a further beat', () => beats > before);
  } finally {
    metronome.stop();
  }
  assert.equal(failed.length, 1);
});
