// When lost seconds are a stall: either side of k of n, of the calm that ends one, of the time that must pass before the next.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quota } from '../../../src/run/watch/quota.js';
import { StallTrigger, type Decision, type Loser } from '../../../src/run/watch/trigger.js';

const LOSER: Loser = { key: 'watched', pid: 7, kind: 'waits' };

/** What is decided in seconds that are lost ('x') or not ('.'), with the second. */
function decided(seconds: string, isNamed = true): (readonly [number, Decision['kind']])[] {
  const trigger = new StallTrigger(isNamed);
  return seconds.split('').flatMap((mark, index) => {
    const decision = trigger.step(index * 1000, mark === 'x' ? [LOSER] : []);
    return decision ? [[index, decision.kind] as const] : [];
  });
}

test('three of five lost seconds are a stall of a watched service, two are none', () => {
  assert.deepEqual(decided('x.x.x'), [[4, 'begins']]);
  assert.deepEqual(decided('x.x..x.x..x'), []);
});

test('five of eight are one of a process that nobody named, four are none', () => {
  assert.deepEqual(decided('xx.xx..x', false), [[7, 'begins']]);
  assert.deepEqual(decided('xx.xx....xx.xx', false), []);
});

test('a stall is over after ten calm seconds, and not after nine', () => {
  assert.deepEqual(decided(`xxx${'.'.repeat(9)}x${'.'.repeat(9)}`), [[2, 'begins']]);
  assert.deepEqual(decided(`xxx${'.'.repeat(10)}`), [
    [2, 'begins'],
    [12, 'ended'],
  ]);
});

test('another within a minute is passed over once, and recorded where it still holds then', () => {
  const first = `xxx${'.'.repeat(10)}`;
  assert.deepEqual(decided(`${first}xxxxxx......`).at(-1), [15, 'too soon']);
  assert.deepEqual(decided(`${first}${'x'.repeat(70)}`).slice(2), [
    [15, 'too soon'],
    [72, 'begins'],
  ]);
});

/** What is decided where one loses all seconds, and another those from `from` to `until`. */
function besides(seconds: number, others: (second: number) => readonly Loser[]): (readonly [number, string])[] {
  const trigger = new StallTrigger(true);
  return Array.from({ length: seconds }).flatMap((_, second) => {
    const decision = trigger.step(second * 1000, [LOSER, ...others(second)]);
    if (!decision) return [];
    const stall = decision.kind === 'too soon' ? '' : ` of ${decision.stall.pids.join(', ')}`;
    return [[second, `${decision.kind}${stall}${'atMs' in decision ? ` at ${decision.atMs}` : ''}`] as const];
  });
}

test('one that never recovers is passed over after five minutes, and the stall of another is seen', () => {
  const other = { ...LOSER, pid: 8 };
  assert.deepEqual(
    besides(300, () => []),
    [[2, 'begins of 7']],
  );
  assert.deepEqual(
    besides(600, (second) => (second >= 400 && second < 410 ? [other] : [])),
    [
      [2, 'begins of 7'],
      [300, 'ended of 7 at null'],
      [402, 'begins of 8'],
      [419, 'ended of 8 at 409000'],
    ],
  );
});

test('who was passed over and has had a second that it did not lose is seen again', () => {
  const seconds = `${'x'.repeat(301)}${'x'.repeat(100)}.xxx`;
  assert.deepEqual(decided(seconds), [
    [2, 'begins'],
    [300, 'ended'],
    [404, 'begins'],
  ]);
});

test('a stall tells when it began, how many seconds were lost, and who lost most', () => {
  const trigger = new StallTrigger(true);
  trigger.step(0, [LOSER]);
  trigger.step(1000, [LOSER, { ...LOSER, pid: 8 }]);
  const decision = trigger.step(2000, [LOSER]);
  assert.ok(decision?.kind === 'begins');
  assert.deepEqual(decision.stall, { sinceMs: 0, lostSeconds: 3, pids: [7, 8], kind: 'waits' });
});

test('a process’s seconds are not another’s where nobody is named', () => {
  const trigger = new StallTrigger(false);
  for (let second = 0; second < 40; second += 1) {
    const pid = second % 2;
    assert.equal(trigger.step(second * 1000, [{ key: `anybody ${pid}`, pid, kind: 'waits' }]), undefined);
  }
});

test('a quota gives so many within 24 hours, and again when the first is a day old', () => {
  const quota = new Quota();
  assert.deepEqual(
    [0, 1, 2].map((at) => quota.take(at, 2)),
    [true, true, false],
  );
  assert.equal(quota.take(86_400_000, 2), true);
});

/** As above, where '|' is a second in which nothing ran for a while. */
function decidedWithCuts(seconds: string): (readonly [number, Decision])[] {
  const trigger = new StallTrigger(true);
  return seconds.split('').flatMap((mark, index) => {
    const decision = mark === '|' ? trigger.cut() : trigger.step(index * 1000, mark === 'x' ? [LOSER] : []);
    return decision ? [[index, decision] as const] : [];
  });
}

test('seconds that were lost before and after a time in which nothing ran are no stall together', () => {
  assert.deepEqual(decidedWithCuts('xx|x.x'), []);
  assert.deepEqual(
    decidedWithCuts('xx|xxx').map(([at, { kind }]) => [at, kind]),
    [[5, 'begins']],
  );
});

test('a stall does not go on through such a time: it ends with the last second before, and another may begin at once', () => {
  const [begins, ends, again] = decidedWithCuts('xxxx.|xxx');
  assert.deepEqual([begins?.[1].kind, ends?.[0], again?.[0], again?.[1].kind], ['begins', 5, 8, 'begins']);
  assert.ok(ends?.[1].kind === 'ended');
  assert.equal(ends[1].atMs, 3000);
  assert.ok(again?.[1].kind === 'begins');
  assert.equal(again[1].stall.sinceMs, 6000);
});

test('those that are passed over stay so through such a time', () => {
  assert.deepEqual(
    decidedWithCuts(`${'x'.repeat(310)}|${'x'.repeat(90)}`).map(([at, { kind }]) => [at, kind]),
    [
      [2, 'begins'],
      [300, 'ended'],
    ],
  );
});
