// From a set of facts to devices that stand on each other, limits, processes and the summary.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Allowance } from '../../src/base/allowance.js';
import { decodeFacts } from '../support/decoded.js';
import type { Facts } from '../../src/model/facts.js';
import { fixture } from '../support/fixtures.js';
import { factReadings, reading } from '../support/tape.js';

const FOLDER = 'procfs/linux-6.18-virtual';

function factsOf(files: Readonly<Record<string, string>>): Facts {
  const [facts] = decodeFacts(factReadings(1000, 'start', files));
  assert.ok(facts);
  return facts;
}

describe('what may be kept of facts', () => {
  it('is bounded, whether sets, files or texts are many; what is left out is counted', () => {
    const tapes = {
      sets: (index: number) => factReadings(index, 'change', {}),
      files: (index: number) => factReadings(index, 'change', { [`/proc/sys/vm/x${index}`]: '1' }),
      texts: (index: number) => factReadings(index, 'change', { '/proc/sys/vm/x': `${index}`.repeat(1000) }),
      devices: (index: number) => factReadings(index, 'change', { [`/sys/block/a${index}/dev`]: `8:${index}` }),
    };
    for (const [name, make] of Object.entries(tapes)) {
      const allowance = new Allowance(200_000);
      const sets = decodeFacts(Array.from({ length: 1000 }, (_, index) => make(index + 1)).flat(), allowance);
      assert.ok(allowance.refused > 0, name);
      assert.ok(sets.length > 3 && sets.length < 30, `${name}: ${sets.length}`);
    }
  });

  it('is little where sets say the same again', () => {
    const allowance = new Allowance(1_000_000);
    const files = { '/proc/sys/vm/dirty_ratio': '20', '/etc/os-release': 'x'.repeat(5000) };
    const tape = Array.from({ length: 100 }, (_, index) => factReadings(index, 'change', files));
    assert.equal(decodeFacts(tape.flat(), allowance).length, 100);
    assert.equal(allowance.refused, 0);
  });

  it('takes no time by what a process wrote over its arguments', () => {
    const { processes } = factsOf({
      '/proc/7/stat': '7 (a) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 5',
      '/proc/7/cmdline': `a\0b${'\0'.repeat(1_000_000)}c${'\0'.repeat(1_000_000)}`,
    });
    assert.equal(processes[0]?.command, `a b${' '.repeat(1_000_000)}c`);
  });
});

describe('sets of facts', () => {
  it('hold the readings at their mark’s time and no others', () => {
    const sets = decodeFacts([
      reading(1, '/proc/cmdline', 'before any mark'),
      ...factReadings(5, 'start', { '/proc/cmdline': 'one', '/proc/meminfo': 'MemTotal: 2 kB' }),
      reading(6, '/proc/meminfo', 'MemTotal: 3 kB'),
      { ...reading(7, 'iowitness:facts', 'rubbish') },
      reading(7, '/proc/cmdline', 'of no set'),
      ...factReadings(8, 'end', { '/proc/cmdline': 'two' }),
      { ...reading(8, '/proc/version', 'ENOENT'), failed: true },
    ]);
    assert.deepEqual(
      sets.map((set) => [set.when, set.atMs, set.files.get('/proc/cmdline')]),
      [
        ['start', 5, 'one'],
        ['end', 8, 'two'],
      ],
    );
    assert.equal(sets[0]?.memoryBytes, 2048);
    assert.equal(sets[1]?.memoryBytes, undefined);
    assert.equal(sets[1]?.files.has('/proc/version'), false);
  });

  it('survive arbitrary texts at every path', () => {
    const path = fc.constantFrom(
      '/proc/self/mountinfo',
      '/sys/block/sda/dev',
      '/sys/block/loop0/loop/backing_file',
      '/proc/7/stat',
      '/proc/7/cgroup',
      '/proc/swaps',
      '/proc/uptime',
      '/proc/cpuinfo',
      '/etc/os-release',
      '/sys/class/bdi/8:0/max_ratio',
    );
    fc.assert(
      fc.property(fc.dictionary(path, fc.string({ unit: 'binary' })), (files) => {
        const facts = factsOf(files);
        for (const value of facts.summary.values()) assert.equal(typeof value, 'string');
      }),
    );
  });
});

