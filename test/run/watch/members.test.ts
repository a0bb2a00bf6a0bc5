// Whom a watch watches, by made-up folders of cgroups: found by path or by folder, and looked for in no filesystem but the kernel's own, as another might have
// to wait for a disk or a server each second.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { UserError } from '../../../src/base/errors.js';
import { Members } from '../../../src/run/watch/members.js';
import { FileMachine } from '../../support/machine.js';

let machine: FileMachine;
beforeEach(() => {
  machine = new FileMachine();
  machine.write({
    'proc/self/mountinfo': `20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw
22 21 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
23 21 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
`,
    'sys/fs/cgroup/unified/batch/cgroup.procs': '7\n8\n',
    'sys/fs/cgroup/unified/batch/below/cgroup.procs': '9\n',
    'sys/fs/cgroup/cpu,cpuacct/old/cgroup.procs': '11\n',
    'batch/cgroup.procs': '99\n',
  });
});
afterEach(() => machine.close());

const members = (...cgroups: readonly string[]) => new Members({ units: [], cgroups, pids: [] }, machine.root);

test('a cgroup is found by its path in any hierarchy, with those below it, and by its folder', () => {
  assert.deepEqual(members('/batch').pids(), [7, 8, 9]);
  assert.deepEqual(members('/sys/fs/cgroup/unified/batch', '/old').pids(), [7, 8, 9, 11]);
});

test('a folder that is none of the kernel’s is not looked at', () => {
  assert.ok(!members('/batch').pids().includes(99));
  machine.write({ 'data/cgroup.procs': '99\n' });
  assert.throws(() => members('/data').check(), UserError);
});
