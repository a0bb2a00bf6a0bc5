// What iostat's arguments ask for, and what is refused in a sentence where sysstat prints its usage, takes a number for a disk, or shows nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.js';
import { parseIostatOptions } from '../../../src/tools/iostat/options.js';

const parse = (args: string) => parseIostatOptions(args.split(' '), false);

test('an interval may be a part of a second, and what looks like a number is never a disk', () => {
  for (const [args, intervalMs, count] of [
    ['0.1 1', 100, 1],
    ['.01', 10, Infinity],
    ['-x 2.5 3', 2500, 3],
    ['1', 1000, Infinity],
    ['-p 0.5 2', 500, 2],
    ['0', 0, 1],
  ] as const) {
    const options = parse(args);
    assert.deepEqual([options.intervalMs, options.count, options.asked], [intervalMs, count, []], args);
  }
});

test('-p takes names where they follow, and everything where none does', () => {
  const { everything, asked } = parse('-p sda,nvme0n1 1');
  assert.equal(everything, false);
  assert.deepEqual(
    asked.map(({ name, kind }) => [name, kind]),
    [
      ['sda', 'disk with partitions'],
      ['nvme0n1', 'disk with partitions'],
    ],
  );
  for (const args of ['-p', '-p 1', '-p -x', '-xp sda', '-p ALL']) assert.equal(parse(args).everything, true, args);
});

test('what can’t be is refused in one sentence', () => {
  for (const [args, sentence] of [
    ['-k -m', /^Give -k or -m, not both\.$/],
    ['-q', /^There is no option -q \(/],
    ['-xq', /^There is no option -xq \(/],
    ['--rich', /^There is no option --rich \(/],
    ['--dec=4', /^--dec=4: give 0, 1, 2 or 3 decimals\.$/],
    ['-g', /^-g needs the name of a group/],
    ['-H', /^-H shows groups alone: name one with -g\.$/],
    ['-o XML', /^-o XML: give JSON or JSONL\.$/],
    ['1 0', /^A count of 0: give a whole number from 1\.$/],
    ['1 1.5', /^A count of 1\.5: give a whole number/],
    ['0 1', /^A count needs an interval/],
    ['1 2 3', /^3: only an interval and a count/],
    ['0.001', /^An interval of 0\.001 s: give one from 0\.01 to 2147483 s\.$/],
    ['9999999999', /^An interval of 9999999999 s/],
    ['--wide -o JSON', /^--wide is text/],
  ] as const) {
    assert.throws(
      () => parse(args),
      (error) => error instanceof UserError && sentence.test(error.message),
      args,
    );
  }
});
