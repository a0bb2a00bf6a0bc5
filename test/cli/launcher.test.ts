// The launcher in a copy of the clone that an ordinary user owns and root starts: what is installed and built there
// stays that user's, root is told who can write what it runs, and what root has left there earlier is told with what to
// do. npm is a stand-in that says who called it and links the packages of this clone.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { needsReadableClone, ORDINARY } from '../support/cli.js';
import { needsRoot } from '../support/requirements.js';

const skip = needsRoot() || needsReadableClone();
const ORIGINAL = path.resolve(import.meta.dirname, '../../..');
const SOURCES = [
  'iowitness',
  'package.json',
  'package-lock.json',
  '.npmrc',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts',
  'src',
  'web',
  'docs/causes',
  'docs/known',
  'packaging/fonts',
  'test/base/histogram.test.ts',
];
const WARNING =
  /^iowitness: root runs what others than root can write here \(([^ ]+) is user (\d+)’s, mode (\d+)\): .*\n/;

let folder = '';
let clone = '';

before(() => {
  if (skip) return;
  folder = mkdtempSync('/var/tmp/iowitness-launcher-');
  chmodSync(folder, 0o755);
  clone = path.join(folder, 'clone');
  for (const source of SOURCES) cpSync(path.join(ORIGINAL, source), path.join(clone, source), { recursive: true });
  chmodSync(clone, 0o755);
  mkdirSync(path.join(folder, 'bin'));
  const npm = path.join(folder, 'bin/npm');
  const says =
    'echo "user $(id -u), home $(stat -c %u "$HOME"), cache ${npm_config_cache-its own}, arguments $*" > npm-was-called';
  writeFileSync(npm, `#!/bin/sh\n${says}\nmkdir node_modules && ln -s ${ORIGINAL}/node_modules/* node_modules/\n`);
  chmodSync(npm, 0o755);
  give(ORDINARY.uid);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function give(uid: number): void {
  assert.equal(spawnSync('chown', ['-Rh', `${uid}:${uid}`, clone]).status, 0);
}

function launch(
  user: Partial<typeof ORDINARY> = {},
  env: NodeJS.ProcessEnv = {},
): { status: number | null; stdout: string; stderr: string } {
  const PATH = `${path.join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  const { SUDO_UID: _, ...inherited } = process.env;
  return spawnSync(path.join(clone, 'iowitness'), ['--version'], {
    ...user,
    cwd: '/',
    encoding: 'utf8',
    env: { ...inherited, HOME: '/root', npm_config_cache: '/root/.npm', PATH, ...env },
  });
}

/** Files of the clone that its owner does not own. */
function notOf(uid: number): string {
  return spawnSync('find', [clone, '!', '-user', String(uid)], { encoding: 'utf8' }).stdout;
}

/** Makes a source newer than the build. */
function change(): void {
  lutimesSync(path.join(clone, 'src/pipeline.ts'), new Date(), new Date());
}

test('root builds another user’s clone as that user, and that user can build it again', { skip }, () => {
  const first = launch();
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^iowitness \d/);
  assert.deepEqual(WARNING.exec(first.stderr)?.slice(1), [clone, String(ORDINARY.uid), '755']);
  assert.match(first.stderr.replace(WARNING, ''), /^iowitness: first use: installing [^\n]+\niowitness: building…\n$/);
  const { uid } = ORDINARY;
  assert.match(
    readFileSync(path.join(clone, 'npm-was-called'), 'utf8'),
    new RegExp(`^user ${uid}, home ${uid}, cache its own, arguments ci `),
  );
  assert.ok(!existsSync(path.join(clone, '.setup.home')), 'the home that npm was lent is gone');
  assert.equal(notOf(uid), '');

  change();
  const own = launch(ORDINARY);
  assert.deepEqual([own.status, own.stderr], [0, 'iowitness: building…\n']);
  change();
  const again = launch();
  assert.equal(again.stderr.replace(WARNING, ''), 'iowitness: building…\n');
  assert.equal(notOf(uid), '');
});

test('`npm run build` and `npm test` by root leave the clone to its owner as well', { skip }, () => {
  change();
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: clone, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^build: root runs what others than root can write here /);
  // Without what tells a test process that it is one, or the tests would report to this run.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const tests = spawnSync(process.execPath, ['scripts/test.mjs', 'base/histogram'], {
    cwd: clone,
    env,
    encoding: 'utf8',
  });
  assert.equal(tests.status, 0, tests.stdout);
  assert.match(tests.stdout, /^[1-9]\d* passed, 0 failed/m);
  assert.match(tests.stderr, WARNING);
  assert.equal(notOf(ORDINARY.uid), '');
});

test('a copy of the sources that npm has packed is told to be none that can be built', { skip }, () => {
  const lock = path.join(clone, 'package-lock.json');
  renameSync(lock, `${lock}.aside`);
  change();
  const { status, stderr } = launch(ORDINARY);
  renameSync(`${lock}.aside`, lock);
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^iowitness: \S+ is no clone but a copy of its sources, without package-lock\.json: [^\n]+\.\n$/,
  );
  assert.equal(launch(ORDINARY).status, 0);
});

test('what root left in a clone is told to its owner, with what to do', { skip }, () => {
  spawnSync('chown', ['-R', '0:0', path.join(clone, 'dist')]);
  change();
  const refused = `iowitness: ${clone}/dist belongs to root and nobody can’t replace it: \`sudo chown -R ${ORDINARY.uid} ${clone}\` gives the clone back, then start again.\n`;
  const { status, stderr } = launch(ORDINARY);
  assert.equal(status, 2);
  assert.equal(stderr.replace(/ and \S+ can’t/, ' and nobody can’t'), refused);
  const byRoot = launch();
  assert.equal(byRoot.status, 2);
  assert.equal(byRoot.stderr.replace(WARNING, '').replace(/ and \S+ can’t/, ' and nobody can’t'), refused);
  give(ORDINARY.uid);
  assert.equal(launch(ORDINARY).status, 0);
});

test('root is told who else can write the clone in one sentence, and nobody else is', { skip }, () => {
  const quiet = (ran: ReturnType<typeof launch>) => assert.deepEqual([ran.status, ran.stderr], [0, '']);
  quiet(launch(ORDINARY));
  quiet(launch({}, { SUDO_UID: String(ORDINARY.uid) }));
  assert.match(launch({}, { SUDO_UID: '12345' }).stderr, WARNING);
  assert.equal(launch().stderr.replace(WARNING, ''), '');
  give(0);
  quiet(launch());
  for (const [index, part] of ['', 'src', 'dist', 'node_modules', 'scripts'].entries()) {
    const mode = index % 2 === 0 ? 0o775 : 0o757;
    chmodSync(path.join(clone, part), mode);
    assert.deepEqual(WARNING.exec(launch().stderr)?.slice(1), [path.join(clone, part), '0', mode.toString(8)]);
    chmodSync(path.join(clone, part), 0o755);
  }
  quiet(launch());
});

test('a clone that its user can’t write runs as it is, and says who can build it anew', { skip }, () => {
  change();
  const { status, stderr } = launch(ORDINARY);
  assert.equal(status, 0);
  assert.equal(
    stderr,
    `iowitness: the build is older than the sources or Node and ${clone} cannot be written, so it runs as it is: start it once as its owner to build it anew.\n`,
  );
  rmSync(path.join(clone, 'dist'), { recursive: true });
  const refused = launch(ORDINARY);
  assert.equal(refused.status, 2);
  assert.match(
    refused.stderr,
    /^iowitness: \S+ can’t be written by \S+, so nothing can be built here: start it once as root, or use a clone of your own\.\n$/,
  );
});