describe('devices', () => {
  const MOUNTS = [
    '1 0 8:2 / / rw - ext4 /dev/sda2 rw',
    '2 1 0:33 / /big rw - btrfs /dev/sdb rw',
    '3 1 0:40 / /net rw - nfs4 host:/x rw',
  ].join('\n');
  const { devices } = factsOf({
    '/proc/self/mountinfo': MOUNTS,
    '/sys/block/sda/dev': '8:0\n',
    '/sys/block/sda/size': '2048\n',
    '/sys/block/sda/queue/rotational': '1\n',
    '/sys/block/sda/queue/scheduler': 'none [mq-deadline]\n',
    '/sys/block/sda/device/model': 'ST4000 \n',
    '/sys/block/sda/sda2/dev': '8:2\n',
    '/sys/block/sda/sda2/size': '1024\n',
    '/sys/block/sdb/dev': '8:16\n',
    '/sys/block/dm-0/dev': '253:0\n',
    '/sys/block/dm-0/slaves/': 'sda2\nsdb',
    '/sys/block/loop0/dev': '7:0\n',
    '/sys/block/loop0/loop/backing_file': '/var/disk image\n',
    '/sys/block/loop1/dev': '7:1\n',
    '/sys/block/loop1/loop/backing_file': '/big/image\n',
    '/sys/block/loop2/dev': '7:2\n',
    '/sys/block/loop2/loop/backing_file': '/net/image\n',
    '/sys/class/bdi/8:0/max_ratio': '100\n',
  });
  const beneath = (id: string) => devices.get(id)?.beneath;

  it('stand on their disk, their members, or the device under their backing file', () => {
    assert.deepEqual(beneath('8:2'), ['8:0']);
    assert.deepEqual(beneath('253:0'), ['8:2', '8:16']);
    assert.deepEqual(beneath('7:0'), ['8:2']);
    assert.deepEqual(beneath('7:1'), ['8:16'], 'btrfs is found by its mount’s source');
    assert.deepEqual(beneath('7:2'), [], 'a file server is no device');
    assert.deepEqual(beneath('8:0'), []);
    assert.equal(devices.get('7:0')?.backingFile, '/var/disk image');
  });

  it('carry their settings', () => {
    const sda = devices.get('8:0');
    assert.deepEqual([sda?.bytes, sda?.rotational, sda?.model], [1048576, true, 'ST4000']);
    assert.equal(sda?.queue.get('scheduler'), 'none [mq-deadline]');
    assert.equal(sda?.bdi.get('max_ratio'), '100');
    assert.equal(devices.get('8:2')?.queue.size, 0);
    assert.equal(devices.get('8:16')?.bytes, undefined);
    assert.equal(devices.get('8:16')?.rotational, undefined);
  });
});

it('limits name their cgroup by the hierarchy that holds the file', () => {
  const { limits } = factsOf({
    '/proc/self/mountinfo': fixture(`${FOLDER}/mountinfo`),
    '/sys/fs/cgroup/blkio/db/a/blkio.throttle.write_bps_device': '7:0 1048576\n',
    '/sys/fs/cgroup/cpu/db/cpu.cfs_quota_us': '25000\n',
    '/sys/fs/cgroup/cpu/db/cpu.cfs_period_us': '50000\n',
    '/sys/fs/cgroup/unified/web/io.max': '8:0 rbps=max wbps=9 riops=max wiops=max\n',
    '/elsewhere/io.max': '8:0 wbps=9',
  });
  assert.deepEqual(
    limits.map(({ cgroup, kind, what, value }) => [cgroup, kind, what, value]),
    [
      ['/db/a', 'io', 'wbps', 1048576],
      ['/db', 'cpu', 'quota', 0.5],
      ['/web', 'io', 'wbps', 9],
    ],
  );
});

