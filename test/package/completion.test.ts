// Completion as the shells do it: bash's function is called with a line, fish completes one, zsh's function is run with stand-ins for what
// compinit brings.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { bashCompletion } from '../../scripts/package/completion/bash.js';
import { fishCompletion } from '../../scripts/package/completion/fish.js';
import { offerFor } from '../../scripts/package/completion/kinds.js';
import { zshCompletion } from '../../scripts/package/completion/zsh.js';
import { programText, scratch } from '../support/package.js';
import { needsCommand } from '../support/requirements.js';

const program = await programText();
const DRILLS = ['mem.dirty-limit', 'mem.swap', 'healthy.tmpfs'];
const folder = scratch();
const place = (name: string) => path.join(folder, name);
writeFileSync(place('bash'), bashCompletion(program, DRILLS));
writeFileSync(place('fish'), fishCompletion(program, DRILLS));
writeFileSync(place('zsh'), zshCompletion(program, DRILLS));
for (const name of ['slow.iow', 'data']) mkdirSync(place(name));

const COMMANDS = program.commands.map(({ name }) => name);

function output(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder },
  });
  assert.deepEqual([status, stderr], [0, ''], error?.message);
  return stdout;
}

/** What bash offers for the last of these words. */
function bash(...words: readonly string[]): string[] {
  const script =
    'source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _iowitness; printf "%s\\n" "${COMPREPLY[@]}"';
  return output('bash', ['--norc', '-c', script, 'bash', 'iowitness', ...words])
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** What fish offers for the end of a line. */
function fish(line: string): string[] {
  const offered = output('fish', ['--no-config', '-c', 'source ./fish; complete -C "$argv[1]"', line]);
  return offered
    .split('\n')
    .map((one) => one.split('\t')[0] ?? '')
    .filter((one) => one !== '')
    .sort();
}

test('bash completes commands, options and what stands for an argument', { skip: needsCommand('bash') }, () => {
  assert.deepEqual(bash(''), [...COMMANDS, 'help', '--help', '--version', '-V', '-h'].sort());
  assert.deepEqual(bash('dr'), ['drill']);
  assert.deepEqual(bash('help', 'ch'), ['check']);
  assert.deepEqual(bash('check', '--bu'), ['--buffer', '--buffered']);
  assert.deepEqual(bash('drill', 'mem.'), ['mem.dirty-limit', 'mem.swap']);
  assert.deepEqual(bash('drill', '--keep', ''), ['data', 'slow.iow']);
  assert.deepEqual(bash('diagnose', 's'), ['slow.iow']);
  assert.deepEqual(bash('diagnose', '--json', 's'), ['slow.iow']);
  assert.deepEqual(bash('record', '--for', ''), []);
  assert.deepEqual(bash('record', '--for', '=', ''), []);
  assert.ok(bash('record', '--pid', '').includes(String(process.pid)));
  assert.ok(bash('record', '--pid', '=', '').includes('1'));
  assert.ok(bash('record', '--', 'mktem').includes('mktemp'));
  assert.deepEqual(bash('record', '--', 'dd', 'sl'), ['slow.iow']);
  assert.deepEqual(bash('nosuch', ''), []);
});

test('bash knows every option of every command', { skip: needsCommand('bash') }, () => {
  for (const { name, flags } of program.commands)
    assert.deepEqual(bash(name, '-'), flags.flatMap((flag) => flag.names).sort(), name);
});

test('fish completes the same', { skip: needsCommand('fish') }, () => {
  output('fish', ['-n', 'fish']);
  assert.deepEqual(fish('iowitness '), [...COMMANDS, 'help'].sort());
  assert.deepEqual(fish('iowitness help ch'), ['check']);
  assert.deepEqual(fish('iowitness check --bu'), ['--buffer', '--buffered']);
  assert.deepEqual(fish('iowitness drill mem.'), ['mem.dirty-limit', 'mem.swap']);
  assert.deepEqual(fish('iowitness diagnose sl'), ['slow.iow/']);
  assert.deepEqual(fish('iowitness record --for '), []);
  for (const { name, flags } of program.commands)
    assert.deepEqual(
      fish(`iowitness ${name} --`),
      flags
        .flatMap((flag) => flag.names)
        .filter((flag) => flag.startsWith('--'))
        .sort(),
      name,
    );
});

test('zsh takes the function, and it asks for the options of the command', { skip: needsCommand('zsh') }, () => {
  output('zsh', ['-f', '-n', 'zsh']);
  const script = `
    _arguments() { [[ $1 == -C ]] && { state=\${STATE:-arguments}; line=($COMMAND); return 0; }; print -rl -- "$@" }
    _describe() { print -rl -- "\${(@P)4}" }
    source ./zsh`;
  for (const { name, flags } of program.commands) {
    const asked = output('zsh', ['-f', '-c', `COMMAND=${name}\n${script}`]).split('\n');
    for (const each of flags.flatMap((flag) => flag.names))
      assert.ok(
        asked.some((spec) => spec.replace(/^\([^)]*\)/, '').startsWith(each)),
        `${name} ${each}: ${asked.join(' | ')}`,
      );
  }
  assert.ok(
    output('zsh', ['-f', '-c', `COMMAND=drill\n${script}`]).includes('*:id:(mem.dirty-limit mem.swap healthy.tmpfs)'),
  );
  const described = output('zsh', ['-f', '-c', `STATE=command\n${script}\nprint -r -- $commands[zsh]`]).split('\n');
  assert.deepEqual(
    described.slice(0, -2).map((line) => line.split(':')[0]),
    [...COMMANDS, 'help'],
  );
  assert.match(described.at(-2) ?? '', /\/zsh$/, 'zsh’s own array of commands is still there');
});

test('a word that completion does not know stops the package from being made', () => {
  assert.throws(() => offerFor({ word: 'planet', choices: [] }), /completion does not know what <planet> stands for/);
  assert.deepEqual(offerFor({ word: 'planet', choices: ['venus'] }), ['venus']);
});
