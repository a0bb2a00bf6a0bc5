// Frames that are taken together are those that come of their lines one by one, wherever the text is cut into pieces; what comes again is the same list.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameRuns } from '../../../src/decode/thread-dump/frame-runs.js';
import { Frames } from '../../../src/decode/thread-dump/frames.js';
import { DumpReader } from '../../../src/decode/thread-dump/reader.js';
import { LineSplitter } from '../../../src/decode/thread-dump/text.js';
import type { ThreadDump } from '../../../src/model/thread-dump.js';
import { dumpBytes } from '../../support/thread-dumps.js';

function lines(...frames: readonly string[]): Buffer {
  return Buffer.from(frames.map((frame) => `\tat ${frame}\n`).join(''), 'latin1');
}

test('a run that comes again is the same list, and one that differs in a letter is another', () => {
  const runs = new FrameRuns(new Frames());
  const stack = Array.from({ length: 60 }, (_, at) => `app.Service.call${at}(java.base@17.0.15/Service.java:${at})`);
  const first = runs.of(lines(...stack));
  assert.equal(first?.[7], 'app.Service.call7(Service.java:7)');
  assert.equal(runs.of(lines(...stack)), first);
  // The letter is none of those that a run is looked up by.
  for (let at = 0; at < stack.length; at += 1) {
    const other = stack.with(at, `app.Service.cell${at}(java.base@17.0.15/Service.java:${at})`);
    assert.deepEqual(runs.of(lines(...other)), first?.with(at, `app.Service.cell${at}(Service.java:${at})`));
  }
});

test('lines with another end are left to the reader of lines', () => {
  assert.equal(new FrameRuns(new Frames()).of(Buffer.from('\tat a.B.c(B.java:1)\r\n')), undefined);
});

function read(bytes: Buffer, pieceBytes: number, together: boolean): ThreadDump[] {
  const dumps: ThreadDump[] = [];
  const reader = new DumpReader((dump) => dumps.push(dump));
  const take = (line: string): void => reader.line(line);
  const splitter = together ? new LineSplitter(take, (run) => reader.run(run)) : new LineSplitter(take);
  for (let at = 0; at < bytes.length; at += pieceBytes) splitter.push(bytes.subarray(at, at + pieceBytes));
  reader.end(splitter.end());
  return dumps;
}

for (const name of ['mixed-jdk17-jstack-l.txt', 'mixed-jdk25-print-l.txt', 'locks-jdk17-print-e.txt'])
  test(`${name} is the same in pieces of any size, with its frames together or one by one`, () => {
    const bytes = Buffer.concat([dumpBytes(name), dumpBytes(name)]);
    const oneByOne = read(bytes, bytes.length, false);
    assert.equal(oneByOne.length, 2);
    for (const pieceBytes of [7, 100, 1000, 4096, bytes.length])
      assert.deepEqual(read(bytes, pieceBytes, true), oneByOne, `${pieceBytes} bytes`);
  });
