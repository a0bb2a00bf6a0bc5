// The man pages: whole, in the order of man-pages(7), and without a complaint of groff or mandoc.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { manPages } from '../../scripts/package/man.js';
import { DAY, programText, scratch } from '../support/package.js';
import { needsCommand } from '../support/requirements.js';

const program = await programText();
const ABOUT = 'iowitness says ’what’ stalls – in `one` sentence, on C:\\ as well.';
const pages = manPages(program, ABOUT, { version: '1.2.3', day: DAY });
const folder = scratch();
for (const [name, text] of pages) writeFileSync(path.join(folder, name), text);

/** A page as a terminal of 80 columns shows it. */
function shown(name: string): string {
  const env = { ...process.env, LC_ALL: 'C', MANWIDTH: '80', MANPAGER: 'cat' };
  const { status, stdout, stderr } = spawnSync('man', ['-l', path.join(folder, name)], { encoding: 'utf8', env });
  assert.equal(status, 0, stderr);
  // man has col(1) take away what strikes a letter twice.
  return stdout;
}

test('there is a page for the program and one for each command', () => {
  const names = program.commands.map(({ name }) => `iowitness-${name}.1`);
  assert.ok(names.length >= 10);
  assert.deepEqual([...pages.keys()], ['iowitness.1', ...names]);
});

test('a page has its sections in their order, and is ASCII', () => {
  for (const [name, text] of pages) {
    assert.match(text, /^[\n\u0020-\u007e]*$/, name);
    assert.match(text, new RegExp(`^\\.TH IOWITNESS.* 1 ${DAY} "iowitness 1\\.2\\.3" "User Commands"\n`));
    const sections = [...text.matchAll(/^\.SH (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(sections.slice(0, 3), ['NAME', 'SYNOPSIS', 'DESCRIPTION']);
    assert.equal(sections.at(-1), 'SEE ALSO');
    assert.ok(sections.includes('EXIT STATUS'), name);
  }
  for (const title of ['COMMANDS', 'ENVIRONMENT', 'FILES'])
    assert.match(pages.get('iowitness.1') ?? '', new RegExp(`^\\.SH ${title}$`, 'm'));
});

test('groff and mandoc have nothing to complain of', { skip: needsCommand('man') || needsCommand('mandoc') }, () => {
  for (const name of pages.keys()) {
    const file = path.join(folder, name);
    const groff = spawnSync('man', ['--warnings=w', '-Tutf8', '-Z', '-l', file], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    assert.deepEqual([groff.status, groff.stderr], [0, ''], name);
    const mandoc = spawnSync('mandoc', ['-Tlint', '-Wall', file], { encoding: 'utf8' });
    assert.deepEqual([mandoc.status, mandoc.stdout], [0, ''], name);
  }
});

test('a page shows every option, argument, default and example of its command', { skip: needsCommand('man') }, () => {
  for (const { name, flags, operands, notes } of program.commands) {
    const text = shown(`iowitness-${name}.1`);
    const flat = text.replace(/\s+/g, ' ');
    for (const { names, word } of flags)
      for (const each of names)
        assert.ok(flat.includes(word === undefined ? each : `${each} ${word}`), `${name} ${each}`);
    for (const { term } of operands) assert.ok(flat.includes(term), `${name} ${term}`);
    for (const example of notes.filter(({ title }) => title.startsWith('Example')).flatMap(({ lines }) => lines))
      assert.ok(text.includes(`           ${example.replace('…', '...')}\n`), `${name}: ${example}`);
  }
  assert.match(shown('iowitness-check.1').replace(/\s+/g, ' '), /--size size Most that [^.]*\(default: 256M\)/);
});

test(
  'the program’s page has what the caller says of it, whatever characters are in it',
  { skip: needsCommand('man') },
  () => {
    assert.match(
      shown('iowitness.1').replace(/\s+/g, ' '),
      /DESCRIPTION iowitness says 'what' stalls - in one sentence, on C:\\ as well\./,
    );
  },
);
