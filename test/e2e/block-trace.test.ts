// The same load recorded both ways at once, with the kernel's events and with its blk tracer, gives the same requests; and stalls that
// are provoked for real are told from a trace alone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { measure } from '../../src/analysis/measures.js';
import { KIND, type Requests } from '../../src/analysis/requests/requests.js';
import type { Case } from '../../src/model/case.js';
import { makeLoopVolume, type LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { startNeighbour } from '../../src/lab/scenarios/neighbour.js';
import { setQueue } from '../../src/lab/scenarios/queue.js';
import { makeSlowBelow } from '../../src/lab/scenarios/slow-below.js';
import { DiagnosisSchema, type Diagnosis } from '../../src/model/diagnosis.js';
import { openCase } from '../../src/open/recording.js';
import { run, start } from '../support/cli.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';
import { untilTraced } from '../support/tracing.js';

const skip = needsRoot() || needsTracefs() || needsLoop() || needsCommand('mkfs.ext4');
const MiB = 1024 * 1024;

/** Traces a volume into BASE `trace` while `work` is done. */
async function traced(volume: LoopVolume, cwd: string, work: () => Promise<void>): Promise<void> {
  const { child, ended } = start(['trace', volume.node, '-o', 'trace'], { cwd });
  const refused = ended.then(({ stderr }) => assert.fail(`the tracer ended: ${stderr}`));
  await Promise.race([untilTraced(volume), refused]);
  refused.catch(() => undefined);
  await work();
  child.kill('SIGINT');
  const { status, stderr } = await ended;
  assert.equal(status, 0, stderr);
}

/** dd for so long, or until it is done. */
async function dd(ms: number, ...args: readonly string[]): Promise<void> {
  const child = spawn('dd', ['if=/dev/zero', ...args], { stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGINT'), ms);
  await once(child, 'close');
  clearTimeout(timer);
}

async function diagnosed(cwd: string): Promise<{ status: number | null; diagnosis: Diagnosis }> {
  const { status, stdout, stderr } = await run(['diagnose', 'trace', '--json'], { cwd });
  assert.equal(stderr, '');
  return { status, diagnosis: v.parse(DiagnosisSchema, JSON.parse(stdout)) };
}

interface Life {
  readonly kind: number;
  readonly bytes: number;
  /** CLOCK_MONOTONIC, ms. */
  readonly queued: number;
  readonly dispatched: number;
  readonly completed: number;
}

/** The requests that threads named dd queued on a disk, by the machine's own clock. */
function livesOf(input: Case, disk: string): Life[] {
  const { requests } = measure(input);
  const offset = Number(BigInt(input.manifest.start?.monotonicNs ?? 0)) / 1e6;
  assert.ok(requests && offset > 0);
  const index = requests.disks.indexOf(disk);
  const at = (column: keyof Requests & ('queued' | 'dispatched' | 'completed'), row: number) =>
    (requests[column][row] ?? NaN) + offset;
  return Array.from({ length: requests.length }, (_, row) => row)
    .filter((row) => requests.disk[row] === index && input.events?.comms.get(requests.pid[row] ?? 0) === 'dd')
    .map((row) => ({
      kind: requests.kind[row] ?? -1,
      bytes: requests.bytes[row] ?? 0,
      queued: at('queued', row),
      dispatched: at('dispatched', row),
      completed: at('completed', row),
    }))
    .sort((a, b) => a.queued - b.queued);
}

test('events and records of the same load are the same requests, with the same times', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'both' });
    const file = `${volume.mountPoint}/file`;
    const load = [
      `dd if=/dev/zero of=${file} bs=16k count=600 oflag=direct`,
      `dd if=/dev/zero of=${file} bs=4k count=200 oflag=dsync conv=notrunc`,
      `dd if=${file} of=/dev/null bs=64k count=100 iflag=direct`,
    ].join(' && ');
    await traced(volume, folder, async () => {
      const recorded = await run(['record', '-o', 'events.iow', '--', 'sh', '-c', load], { cwd: folder });
      assert.equal(recorded.status, 0, recorded.stderr);
      await sleep(200);
    });
    const events = livesOf(await openCase(path.join(folder, 'events.iow')), volume.device);
    const records = livesOf(await openCase(path.join(folder, 'trace')), volume.device);
    assert.ok(events.length > 900, `${events.length} requests`);
    for (const kind of [KIND.read, KIND.write, KIND.flush]) {
      const of = (lives: readonly Life[]) => lives.filter((one) => one.kind === kind);
      assert.equal(of(records).length, of(events).length, `requests of kind ${kind}`);
    }
    const sum = (lives: readonly Life[], pick: (one: Life) => number) => lives.reduce((all, one) => all + pick(one), 0);
    assert.equal(
      sum(records, (one) => one.bytes),
      sum(events, (one) => one.bytes),
    );
    // The two probes of a tracepoint run one after the other, and read the clock each for itself.
    const stages = {
      Q2D: (one: Life) => one.dispatched - one.queued,
      D2C: (one: Life) => one.completed - one.dispatched,
      Q2C: (one: Life) => one.completed - one.queued,
    };
    for (const [stage, pick] of Object.entries(stages)) {
      const [a, b] = [sum(events, pick), sum(records, pick)];
      assert.ok(Math.abs(a - b) <= 0.03 * a + 0.002 * events.length, `${stage}: ${a} and ${b} ms in sum`);
    }
    const apart = events
      .map((one, index) => Math.abs(one.completed - (records[index]?.completed ?? NaN)))
      .sort((a, b) => a - b);
    assert.ok((apart[Math.floor(apart.length * 0.95)] ?? Infinity) < 0.1, 'request by request within 0.1 ms');
  });
});

