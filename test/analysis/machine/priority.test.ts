// Which two things compete where two threads want one CPU, and what each is worth: the threads by class and nice value in one group, else
// their groups, and a session's group where they are in none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contestOf } from '../../../src/analysis/machine/priority.js';
import type { Mount, RunningProcess } from '../../../src/model/facts.js';
import { processOf } from '../../support/asleep.js';
import { aCase, someFacts } from '../../support/case.js';

const FIRST: Mount = {
  device: '0:30',
  mountPoint: '/sys/fs/cgroup/cpu',
  root: '/',
  type: 'cgroup',
  source: 'cgroup',
  options: 'rw,cpu',
};
const SECOND: Mount = { ...FIRST, mountPoint: '/sys/fs/cgroup', type: 'cgroup2', options: 'rw' };
const AUTOGROUPS = { '/proc/sys/kernel/sched_autogroup_enabled': '1\n' };

interface Side {
  readonly policy?: number;
  readonly nice?: number;
  readonly session?: number;
  readonly cgroup?: string;
}

function sideOf(pid: number, { policy = 0, nice = 0, session = 1, cgroup = '/' }: Side): RunningProcess {
  return {
    ...processOf({ pid, comm: `p${pid}` }),
    cgroups: new Map([
      ['', cgroup],
      ['cpu', cgroup],
    ]),
    scheduling: { policy, nice, session },
  };
}

/** What each is worth, by kind; undefined where it is not known. */
function contest(own: Side, rival: Side, files: Readonly<Record<string, string>> = {}, mount = FIRST) {
  const facts = someFacts({
    mounts: [mount],
    files: new Map(Object.entries(files)),
    processes: [sideOf(50, own), sideOf(60, rival)],
  });
  const found = contestOf(aCase({ facts: [facts] }), 50, 60);
  return found && [found.own, found.rival].map(({ kind, weight }) => `${kind} ${Math.round(weight)}`).join(', ');
}

test('in one group threads compete by their nice values and classes', () => {
  assert.equal(contest({ nice: 19 }, {}), 'thread 15, thread 1024');
  assert.equal(contest({ nice: 5 }, { nice: -5 }), 'thread 336, thread 3125');
  assert.equal(contest({ policy: 5 }, { policy: 3 }), 'thread 3, thread 1024');
  assert.equal(contest({ nice: 19, cgroup: '/a/b' }, { cgroup: '/a/b' }), 'thread 15, thread 1024');
});

test('a nice value means nothing beside a session of its own, where the kernel makes groups of sessions', () => {
  const others = { session: 2 };
  assert.equal(contest({ nice: 19 }, others, AUTOGROUPS), 'session 1024, session 1024');
  assert.equal(contest({ nice: 19 }, others), 'thread 15, thread 1024');
  assert.equal(contest({ nice: 19 }, {}, AUTOGROUPS), 'thread 15, thread 1024');
  assert.equal(contest({ nice: 19, cgroup: '/a' }, { ...others, cgroup: '/a' }, AUTOGROUPS), 'thread 15, thread 1024');
});

test('in different groups the groups compete, at the level where their ways part', () => {
  const shares = { '/sys/fs/cgroup/cpu/a/cpu.shares': '20\n', '/sys/fs/cgroup/cpu/a/b/cpu.shares': '512\n' };
  assert.equal(contest({ cgroup: '/a/b' }, {}, shares), 'cgroup 20, thread 1024');
  assert.equal(contest({ cgroup: '/a/b' }, { nice: 19 }, { ...shares, ...AUTOGROUPS }), 'cgroup 20, session 1024');
  assert.equal(contest({ cgroup: '/a/b' }, { cgroup: '/a' }, shares), 'cgroup 512, thread 1024');
  assert.equal(contest({ cgroup: '/a/c' }, { cgroup: '/a/b' }, shares), undefined);
  const idle = { ...shares, '/sys/fs/cgroup/cpu/a/cpu.idle': '1\n' };
  assert.equal(contest({ cgroup: '/a/b' }, {}, idle), 'cgroup 3, thread 1024');
});

test('in version 2 only groups with the controller compete, and without any weight nobody can say', () => {
  const weights = { '/sys/fs/cgroup/a/cpu.weight': '1\n', '/sys/fs/cgroup/b/cpu.weight': '100\n' };
  assert.equal(contest({ cgroup: '/a' }, { cgroup: '/b' }, weights, SECOND), 'cgroup 10, cgroup 1024');
  assert.equal(contest({ nice: 19, cgroup: '/a/x' }, { cgroup: '/a/y' }, weights, SECOND), 'thread 15, thread 1024');
  assert.equal(contest({ nice: 19, cgroup: '/a' }, { cgroup: '/b' }, {}, SECOND), undefined);
  assert.equal(contest({ nice: 19, cgroup: '/a' }, { cgroup: '/a' }, {}, SECOND), 'thread 15, thread 1024');
});

test('what runs in real time runs first, whatever the groups', () => {
  assert.equal(contest({ cgroup: '/a' }, { policy: 1, cgroup: '/b' }), 'thread 1024, thread Infinity');
  assert.equal(contest({}, { policy: 6, session: 2 }, AUTOGROUPS), 'thread 1024, thread Infinity');
});

test('nothing is said of what was not recorded', () => {
  const known = sideOf(50, { nice: 19 });
  assert.equal(contestOf(aCase({ facts: [someFacts({ mounts: [FIRST], processes: [known] })] }), 50, 60), undefined);
  assert.equal(contest({ policy: 7 }, {}), undefined);
});
