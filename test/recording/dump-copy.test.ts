// A redacted dump: who waits for what whom has, and how sure that is, as in the original; and of its names none but the JDK's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNNAMED_CLASS } from '../../src/model/thread-dump.js';
import { dumpsIn } from '../../src/open/thread-dumps.js';
import { redactedDump } from '../../src/recording/copy/dump-copy.js';
import { Pseudonyms } from '../../src/recording/copy/pseudonyms.js';
import { dumpBytes, dumpText, judged } from '../support/thread-dumps.js';

const FIXTURES = [
  'mixed-jdk17-jstack-l.txt',
  'mixed-jdk17-jstack-l.txt',
  'mixed-jdk25-print-l.txt',
  'deep-jdk17-print-l.txt.gz',
];

function copyOf(bytes: Uint8Array): string {
  const names = new Pseudonyms({ keepNames: [], isKernelName: () => false });
  return redactedDump(bytes, names) ?? assert.fail('it is no dump');
}

/** What is told of it, without names. */
function shapeOf(bytes: Uint8Array): unknown {
  const { locks, cutStacks, deadlocks, groups } = judged(dumpsIn(bytes));
  return {
    locks: locks.map(({ id, kind, waiters, owner, does, chain }) => ({
      id: id.startsWith('class ') ? 'class' : id,
      kind,
      waiters: waiters.map(({ nativeId, javaId }) => [nativeId, javaId]),
      owner: [owner.grade, owner.thread?.nativeId, owner.candidates.length],
      doing: does?.doing,
      chain: chain.length,
    })),
    cut: cutStacks.map(({ frames, why }) => [frames, why]),
    deadlocks: deadlocks.map((circle) => circle.map(({ nativeId }) => nativeId)),
    depths: groups.map(({ depth }) => depth).sort((a, b) => a - b),
  };
}

for (const name of FIXTURES)
  test(`${name} tells the same of locks, stacks and deadlocks`, () => {
    const original = dumpBytes(name);
    assert.deepEqual(shapeOf(Buffer.from(copyOf(original))), shapeOf(original));
  });

test('no name of a thread, a class or a file of the program is left', () => {
  const text = copyOf(dumpBytes('mixed-jdk17-jstack-l.txt'));
  const left = [...text.matchAll(/^\tat ([\w.$]+)\.[\w<>$]+\(/gm)].map(([, type]) => type ?? '');
  assert.ok(left.length > 10);
  for (const type of left) assert.match(type, /^(?:java|javax|jdk|sun|com\.sun|app\.Class\d+$)/);
  for (const [, name] of text.matchAll(/^"(.*)" /gm)) assert.match(name ?? '', /^program-\d+$/);
  assert.doesNotMatch(text, /LockLab|holds-|waits-for/);
});

test('what is no dump of HotSpot’s is left out', () => {
  const names = new Pseudonyms({ keepNames: [], isKernelName: () => false });
  assert.equal(redactedDump(Buffer.from('nothing of the kind\n'), names), undefined);
  assert.equal(redactedDump(dumpBytes('mixed-jdk17-thread-info.txt'), names), undefined);
});

test('a class that the dump does not name stays unnamed, and a dump that was cut stays cut', () => {
  const waits = dumpText({ one: ['RUNNABLE', 'at a.B.use(B.java:1)', 'at java.lang.Thread.run(Thread.java:1)'] });
  const text = waits.replace(' runnable  [', ' in Object.wait() [').replace(/JNI.*\n/, '');
  const [copy] = dumpsIn(Buffer.from(copyOf(Buffer.from(text))));
  assert.deepEqual(
    copy?.threads[0]?.notes.map(({ type, use }) => [type, use]),
    [[UNNAMED_CLASS, 'initialises']],
  );
  assert.equal(copy.isOpen, true);
});
