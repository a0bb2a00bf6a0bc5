// `iowitness hold` on the real kernel: memory is taken, the dirty limit falls, and whatever ends it everything is free again.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readHierarchies } from '../../src/capture/cgroup-files.js';
import { refusal, run, start } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { needsCommand, needsRoot } from '../support/requirements.js';
import { until } from '../support/until.js';

const MIB = 1024 ** 2;
const SIZE = '256M';

/** The processes that hold memory, which bear this name. */
function holders(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'iowitness-hold\n';
    } catch {
      return false;
    }
  });
}

/** Memory cgroups that were made to hold memory. */
function groups(): string[] {
  return readHierarchies()
    .flatMap(({ mountPoint }) => readdirSync(mountPoint))
    .filter((name) => /^iowitness-\d+-hold$/.test(name));
}

/** Bytes in files of tmpfs and shared memory. */
const shared = (): number => Number(/^Shmem:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;

/** Starts it and waits until all is held. */
async function holding(...args: readonly string[]) {
  const running = start(['hold', '--memory', SIZE, ...args]);
  let text = '';
  running.child.stderr?.on('data', (more: string) => (text += more));
  await until('the memory', () => /^dirty limit .* now; /m.test(text));
  return running;
}

const skip = needsRoot() || needsCommand('unshare');

test(
  'it is held while a command runs, whose status is handed on, and nobody else sees the mount',
  { skip },
  async () => {
    const script = `sed -n 's/^Shmem: *//p' /proc/meminfo; grep -c iowitness-hold /proc/mounts; exit 7`;
    const before = shared();
    const { stdout, stderr, status } = await run(['hold', '--memory', SIZE, '--', 'sh', '-c', script]);
    const [kilobytes = '', mounts] = stdout.split('\n');
    assert.ok(Number.parseInt(kilobytes, 10) * 1024 - before > 200 * MIB, stdout);
    assert.equal(mounts, '0');
    assert.equal(status, 7);
    assert.match(stderr, /^holding 256 MiB, .* of memory; .* still available, .* kept so$/m);
    assert.match(stderr, /^dirty limit .* before, .* now; background .*$/m);
    assert.match(stderr, /^released; dirty limit /m);
    assert.deepEqual(holders(), []);
  },
);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
  test(`${signal} leaves nothing`, { skip }, async () => {
    for (const how of ['tmpfs', 'anonymous', 'cgroup']) {
      const { child, ended } = await holding('--how', how);
      assert.equal(holders().length, 1);
      child.kill(signal);
      const ran = await ended;
      assert.deepEqual([ran.status, ran.signal], signal === 'SIGKILL' ? [null, signal] : [0, null]);
      await until('its end', () => holders().length === 0 && groups().length === 0);
    }
  });
}

test('a cgroup counts what is held in it, and the document tells what was', { skip }, async () => {
  const running = await holding('--how', 'cgroup', '--for', '1s', '--json');
  const [pid] = holders();
  assert.match(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), /\/iowitness-\d+-hold$/m);
  const { stdout, stderr, status } = await running.ended;
  assert.equal(status, 0, stderr);
  assertDocument('held', stdout);
  const told = JSON.parse(stdout);
  assert.deepEqual([told.how, told.askedBytes, told.endedBecause], ['cgroup', 256 * MIB, 'time']);
  assert.equal(told.heldBytes + told.gaveBackBytes, 256 * MIB);
  for (const moment of ['before', 'held', 'released']) assert.ok(told.dirtyLimitBytes[moment] > 0, moment);
  assert.deepEqual(groups(), []);
});

test('beside a command the document is the last line of standard error', { skip }, async () => {
  const ran = await run(['hold', '--memory', SIZE, '--json', '--', 'sh', '-c', 'echo out; exit 7']);
  assert.deepEqual([ran.status, ran.stdout], [7, 'out\n']);
  const last = ran.stderr.trimEnd().split('\n').at(-1) ?? '';
  assertDocument('held', last);
  assert.deepEqual(JSON.parse(last).command, { status: 7 });
});

test('where the process that holds it is ended, that is told', { skip }, async () => {
  const { ended } = await holding();
  const [pid] = holders();
  process.kill(Number(pid), 'SIGKILL');
  const { status, stderr } = await ended;
  assert.equal(status, 2);
  assert.match(stderr, /memory is not held .*ended by SIGKILL, as the kernel does when memory runs out/);
});

test('stopped by the terminal, the guard goes on, and a time ends it', { skip }, async () => {
  const { child, ended } = await holding('--for', '1s');
  child.kill('SIGTSTP');
  const [pid] = holders();
  assert.doesNotMatch(readFileSync(`/proc/${pid}/stat`, 'utf8'), /\) T /);
  child.kill('SIGCONT');
  assert.equal((await ended).status, 0);
  assert.deepEqual(holders(), []);
});

test('more than there is, or nothing, is refused', async () => {
  assert.match(
    refusal(await run(['hold', '--memory', '99.9%'])),
    /would leave less than the .* in reserve: give \d+% or less/,
  );
  assert.match(refusal(await run(['hold', '--memory', '120%'])), /a share between 0% and 100%/);
  assert.match(refusal(await run(['hold'])), /--memory/);
  assert.match(refusal(await run(['hold', '--memory', '1M', '--for', '25d'])), /a time of 24d at most/);
  assert.match(refusal(await run(['hold', '--memory', '1M', '--', 'no-such-program'])), /no program no-such-program/);
});

test('a small reserve is no reason to take more than is there', async () => {
  assert.match(refusal(await run(['hold', '--memory', '100000G', '--reserve', '1k'])), /would leave less/);
});