it('processes carry command, cgroups and start; the recorder and its children are no daemons', () => {
  const stat = (pid: number, parent: number, comm: string) =>
    `${pid} (${comm}) S ${parent} ${pid} ${pid} 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 9000 0 5\n`;
  const { processes } = factsOf({
    '/proc/uptime': '100.00 3.0\n',
    '/proc/self/stat': stat(50, 1, 'node'),
    '/proc/50/stat': stat(50, 1, 'node'),
    '/proc/51/stat': stat(51, 50, 'dd'),
    '/proc/812/stat': stat(812, 1, 'mysqld'),
    '/proc/812/cmdline': '/usr/sbin/mysqld\0--user=mysql\0',
    '/proc/812/cgroup': '4:blkio:/db\n0::/\n',
  });
  assert.deepEqual(
    processes.map(({ pid, daemon }) => [pid, daemon]),
    [
      [50, false],
      [51, false],
      [812, true],
    ],
  );
  const mysqld = processes[2];
  assert.equal(mysqld?.command, '/usr/sbin/mysqld --user=mysql');
  assert.equal(mysqld?.cgroups.get('blkio'), '/db');
  // It started 90 s after boot, 10 s before the facts, which were taken 1 s after the recording's start.
  assert.equal(mysqld?.startedMs, -9000);
});

describe('the summary', () => {
  const dmi = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, text]) => [`/sys/class/dmi/id/${name}`, `${text}\n`]));
  const cpuinfo = fixture(`${FOLDER}/cpuinfo`);

  it('is told in the order of the report, and leaves out what is not known', () => {
    const { summary, cpus } = factsOf({
      '/proc/sys/kernel/osrelease': '6.1.0-18-amd64\n',
      '/proc/version': 'Linux version 6.1.0-18-amd64 (debian@example) (gcc-12) #1 SMP\n',
      '/proc/cpuinfo': cpuinfo,
      '/sys/devices/system/cpu/online': '0-7\n',
      '/proc/meminfo': 'MemTotal: 16000000 kB\n',
      '/proc/swaps': 'Filename Type Size Used Priority\n/swapfile file 1000000 0 -2\n',
      '/sys/kernel/security/lockdown': 'none [integrity] confidentiality\n',
      '/etc/os-release': 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
      '/run/docker.sock': '',
      '/run/containerd/containerd.sock': '',
      ...dmi({ sys_vendor: 'Amazon EC2', product_name: 'm5.xlarge' }),
    });
    assert.equal(cpus, 8);
    assert.deepEqual(
      [...summary],
      [
        ['Kernel', '6.1.0-18-amd64'],
        ['Build', '(debian@example) (gcc-12) #1 SMP'],
        ['Architecture', 'x86_64'],
        ['CPU', '8 × AMD EPYC'],
        ['Memory', '15.3 GiB'],
        ['Swap', '977 MiB (/swapfile)'],
        ['Virtualisation', 'KVM'],
        ['Cloud instance', 'AWS m5.xlarge'],
        ['Lockdown', 'integrity'],
        ['Operating system', 'Debian GNU/Linux 12 (bookworm)'],
        ['Container engine', 'Docker, containerd'],
      ],
    );
    assert.equal(factsOf({}).summary.size, 0);
  });

  it('tells the clouds apart, and virtual from real machines', () => {
    const cloud = (values: Readonly<Record<string, string>>) => factsOf(dmi(values)).summary.get('Cloud instance');
    assert.equal(cloud({ product_name: 'Google Compute Engine', sys_vendor: 'Google' }), 'Google Compute Engine');
    assert.equal(
      cloud({ chassis_asset_tag: '7783-7084-3265-9085-8269-3286-77', product_name: 'Virtual Machine' }),
      'Azure',
    );
    assert.equal(cloud({ sys_vendor: 'Hetzner', product_name: 'vServer' }), 'Hetzner vServer');
    assert.equal(cloud({ sys_vendor: 'Dell Inc.', product_name: 'PowerEdge R740' }), undefined);
    const virtual = (files: Readonly<Record<string, string>>) => factsOf(files).summary.get('Virtualisation');
    assert.equal(virtual({ '/proc/cpuinfo': cpuinfo }), 'a hypervisor');
    assert.equal(virtual({ '/proc/cpuinfo': cpuinfo.replace(' hypervisor ', ' ') }), 'none');
    assert.equal(virtual({ '/sys/hypervisor/type': 'xen\n' }), 'Xen');
    assert.equal(virtual({}), undefined);
  });
});
