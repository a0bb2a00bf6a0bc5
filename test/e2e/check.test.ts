// `check` and `diagnose` as a user runs them, on real stalls: the verdict, its culprit, an accounting that sums, nothing left behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { LabCgroup } from '../../src/lab/scenarios/cgroup.js';
import { startHogs } from '../../src/lab/scenarios/cpu-hog.js';
import { flushFrom, limitDirtyOfDevice, limitDirtyOfMachine } from '../../src/lab/scenarios/dirty-limit.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { startNeighbour, type NeighbourOptions } from '../../src/lab/scenarios/neighbour.js';
import { makeSlowBelow } from '../../src/lab/scenarios/slow-below.js';
import { DiagnosisSchema, type Diagnosis } from '../../src/model/diagnosis.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace, othersBusyShare, untilRecorded, type Workplace } from '../support/scenario.js';

const MiB = 1024 * 1024;
const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.js');
const skip = needsRoot() || needsTracefs() || needsLoop() || needsCommand('mkfs.ext4');

interface Ran {
  readonly status: number | null;
  readonly diagnosis: Diagnosis;
}

/** Runs `iowitness check` on a folder and returns its exit status and the diagnosis, held against the published schema. */
async function check(workplace: Workplace, dir: string, prefix: readonly string[] = []): Promise<Ran> {
  const recording = path.join(workplace.folder, `${path.basename(dir)}.iow`);
  return await diagnose([MAIN, 'check', dir, '-o', recording, '--json'], prefix);
}

