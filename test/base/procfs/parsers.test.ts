// The parsers that capture and decode share, on texts of several kernels and on anything at all.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  cgroupFolder,
  cgroupOfFile,
  findHierarchies,
  parseMembership,
  withAncestors,
} from '../../../src/base/procfs/cgroups.js';
import { parseKeyValues } from '../../../src/base/procfs/key-values.js';
import { asksServer, keepsFiles, MountIndex, mountOf, parseMountinfo } from '../../../src/base/procfs/mountinfo.js';
import { toInteger } from '../../../src/base/procfs/numbers.js';
import { isDaemon, parsePidStat } from '../../../src/base/procfs/pid-stat.js';
import { fixture } from '../../support/fixtures.js';

const FOLDER = 'procfs/linux-6.18-virtual';

describe('key-value files', () => {
  it('reads meminfo, vmstat and a process’s io', () => {
    assert.equal(
      parseKeyValues(fixture(`${FOLDER}/meminfo`)).get('Active(file)'),
      Number(/^Active\(file\): +(\d+)/m.exec(fixture(`${FOLDER}/meminfo`))?.[1]),
    );
    const vmstat = parseKeyValues(fixture(`${FOLDER}/vmstat`));
    assert.equal(vmstat.size, fixture(`${FOLDER}/vmstat`).trim().split('\n').length);
    assert.ok((vmstat.get('nr_dirty_threshold') ?? 0) > 0);
    assert.deepEqual(
      [...parseKeyValues('rchar: 323934931\nwchar: 0\ncancelled_write_bytes: 7').values()],
      [323934931, 0, 7],
    );
  });

  it('passes over lines that hold no whole number', () => {
    const text = 'good 1\nname only\nword: kB\nhalf 12x\nreal 1.5\n\n: 5\nlast:\t9';
    assert.deepEqual(
      [...parseKeyValues(text)],
      [
        ['good', 1],
        ['last', 9],
      ],
    );
  });

  it('reads back every list of keys and numbers, with or without colon and unit', () => {
    const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_()]{0,12}$/);
    const line = fc.record({ key, value: fc.nat(), colon: fc.boolean(), unit: fc.boolean() });
    fc.assert(
      fc.property(fc.uniqueArray(line, { selector: (one) => one.key }), (lines) => {
        const text = lines
          .map((one) => `${one.key}${one.colon ? ':   ' : ' '}${one.value}${one.unit ? ' kB' : ''}\n`)
          .join('');
        assert.deepEqual(
          [...parseKeyValues(text)],
          lines.map((one) => [one.key, one.value]),
        );
      }),
    );
  });
});

describe('/proc/PID/stat', () => {
  const after =
    'S 1 812 812 34816 -1 4194560 2500 10 3 4 150 75 0 0 20 0 12 0 5321 1000000 4321 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 42 0 0';

  it('reads the fields by the numbers of the manual page', () => {
    assert.deepEqual(parsePidStat(`812 (mysqld) ${after}\n`), {
      pid: 812,
      comm: 'mysqld',
      state: 'S',
      parent: 1,
      session: 812,
      tty: 34816,
      kernelThread: false,
      minflt: 2500,
      majflt: 3,
      childMinflt: 10,
      utime: 150,
      stime: 75,
      nice: 0,
      threads: 12,
      startTicks: 5321,
      rss: 4321,
      blkioTicks: 42,
      policy: 0,
    });
    const idle = after.replace(' 20 0 12 ', ' 20 -5 12 ').replace(' 0 0 42 ', ' 0 5 42 ');
    assert.deepEqual(
      [parsePidStat(`812 (mysqld) ${idle}`)].map((stat) => [stat?.nice, stat?.policy]),
      [[-5, 5]],
    );
  });

  it('takes the name up to the last parenthesis', () => {
    for (const comm of ['a b', 'odd) S 1', '((x)', 'two\nlines', ') R 0 0', '']) {
      assert.equal(parsePidStat(`812 (${comm}) ${after}`)?.comm, comm);
      assert.equal(parsePidStat(`812 (${comm}) ${after}`)?.state, 'S');
    }
  });

  it('tells kernel threads by PF_KTHREAD and daemons by their session without a terminal', () => {
    const kthread = parsePidStat('35 (kswapd0) S 2 0 0 0 -1 2099264 0 0 0 0 0 5 0 0 20 0 1 0 40 0 0');
    assert.equal(kthread?.kernelThread, true);
    assert.equal(kthread?.blkioTicks, undefined);
    assert.equal(kthread && isDaemon(kthread), false);
    const daemon = parsePidStat(`812 (mysqld) ${after.replace('34816', '0')}`);
    assert.equal(daemon && isDaemon(daemon), true);
    const shell = parsePidStat(`812 (bash) ${after}`);
    assert.equal(shell && isDaemon(shell), false);
  });

  it('reads a real line', () => {
    const stat = parsePidStat(fixture(`${FOLDER}/pid-stat`));
    assert.equal(stat?.comm, 'cat');
    assert.equal(stat?.state, 'R');
    assert.equal(stat?.threads, 1);
  });

  it('is absent for a line cut anywhere before the field it needs last', () => {
    const line = `812 (mysqld) ${after}`;
    const needed = line.indexOf(' 18446744073709551615');
    for (let end = 0; end < needed - 4; end += 1) assert.equal(parsePidStat(line.slice(0, end)), undefined);
  });
});

