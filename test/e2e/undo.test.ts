// Each kind of change to a live machine, made for real and undone: a sysctl, a mount, a loop device, a cgroup, a trace instance.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { recoverStale, UndoJournal } from '../../src/capture/undo.js';
import { inFolder, leave } from '../support/journals.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';

function command(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test('a sysctl is set back', { skip: needsRoot() }, async () => {
  await inFolder((_folder, journals) => {
    const file = '/proc/sys/vm/dirty_writeback_centisecs';
    const value = readFileSync(file, 'utf8');
    const journal = UndoJournal.open(journals);
    journal.plan([
      { kind: 'write-file', path: file, value },
      { kind: 'write-file', path: '/proc/sys/vm/no_such_setting', value: '1' },
    ]);
    writeFileSync(file, String(Number(value) + 1));
    assert.deepEqual(journal.undoAll(), []);
    assert.equal(readFileSync(file, 'utf8'), value);
  });
});

test('a mount goes, also one that is in use, and a tree is not removed through it', { skip: needsRoot() }, async () => {
  await inFolder(async (folder, journals) => {
    const point = path.join(folder, 'iowitness mount');
    const precious = path.join(point, 'precious');
    mkdirSync(point);
    command('mount', '-t', 'tmpfs', 'none', point);
    writeFileSync(precious, 'data');
    const user = spawn('sleep', ['60'], { cwd: point, stdio: 'ignore' });
    try {
      await once(user, 'spawn');
      leave(journals, [
        { kind: 'unmount', path: point },
        { kind: 'remove-tree', path: point },
      ]);
      const { undone, failed } = recoverStale(journals);
      assert.match(failed[0] ?? '', /^remove-tree of .*is still mounted there$/);
      assert.deepEqual(undone, [`unmounted ${point}`]);
      assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes('iowitness\\040mount'), false);
      assert.deepEqual(recoverStale(journals), { undone: [`removed ${point}`], failed: [] });
    } finally {
      user.kill();
      spawnSync('umount', ['-l', point]);
    }
  });
});

/** A FUSE filesystem whose server has gone without unmounting it. */
function mountWithoutServer(point: string): void {
  const server = openSync('/dev/fuse', 'r+');
  try {
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
    const { status, stderr } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'none', point], {
      stdio: ['ignore', 'ignore', 'pipe', server],
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  } finally {
    closeSync(server);
  }
}

const needsFuse = existsSync('/dev/fuse') ? false : 'cannot: this machine has no /dev/fuse';

test('a mount goes whose server is gone', { skip: needsRoot() || needsFuse }, async () => {
  await inFolder((folder, journals) => {
    const point = path.join(folder, 'iowitness-fuse');
    mkdirSync(point);
    mountWithoutServer(point);
    try {
      assert.throws(() => lstatSync(point), /ENOTCONN/);
      leave(journals, [
        { kind: 'remove-tree', path: point },
        { kind: 'unmount', path: point },
      ]);
      assert.deepEqual(recoverStale(journals), { undone: [`unmounted ${point}`, `removed ${point}`], failed: [] });
      assert.equal(existsSync(point), false);
    } finally {
      spawnSync('umount', ['-l', point]);
    }
  });
});

test('a loop device is detached while it names our file, and only then', { skip: needsLoop() }, async () => {
  await inFolder((folder, journals) => {
    const image = path.join(folder, 'image');
    writeFileSync(image, Buffer.alloc(1024 * 1024));
    const device = command('losetup', '--find', '--show', image);
    const backing = `/sys/block/${path.basename(device)}/loop/backing_file`;
    try {
      leave(journals, [{ kind: 'loop-detach', device, backingFile: `${image}-of-somebody-else` }]);
      assert.deepEqual(recoverStale(journals), { undone: [], failed: [] });
      assert.equal(readFileSync(backing, 'utf8').trim(), image);
      rmSync(image);
      leave(journals, [{ kind: 'loop-detach', device, backingFile: image }]);
      assert.deepEqual(recoverStale(journals), { undone: [`detached ${device}`], failed: [] });
      assert.equal(existsSync(backing), false);
    } finally {
      if (existsSync(backing)) spawnSync('losetup', ['-d', device]);
    }
  });
});

const CGROUPS = '/sys/fs/cgroup/freezer';
const needsFreezer = existsSync(path.join(CGROUPS, 'cgroup.procs'))
  ? false
  : 'cannot: no freezer hierarchy is mounted here';

test('a cgroup goes, its members up first', { skip: needsRoot() || needsFreezer }, async () => {
  await inFolder(async (_folder, journals) => {
    const group = path.join(CGROUPS, `iowitness-${process.pid}-undo`);
    const journal = UndoJournal.open(journals);
    journal.plan([{ kind: 'rmdir', path: group }]);
    mkdirSync(group);
    const member = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      await once(member, 'spawn');
      writeFileSync(path.join(group, 'cgroup.procs'), String(member.pid));
      assert.deepEqual(journal.undoAll(), []);
      assert.equal(existsSync(group), false);
      assert.equal(existsSync(`/proc/${member.pid}`), true);
    } finally {
      member.kill();
    }
  });
});

test('a trace instance goes, with its mount', { skip: needsTracefs() || needsCommand('mount') }, async () => {
  await inFolder((folder, journals) => {
    const point = path.join(folder, 'tracefs');
    const instance = path.join(point, 'instances', `iowitness-${process.pid}-undo`);
    const journal = UndoJournal.open(journals);
    journal.plan([
      { kind: 'rmdir', path: point },
      { kind: 'unmount', path: point },
    ]);
    mkdirSync(point);
    command('mount', '-t', 'tracefs', 'none', point);
    journal.plan([{ kind: 'rmdir', path: instance }]);
    mkdirSync(instance);
    appendFileSync(path.join(instance, 'set_event'), 'block:block_rq_issue\n');
    assert.deepEqual(journal.undoAll(), []);
    assert.equal(existsSync(point), false);
  });
});
