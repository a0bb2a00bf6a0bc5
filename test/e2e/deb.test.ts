// The Debian package, installed by dpkg into an empty root, run there, and removed: what was there before is there afterwards and nothing
// else. dpkg needs root for that, and nothing is installed on this machine.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { buildDeb } from '../../scripts/package/deb.js';
import { ROOT, scratch, staged } from '../support/package.js';
import { needsCommand, needsRoot } from '../support/requirements.js';

const skip = needsRoot() || needsCommand('dpkg') || needsCommand('dpkg-deb');
const RELEASE = { epoch: 1_700_000_000, maintainer: 'Nobody <nobody@example.org>' };
const folder = scratch();
const admin = path.join(folder, 'root');
let deb = '';

function dpkg(...args: readonly string[]) {
  const options = ['--root', admin, '--force-script-chrootless', '--no-debsig', ...args];
  return spawnSync('dpkg', options, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
}

/** The root's files and folders but for dpkg's own, which remembers what it removed. */
function contents(): string[] {
  const names = readdirSync(admin, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => !name.startsWith('var/lib/dpkg/') && name !== 'var/log/dpkg.log').sort();
}

/** A system that has a file of another package, without which dpkg would remove its folders as well, and this version of Node. */
function makeRoot(nodejs: string): void {
  for (const part of ['var/lib/dpkg/info', 'var/lib/dpkg/updates', 'var/lib/dpkg/triggers', 'var/log', 'usr/share/doc'])
    mkdirSync(path.join(admin, part), { recursive: true });
  const stanza = `Package: nodejs\nStatus: install ok installed\nVersion: ${nodejs}\nArchitecture: all\nMaintainer: nobody\nDescription: Node\n`;
  writeFileSync(path.join(admin, 'var/lib/dpkg/status'), stanza);
  writeFileSync(path.join(admin, 'usr/share/doc/of-another-package'), '');
  for (const file of ['available', 'info/nodejs.list']) writeFileSync(path.join(admin, 'var/lib/dpkg', file), '');
}

before(async () => {
  if (!skip) deb = buildDeb(ROOT, await staged(), folder, RELEASE);
});

test('it is refused where Node is too old', { skip }, () => {
  makeRoot('18.20.4+dfsg-1~deb12u1');
  const { status, stderr } = dpkg('-i', deb);
  assert.equal(status, 1);
  assert.match(stderr, /iowitness depends on nodejs \(>= 20\.20\)/);
  dpkg('--purge', 'iowitness');
});

test('it is installed, runs, and is removed without a trace', { skip }, () => {
  makeRoot('20.20.2-1');
  const untouched = contents();
  const installed = dpkg('-i', deb);
  assert.equal(installed.status, 0, installed.stderr);
  const program = path.join(admin, 'usr/bin/iowitness');
  const ran = spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' });
  assert.match(ran.stdout, /^iowitness \d/, ran.stderr);
  assert.equal(readFileSync(program, 'utf8').split('\n')[0], '#!/usr/bin/node');
  for (const place of [
    'lib/iowitness/dist/src/capture/watchdog-main.js',
    'share/bash-completion/completions/iowitness',
    'share/zsh/vendor-completions/_iowitness',
    'share/fish/vendor_completions.d/iowitness.fish',
    'share/doc/iowitness/docs/install.md',
    'share/doc/iowitness/copyright',
  ])
    assert.ok(existsSync(path.join(admin, 'usr', place)), place);
  const pages = readdirSync(path.join(admin, 'usr/share/man/man1'));
  assert.ok(pages.length > 10);
  for (const name of pages)
    assert.match(gunzipSync(readFileSync(path.join(admin, 'usr/share/man/man1', name))).toString(), /^\.TH IOWITNESS/);
  const phases = ['--buffered', '300ms', '--direct', '300ms', '--fsync', '300ms', '--no-report', '-o', 'a.iow'];
  const checked = spawnSync(process.execPath, [program, 'check', '/var/tmp', ...phases, '--json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(checked.stderr, '');
  const { recording }: { readonly recording: { readonly endedBecause: string } } = JSON.parse(checked.stdout);
  assert.equal(recording.endedBecause, 'the probe is done');
  // An empty folder of journals goes with it.
  mkdirSync(path.join(admin, 'var/lib/iowitness/undo'), { recursive: true });
  const removed = dpkg('--remove', 'iowitness');
  assert.equal(removed.status, 0, removed.stderr);
  assert.deepEqual(contents(), untouched);
  assert.equal(dpkg('--purge', 'iowitness').status, 0);
  assert.doesNotMatch(readFileSync(path.join(admin, 'var/lib/dpkg/status'), 'utf8'), /Package: iowitness/);
});

test('a journal that was not undone stays when it is removed', { skip }, () => {
  makeRoot('20.20.2-1');
  assert.equal(dpkg('-i', deb).status, 0);
  const journal = path.join(admin, 'var/lib/iowitness/undo/1-2.jsonl');
  mkdirSync(path.dirname(journal), { recursive: true });
  writeFileSync(journal, '{}\n');
  assert.equal(dpkg('--purge', 'iowitness').status, 0);
  assert.ok(existsSync(journal));
});

test('everything in it is root’s, and nobody else can write it', { skip }, () => {
  const { stdout } = spawnSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8' });
  const lines = stdout.trim().split('\n');
  assert.ok(lines.length > 200);
  for (const line of lines) assert.match(line, /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx) root\/root /);
  assert.equal(lines.filter((line) => line.startsWith('-rwx')).length, 1);
});

test('the same sources give the same bytes', { skip }, async () => {
  const again = path.join(folder, 'again');
  mkdirSync(again);
  const second = buildDeb(ROOT, await staged(), again, RELEASE);
  assert.ok(readFileSync(second).equals(readFileSync(deb)));
  assert.ok(statSync(deb).size < 2_000_000);
});
