// The probe against dd, and every scenario against the real kernel: it provokes what it says, on its own devices, and puts everything back.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProbeProgress } from '../../src/model/recording.js';
import { holdPlace } from '../../src/base/hold-path.js';
import { checkDirectory, startProbe, type Probe, type ProbeOptions } from '../../src/lab/probe.js';
import { LabCgroup } from '../../src/lab/scenarios/cgroup.js';
import { startHogs } from '../../src/lab/scenarios/cpu-hog.js';
import { limitDirtyOfDevice, limitDirtyOfMachine } from '../../src/lab/scenarios/dirty-limit.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { startNeighbour } from '../../src/lab/scenarios/neighbour.js';
import { makeSlowBelow } from '../../src/lab/scenarios/slow-below.js';
import { lives } from '../support/leftovers.js';
import { needsCommand, needsLoop, needsRoot } from '../support/requirements.js';
import { ddSpeed, inWorkplace, speedOf, writesOf } from '../support/scenario.js';
import { until } from '../support/until.js';

const MiB = 1024 * 1024;
const ONE_PHASE = { bufferedSeconds: 0, directSeconds: 0, fsyncSeconds: 0, bufferedBlockBytes: 512 };

/** As a probe's, but the file by its path. */
type Options = Omit<ProbeOptions, 'folder'>;

/** Starts a probe, which holds its folder by itself from then on. */
function start({ file, ...options }: Options, onProgress: (progress: ProbeProgress) => void): Probe {
  const { folder, name } = holdPlace(file);
  const running = startProbe({ ...options, folder, file: name }, onProgress);
  folder.close();
  return running;
}

/** Runs a probe to its end. */
async function probe(options: Options): Promise<ProbeProgress[]> {
  const said: ProbeProgress[] = [];
  const running = start(options, (progress) => said.push(progress));
  running.go();
  assert.deepEqual(await running.done, { code: 0, signal: null, complaint: '' });
  return said;
}

/** Bytes a second from the first operation to the last. */
function speed(slices: readonly ProbeProgress[]): number {
  const bytes = slices.reduce((sum, slice) => sum + slice.bytes, 0);
  return (bytes * 1e9) / (Number(slices.at(-1)?.toNs) - Number(slices[0]?.fromNs));
}

test('the probe writes, says what it did in slices of a tenth of a second, and leaves nothing', async () => {
  await inWorkplace(async ({ folder }) => {
    const file = path.join(folder, '.probe.tmp');
    const said = await probe({
      ...ONE_PHASE,
      file,
      bufferedSeconds: 0.5,
      directSeconds: 0.5,
      fsyncSeconds: 0.5,
      bufferedMaxBytes: 32 * MiB,
    });
    assert.deepEqual([...new Set(said.map((slice) => slice.phase))], ['buffered', 'direct', 'fsync', 'end']);
    for (const slice of said.slice(0, -1)) {
      assert.equal(slice.error, undefined);
      assert.equal(slice.bytes, slice.operations * slice.blockBytes);
      assert.ok(BigInt(slice.toNs) > BigInt(slice.fromNs));
      assert.ok(slice.latencyUs && slice.latencyUs.p50 > 0 && slice.latencyUs.p50 <= slice.latencyUs.p99);
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('probe')),
      [],
    );
  });
});

test('the probe keeps up with dd at 512 bytes: a quarter of its speed at least, on a busy machine too', async () => {
  await inWorkplace(async ({ folder }) => {
    const ratios: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const dd = await ddSpeed(path.join(folder, 'dd'), 512, 5000, 'count=300000');
      const slices = await probe({
        ...ONE_PHASE,
        file: path.join(folder, 'probe'),
        bufferedSeconds: 5,
        bufferedMaxBytes: 300_000 * 512,
      });
      ratios.push(speed(slices.slice(0, -1)) / dd);
    }
    assert.ok(Math.max(...ratios) > 0.25, `the probe’s speed against dd’s: ${ratios.join(', ')}`);
  });
});

test('a probe that is stopped removes its file', async () => {
  await inWorkplace(async ({ folder }) => {
    const file = path.join(folder, 'probe');
    const said: ProbeProgress[] = [];
    const running = start({ ...ONE_PHASE, file, directSeconds: 30, bufferedMaxBytes: MiB }, (progress) =>
      said.push(progress),
    );
    running.go();
    await until('its progress', () => said.length >= 3);
    assert.equal(readFileSync(`/proc/${running.pid}/comm`, 'utf8'), 'iowitness-probe\n');
    assert.equal(statSync(file).size, MiB);
    running.stop();
    const end = await running.done;
    assert.equal(end.complaint, '');
    assert.equal(existsSync(file), false);
  });
});

