// Makes a clone ready to run: installs what package-lock.json names and builds dist/. The launcher calls it when the
// build is missing or older than the sources (`node scripts/setup.mjs`), `npm test` and `npm run check` call prepare()
// for the full set. It uses Node's built-ins only, as nothing is installed yet. Two first starts at once are kept apart
// by a lock folder; npm's and tsc's output goes to .setup.log and is shown only when something fails. Root in another
// user's clone lets that user do all of it (owner.mjs).
//   node scripts/setup.mjs [--full] [--tests] [--no-build]

import { spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cannotRunAs, foreignOwner, root, runAs, warningForRoot, whyNotWritable } from './owner.mjs';

export { root };

const lockFile = path.join(root, 'package-lock.json');
const modules = path.join(root, 'node_modules');
const installedLock = path.join(modules, '.iowitness-lock.json');
const setupLock = path.join(root, '.setup.lock');
const ownerFile = path.join(setupLock, 'owner');
const log = path.join(root, '.setup.log');
const spareHome = path.join(root, '.setup.home');

/** A failure with a sentence for the user, empty where that has been said; `details` are the lines of the log. */
class SetupError extends Error {
  constructor(sentence, details = '') {
    super(sentence);
    this.details = details;
  }
}

function say(text) {
  process.stderr.write(`iowitness: ${text}\n`);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether any development dependency is there: then it was a developer's install, and stays one. */
function hasDevelopmentSet() {
  const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const names = Object.keys(devDependencies);
  const present = names.filter((name) => existsSync(path.join(modules, name, 'package.json')));
  return { some: present.length > 0, all: present.length === names.length };
}

/**
 * Whether node_modules holds what package-lock.json names. Our own copy of the lock file tells, whatever its date (a git
 * checkout touches files without changing them); where npm was called by hand there is none, and npm's own record of the
 * install has to be younger than the lock file.
 */
function lockIsInstalled() {
  const copy = read(installedLock);
  if (copy !== undefined && copy === read(lockFile)) return true;
  const record = path.join(modules, '.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(lockFile).mtimeMs;
}

/** Runs a command with its output in the log, and throws the sentence with the log's lines when it fails. */
async function run(command, args, sentence, env = process.env) {
  const output = openSync(log, 'w');
  const status = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', output, output] });
    child.on('error', (error) =>
      resolve(error.code === 'ENOENT' ? `there is no ${command} on the PATH` : error.message),
    );
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
  closeSync(output);
  if (status === 0) return;
  const lines = (read(log) ?? '').split('\n').filter((line) => line.trim() !== '' && line.trim() !== 'npm error');
  // Both ends count: npm and tsc name the cause first, a crash names it last.
  if (lines.length > 40) lines.splice(20, lines.length - 40, '…');
  throw new SetupError(typeof status === 'string' ? `${sentence} (${status})` : sentence, lines.join('\n'));
}

async function install(full) {
  const omit = full ? [] : ['--omit=dev'];
  const seconds = full ? 20 : 10;
  const first = existsSync(modules) ? 'the dependencies changed' : 'first use';
  say(`${first}: installing the locked dependencies (about ${seconds} s, needs the npm registry)…`);
  try {
    await run(
      'npm',
      ['ci', ...omit, '--no-fund', '--no-audit', '--loglevel=warn'],
      'npm could not install the locked dependencies: check that npm is here and reaches its registry, then start again.',
      { ...process.env, HOME: homeForNpm() },
    );
  } finally {
    rmSync(spareHome, { recursive: true, force: true });
  }
  copyFileSync(lockFile, installedLock);
}

/**
 * Where npm keeps its cache: at home, or in a folder for this install alone where this user has no home to write in.
 */
function homeForNpm() {
  try {
    const home = homedir();
    accessSync(home, constants.W_OK);
    return home;
  } catch {
    rmSync(spareHome, { recursive: true, force: true });
    mkdirSync(spareHome, { mode: 0o700 });
    return spareHome;
  }
}

/** A process's number with its start time, so that a number used again is not taken for the same process. */
function identity(pid) {
  const stat = read(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces; the start time is field 22, the 20th after it.
  const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return started === undefined ? undefined : `${pid} ${started}`;
}

/** Whether the lock's owner is dead. A lock without an owner is one that is just being taken, unless it is ten seconds old. */
function lockIsStale() {
  const owner = read(ownerFile);
  if (owner !== undefined) return identity(Number.parseInt(owner, 10)) !== owner;
  return isOlderThanTenSeconds(setupLock);
}

function isOlderThanTenSeconds(file) {
  try {
    return Date.now() - statSync(file).mtimeMs > 10_000;
  } catch {
    return false;
  }
}

function makeFolder(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST' || error.code === 'ENOENT') return false;
    throw new SetupError(
      `this folder can't be written (${error.code}), so it can't be built here: start it once as the owner of ${root}.`,
    );
  }
}

/** Writes us down as the owner in one step, so that nobody reads half a line. */
function own() {
  const draft = `${ownerFile}.${process.pid}`;
  writeFileSync(draft, identity(process.pid) ?? '');
  renameSync(draft, ownerFile);
}

/** Takes a dead owner's lock over. Only the one who makes the folder `heir` in it may do so, and looks again first. */
function inherit() {
  const heir = path.join(setupLock, 'heir');
  if (!makeFolder(heir)) {
    if (isOlderThanTenSeconds(heir)) rmSync(heir, { recursive: true, force: true });
    return false;
  }
  const stale = lockIsStale();
  if (stale) own();
  rmSync(heir, { recursive: true, force: true });
  return stale;
}

async function takeLock() {
  for (let told = false; ; told = true) {
    if (makeFolder(setupLock)) return own();
    if (lockIsStale() && inherit()) return;
    if (!told) say('another start is building; waiting for it…');
    await sleep(200);
  }
}

async function withLock(work) {
  await takeLock();
  const release = () => rmSync(setupLock, { recursive: true, force: true });
  const stop = (signal) => {
    release();
    process.kill(process.pid, signal);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    release();
  }
}

/** The same in a process of the clone's owner, which says itself what goes wrong. */
async function prepareAs(owner, { full, tests, build }) {
  const args = [...(full ? ['--full'] : []), ...(tests ? ['--tests'] : []), ...(build ? [] : ['--no-build'])];
  const status = await runAs(owner, fileURLToPath(import.meta.url), args);
  if (status === undefined) throw new SetupError(cannotRunAs(owner));
  if (status !== 0) throw new SetupError('');
}

/**
 * Installs and builds under the lock. `full`: with the development dependencies; `tests`: with the tests compiled;
 * `isDone`: asked once the lock is held, as another start may have done the work meanwhile; `warned`: the launcher has
 * told root who can write here.
 */
export async function prepare({
  full = false,
  tests = false,
  build = true,
  isDone = () => false,
  warned = false,
} = {}) {
  const warning = warned ? undefined : warningForRoot();
  if (warning !== undefined) say(warning);
  const owner = foreignOwner();
  if (owner) return await prepareAs(owner, { full, tests, build });
  // npm leaves the lock file out of what it packs and of what it installs from a clone's address.
  if (!existsSync(lockFile))
    throw new SetupError(
      `${root} is no clone but a copy of its sources, without package-lock.json: install the package that \`npm run package\` makes in a clone, as docs/install.md says.`,
    );
  const refusal = whyNotWritable();
  if (refusal !== undefined) throw new SetupError(refusal);
  await withLock(async () => {
    if (isDone()) return;
    const development = hasDevelopmentSet();
    if (!lockIsInstalled() || (full && !development.all)) await install(full || development.some);
    if (!build) return;
    say('building…');
    const args = ['scripts/build.mjs', ...(tests ? ['--all'] : [])];
    await run(process.execPath, args, 'the sources could not be built.');
  });
}

/** Runs `work`; a failure becomes one sentence and the log's lines on stderr, and exit status 2. */
export async function orExplain(work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (error.message) say(error.message);
    if (error.details) process.stderr.write(`${error.details}\n(the whole log: ${log})\n`);
    process.exitCode = 2;
    return false;
  }
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const wants = (option) => process.argv.includes(option);
  const [full, tests, build] = [wants('--full'), wants('--tests'), !wants('--no-build')];
  // The stamp that the launcher saw; if it changed while we waited for the lock, another start has built.
  const stamp = path.join(root, 'dist', '.built');
  const seen = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  const isDone = () => !full && !tests && existsSync(stamp) && statSync(stamp).mtimeMs > seen;
  await orExplain(() => prepare({ full, tests, build, isDone, warned: true }));
}