describe('mountinfo', () => {
  it('undoes octal escapes and passes over optional fields', () => {
    const text = String.raw`36 35 98:0 /mnt1 /mnt\0402/a\134b rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue
37 35 0:44 / /nfs rw - nfs4 server:/export rw,vers=4.2
38 35 0:45 / /run rw shared:5 - tmpfs tmpfs rw
39 35 broken`;
    const mounts = parseMountinfo(text);
    assert.equal(mounts.length, 3);
    assert.deepEqual(mounts[0], {
      id: 36,
      device: '98:0',
      root: '/mnt1',
      mountPoint: '/mnt 2/a\\b',
      type: 'ext3',
      source: '/dev/root',
      options: 'rw,noatime,rw,errors=continue',
    });
    assert.deepEqual(
      mounts.filter(keepsFiles).map((mount) => mount.type),
      ['ext3', 'nfs4'],
    );
  });

  it('tells whether the way to a path comes past a server, but not past the root’s, nor one that another mount lies over', () => {
    const index = new MountIndex(
      parseMountinfo(`20 1 0:20 / / rw - nfs server:/root rw
21 20 0:21 / /gone rw - fuse.sshfs host: rw
22 21 8:1 / /gone/local rw - ext4 /dev/sda1 rw
23 20 8:2 / /data rw - ext4 /dev/sda2 rw
24 23 0:22 / /covered rw - fuse.x x: rw
25 24 8:3 / /covered rw - xfs /dev/sda3 rw
`),
    );
    const passing = ['/gone', '/gone/a', '/gone/local', '/gone/local/b', '/data/c', '/gonefile', '/covered/d', '/'];
    assert.deepEqual(
      passing.filter((path) => index.passesServer(path)),
      ['/gone', '/gone/a', '/gone/local', '/gone/local/b'],
    );
  });

  it('knows whose files a server gives, and that fusectl, which every desktop mounts, has none', () => {
    const types = [
      'ext4',
      'fuse',
      'fuse.sshfs',
      'fuseblk',
      'nfs',
      'nfs4',
      'cifs',
      'virtiofs',
      'fusectl',
      'nfsd',
      'overlay',
    ];
    const mounts = parseMountinfo(
      types.map((type, id) => `${id} 0 0:${id} / /${id} rw - ${type} source rw`).join('\n'),
    );
    assert.deepEqual(
      mounts.filter(asksServer).map(({ type }) => type),
      types.slice(1, 8),
    );
  });

  it('finds the mount under a path: the longest point, of two the later', () => {
    const mounts = parseMountinfo(
      [
        '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
        '2 1 8:2 / /data rw - ext4 /dev/sdb rw',
        '3 1 8:3 / /data rw - xfs /dev/sdc rw',
      ].join('\n'),
    );
    const deviceOf = (path: string) => mountOf(mounts, path)?.device;
    assert.deepEqual(['/', '/data', '/data/x', '/database', '/etc/passwd'].map(deviceOf), [
      '8:1',
      '8:3',
      '8:3',
      '8:1',
      '8:1',
    ]);
    assert.equal(mountOf([], '/data'), undefined);
  });
});

describe('cgroups', () => {
  const hierarchies = findHierarchies(parseMountinfo(fixture(`${FOLDER}/mountinfo`)));

  it('finds the mounted hierarchies of both versions', () => {
    assert.deepEqual(
      hierarchies.map(({ controller, mountPoint }) => [controller, mountPoint]),
      [
        ['cpu', '/sys/fs/cgroup/cpu'],
        ['memory', '/sys/fs/cgroup/memory'],
        ['freezer', '/sys/fs/cgroup/freezer'],
        ['blkio', '/sys/fs/cgroup/blkio'],
        ['', '/sys/fs/cgroup/unified'],
      ],
    );
  });

  it('reads a membership, also of joint controllers and of paths with colons', () => {
    const text = '12:cpu,cpuacct:/system.slice/a.service\n7:blkio:/docker/x:y\n1:name=systemd:/\n0::/user.slice\n';
    assert.deepEqual(
      [...parseMembership(text)],
      [
        ['cpu', '/system.slice/a.service'],
        ['cpuacct', '/system.slice/a.service'],
        ['blkio', '/docker/x:y'],
        ['name=systemd', '/'],
        ['', '/user.slice'],
      ],
    );
  });

  it('goes from a cgroup to its folder and from a file back to its cgroup', () => {
    for (const hierarchy of [...hierarchies, { controller: 'io', mountPoint: '/inside', root: '/docker/abc' }]) {
      const base = hierarchy.root === '/' ? '' : hierarchy.root;
      for (const cgroup of [hierarchy.root, `${base}/a`, `${base}/a/b c`]) {
        const folder = cgroupFolder(hierarchy, cgroup);
        assert.equal(cgroupOfFile([hierarchy], `${folder}/cpu.stat`), cgroup);
      }
    }
    assert.equal(
      cgroupFolder({ controller: '', mountPoint: '/inside', root: '/docker/abc' }, '/docker/other'),
      undefined,
    );
    assert.equal(cgroupFolder({ controller: '', mountPoint: '/inside', root: '/' }, '/../outside'), undefined);
    assert.equal(cgroupOfFile(hierarchies, '/etc/cpu.stat'), undefined);
    assert.deepEqual(withAncestors('/a/b/c'), ['/a/b/c', '/a/b', '/a']);
    assert.deepEqual(withAncestors('/'), []);
  });
});

it('no parser throws on arbitrary text, and none makes a number of what is none', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\d \n:()=.kB/-]*$/));
  fc.assert(
    fc.property(text, (arbitrary) => {
      for (const value of parseKeyValues(arbitrary).values()) assert.ok(value >= 0);
      const stat = parsePidStat(arbitrary);
      if (stat) assert.ok(Number.isFinite(stat.utime));
      assert.ok(Array.isArray(parseMountinfo(arbitrary)));
      assert.ok(parseMembership(arbitrary) instanceof Map);
      const number = toInteger(arbitrary);
      assert.ok(number === undefined || Number.isFinite(number));
    }),
  );
});
