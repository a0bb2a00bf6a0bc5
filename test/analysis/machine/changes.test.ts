// What counts as a change between sets of facts, and what moves by itself and does not.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diffFacts } from '../../../src/analysis/machine/changes.js';
import { decodeFacts } from '../../support/decoded.js';
import type { FactChange } from '../../../src/model/facts.js';
import { factReadings } from '../../support/tape.js';

type Files = Readonly<Record<string, string>>;

/** The changes between sets of facts a minute apart, from the recording's start on. */
function changes(...sets: readonly Files[]): FactChange[] {
  return diffFacts(
    decodeFacts(
      sets.flatMap((files, index) =>
        factReadings(index * 60_000, index === 0 ? 'start' : 'change', {
          '/proc/uptime': `${1000 + index * 60}.00 1`,
          ...files,
        }),
      ),
    ),
  );
}

const ROOT = '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n';

describe('diffFacts', () => {
  it('tells a changed setting with both values, and its way back as one more change', () => {
    const path = '/proc/sys/vm/dirty_expire_centisecs';
    assert.deepEqual(changes({ [path]: '3000\n' }, { [path]: '100\n' }, { [path]: '3000\n' }), [
      { what: path, before: '3000', after: '100', atMs: 60_000 },
      { what: path, before: '100', after: '3000', atMs: 120_000 },
    ]);
  });

  it('leaves out what moves by itself and what only one set has read', () => {
    const before: Files = {
      '/proc/meminfo': 'MemFree: 1 kB',
      '/proc/sys/fs/file-nr': '1 0 9',
      '/proc/sys/fs/aio-nr': '0',
      '/sys/class/bdi/8:0/max_bytes': '5',
      '/proc/sys/vm/swappiness': '60',
    };
    const after: Files = {
      '/proc/meminfo': 'MemFree: 2 kB',
      '/proc/sys/fs/file-nr': '2 0 9',
      '/proc/sys/fs/aio-nr': '8',
      '/sys/class/bdi/8:0/max_bytes': '6',
      '/proc/sys/vm/laptop_mode': '0',
    };
    assert.deepEqual(changes(before, after), []);
  });

  it('tells mounts and devices that come, go or change, and no container’s own mounts', () => {
    const sdb: Files = { '/sys/block/sdb/dev': '8:16\n', '/sys/block/sdb/size': '2000000\n' };
    const found = changes(
      { '/proc/self/mountinfo': ROOT },
      {
        '/proc/self/mountinfo': `${ROOT.replace('rw\n', 'rw,nobarrier\n')}2 1 8:16 / /data rw - xfs /dev/sdb rw\n3 1 0:50 / /var/lib/docker/x rw - overlay overlay rw\n`,
        ...sdb,
      },
    );
    assert.deepEqual(
      found.map(({ what, before, after }) => [what, before, after]),
      [
        ['device sdb', null, '1.02 GB'],
        ['mount /', '/dev/sda1 (ext4, rw,rw)', '/dev/sda1 (ext4, rw,rw,nobarrier)'],
        ['mount /data', null, '/dev/sdb (xfs, rw,rw)'],
      ],
    );
  });

  it('tells limits of I/O anywhere, and others only where both sets looked', () => {
    const mounts = { '/proc/self/mountinfo': '2 1 0:40 / /cg rw - cgroup2 none rw\n' };
    const found = changes(
      { ...mounts, '/cg/db/cpu.max': 'max 100000' },
      {
        ...mounts,
        '/cg/db/cpu.max': '50000 100000',
        '/cg/new/memory.max': '4096',
        '/cg/other/io.max': '8:0 wbps=1048576 rbps=max',
      },
    );
    assert.deepEqual(
      found.map(({ what, before, after }) => [what, before, after]),
      [
        ['limit /cg/db/cpu.max quota', null, '0.5'],
        ['limit /cg/other/io.max 8:0 wbps', null, '1048576'],
      ],
    );
  });

  const stat = (pid: number, comm: string, startTicks: number, tty = 0) => ({
    [`/proc/${pid}/stat`]: `${pid} (${comm}) S 1 ${pid} ${pid} ${tty} -1 0 0 0 0 0 1 1 0 0 20 0 1 0 ${startTicks} 0 5\n`,
  });
  const inCgroup = (pid: number, path: string) => ({ [`/proc/${pid}/cgroup`]: `0::${path}\n` });

  it('tells daemons that start, and neither passing commands nor shells', () => {
    // Uptime is 1000 s at the first set and 1060 s at the second.
    const found = changes(
      {
        ...stat(10, 'mysqld', 500),
        ...stat(11, 'crond', 600),
        ...stat(12, 'just-born', 99_900),
        ...stat(13, 'reused', 700),
      },
      {
        ...stat(10, 'mysqld', 500),
        ...stat(12, 'just-born', 99_900),
        ...stat(13, 'reused', 103_000),
        ...stat(14, 'backup', 102_000),
        ...stat(15, 'sleep', 105_900),
        ...stat(16, 'bash', 102_000, 34816),
      },
    );
    assert.deepEqual(found, [
      { what: 'process backup (14)', before: null, after: 'backup', atMs: 20_000 },
      { what: 'process reused (13)', before: null, after: 'reused', atMs: 30_000 },
    ]);
  });

  it('tells that a service or container is gone, and not that a program came to its end', () => {
    const ended = (path: string, still: Files = {}) =>
      changes({ ...stat(11, 'main', 600), ...inCgroup(11, path), ...still }, still).map(({ what, before, after }) => [
        what,
        before,
        after,
      ]);
    const gone = [['process main (11)', 'main', null]];
    assert.deepEqual(ended('/system.slice/db.service'), gone);
    assert.deepEqual(ended(`/system.slice/docker-${'0'.repeat(64)}.scope`), gone);
    const another = { ...stat(12, 'worker', 600), ...inCgroup(12, '/system.slice/db.service') };
    assert.deepEqual(ended('/system.slice/db.service', another), []);
    assert.deepEqual(ended('/user.slice/user-0.slice/session-3.scope'), []);
    assert.deepEqual(ended('/'), []);
  });

  it('takes a service for one, however many workers of its name come and go under whatever title', () => {
    const of = (pid: number, comm: string, parent: number, startTicks: number) => ({
      [`/proc/${pid}/stat`]: `${pid} (${comm}) S ${parent} ${pid} ${pid} 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 ${startTicks} 0 5\n`,
    });
    const worker = (pid: number, title: string, startTicks: number) => ({
      ...of(pid, 'postgres', 10, startTicks),
      [`/proc/${pid}/cmdline`]: `postgres: app db [local] ${title}\0`,
    });
    const postmaster = of(10, 'postgres', 1, 500);
    const found = changes(
      { ...postmaster, ...worker(11, 'idle', 600), ...worker(12, 'COMMIT', 600) },
      { ...postmaster, ...worker(11, 'UPDATE waiting', 600), ...worker(13, 'UPDATE', 101_000) },
      { ...of(20, 'postgres', 1, 107_000), ...of(21, 'archiver', 20, 107_000) },
    );
    assert.deepEqual(
      found.map(({ what }) => what),
      ['process postgres (20)', 'process archiver (21)'],
    );
  });

  it('tells swap areas by name, not by how full they are', () => {
    const swaps = (...lines: string[]) => ({ '/proc/swaps': `Filename Type Size Used Priority\n${lines.join('\n')}` });
    const found = changes(swaps('/a file 100 0 -2'), swaps('/a file 100 50 -2', '/b file 100 0 -3'));
    assert.deepEqual(
      found.map(({ what }) => what),
      ['swap /b'],
    );
  });
});
