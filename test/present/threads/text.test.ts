// The text of `threads`: the answer first, tables within the terminal's width, and nothing of a program's names that moves the cursor.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { widthOf } from '../../../src/present/text-layout.js';
import { renderThreads } from '../../../src/present/threads/text.js';
import { dumpText, fixtureDumps, judged, judgedText } from '../../support/thread-dumps.js';

describe('the text', () => {
  const document = judged([...fixtureDumps('deep-jdk17-print-l.txt.gz'), ...fixtureDumps('locks-jdk17-print-l.txt')]);

  test('begins with the answer, and has a table of locks, of what changed and of stacks', () => {
    const text = renderThreads(document, Infinity);
    assert.match(text, /^2 threads wait for the monitor of java\.lang\.Object/);
    assert.match(text, /\n {2}waiting {2}lock +kind +holder/);
    assert.match(text, /\n +2 {2}ReentrantLock +owned +holds-reentrant \(exact\) {2}write/);
    assert.match(text, /\nWhat changed\n/);
    assert.match(text, /\nThreads by stack, 12 of \d+\n/);
  });

  test('keeps to the terminal’s width', () => {
    for (const width of [40, 80, 200])
      for (const line of renderThreads(document, width).split('\n')) assert.ok(widthOf(line) <= width, line);
  });

  test('makes names harmless', () => {
    const text = renderThreads(judgedText(dumpText({ 'a\u001b[2J': ['RUNNABLE', 'at a.B.c(B.java:1)'] })), 80);
    assert.ok(!text.includes('\u001b'));
    assert.match(text, /No thread waits for a lock, of 1 in the dump\./);
  });
});
