// Which of the victim's sleeps get a kernel stack, told to an instance that writes down what it is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SleepStacks } from '../../src/capture/sleep-stacks.js';
import { TraceInstance } from '../../src/capture/tracefs.js';
import type { Loss } from '../../src/model/losses.js';
import type { Sink } from '../../src/model/sink.js';

const NOWHERE: Sink = { reading: () => {}, failure: () => {}, file: () => {}, pages: () => {} };
const { sleepFilter, diskSleepFilter } = TraceInstance;

function stacksOf(resting: boolean, canTake = true) {
  const said: string[] = [];
  const instance = {
    takeSleepStacks: (_sink: Sink, filter: string) => {
      said.push(`take ${filter}`);
      return canTake;
    },
    switchSleepStacks: async (filter: string, on: boolean) => {
      said.push(`${on ? 'on' : 'off'} ${filter}`);
      await Promise.resolve();
    },
  };
  const stacks = new SleepStacks(instance, resting);
  return { stacks, said, lack: stacks.begin(NOWHERE) };
}

test('as long as sleeps are few each has a stack, and nothing is switched', () => {
  const { stacks, said, lack } = stacksOf(false);
  assert.equal(lack, undefined);
  assert.deepEqual(said, [`take ${sleepFilter}`]);
  assert.equal(stacks.share, 1);
  assert.ok(!stacks.areManyIn(64_000) && stacks.areManyIn(64_001), '200 sleeps of 320 bytes in a tenth of a second');
  assert.ok(!stacks.areManyAt(8000) && stacks.areManyAt(8001), '2000 sleeps of four events in a second');
  assert.equal(stacks.nextTurn(), undefined);
});

test('where they are many, those of one tenth of a second in five have one, which is a loss told once', async () => {
  const { stacks, said } = stacksOf(false);
  const losses: Loss[] = [];
  assert.ok(stacks.sample(true, (loss) => losses.push(loss)));
  assert.ok(!stacks.sample(true, (loss) => losses.push(loss)));
  assert.deepEqual(
    losses.map(({ code }) => code),
    ['stacks-sampled'],
  );
  assert.equal(stacks.share, 1 / 5);
  const turns: string[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    const on = stacks.nextTurn();
    if (on !== undefined) await stacks.switch(on);
    turns.push(on === undefined ? '-' : on ? 'on' : 'off');
  }
  assert.deepEqual(turns, ['off', '-', '-', '-', 'on', 'off', '-', '-', '-', 'on']);
  assert.ok(
    stacks.sample(false, (loss) => losses.push(loss)),
    'they are few again',
  );
  assert.equal(losses.length, 1);
  assert.equal(stacks.share, 1);
  assert.deepEqual(
    said.slice(1),
    ['off', 'on', 'off', 'on'].map((one) => `${one} ${sleepFilter}`),
  );
});

test('at rest it is sleeps for a disk alone, and all again behind it, whatever was sampled before', async () => {
  const { stacks, said } = stacksOf(false);
  stacks.sample(true, () => {});
  await stacks.changeTo(true);
  assert.equal(stacks.share, 1);
  await stacks.changeTo(false);
  assert.deepEqual(said.slice(1), [
    `off ${sleepFilter}`,
    `on ${diskSleepFilter}`,
    `off ${diskSleepFilter}`,
    `on ${sleepFilter}`,
  ]);
});

test('a kernel without the trigger has none, and is not asked again', async () => {
  const { stacks, said, lack } = stacksOf(false, false);
  assert.equal(lack?.code, 'event-missing');
  assert.equal(stacks.share, 0);
  assert.equal(stacks.nextTurn(), undefined);
  await stacks.changeTo(true);
  assert.deepEqual(said, [`take ${sleepFilter}`]);
});
