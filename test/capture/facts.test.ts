// What facts may hold of processes: command lines with their secrets masked, mounts without passwords, and never an
// environment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureFacts } from '../../src/capture/facts.js';
import { FileMachine } from '../support/machine.js';
import { MemorySink } from '../support/tape.js';

test('secrets of command lines and mounts are masked before the sink sees them', () => {
  const machine = new FileMachine();
  try {
    machine.process(7);
    machine.write({
      'proc/7/cmdline': 'mysql\0-uroot\0-phunter2\0--host=db\0',
      'proc/7/environ': 'PASSWORD=hunter2\0',
      'proc/cmdline': 'root=/dev/vda1 rd.iscsi.password=hunter2 ro\n',
      'proc/self/mountinfo': '36 35 0:41 / /mnt rw - fuse ftp://joe:hunter2@host/ rw\n',
    });
    const sink = new MemorySink();
    captureFacts(sink, { when: 'start', victims: [7], root: machine.root });
    assert.deepEqual(sink.textsOf('/proc/7/cmdline'), ['mysql\0-uroot\0-p***\0--host=db\0']);
    assert.deepEqual(sink.textsOf('/proc/cmdline'), ['root=/dev/vda1 rd.iscsi.password=*** ro\n']);
    assert.deepEqual(sink.textsOf('/proc/self/mountinfo'), ['36 35 0:41 / /mnt rw - fuse ftp://joe:***@host/ rw\n']);
    assert.deepEqual(
      sink.readings.filter(({ text }) => text.includes('hunter2')),
      [],
    );
    assert.deepEqual(
      sink.readings.filter(({ path }) => path.includes('environ')),
      [],
    );
  } finally {
    machine.close();
  }
});

test('a victim is among the processes that are taken, however many there are, with what its cgroup is worth on a CPU', () => {
  const machine = new FileMachine();
  try {
    for (let pid = 1000; pid < 1520; pid += 1) machine.process(pid);
    machine.process(9000);
    machine.write({
      'proc/9000/cgroup': '4:cpu:/box\n',
      'proc/self/mountinfo': '36 35 0:41 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n',
      'sys/fs/cgroup/cpu/box/cpu.shares': '20\n',
    });
    const sink = new MemorySink();
    captureFacts(sink, { when: 'start', victims: [9000], root: machine.root });
    const stats = sink.readings.filter(({ path }) => /^\/proc\/\d+\/stat$/.test(path));
    assert.equal(stats.length, 500);
    assert.equal(stats[0]?.path, '/proc/9000/stat');
    assert.deepEqual(sink.textsOf('/sys/fs/cgroup/cpu/box/cpu.shares'), ['20\n']);
  } finally {
    machine.close();
  }
});

test('the one file of them that lies on a disk is read once, as later that may answer nobody', () => {
  const machine = new FileMachine();
  try {
    machine.write({ 'etc/os-release': 'NAME=Debian\n', 'proc/version': 'Linux\n' });
    const sink = new MemorySink();
    captureFacts(sink, { when: 'start', victims: [], root: machine.root });
    machine.remove('etc/os-release');
    captureFacts(sink, { when: 'change', victims: [], root: machine.root });
    assert.deepEqual(sink.textsOf('/etc/os-release'), ['NAME=Debian\n', 'NAME=Debian\n']);
  } finally {
    machine.close();
  }
});
