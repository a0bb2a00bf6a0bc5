// Who can read and replace what iowitness writes: files and folders are their maker's alone, -o replaces no device and follows no link,
// and what needs no undo journal works without a place for one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { MAIN, needsReadableClone, ORDINARY, refusal, run } from '../support/cli.js';
import { fixturePath } from '../support/fixtures.js';
import { inFolder } from '../support/recordings.js';
import { needsCommand, needsRoot } from '../support/requirements.js';

const RECORDING = fixturePath('recordings/v1.iow');

function modeOf(file: string): number {
  return statSync(file).mode & 0o777;
}

test(
  'a recording with all that is in it, and its report, can be read by nobody else',
  { skip: needsRoot() },
  async () => {
    await inFolder(async (cwd) => {
      assert.equal((await run(['record', '--for', '1s', '-o', 'a.iow'], { cwd })).status, 0);
      assert.equal((await run(['report', RECORDING, '-o', 'a.html'], { cwd })).status, 0);
      const names = readdirSync(cwd, { recursive: true }).map(String);
      assert.ok(names.includes('a.iow/machine.log') && names.includes('a.iow/trace/kallsyms.gz'), names.join(' '));
      for (const name of names) {
        const file = path.join(cwd, name);
        assert.equal(modeOf(file), statSync(file).isDirectory() ? 0o700 : 0o600, name);
      }
    });
  },
);

