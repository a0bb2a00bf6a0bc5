// Tables on a narrow terminal, and rows that are one: what `blkstats` and `who` print.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Writer } from '../../src/model/diagnosis.js';
import type { Who } from '../../src/model/who.js';
import { renderBlockStats } from '../../src/present/blkstats/text.js';
import { widthOf } from '../../src/present/text-layout.js';
import { renderWho } from '../../src/present/who.js';
import { someBlockStats } from '../support/block-stats.js';

test('the figures of the block layer fit 40 columns, and keep how long most and the slowest took', () => {
  const text = renderBlockStats(someBlockStats(), 40);
  for (const line of text.split('\n')) assert.ok(widthOf(line) <= 40, line);
  assert.match(text, /^ +p50 +p99 +max$/m);
});

test('processes of one name that wrote one file in one way are one line', () => {
  const row = (pid: number | null, more: Partial<Writer> = {}): Writer => ({
    device: 'loop0',
    layer: 'loop',
    process: 'dd',
    pid,
    unit: null,
    file: '/srv/x',
    inode: 12,
    deleted: false,
    via: 'direct',
    through: null,
    writeBytes: 1e6,
    readBytes: 0,
    share: 0.2,
    ...more,
  });
  const rows = [row(1), row(2), row(3, { file: '/srv/y' }), row(4, { process: 'cp', writeBytes: 5e6 })];
  const who: Who = {
    schema: 'iowitness.who/1',
    tool: 'iowitness 0',
    path: '/srv',
    device: 'loop0',
    layer: 'loop',
    folder: null,
    isFile: false,
    seconds: 2,
    source: 'events',
    counted: { writeBytes: 8e6, readBytes: 0, writes: 8, reads: 0, flushes: null },
    writers: rows,
    elsewhere: null,
    programs: [],
    amplification: null,
    waiting: null,
    hasLost: false,
    limits: [],
    notUndone: [],
  };
  const text = renderWho(who, 100);
  assert.match(
    text,
    /^ *5 MB +- +cp \(4\) +direct +\/srv\/x\n *2 MB +- +dd × 2 +direct +\/srv\/x\n *1 MB +- +dd \(3\) /m,
  );
});
