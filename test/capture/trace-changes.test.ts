// What is set off the sampling thread: one change of a part at a time, one of all parts once the others have ended, and none after the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TraceChanges } from '../../src/capture/trace-changes.js';
import type { Loss } from '../../src/model/losses.js';

const nothing = (): void => {};

test('a part is busy until its change is made, and another part is not', async () => {
  const changes = new TraceChanges(nothing);
  let made = nothing;
  const work = async () => new Promise<void>((resolve) => (made = resolve));
  const said: string[] = [];
  changes.begin(['events'], 'an event', work, () => said.push('done'));
  assert.deepEqual([changes.isFree('events'), changes.isFree('stacks'), changes.isIdle], [false, true, false]);
  made();
  await changes.settled();
  assert.deepEqual([changes.isFree('events'), changes.isIdle, said], [true, true, ['done']]);
});

test('what fails is a loss, is not told as done, and holds nothing up', async () => {
  const losses: Loss[] = [];
  const changes = new TraceChanges((loss) => losses.push(loss));
  const said: string[] = [];
  const fail = async () => Promise.reject(new Error('EBUSY'));
  changes.begin(['stacks'], 'stacktrace trigger', fail, () => said.push('done'));
  await changes.settled();
  assert.deepEqual(losses, [{ code: 'source-failed', where: 'stacktrace trigger: EBUSY' }]);
  assert.deepEqual([changes.isFree('stacks'), said], [true, []]);
});

test('changes of all parts come one behind the other, behind what is under way', async () => {
  const changes = new TraceChanges(nothing);
  const said: string[] = [];
  let made = nothing;
  const small = async () => new Promise<void>((resolve) => (made = resolve));
  changes.begin(['events'], 'an event', small, () => said.push('event'));
  const whole = (name: string) =>
    changes.beginWhole(
      'all',
      async () => Promise.resolve(said.push(`${name} begins`)),
      () => said.push(name),
    );
  const both = [whole('rest'), whole('arm')];
  await Promise.resolve();
  assert.deepEqual(said, []);
  made();
  await Promise.all(both);
  assert.deepEqual(said, ['event', 'rest begins', 'rest', 'arm begins', 'arm']);
});

test('what waits when the trace ends is not begun, and nobody waits for it', async () => {
  const changes = new TraceChanges(nothing);
  const said: string[] = [];
  let made = nothing;
  const small = async () => new Promise<void>((resolve) => (made = resolve));
  changes.begin(['events'], 'an event', small, () => said.push('event'));
  const waits = changes.beginWhole('all', async () => Promise.resolve(said.push('begun')), nothing);
  changes.end();
  assert.equal(changes.isFree('stacks'), false);
  made();
  await Promise.all([waits, changes.settled()]);
  assert.deepEqual(said, ['event']);
});