test('a umask that takes more away is kept', { skip: needsRoot() }, async () => {
  await inFolder((cwd) => {
    const command = `umask 0277; "$0" "$1" report "$2" -o a.html`;
    const ran = spawnSync('sh', ['-c', command, process.execPath, MAIN, RECORDING], { cwd, encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stderr);
    assert.equal(modeOf(path.join(cwd, 'a.html')), 0o400);
  });
});

test('a report goes to a file, to standard output or into a device, and takes the place of nothing else', async () => {
  await inFolder(async (cwd) => {
    const at = (name: string): string => path.join(cwd, name);
    const report = (...args: string[]) => run(['report', RECORDING, ...args], { cwd });
    assert.deepEqual(await report('-o', 'a.html'), { status: 0, signal: null, stdout: 'a.html\n', stderr: '' });
    const page = readFileSync(at('a.html'), 'utf8');
    for (const name of ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']) {
      const { status, stdout, stderr } = await report('-o', name);
      assert.equal(status, 0, stderr);
      assert.ok(stdout === page, `${name}: ${stdout.length} of ${page.length} characters`);
    }
    assert.deepEqual(await report('-o', '/dev/null'), { status: 0, signal: null, stdout: '', stderr: '' });
    assert.ok(statSync('/dev/null').isCharacterDevice());

    writeFileSync(at('old.html'), 'old', { mode: 0o644 });
    assert.equal((await report('-o', 'old.html')).status, 0);
    assert.ok(readFileSync(at('old.html'), 'utf8') === page);
    assert.equal(modeOf(at('old.html')), 0o600);

    symlinkSync('old.html', at('link'));
    mkdirSync(at('folder'));
    assert.equal(
      refusal(await report('-o', 'link')),
      'link is a link to old.html and is not followed: name that file itself.',
    );
    assert.equal(readlinkSync(at('link')), 'old.html');
    assert.match(refusal(await report('-o', 'folder')), /^folder is a folder: name a file in it\.$/);
    assert.match(refusal(await report('-o', 'none/a.html')), /^none\/a\.html can’t be written \(ENOENT: .* with -o\.$/);
    assert.deepEqual(readdirSync(cwd).sort(), ['a.html', 'folder', 'link', 'old.html']);
  });
});

test(
  'a device with a node of its own is written to and stays what it is',
  { skip: needsRoot() || needsCommand('mknod') },
  async (t) => {
    await inFolder(async (cwd) => {
      for (const [name, minor] of [
        ['null', '3'],
        ['full', '7'],
      ] as const)
        if (spawnSync('mknod', [path.join(cwd, name), 'c', '1', minor]).status !== 0) {
          t.skip('cannot: no device node can be made here');
          return;
        }
      assert.deepEqual(await run(['report', RECORDING, '-o', 'null'], { cwd }), {
        status: 0,
        signal: null,
        stdout: '',
        stderr: '',
      });
      assert.match(
        refusal(await run(['report', RECORDING, '-o', 'full'], { cwd })),
        /^full can’t be written \(ENOSPC: /,
      );
      for (const name of ['null', 'full']) assert.ok(statSync(path.join(cwd, name)).isCharacterDevice(), name);
      assert.match(
        refusal(await run(['record', '--for', '1s', '--no-events', '-o', 'null'], { cwd })),
        /^null can’t be made \(ENOTDIR: .* with -o\.$/,
      );
    });
  },
);

test('blkparse writes where it is told to, and follows no link', async () => {
  await inFolder(async (cwd) => {
    const at = (name: string): string => path.join(cwd, name);
    const trace = fixturePath('blktrace/linux-6.18-loop/ext4-none-buffered-fsync');
    const parse = (...args: string[]) => run(['blkparse', '-q', '-i', trace, ...args], { cwd });
    assert.equal((await parse('-o', 'text', '-d', 'binary')).status, 0);
    for (const name of ['text', 'binary']) assert.equal(modeOf(at(name)), 0o600, name);
    const text = readFileSync(at('text'), 'utf8');
    assert.ok(text.length > 1000);
    chmodSync(at('text'), 0o644);
    assert.equal((await parse('-o', 'text')).status, 0);
    assert.ok(readFileSync(at('text'), 'utf8') === text);
    assert.equal(modeOf(at('text')), 0o644, 'what the user has set is kept');
    const { stdout } = await parse('-o', '/dev/stdout');
    assert.ok(stdout.includes(text));
    symlinkSync('text', at('link'));
    for (const option of ['-o', '-d'])
      assert.match(refusal(await parse(option, 'link')), /^link is a link to text and is not followed: /);
    assert.ok(readFileSync(at('text'), 'utf8') === text);
    assert.equal((await parse('-o', '-')).status, 0);
    assert.ok(existsSync(at('-')), 'as blkparse has it, - is a file’s name here');
  });
});

test('the name that -o gives a recording does no harm where it is printed', async () => {
  await inFolder(async (cwd) => {
    const name = 'a\n\u202eb\u001b[31m.iow';
    const { status, stdout } = await run(['record', '--for', '1s', '--no-events', '-o', name], { cwd });
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^a\ufffd\ufffdb\ufffd\[31m\.iow \(its time was up\); see what it shows: iowitness diagnose 'a\ufffd\ufffdb\ufffd\[31m\.iow'$/m,
    );
    assert.equal(stdout.trimEnd().split('\n').length, 1);
    cpSync(RECORDING, path.join(cwd, 'b\n.iow'), { recursive: true });
    assert.match((await run(['report', 'b\n.iow'], { cwd })).stdout, /^b\ufffd\.html\n$/);
  });
});

test(
  'a user without a home records, and is refused only what would have to be undone',
  { skip: needsRoot() || needsReadableClone() },
  async () => {
    await inFolder(async (cwd) => {
      chmodSync(cwd, 0o777);
      const inHome = (env: NodeJS.ProcessEnv) => ({ ...ORDINARY, cwd, env: { PATH: process.env['PATH'], ...env } });
      const homes = [inHome({ HOME: '/nonexistent' }), inHome({}), inHome({ HOME: '', XDG_STATE_HOME: 'relative' })];
      for (const [index, options] of homes.entries()) {
        const recorded = await run(['record', '--for', '1s', '-o', `${index}.iow`], options);
        assert.equal(recorded.status, 0, recorded.stderr);
        const checked = await run(['check', '.', '-o', 'check.iow'], options);
        assert.equal(checked.status, 2);
        const [, sentence = ''] = checked.stderr.split('\n');
        if (index === 0)
          assert.match(sentence, /\/nonexistent\/\.local\/state\/iowitness\/undo, where changes .* can’t be made /);
        else assert.match(sentence, /: There is no folder to note changes in .*: set HOME or XDG_STATE_HOME /);
      }
      assert.deepEqual(readdirSync(cwd).sort(), ['0.iow', '1.iow', '2.iow']);
      const runtime = path.join(cwd, 'runtime');
      mkdirSync(runtime);
      chmodSync(runtime, 0o777);
      const phases = ['--buffered', '200ms', '--direct', '200ms', '--fsync', '200ms', '--no-report'];
      const checked = await run(['check', '.', ...phases, '-o', 'check.iow'], inHome({ XDG_RUNTIME_DIR: runtime }));
      assert.doesNotMatch(checked.stderr, /can’t|no folder/);
      assert.deepEqual(readdirSync(path.join(runtime, 'iowitness/undo')), [], 'it was used, and is empty again');
    });
  },
);
