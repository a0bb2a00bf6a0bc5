// The line that says what is under way: on a terminal alone, at most ten times a second what is counted, never longer than the terminal is wide.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProgressLine } from '../../src/cli/progress-line.js';

function lineOn(terminal: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const line = new ProgressLine({ ...terminal, write: (text: string) => written.push(text) }, () => clock.ms);
  return { line, written, clock };
}

describe('the progress line', () => {
  test('says nothing where there is no terminal, and does not even make its text', () => {
    const { line, written } = lineOn({});
    line.say('reading…');
    line.count(() => assert.fail('nobody sees it'));
    assert.deepEqual(written, []);
  });

  test('counts at most ten times a second', () => {
    const { line, written, clock } = lineOn({ isTTY: true });
    for (; clock.ms < 1000; clock.ms += 1) line.count(() => `${clock.ms}`);
    assert.equal(written.length, 10);
  });

  test('says at once what is done next, and clears at once', () => {
    const { line, written } = lineOn({ isTTY: true });
    line.count(() => 'reading, 99 %');
    line.say('writing…');
    line.say('writing…');
    line.say('');
    assert.deepEqual(
      written.map((text) => text.replace('\r\u001b[K', '')),
      ['reading, 99 %', 'writing…', ''],
    );
  });

  test('stays within the terminal, and shows no control characters of a name', () => {
    const { line, written } = lineOn({ isTTY: true, columns: 20 });
    line.say('reading a-very-long-name-of-a-recording.iow, 3 %');
    line.say('reading \u001b[2J');
    const [long = '', hostile = ''] = written.map((text) => text.replace('\r\u001b[K', ''));
    assert.ok(long.length < 20, long);
    assert.ok(!hostile.includes('\u001b'), JSON.stringify(hostile));
  });
});
