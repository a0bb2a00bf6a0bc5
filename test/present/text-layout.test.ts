// Tables on a terminal that is too narrow for them: columns go in the order that the table names, and no more of them than must.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { columns, columnsWithin, widthOf } from '../../src/present/text-layout.js';
import type { BaselineDisk } from '../../src/model/baseline.js';
import { renderBaseline } from '../../src/present/baseline.js';
import { renderBlockStats } from '../../src/present/blkstats/text.js';
import { renderDrillList } from '../../src/present/drills.js';
import { someBlockStats } from '../support/block-stats.js';

const ROWS = [
  ['', 'count', 'max', 'what it is'],
  ['Q2D', '12', '3.4 ms', 'before the device had it'],
];

describe('columns of a table', () => {
  test('all stay where there is room', () => {
    const lines = columnsWithin(ROWS, Infinity, { right: [1, 2], expendable: [3, 2] });
    assert.deepEqual(lines, ['     count     max  what it is', 'Q2D     12  3.4 ms  before the device had it']);
  });

  test('go one by one, and those that hold figures stay to the right', () => {
    const at = (width: number) => columnsWithin(ROWS, width, { right: [1, 2], expendable: [3, 1] });
    assert.deepEqual(at(30), ['     count     max', 'Q2D     12  3.4 ms']);
    assert.deepEqual(at(12), ['        max', 'Q2D  3.4 ms']);
  });

  test('that nobody may leave out stay, however narrow it is', () => {
    assert.deepEqual(columnsWithin(ROWS, 1, { right: [], expendable: [1, 3] }), ['     max', 'Q2D  3.4 ms']);
  });
});

describe('the last column', () => {
  const row = (file: string) => columns([['12 %', 'dd (4711)', file]], [0], 40);

  test('goes on below itself where it is too wide', () => {
    assert.deepEqual(columns([['dd', 'one two three four five six seven']], [], 30), [
      'dd  one two three four five',
      '    six seven',
    ]);
  });

  test('stands below its row where it has no room, or what may not be broken has none', () => {
    assert.deepEqual(row('/srv/a'), ['12 %  dd (4711)  /srv/a']);
    assert.deepEqual(row('/srv/data/of/a/long/name'), ['12 %  dd (4711)', '    /srv/data/of/a/long/name']);
    const rows = [
      ['99.9 %', 'dd (4711)', ''],
      ['1 %', 'dd (4712)', '/srv/data/of/a/long/name'],
    ];
    assert.equal(columns(rows, [0], 40)[1], '   1 %  dd (4712)', 'figures stay to the right');
  });

  test('of a row that has nothing else is indented as well', () => {
    assert.deepEqual(columns([['', 'one two three']], [], 10), ['    one', '    two', '    three']);
  });
});

describe('on 80 columns', () => {
  test('the figures of a trace fit, and are all there without a terminal', () => {
    const narrow = renderBlockStats(someBlockStats(), 80);
    for (const line of narrow.split('\n')) assert.ok(widthOf(line) <= 80, line);
    assert.doesNotMatch(narrow, /p99\.9/);
    assert.match(renderBlockStats(someBlockStats()), /p99\.9/);
  });

  test('the list of drills fits', () => {
    const about =
      'a writer of the idle class under bfq beside a reader, or a writeback throttle with a target no device meets';
    const lines = renderDrillList([{ id: 'blk.scheduler', about }], 80).split('\n');
    assert.ok(lines.length > 1);
    for (const line of lines) assert.ok(widthOf(line) <= 80, line);
    assert.equal(
      lines
        .map((line) => line.trim())
        .join(' ')
        .replace(/ +/g, ' '),
      `blk.scheduler ${about}`,
    );
  });
});

describe('on 40 columns', () => {
  test('the slowest requests of a trace keep what they were and what they took', () => {
    const lines = renderBlockStats(someBlockStats(), 40).split('\n');
    const slowest = lines.slice(lines.indexOf('The slowest requests')).filter((line) => /Q2D|ms$|µs$/.test(line));
    for (const line of slowest) assert.ok(widthOf(line) <= 40, line);
    assert.match(slowest[0] ?? '', /Q2D +D2C$/);
  });

  test('what is usual of a disk is told in sentences, and as a table where that fits', () => {
    const disk: BaselineDisk = {
      name: 'sda',
      model: null,
      key: 'x',
      knownBy: 'serial',
      isHere: true,
      chapters: [
        {
          since: '2026-12-01T00:00:00Z',
          until: '2026-12-01T01:00:00Z',
          changed: [],
          state: {},
          days: 1,
          stretches: 2,
          leftOut: 0,
          usual: [
            {
              does: 'write',
              upToBytes: 65_536,
              depth: 1,
              usualMs: 0.153,
              mostMs: 0.184,
              stretches: 2,
              days: 1,
              tells: false,
            },
          ],
          best: { operationsPerSecond: 100, bytesPerSecond: 1e6 },
          writers: [],
          byDay: [],
        },
      ],
      changedNow: [],
    };
    const shown = (width: number) =>
      renderBaseline({ schema: 'iowitness.baseline/1', tool: '', folder: '/x', disks: [disk], without: [] }, width);
    assert.match(
      shown(40),
      /\n {4}writes up to 64 KiB, 1 at once:\n {6}usually 153 µs, 99 % within\n {6}184 µs; stretches: 2, days: 1, too\n {6}few yet\n/,
    );
    for (const line of shown(40).split('\n')) assert.ok(widthOf(line) <= 40, line);
    assert.match(shown(80), / size +at once +usually +99 % +stretches +days\n/);
  });
});