/** Runs a command of iowitness that prints a diagnosis. */
async function diagnose(args: readonly string[], prefix: readonly string[] = []): Promise<Ran> {
  const [command = '', ...rest] = [...prefix, process.execPath, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const status = await new Promise<number | null>((settle) => child.on('close', settle));
  assert.equal(complaint, '');
  return { status, diagnosis: v.parse(DiagnosisSchema, JSON.parse(out)) };
}

/** What every diagnosis of a whole recording must keep. */
function assertAccounted(diagnosis: Diagnosis): void {
  const share = diagnosis.accounting.reduce((sum, one) => sum + one.share, 0);
  assert.ok(Math.abs(share - 1) <= 0.01, `the states sum to ${share}`);
  const unexplained = diagnosis.accounting.find((one) => one.state === 'unexplained')?.share ?? 0;
  assert.ok(unexplained < 0.05, `${unexplained} of the time is unexplained`);
  assert.equal(diagnosis.recording.complete, true);
  assert.equal(diagnosis.accountingFrom, 'events');
}

function assertCause({ status, diagnosis }: Ran, ...causes: string[]): void {
  const { cause, sentence } = diagnosis.verdict;
  assert.ok(causes.includes(cause), `${sentence}\n${JSON.stringify(diagnosis.ruledOut, null, 1)}`);
  assert.equal(status, cause === 'healthy' ? 0 : 1);
  assertAccounted(diagnosis);
}

test('a healthy volume is called healthy, also while another process burns a CPU', { skip }, async () => {
  // Where others keep all CPUs busy, or the disk, a verdict that says so is right.
  const right = (await othersBusyShare()) < 0.5 ? ['healthy'] : ['healthy', 'cpu.starved', 'dev.neighbour'];
  await inWorkplace(async (workplace) => {
    assertCause(await check(workplace, workplace.folder), ...right);
    const hogs = startHogs({ processes: 1, name: 'burner' });
    try {
      const volume = makeLoopVolume(workplace.journal, { folder: workplace.folder, name: 'quiet' });
      assertCause(await check(workplace, volume.mountPoint), ...right);
    } finally {
      await hogs.stop();
    }
  });
});

test('a bdi limit of one page is mem.dirty-limit, and the device is acquitted', { skip }, async () => {
  await inWorkplace(async (workplace) => {
    const volume = makeLoopVolume(workplace.journal, { folder: workplace.folder, name: 'bdi' });
    limitDirtyOfDevice(workplace.journal, volume.device, 4096);
    const ran = await check(workplace, volume.mountPoint);
    assertCause(ran, 'mem.dirty-limit');
    const { verdict } = ran.diagnosis;
    assert.match(verdict.culprit?.file ?? '', /^\/sys\/class\/bdi\/7:\d+\/max_/);
    assert.match(verdict.sentence, /the device is not to blame/);
    assert.ok(verdict.evidence.some((one) => one.measure === 'pauses' && /^\d+, /.test(one.value)));
    assert.ok(verdict.confidence > 0.8);
  });
});

test(
  'vm.dirty_bytes of two pages is mem.dirty-limit, set by that file, also where it holds the device’s own workers',
  { skip },
  async () => {
    for (const directIo of [true, false]) {
      await inWorkplace(async (workplace) => {
        const volume = makeLoopVolume(workplace.journal, { folder: workplace.folder, name: 'vm', directIo });
        limitDirtyOfMachine(workplace.journal, 8192);
        const ran = await check(workplace, volume.mountPoint);
        assertCause(ran, 'mem.dirty-limit');
        assert.equal(ran.diagnosis.verdict.culprit?.file, '/proc/sys/vm/dirty_bytes');
      });
    }
  },
);

test('a device throttled from below is dev.slow, not a cgroup’s limit', { skip }, async () => {
  await inWorkplace(async (workplace) => {
    const slow = makeSlowBelow(workplace.journal, { folder: workplace.folder, name: 'slow' });
    const truth = slow.slow({ writeIops: 40 });
    const ran = await check(workplace, slow.volume.mountPoint, [
      'sh',
      '-c',
      `echo $$ > /sys/fs/cgroup/blkio/cgroup.procs; exec "$@"`,
      'sh',
    ]);
    assertCause(ran, truth.cause);
    assert.ok(ran.diagnosis.ruledOut.some((one) => one.cause === 'blk.cgroup-limit'));
  });
});

test(
  'a limit on the device itself is blk.cgroup-limit, with the cgroup, the limit and its file',
  { skip },
  async () => {
    await inWorkplace(async (workplace) => {
      const volume = makeLoopVolume(workplace.journal, { folder: workplace.folder, name: 'limited' });
      const group = LabCgroup.make(workplace.journal, 'blkio', 'limited');
      const file = group.limitIo(volume.device, { writeBps: 500_000 });
      const ran = await check(workplace, volume.mountPoint, group.inside([]));
      assertCause(ran, 'blk.cgroup-limit');
      const { culprit, evidence } = ran.diagnosis.verdict;
      assert.equal(culprit?.name, group.path);
      assert.equal(culprit?.file, file);
      assert.ok(evidence.some((one) => one.value.startsWith('500 kB/s')));
    });
  },
);

test('a limit on what a command starts is found, though the command itself has none', { skip }, async () => {
  await inWorkplace(async (workplace) => {
    const volume = makeLoopVolume(workplace.journal, { folder: workplace.folder, name: 'child' });
    const group = LabCgroup.make(workplace.journal, 'blkio', 'child');
    group.limitIo(volume.device, { writeBps: 500_000 });
    const recording = path.join(workplace.folder, 'child.iow');
    const of = path.join(volume.mountPoint, 'data');
    const dd = group.inside(['dd', 'if=/dev/zero', `of=${of}`, 'bs=64k', 'count=45', 'oflag=direct', 'status=none']);
    const child = spawn(process.execPath, [
      MAIN,
      'record',
      '-o',
      recording,
      '--',
      'sh',
      '-c',
      '"$@"; true',
      'sh',
      ...dd,
    ]);
    assert.equal(await new Promise((settle) => child.on('close', settle)), 0);
    const ran = await diagnose([MAIN, 'diagnose', recording, '--json']);
    assertCause(ran, 'blk.cgroup-limit');
    assert.equal(ran.diagnosis.verdict.culprit?.name, group.path);
    assert.equal(ran.diagnosis.verdict.victim?.name, 'dd');
  });
});

/** A neighbour on a volume whose device is slowed to what makes its bursts felt for about a third of the time. */
async function checkBesideNeighbour(options: Pick<NeighbourOptions, 'direct' | 'name'>): Promise<void> {
  const isBusy = (await othersBusyShare()) >= 0.5;
  await inWorkplace(async (workplace) => {
    const slow = makeSlowBelow(workplace.journal, { folder: workplace.folder, name: 'shared', bytes: 768 * MiB });
    slow.slow({ writeBps: 60 * MiB });
    if (!options.direct) flushFrom(workplace.journal, 4 * MiB);
    const neighbour = startNeighbour(workplace.journal, {
      ...options,
      file: path.join(slow.volume.mountPoint, 'neighbour'),
      fileBytes: 64 * MiB,
      blockBytes: 1 * MiB,
      burstBytes: 48 * MiB,
      periodMs: 2000,
      jitter: 0,
      fsync: false,
    });
    try {
      const ran = await check(workplace, slow.volume.mountPoint, [
        'sh',
        '-c',
        `echo $$ > /sys/fs/cgroup/blkio/cgroup.procs; exec "$@"`,
        'sh',
      ]);
      assertCause(ran, 'dev.neighbour');
      const { culprit, evidence } = ran.diagnosis.verdict;
      // Whoever keeps the machine busy may fill the disk beneath as well, and is told then.
      if (isBusy && culprit?.name !== options.name) return;
      assert.equal(culprit?.name, options.name);
      assert.equal(culprit?.pid, neighbour.truth.pid);
      const bursts = evidence.find((one) => one.measure === 'bursts')?.value ?? '';
      const period = Number(/every ([\d.]+) s/.exec(bursts)?.[1]);
      const begins = neighbour.truth.bursts.map(({ fromNs }) => Number(fromNs) / 1e9);
      const [first = NaN, last = NaN] = [begins[0], begins.at(-1)];
      // A busy machine makes them late: what they were is told by themselves.
      const truth = (last - first) / (begins.length - 1);
      assert.ok(Math.abs(period / truth - 1) < 0.15, `${bursts}, in truth ${truth} s`);
      assert.ok(evidence.some((one) => one.measure === 'share of the device'));
    } finally {
      await neighbour.stop();
    }
  });
}

test('direct bursts of another process are dev.neighbour, with its name and period', { skip }, () =>
  checkBesideNeighbour({ direct: true, name: 'loud-direct' }),
);

test('buffered bursts through the flusher are given back to their process', { skip }, () =>
  checkBesideNeighbour({ direct: false, name: 'loud-buffered' }),
);

test('a setting that changes while recording is told beside the verdict, with the time', { skip }, async () => {
  await inWorkplace(async (workplace) => {
    const file = '/proc/sys/vm/dirty_expire_centisecs';
    const before = readFileSync(file, 'utf8').trim();
    workplace.journal.plan([{ kind: 'write-file', path: file, value: before }]);
    const change = async () => {
      await untilRecorded(path.join(workplace.folder, `${path.basename(workplace.folder)}.iow`));
      await pause(2000);
      writeFileSync(file, String(Number(before) - 7));
    };
    const [{ diagnosis }] = await Promise.all([check(workplace, workplace.folder), change()]);
    const changed = diagnosis.changes.find((one) => one.what === file);
    assert.equal(changed?.before, before);
    assert.equal(changed?.after, String(Number(before) - 7));
    assert.ok(diagnosis.also.some((one) => one.cause === 'env.changed'));
  });
});

test(
  'lost and shed events are counted and told, and lower the confidence',
  { skip: skip || needsCommand('fio') },
  async () => {
    await inWorkplace(async (workplace) => {
      const recording = path.join(workplace.folder, 'lossy.iow');
      const load = [
        'fio',
        '--name=load',
        `--filename=${path.join(workplace.folder, 'load')}`,
        '--rw=randread',
        '--bs=4k',
        '--iodepth=16',
        '--ioengine=libaio',
        '--direct=1',
        '--size=64m',
        '--time_based',
        '--runtime=3',
        '--output-format=terse',
      ];
      const lossy = spawn(
        process.execPath,
        [MAIN, 'record', '-o', recording, '--buffer', '64k', '--event-budget', '20000', '--', ...load],
        { stdio: 'ignore' },
      );
      assert.equal(await new Promise((settle) => lossy.on('close', settle)), 0);
      const { diagnosis } = await diagnose([MAIN, 'diagnose', recording, '--json']);
      const codes = diagnosis.losses.map((loss) => loss.code);
      assert.ok(codes.includes('events-shed'), codes.join(' '));
      const overrun = diagnosis.losses.filter((loss) => loss.code === 'events-overrun');
      assert.ok(overrun.length > 0 && overrun.every((loss) => (loss.count ?? 0) > 0), codes.join(' '));
    });
  },
);
