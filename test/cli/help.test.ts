// The help of every command, as text: defaults in the form in which they are typed, one word for one kind of argument, lines that a
// terminal of 80 columns holds. What parses them is the same commander program that man pages and completion are made from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProgram, describeOption, asOptions } from '../../src/cli/program.js';
import { refusal, run } from '../support/cli.js';

const program = await buildProgram();
const NAMES = program.commands.map((command) => command.name());

/** The words that stand for arguments of options; another word for one of these kinds would be a second name for it. */
const WORDS = [
  'address',
  'n',
  'time',
  'size',
  'pid',
  'recording',
  'file',
  'folder',
  'base',
  'mask',
  'format',
  'amount',
  'condition',
  'unit',
  'cgroup',
  'cause',
  'cluster',
  'names',
];

test('every command’s help fits 80 columns and shows no raw number or false as a default', async () => {
  assert.ok(NAMES.length >= 10);
  for (const name of NAMES) {
    const { status, stdout } = await run([name, '--help']);
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^Usage: iowitness ${name} `));
    const examples = stdout.indexOf('\nExample');
    const prose = examples < 0 ? stdout : stdout.slice(0, examples);
    for (const line of prose.split('\n')) assert.ok(line.length <= 80, `${name}: ${line}`);
    assert.doesNotMatch(stdout, /default: (false|\d{7,})/);
  }
});

test('the list of commands fits 80 columns, names their operands, and goes below them where there is no room beside', async () => {
  const { status, stdout } = await run(['--help']);
  assert.equal(status, 0);
  for (const name of NAMES) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
  assert.match(stdout, /^ {2}check <dir> {2,}write a probe/m);
  for (const line of stdout.split('\n').filter((one) => one.startsWith(' '))) assert.ok(line.length <= 80, line);
  program.configureOutput({ getOutHelpWidth: () => 40 });
  const narrow = program.helpInformation();
  assert.match(narrow, /^ {2}check <dir>\n {6}write a probe/m);
  for (const line of narrow.split('\n').filter((one) => one.startsWith('      '))) assert.ok(line.length <= 40, line);
});

test('an argument of an option is one of a few words, and its default is what its parser takes', () => {
  for (const command of program.commands) {
    for (const option of command.options) {
      // What has choices is named after them.
      const word = option.argChoices ? undefined : /<(.+?)(?:\.{3})?>$/.exec(option.flags)?.[1];
      assert.ok(
        word === undefined || WORDS.includes(word),
        `${command.name()} ${option.flags}: another word than ${WORDS.join(', ')}`,
      );
      const shown = /default: (\S+)\)$/.exec(describeOption(option))?.[1];
      if (option.parseArg !== undefined && option.defaultValue !== undefined)
        assert.deepEqual(option.parseArg(shown ?? '', undefined), option.defaultValue, option.flags);
    }
  }
});

test('sizes and times are shown with their unit', () => {
  const shown = program.commands.flatMap((command) => command.options.map(describeOption)).join('\n');
  for (const each of ['default: 256M', 'default: 4G', 'default: 4s', 'default: 7d', 'default: 512)'])
    assert.ok(shown.includes(each), each);
});

test('`help COMMAND` is the command’s own help, and one that does not exist is refused with the nearest', async () => {
  assert.equal((await run(['help', 'check'])).stdout, (await run(['check', '--help'])).stdout);
  assert.equal(refusal(await run(['help', 'nosuch'])), "unknown command 'nosuch' (--help shows what there is).");
  assert.match(refusal(await run(['help', 'chek'])), /^unknown command 'chek' \(Did you mean check\?\)/);
  const { status, stdout } = await run(['help']);
  assert.deepEqual([status, stdout], [0, (await run(['--help'])).stdout]);
  assert.deepEqual(asOptions(['check', 'help']), ['check', 'help']);
});

test('the version is told however it is asked for', async () => {
  const { stdout } = await run(['--version']);
  assert.match(stdout, /^iowitness \d/);
  for (const args of [['version'], ['-v'], ['-V']]) assert.equal((await run(args)).stdout, stdout, args[0]);
});

test('a trace buffer that is too small or too large is refused with the range', async () => {
  for (const size of ['63k', '32768', '2G'])
    assert.match(refusal(await run(['record', '--buffer', size, '--', 'true'])), /: give a size from 64k to 1G/);
});
