// Several dumps of one JVM: since when a lock is waited for, when a holder that no stack shows is inferred, and when not.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dumpText, judgedText } from '../../support/thread-dumps.js';

const RUN = 'at java.lang.Thread.run(Thread.java:840)';
const blocked = (lock = '0x00000000fa000010'): readonly string[] => [
  'BLOCKED',
  'at a.B.take(B.java:1)',
  `- waiting to lock <${lock}> (a a.Lock)`,
  RUN,
];
const deep = (depth: number): readonly string[] => [
  'RUNNABLE',
  'at java.io.RandomAccessFile.writeBytes(Native Method)',
  ...Array<string>(depth - 1).fill('at a.B.deep(B.java:2)'),
];

function at(second: number): string {
  return `2026-11-29 12:00:0${second}`;
}

function samples(count: number, threads: (sample: number) => Readonly<Record<string, readonly string[]>>): string[] {
  return Array.from({ length: count }, (_, sample) => dumpText(threads(sample), at(sample)));
}

test('that virtual threads are in use is told, as such a dump shows no other than those that are mounted', () => {
  const told = (...names: readonly string[]) =>
    judgedText(dumpText(Object.fromEntries(names.map((name) => [name, ['WAITING', RUN]]))))
      .limits.join(' ')
      .includes('Virtual threads are in use');
  assert.equal(told('main', 'VirtualThread-unparker'), true);
  assert.equal(told('main', 'VirtualThread-unblocker'), true);
  assert.equal(told('main', 'my-VirtualThread'), false);
});

describe('over the samples', () => {
  test('a lock is waited for since the first that shows it, also once it was moved', () => {
    const { locks, answer } = judgedText(
      ...samples(3, (sample) => ({
        w: blocked(`0x00000000fa0000${sample}0`),
        x: blocked(`0x00000000fa0000${sample}0`),
      })),
    );
    assert.deepEqual([locks.length, locks[0]?.samples, locks[0]?.forMs], [1, 3, 2000]);
    assert.match(answer[0] ?? '', /for at least 2 s \(3 of 3 dumps\)/);
  });

  test('one waiter at an object elsewhere may wait for another one', () => {
    const { locks } = judgedText(...samples(2, (sample) => ({ w: blocked(`0x00000000fa0000${sample}0`) })));
    assert.deepEqual(
      locks.map(({ samples: many, forMs }) => [many, forMs]),
      [
        [1, null],
        [1, null],
      ],
    );
  });

  test('nor does one count where a waiter has gone on', () => {
    const { locks } = judgedText(
      ...samples(2, (sample) =>
        sample === 0
          ? { u: blocked(), w: blocked(), x: blocked() }
          : { w: blocked('0x00000000fa000090'), x: blocked('0x00000000fa000090') },
      ),
    );
    assert.equal(locks.length, 2);
  });

  test('another lock of the same class with other waiters is another one', () => {
    const { locks } = judgedText(
      ...samples(2, (sample) => (sample === 0 ? { w: blocked() } : { x: blocked('0x00000000fa000090') })),
    );
    assert.equal(locks.length, 2);
  });
});

describe('a holder that no stack shows', () => {
  const holding = (): Readonly<Record<string, readonly string[]>> => ({
    w: blocked(),
    x: blocked(),
    'snapshot-writer': deep(1024),
  });

  test('is inferred where in three samples the same threads wait and one stack is cut', () => {
    const [lock] = judgedText(...samples(3, holding)).locks;
    assert.deepEqual(
      [lock?.owner.grade, lock?.owner.thread?.name, lock?.does?.doing],
      ['inferred', 'snapshot-writer', 'write'],
    );
  });

  const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
    'in two samples': samples(2, holding),
    'where a stack of 1023 frames ends in the middle': samples(3, () => ({
      ...holding(),
      'snapshot-writer': deep(1023),
    })),
    'where two stacks are cut': samples(3, () => ({ ...holding(), other: deep(1024) })),
    'where a waiter got it meanwhile': samples(3, (sample) =>
      sample === 1 ? { x: blocked(), 'snapshot-writer': deep(1024) } : holding(),
    ),
    'where another stack is cut each time': samples(3, (sample) => ({
      w: blocked(),
      x: blocked(),
      ...(sample === 1
        ? { 'snapshot-writer': ['RUNNABLE', RUN], y: deep(1024) }
        : { 'snapshot-writer': deep(1024), y: ['RUNNABLE', RUN] }),
    })),
    'of JDK 24, where a virtual thread may hold it unseen': samples(3, holding).map((text) =>
      text.replace('(17.0.15+6', '(24.0.1+9'),
    ),
  };
  for (const [when, texts] of Object.entries(OTHERWISE)) {
    test(`is not told ${when}`, () => {
      for (const { owner } of judgedText(...texts).locks)
        assert.deepEqual([owner.grade, owner.thread], ['unknown', null]);
    });
  }
});

describe('a stack is cut', () => {
  const cut = (...stacks: readonly (readonly string[])[]): string[] =>
    judgedText(dumpText(Object.fromEntries(stacks.map((stack, number) => [`t${number}`, stack])))).cutStacks.map(
      ({ why }) => why,
    );

  test('where two are the deepest and end in no beginning, from eight frames on', () => {
    assert.deepEqual(cut(deep(8), deep(8), ['RUNNABLE', RUN]), ['limit', 'limit']);
    assert.deepEqual(cut(deep(7), deep(7)), []);
    assert.deepEqual(cut(deep(8), deep(7)), []);
  });

  test('not where a thread’s beginning is its last frame', () => {
    assert.deepEqual(cut([...deep(1023), RUN]), []);
    assert.deepEqual(cut(deep(1024)), ['limit']);
  });
});
