// Threads that wait for each other in a circle: in two dumps and still in the last one, however many wait behind them. What only looks like it is none: a
// pool of idle threads, a chain that ends in a thread that works, a circle that somebody has undone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJavaDeadlock, type JavaDeadlock } from '../../../src/analysis/victim/java-deadlock.js';
import type { Segment } from '../../../src/model/segment.js';
import type { State } from '../../../src/model/states.js';
import { measuresOf } from '../../support/measures.js';
import { caseWithDumps, JVM, type Taken } from '../../support/recorded-dumps.js';
import { dumpText } from '../../support/thread-dumps.js';

const RUN = 'at java.lang.Thread.run(Thread.java:840)';

function monitor(number: number): string {
  return `<0x00000000fa0000${number}0> (a app.Account)`;
}

/** A thread that waits for one monitor and has another. */
function waits(wanted: number, held?: number): string[] {
  const has = held === undefined ? [] : [`- locked ${monitor(held)}`];
  return ['BLOCKED', 'at app.Bank.move(Bank.java:8)', `- waiting to lock ${monitor(wanted)}`, ...has, RUN];
}

const CIRCLE = { left: waits(1, 2), right: waits(2, 1) };
const POOL = Object.fromEntries(
  [1, 2, 3].map((n) => [
    `pool-${n}`,
    [
      'WAITING',
      'at jdk.internal.misc.Unsafe.park(Native Method)',
      '- parking to wait for <0x00000000fa000990> (a java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject)',
      RUN,
    ],
  ]),
);

function numberOf(text: string, name: string): number {
  const header = text.split('\n').find((line) => line.startsWith(`"${name}"`)) ?? '';
  return Number(/ nid=(0x[\da-f]+) /.exec(header)?.[1]);
}

async function deadlockIn(
  dumps: readonly Taken[],
  lines: ReadonlyMap<number, readonly Segment[]> = new Map(),
): Promise<JavaDeadlock | undefined> {
  const input = await caseWithDumps(dumps);
  const { account } = measuresOf({ account: { threads: new Set([JVM, ...lines.keys()]), lines } });
  return account && findJavaDeadlock(account, input);
}

function every2s(...texts: readonly string[]): Taken[] {
  return texts.map((text, at) => ({ atMs: 1000 + 2000 * at, text }));
}

function all10s(state: State): Segment[] {
  return [{ from: 0, to: 10_000, state }];
}

test('the same circle in two dumps is a deadlock, with those behind it, and beside threads that are idle', async () => {
  // The third waits for a lock of the circle, the fourth for one of the third.
  const text = dumpText({ ...CIRCLE, third: waits(1, 3), fourth: waits(3), ...POOL });
  const found = await deadlockIn(every2s(text, text));
  assert.deepEqual(found?.circle.map(({ thread }) => thread.name).sort(), ['left', 'right']);
  assert.deepEqual([found?.behind, found?.seen, found?.dumps], [2, 2, 2]);
  assert.deepEqual([...(found?.times ?? [])], [{ from: 1000, to: 10_000 }]);
  const left = found?.circle.find(({ thread }) => thread.name === 'left');
  assert.deepEqual([left?.lock.kind, left?.lock.id, left?.task], ['monitor', '0xfa000010', numberOf(text, 'left')]);
});

test('one dump is none, nor are two of which the last has it no more', async () => {
  const [stuck, free] = [dumpText(CIRCLE), dumpText(POOL)];
  assert.equal(await deadlockIn(every2s(stuck)), undefined);
  assert.equal(await deadlockIn(every2s(stuck, stuck, free)), undefined);
  assert.equal(await deadlockIn(every2s(free, stuck)), undefined);
  assert.equal((await deadlockIn(every2s(free, stuck, stuck)))?.times.at(0)?.from, 3000);
});

test('other circles in each dump, idle pools and a chain whose end works are none', async () => {
  const others = dumpText({ left: waits(1, 2), middle: waits(2, 1) });
  assert.equal(await deadlockIn(every2s(others, dumpText(CIRCLE))), undefined);
  assert.equal(await deadlockIn(every2s(dumpText(POOL), dumpText(POOL))), undefined);
  const works = ['RUNNABLE', 'at app.Bank.sum(Bank.java:3)', `- locked ${monitor(1)}`, RUN];
  const chain = dumpText({ left: waits(1, 2), right: waits(2), works });
  assert.equal(await deadlockIn(every2s(chain, chain)), undefined);
});

test('a lock that was moved between dumps is the same circle, as its threads are the same', async () => {
  const moved = (number: number) => dumpText(CIRCLE).replaceAll('0x00000000fa', `0x00000000e${number}`);
  assert.equal((await deadlockIn(every2s(moved(1), moved(2))))?.seen, 2);
});

test('it is as large as its threads’ part of all that had something to do', async () => {
  const text = dumpText({ ...CIRCLE, ...POOL });
  const dumps = [
    { atMs: 0, text },
    { atMs: 2000, text },
  ];
  const stuck = ['left', 'right'].map((name) => [numberOf(text, name), all10s('user-lock')] as const);
  const idle = [numberOf(text, 'pool-1'), all10s('user-lock')] as const;
  const shareWith = async (...more: readonly (readonly [number, readonly Segment[]])[]) =>
    (await deadlockIn(dumps, new Map([...stuck, idle, ...more])))?.share;
  assert.equal(await shareWith(), 1);
  assert.equal(await shareWith([9001, all10s('running')], [9002, all10s('block-device')]), 0.5);
});