test('a slow device is told from a trace, with the writer that waits for it', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const stage = makeSlowBelow(journal, { folder, name: 'slow', bytes: 128 * MiB });
    const { volume } = stage;
    const data = `of=${volume.mountPoint}/data`;
    await dd(5000, data, 'bs=1M', 'count=16', 'oflag=direct');
    stage.slow({ writeIops: 12 });
    await traced(volume, folder, () => dd(4000, data, 'bs=4k', 'count=4096', 'oflag=direct', 'conv=notrunc'));
    const { status, diagnosis } = await diagnosed(folder);
    const { verdict, recording } = diagnosis;
    assert.equal(verdict.cause, 'dev.slow', verdict.sentence);
    assert.deepEqual([verdict.victim?.name, verdict.culprit?.name, status], ['dd', volume.device, 1]);
    assert.deepEqual([recording.kind, recording.host, diagnosis.machine], ['block-trace', null, []]);
    assert.ok(Math.abs(Date.parse(recording.startedAt ?? '') - Date.now()) < 60_000);
  });
});

test('requests cut small are told from a trace, without the setting', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'cut' });
    setQueue(journal, volume.node, 'max_sectors_kb', '8');
    await traced(volume, folder, () =>
      dd(3000, `of=${volume.mountPoint}/data`, 'bs=1M', 'count=256', 'oflag=direct', 'conv=notrunc'),
    );
    const { verdict } = (await diagnosed(folder)).diagnosis;
    // A glimpse of less than a second is no verdict: then it is the candidate.
    assert.match(`${verdict.cause} ${verdict.sentence}`, /blk\.split/);
    assert.match(verdict.sentence, /cut into pieces of 8 KiB/);
  });
});

test('bursts of a neighbour are told from a trace, and the small writer is their victim', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const stage = makeSlowBelow(journal, { folder, name: 'shared', bytes: 512 * MiB });
    const { volume } = stage;
    const data = `of=${volume.mountPoint}/data`;
    await dd(5000, data, 'bs=1M', 'count=16', 'oflag=direct');
    stage.slow({ writeBps: 60 * MiB });
    const neighbour = startNeighbour(journal, {
      file: path.join(volume.mountPoint, 'dump'),
      fileBytes: 96 * MiB,
      name: 'backup',
      direct: true,
      blockBytes: MiB,
      burstBytes: 64 * MiB,
      periodMs: 2000,
      jitter: 0,
      fsync: false,
    });
    await traced(volume, folder, () => dd(6500, data, 'bs=4k', 'count=1000000', 'oflag=direct,append', 'conv=notrunc'));
    await neighbour.stop();
    const { verdict } = (await diagnosed(folder)).diagnosis;
    assert.equal(verdict.cause, 'dev.neighbour', verdict.sentence);
    assert.deepEqual(
      [verdict.victim?.name, verdict.culprit?.name, verdict.culprit?.pid],
      ['dd', 'backup', neighbour.truth.pid],
    );
  });
});
