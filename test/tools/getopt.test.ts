// Arguments as getopt_long takes them apart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getopt } from '../../src/tools/getopt.js';
import { parseBlkparseOptions } from '../../src/tools/blkparse/options.js';

const LONG = [
  { name: 'input', letter: 'i' },
  { name: 'input-directory', letter: 'D' },
  { name: 'quiet', letter: 'q' },
];
const parse = (...args: string[]) => getopt(args, 'i:D:qs', LONG);
const given = (letter: string, value = '') => ({ letter, value });

test('short options stand together, stick to their arguments, and lie between operands', () => {
  assert.deepEqual(parse('-qsiX', 'one', '-i', 'Y', '--', '-q'), {
    options: [given('q'), given('s'), given('i', 'X'), given('i', 'Y')],
    operands: ['one', '-q'],
  });
  assert.deepEqual(parse('-i', '-', '-'), { options: [given('i', '-')], operands: ['-'] });
});

test('long options may be cut where they stay clear', () => {
  assert.deepEqual(parse('--input=a=b', '--input', 'c', '--input-d', 'd', '--qu').options, [
    given('i', 'a=b'),
    given('i', 'c'),
    given('D', 'd'),
    given('q'),
  ]);
});

test('what is wrong is one sentence', () => {
  assert.throws(() => parse('-x'), /There is no option -x/);
  assert.throws(() => parse('-qi'), /-i needs an argument/);
  assert.throws(() => parse('--inp=1'), /--inp may be any of --input, --input-directory/);
  assert.throws(() => parse('--other'), /There is no option --other/);
  assert.throws(() => parse('--quiet=1'), /--quiet takes no argument/);
  assert.throws(() => parse('--input'), /--input needs an argument/);
});

test('blkparse’s arguments are judged', () => {
  const refused = (pattern: RegExp, ...args: string[]) => assert.throws(() => parseBlkparseOptions(args), pattern);
  refused(/Say what to read/, '-q');
  refused(/-a nothing: give one of read, write/, '-a', 'nothing');
  refused(/-A 10000: give a hexadecimal mask/, '-A10000');
  refused(/-w x: give END or START:END/, '-w', 'x');
  refused(/-w 5:2: the end, 2000000000 ns, does not lie behind the start, 5000000000 ns/, '-w', '5:2');
  refused(/-F m,%a: begin with one of the actions/, '-F', 'm,%a');
  refused(/-F Q%a: a comma belongs behind Q/, '-F', 'Q%a');
  const options = parseBlkparseOptions(['-A', '0x10', '-a', 'read', '-b', '0', '-b-1', '-w1.5', 'x', '-']);
  assert.equal(options.mask, 0x11);
  assert.equal(options.readAhead, 1 << 20);
  assert.deepEqual(options.window, { start: 0n, end: 1_500_000_000n });
  assert.deepEqual([options.inputs, options.pipe], [['x'], '-']);
});
