// Counters and facts of the real machine: a known amount is written and shows, a loop device's stack is found, a changed setting is told.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { diffFacts } from '../../src/analysis/machine/changes.js';
import { Topology } from '../../src/analysis/machine/topology.js';
import { monotonicNs } from '../../src/base/clock.js';
import { CounterSampler } from '../../src/capture/counters.js';
import { captureFacts } from '../../src/capture/facts.js';
import { SettingsWatch } from '../../src/capture/settings-watch.js';
import { decodeCounters } from '../support/decoded.js';
import { decodeFacts } from '../support/decoded.js';
import type { Facts } from '../../src/model/facts.js';
import { needsCommand, needsLoop, needsRoot } from '../support/requirements.js';
import { MemorySink } from '../support/tape.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;

function factsNow(): Facts {
  const sink = new MemorySink(monotonicNs());
  captureFacts(sink, { when: 'start', victims: [process.pid] });
  const [facts] = decodeFacts(sink.readings);
  assert.ok(facts);
  return facts;
}

/** Takes down what a test has set up, the last first; node:test's own hooks run the first first. */
class Teardown {
  private readonly steps: (() => unknown)[] = [];

  constructor(t: TestContext) {
    t.after(async () => {
      for (const step of this.steps.toReversed()) await step();
    });
  }

  add(step: () => unknown): void {
    this.steps.push(step);
  }
}

