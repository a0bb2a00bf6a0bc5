// The screen of `iostat --plot`: it keeps to the size of any terminal, and a line of dots stands for its values.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawBraille } from '../../../src/present/braille.js';
import { plotFrame, type PlottedDisk } from '../../../src/present/iostat/frame.js';
import { widthOf } from '../../../src/present/text-layout.js';

// eslint-disable-next-line no-control-regex
const plain = (line: string): string => line.replace(/\u001b\[\d*m/g, '');

test('values stand as dots from the ground, the newest on the right', () => {
  assert.deepEqual(drawBraille([8, 4, 1, NaN, 0, 8], 8, 4, 2), [' ⡇ ⢸', ' ⣿⡀⢸']);
  assert.deepEqual(drawBraille([0.001], 8, 1, 1), ['⢀']);
  assert.deepEqual(drawBraille([], 0, 2, 1), ['  ']);
});

test('a frame is never larger than its screen', () => {
  const disk = fc.record({
    name: fc.string({ maxLength: 12 }),
    plots: fc.array(
      fc.record({
        title: fc.constant('Requests'),
        unit: fc.constant('IOPS'),
        short: fc.constant('IOPS'),
        values: fc.array(fc.double({ min: 0, max: 1e9 }), { maxLength: 300 }),
      }),
      { minLength: 4, maxLength: 4 },
    ),
  });
  fc.assert(
    fc.property(
      fc.array(disk, { maxLength: 9 }),
      fc.integer({ min: 20, max: 220 }),
      fc.integer({ min: 5, max: 60 }),
      fc.boolean(),
      (disks: PlottedDisk[], columns, rows, colour) => {
        const frame = plotFrame(
          disks,
          { status: 'status '.repeat(20), keys: 'q ends', stepMs: 1000 },
          { columns, lines: rows },
          colour,
        );
        assert.equal(frame.length, rows);
        for (const line of frame) assert.ok(widthOf(plain(line)) <= columns, JSON.stringify(line));
        if (!colour) assert.ok(frame.every((line) => plain(line) === line));
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

test('disks that do not fit are told', () => {
  const plot = { title: 'Requests', unit: 'IOPS', short: 'IOPS', values: [1, 2] };
  const disks = Array.from({ length: 12 }, (_, at) => ({ name: `sd${at}`, plots: [plot, plot, plot, plot] }));
  const frame = plotFrame(disks, { status: '', keys: 'q ends', stepMs: 500 }, { columns: 80, lines: 24 }, false);
  assert.match(frame.at(-1) ?? '', /^5 more disks; name some to see them\. Each plot is 18 s wide\. q ends$/);
});

test('a disk’s name stands once, so that 80 columns have room for the scales', () => {
  const plot = { title: 'Wait of a request', unit: 'ms', short: 'ms', values: [12.5, 7] };
  const disks = [
    { name: 'nvme0n1', plots: [plot, plot, plot, plot] },
    { name: 'sda', plots: [plot, plot, plot, plot] },
  ];
  const frame = plotFrame(disks, { status: '', keys: '', stepMs: 1000 }, { columns: 80, lines: 24 }, false);
  assert.match(frame[1] ?? '', /^nvme0n1 7 ms +7 ms ≤ 12\.5 +7 ms ≤ 12\.5 +7 ms ≤ 12\.5 *$/);
});
