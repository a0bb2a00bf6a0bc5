// What becomes of a watch's kernel events when somebody takes them away: told once, begun anew after a minute and then less often, and told when they are back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelEvents } from '../../../src/run/watch/kernel-events.js';

test('events that are taken away are told of once, and looked for after one, two and four minutes until they are back', () => {
  let refuses = false;
  let fault: string | undefined;
  const said: string[] = [];
  let second = 0;
  const events = new KernelEvents({
    open: () => {
      said.push(`${second} opened`);
      if (refuses) throw new Error('ENOENT');
      return { poll: () => {}, everySecond: () => {}, fault: () => fault, abandon: () => said.push('abandoned') };
    },
    lost: (why) => said.push(`${second} lost: ${why}`),
    back: () => said.push(`${second} back`),
  });
  const pass = (seconds: number) => {
    for (let count = 0; count < seconds; count += 1) {
      second += 1;
      events.everySecond();
    }
  };
  pass(10);
  [fault, refuses] = ['somebody has disabled our events', true];
  pass(200);
  assert.equal(events.tracer, undefined);
  assert.equal(events.missing, 'ENOENT');
  [fault, refuses] = [undefined, false];
  pass(600);
  assert.equal(events.missing, null);
  assert.deepEqual(said, [
    '0 opened',
    'abandoned',
    '15 lost: somebody has disabled our events',
    '75 opened',
    '195 opened',
    '435 opened',
    '435 back',
  ]);
});

test('a tracer that can no longer be read is given up', () => {
  const said: string[] = [];
  const events = new KernelEvents({
    open: () => ({
      poll: () => {
        throw new Error('ENODEV');
      },
      everySecond: () => {},
      fault: () => undefined,
      abandon: () => said.push('abandoned'),
    }),
    lost: (why) => said.push(why),
    back: () => {},
  });
  events.everySecond();
  assert.deepEqual(said, ['abandoned', 'ENODEV']);
  assert.equal(events.tracer, undefined);
});