test('a probe whose parent is killed ends and removes its file', async () => {
  await inWorkplace(async ({ folder }) => {
    const file = path.join(folder, 'probe');
    const module = new URL('../../src/lab/probe.js', import.meta.url).href;
    const held = new URL('../../src/base/hold-path.js', import.meta.url).href;
    // Long beyond the patience below: it must not end by itself.
    const options = { ...ONE_PHASE, file: path.basename(file), directSeconds: 600, bufferedMaxBytes: MiB };
    const program = `import { writeSync } from 'node:fs';
      import { startProbe } from ${JSON.stringify(module)};
      import { holdFolder } from ${JSON.stringify(held)};
      const options = { ...${JSON.stringify(options)}, folder: holdFolder(${JSON.stringify(folder)}) };
      const probe = startProbe(options, () => process.kill(process.pid, 'SIGKILL'));
      writeSync(1, String(probe.pid));
      probe.go();`;
    const parent = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    assert.equal(parent.signal, 'SIGKILL');
    const orphan = Number(parent.stdout);
    assert.ok(orphan > 0);
    // Its new parent may take seconds to reap it: a zombie has ended.
    await until('the probe to end', () => !lives(orphan));
    assert.equal(existsSync(file), false);
  });
});

test('a folder without a disk, or that is none, is refused in a sentence', () => {
  assert.throws(() => checkDirectory('/proc'), { name: 'UserError', message: /no block device/ });
  assert.throws(() => checkDirectory('/dev'), { name: 'UserError', message: /memory: there is no disk/ });
  assert.throws(() => checkDirectory('/no/such/folder'), { name: 'UserError', message: /There is no folder/ });
  assert.throws(() => checkDirectory('/proc/self/status'), { name: 'UserError', message: /is not a folder/ });
});

for (const fs of ['ext4', 'xfs', 'btrfs'] as const) {
  test(
    `a ${fs} volume is told by its device, refused when read-only, and ends a phase when full`,
    {
      skip: needsLoop() || needsCommand(`mkfs.${fs}`),
    },
    async () => {
      await inWorkplace(async ({ folder, journal }) => {
        const volume = makeLoopVolume(journal, { folder, name: 'v', fs });
        const told = checkDirectory(volume.mountPoint);
        assert.deepEqual(
          { ...told, freeBytes: 0 },
          { device: volume.device, mountPoint: volume.mountPoint, fsType: fs, freeBytes: 0 },
        );
        assert.ok(told.freeBytes > 100 * MiB && told.freeBytes < 512 * MiB);
        const said = await probe({
          ...ONE_PHASE,
          file: path.join(volume.mountPoint, 'probe'),
          bufferedSeconds: 20,
          bufferedBlockBytes: MiB,
          bufferedMaxBytes: 1024 * MiB,
        });
        assert.equal(said.at(-2)?.error, 'ENOSPC');
        assert.equal(said.at(-1)?.phase, 'end');
        assert.equal(spawnSync('mount', ['-o', 'remount,ro', volume.mountPoint]).status, 0);
        assert.throws(() => checkDirectory(volume.mountPoint), { name: 'UserError', message: /is read-only/ });
      });
    },
  );
}

test('a dirty limit of one device slows buffered writes to under a twentieth', { skip: needsLoop() }, async (t) => {
  if (
    !existsSync('/sys/class/bdi') ||
    !readdirSync('/sys/class/bdi').some((bdi) => existsSync(`/sys/class/bdi/${bdi}/strict_limit`))
  ) {
    t.skip('cannot: this kernel has no strict_limit (Linux 6.2)');
    return;
  }
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'v' });
    const file = path.join(volume.mountPoint, 'file');
    const before = await ddSpeed(file, 512, 2000, 'count=200000');
    const truth = limitDirtyOfDevice(journal, volume.device, 4096);
    const after = await ddSpeed(file, 512, 2000);
    const slices = await probe({ ...ONE_PHASE, file: `${file}2`, bufferedSeconds: 2, bufferedMaxBytes: 100 * MiB });
    t.diagnostic(`dd ${before} → ${after} B/s, probe ${speed(slices.slice(0, -1))} B/s`);
    assert.equal(truth.cause, 'mem.dirty-limit');
    assert.ok(after < before / 20, `${before} → ${after} B/s`);
    assert.ok(speed(slices.slice(0, -1)) < before / 20);
  });
});

test('a dirty limit of the machine slows buffered writes to under a twentieth', { skip: needsLoop() }, async (t) => {
  await inWorkplace(async ({ folder, journal }) => {
    const file = path.join(makeLoopVolume(journal, { folder, name: 'v' }).mountPoint, 'file');
    const before = await ddSpeed(file, 512, 2000, 'count=200000');
    limitDirtyOfMachine(journal, 8192);
    const after = await ddSpeed(file, 512, 2000);
    const slices = await probe({ ...ONE_PHASE, file: `${file}2`, bufferedSeconds: 2, bufferedMaxBytes: 100 * MiB });
    t.diagnostic(`dd ${before} → ${after} B/s, probe ${speed(slices.slice(0, -1))} B/s`);
    assert.ok(after < before / 20, `${before} → ${after} B/s`);
  });
});