function temporaryFolder(teardown: Teardown): string {
  const folder = mkdtempSync('/var/tmp/iowitness-test-');
  teardown.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function growth(values: Float64Array | undefined): number {
  return (values?.at(-1) ?? NaN) - (values?.[0] ?? NaN);
}

function writeAndSync(file: string, bytes: number): void {
  const fd = openSync(file, 'w');
  try {
    const block = Buffer.alloc(MIB, 'x');
    for (let written = 0; written < bytes; written += MIB) writeSync(fd, block);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

it('64 MiB written and synced show in the process’s and the disk’s counters', async (t) => {
  const teardown = new Teardown(t);
  const folder = temporaryFolder(teardown);
  const disk = new Topology(factsNow(), new Map()).diskOfPath(folder);
  if (disk === undefined) {
    t.skip('cannot: /var/tmp lies on no block device here');
    return;
  }
  const start = monotonicNs();
  const sink = new MemorySink(start);
  const sampler = new CounterSampler(sink, { hz: 10 });
  teardown.add(() => sampler.close());
  sampler.tick(monotonicNs(), [process.pid]);
  writeAndSync(path.join(folder, 'data'), 64 * MIB);
  for (let tick = 0; tick < 10; tick += 1) {
    await sleep(20);
    sampler.tick(monotonicNs(), [process.pid]);
  }
  const counters = decodeCounters(sink.readings);
  const own = counters.processes.get(process.pid);
  assert.ok(growth(own?.io?.columns.get('write_bytes')) >= 64 * MIB);
  assert.ok(growth(own?.io?.columns.get('wchar')) >= 64 * MIB);
  assert.ok(growth(own?.schedstat?.columns.get('run_ns')) > 0);
  assert.ok(growth(counters.disks.get(disk)?.columns.get('wr_sectors')) >= (64 * MIB) / 512);
  assert.ok((counters.vmstat.columns.get('nr_dirty')?.[0] ?? -1) >= 0);
  assert.ok((counters.meminfo.columns.get('MemTotal')?.[0] ?? 0) > 0);
  assert.ok(growth(counters.cpu.columns.get('idle')) >= 0);
  const elapsed = Number(monotonicNs() - start) / 1e6;
  for (const series of [counters.vmstat, counters.cpu]) {
    assert.equal(series.t.length, 11);
    assert.ok((series.t[0] ?? -1) >= 0 && (series.t.at(-1) ?? Infinity) <= elapsed);
  }
});

describe('facts of the live machine', () => {
  it('know the kernel, the processors and this process', () => {
    const facts = factsNow();
    assert.equal(facts.kernel, readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim());
    assert.ok(facts.cpus >= 1);
    assert.ok((facts.memoryBytes ?? 0) > 64 * MIB);
    const own = facts.processes.find(({ pid }) => pid === process.pid);
    assert.equal(own?.daemon, false);
    assert.ok((own?.startedMs ?? 0) < 0);
    assert.ok(facts.mounts.some(({ mountPoint }) => mountPoint === '/'));
  });

  it(
    'find the device under a loop device with ext4, and its bdi',
    { skip: needsLoop() || needsCommand('mkfs.ext4') },
    (t) => {
      const teardown = new Teardown(t);
      const folder = temporaryFolder(teardown);
      const image = path.join(folder, 'image');
      const mountPoint = path.join(folder, 'mounted here');
      writeFileSync(image, '');
      truncateSync(image, 32 * MIB);
      mkdirSync(mountPoint);
      const device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
      teardown.add(() => execFileSync('losetup', ['--detach', device]));
      execFileSync('mkfs.ext4', ['-q', device]);
      const before = factsNow();
      execFileSync('mount', [device, mountPoint]);
      teardown.add(() => execFileSync('umount', [mountPoint]));
      const after = factsNow();
      const topology = new Topology(after, new Map());
      const id = topology.diskOfPath(path.join(mountPoint, 'data'));
      assert.equal(id === undefined ? undefined : topology.name(id), path.basename(device));
      const loop = after.devices.get(id ?? '');
      assert.equal(loop?.backingFile, image);
      assert.equal(loop?.bytes, 32 * MIB);
      assert.ok(Number(loop?.queue.get('nr_requests')) > 0);
      assert.ok(Number(loop?.bdi.get('max_ratio')) > 0);
      const below = topology.diskOfPath(folder);
      if (below !== undefined) assert.deepEqual(topology.beneath(id ?? '')[0], below);
      const changes = diffFacts([before, after]).map(({ what }) => what);
      assert.ok(changes.includes(`mount ${mountPoint}`), changes.join(', '));
    },
  );

  it('tell a changed sysctl, and the watch asks for them', { skip: needsRoot() }, (t) => {
    const teardown = new Teardown(t);
    const file = '/proc/sys/vm/dirty_expire_centisecs';
    const was = readFileSync(file, 'utf8');
    teardown.add(() => writeFileSync(file, was));
    const watch = new SettingsWatch();
    const before = factsNow();
    assert.equal(watch.changed([process.pid]), false);
    writeFileSync(file, String(Number(was) - 1));
    assert.equal(watch.changed([process.pid]), true);
    const change = diffFacts([before, factsNow()]).find(({ what }) => what === file);
    assert.deepEqual([change?.before, change?.after], [was.trim(), String(Number(was) - 1)]);
  });

  it(
    'know the CPU quota of a victim’s cgroup, and the counters see it throttle',
    { skip: needsCpuCgroup() },
    async (t) => {
      const teardown = new Teardown(t);
      const cgroup = `/iowitness-test-${process.pid}`;
      const folder = `${cpuMount()}${cgroup}`;
      mkdirSync(folder);
      teardown.add(() => rmdirSync(folder));
      writeFileSync(`${folder}/cpu.cfs_quota_us`, '10000');
      writeFileSync(`${folder}/cpu.cfs_period_us`, '100000');
      const spinner = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
      const ended = once(spinner, 'exit');
      teardown.add(async () => {
        spinner.kill('SIGKILL');
        await ended;
      });
      const pid = spinner.pid ?? 0;
      writeFileSync(`${folder}/cgroup.procs`, String(pid));
      const sink = new MemorySink(monotonicNs());
      captureFacts(sink, { when: 'start', victims: [pid] });
      const sampler = new CounterSampler(sink, { hz: 2 });
      teardown.add(() => sampler.close());
      const throttled = () => Number(/nr_throttled (\d+)/.exec(readFileSync(`${folder}/cpu.stat`, 'utf8'))?.[1]);
      sampler.tick(monotonicNs(), [pid]);
      const before = throttled();
      await until('the quota to hold it back', () => throttled() > before);
      for (let tick = 0; tick < 2; tick += 1) {
        await sleep(300);
        sampler.tick(monotonicNs(), [pid]);
      }
      const limit = decodeFacts(sink.readings)[0]?.limits.find((one) => one.cgroup === cgroup && one.kind === 'cpu');
      assert.equal(limit?.value, 0.1);
      const counted = decodeCounters(sink.readings).cgroups.get(`${folder}/cpu.stat`);
      assert.ok(growth(counted?.columns.get('nr_throttled')) > 0);
      assert.ok(growth(counted?.columns.get('throttled_time')) > 0);
    },
  );
});

/** Where the version 1 cpu controller is mounted. */
function cpuMount(): string | undefined {
  return factsNow().mounts.find(({ type, options }) => type === 'cgroup' && options.split(',').includes('cpu'))
    ?.mountPoint;
}

function needsCpuCgroup(): string | false {
  return needsRoot() || (cpuMount() === undefined && 'cannot: no version 1 cpu controller is mounted here');
}
