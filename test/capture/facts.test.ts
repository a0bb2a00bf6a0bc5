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