test('a limit beneath makes every write slow on a device that has no limit', { skip: needsLoop() }, async (t) => {
  await inWorkplace(async ({ folder, journal }) => {
    const below = makeSlowBelow(journal, { folder, name: 'v', bytes: 128 * MiB });
    const { volume } = below;
    const file = path.join(volume.mountPoint, 'file');
    const serviceMs = async () => {
      const from = writesOf(volume.node);
      await ddSpeed(file, 4096, 2000, 'oflag=direct', 'count=300', 'conv=notrunc');
      const to = writesOf(volume.node);
      return (to.ms - from.ms) / (to.count - from.count);
    };
    await serviceMs();
    const before = await serviceMs();
    const truth = below.slow({ writeIops: 30 });
    const after = await serviceMs();
    const flushed = await ddSpeed(`${file}2`, 65_536, 4000, 'count=64', 'conv=fsync');
    t.diagnostic(`a write takes ${before} → ${after} ms on the device; buffered with fsync ${flushed} B/s`);
    assert.ok(before < 5 && after > 20, `${before} → ${after} ms`);
    assert.equal(truth.device, volume.device);
    assert.ok(
      !readFileSync(truth.file, 'utf8').includes(`${volume.device} `),
      'the volume’s own device is not limited',
    );
  });
});

test(
  'a cgroup’s limit on the volume holds the bios back and leaves the device fast',
  { skip: needsLoop() },
  async (t) => {
    await inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'v' });
      const file = path.join(volume.mountPoint, 'file');
      await ddSpeed(file, 4096, 2000, 'oflag=direct', 'count=2000');
      const group = LabCgroup.make(journal, 'blkio', 'limited');
      group.limitIo(volume.device, { writeIops: 50 });
      const from = writesOf(volume.node);
      const dd = ['dd', 'if=/dev/zero', `of=${file}`, 'bs=4096', 'oflag=direct', 'conv=notrunc', 'count=200'];
      const limited = await speedOf(group.inside(dd), 2000);
      const to = writesOf(volume.node);
      const serviceMs = (to.ms - from.ms) / (to.count - from.count);
      t.diagnostic(`${limited / 4096} writes/s of ${serviceMs} ms`);
      assert.ok(limited / 4096 < 75 && limited / 4096 > 25, `${limited / 4096} writes/s`);
      assert.ok(serviceMs < 5, `${serviceMs} ms`);

      const running = start({ ...ONE_PHASE, file: `${file}2`, directSeconds: 1, bufferedMaxBytes: MiB }, (slice) =>
        said.push(slice),
      );
      const said: ProbeProgress[] = [];
      group.enter(running.pid);
      running.go();
      await running.done;
      const operations = said.reduce((sum, slice) => sum + slice.operations, 0);
      assert.ok(operations < 100, `${operations} operations in a second`);
    });
  },
);

test('a neighbour bursts on time, under its name', { skip: needsLoop() }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'v' });
    const file = path.join(volume.mountPoint, 'neighbour');
    const from = writesOf(volume.node);
    const neighbour = startNeighbour(journal, {
      file,
      fileBytes: 32 * MiB,
      name: 'monitord',
      direct: true,
      blockBytes: MiB,
      burstBytes: 16 * MiB,
      periodMs: 300,
      jitter: 0,
      fsync: false,
    });
    await pause(2000);
    assert.equal(readFileSync(`/proc/${neighbour.truth.pid}/comm`, 'utf8'), 'monitord\n');
    await neighbour.stop();
    const starts = neighbour.truth.bursts.map((burst) => Number(burst.fromNs) / 1e6);
    assert.ok(starts.length >= 5 && starts.length <= 8, `${starts.length} bursts`);
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? NaN));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    assert.ok(Math.abs(mean - 300) < 30, `${mean} ms apart`);
    assert.ok(writesOf(volume.node).count - from.count >= starts.length * 16);
    assert.equal(existsSync(file), false);
  });
});

test('busy processes share one CPU, and a quota holds one of them back', { skip: needsRoot() }, async () => {
  await inWorkplace(async ({ journal }) => {
    const hogs = startHogs({ processes: 2, name: 'busybody', cpu: 0 });
    try {
      const [first = 0, second = 0] = hogs.truth.pids;
      // A process gives itself its name once it runs.
      const isNamed = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'busybody\n';
      await until('their names', () => isNamed(first) && isNamed(second));
      const cpuMs = (pid: number) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
      const group = LabCgroup.make(journal, 'cpu', 'quota');
      const file = group.limitCpu(0.1);
      group.enter(second);
      const from = cpuMs(second);
      const begunMs = performance.now();
      await pause(1000);
      const [used, tookMs] = [cpuMs(second) - from, performance.now() - begunMs];
      assert.ok(used < 0.25 * tookMs, `${used} ms of CPU in ${tookMs} ms`);
      const counted = path.join(path.dirname(file), 'cpu.stat');
      const throttled = () => Number(/nr_throttled (\d+)/.exec(readFileSync(counted, 'utf8'))?.[1]);
      // Where others have the CPU, it takes longer to use the quota up.
      await until('three periods without the CPU', () => throttled() >= 3);
    } finally {
      await hogs.stop();
    }
  });
});
