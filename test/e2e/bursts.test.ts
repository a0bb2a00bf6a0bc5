// A process that writes for 40 ms every 7.3 s to a loop device, which an average of a second hides: found live, with its period and who it is, and
// held against what the process says that it did. And `who`, with three processes of known amounts.

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { makeLoopVolume, type LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import type { BurstsEnd, BurstTold } from '../../src/model/bursts.js';
import { WhoSchema, type Who } from '../../src/model/who.js';
import { start } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { needsCommand, needsLoop, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';
import { until } from '../support/until.js';

const skip = needsLoop() || needsTracefs() || needsCommand('mkfs.ext4');
const MiB = 1024 * 1024;
const support = (name: string): string => path.resolve(import.meta.dirname, `../support/${name}`);

interface Truth {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bytes: number;
}

const paceOf = ({ fromMs, toMs, bytes }: Truth): number => bytes / (toMs - fromMs);

interface Stamped {
  readonly timestamp: string;
}

/** Bursts are told to a step of 10 ms. */
const SLACK_MS = 10;

/** Starts a program of ours; its standard input's end is its own. */
function begin(name: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [support(name), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

function linesOf<T>(text: string): T[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line): T => JSON.parse(line));
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null) await once(child, 'close');
}

test('bursts of 40 ms every 7.3 s are found live, with their period and who makes them', { skip }, async (t) => {
  await inWorkplace(async ({ journal, folder }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'bursts', bytes: 256 * MiB });
    const file = path.join(volume.mountPoint, 'burst');
    // Metadata of the new filesystem is out of the way.
    spawnSync('sync', ['-f', volume.mountPoint]);
    const watch = start(['iostat', '--bursts', '-o', 'JSONL', path.basename(volume.node), '1', '45']);
    await sleep(4000);
    const burster = begin('burst-main.js', file, '7300', '40', '5');
    let said = '';
    burster.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    const { stdout, status, stderr } = await watch.ended;
    await end(burster);
    assert.deepEqual([status, stderr], [0, '']);
    const lines = linesOf<(BurstTold & Stamped) | BurstsEnd>(stdout);
    const truth = linesOf<Truth>(said);
    // One that wrote little for want of CPU does not stand out beside the others.
    const pace = Math.max(...truth.map(paceOf));
    const weak = truth.filter((one) => paceOf(one) < pace / 2).length;
    t.diagnostic(stdout);
    t.diagnostic(said);
    const last = lines.at(-1);
    assert.ok(last?.kind === 'end');
    const all = lines.filter(
      (one): one is BurstTold & Stamped => one.kind === 'burst' && one.culprit?.pid === burster.pid,
    );
    // The file's own writing comes before, in pieces where the writer has no CPU.
    const bursts = all.filter(({ timestamp }) => Date.parse(timestamp) > (truth[0]?.fromMs ?? NaN) - 1000);
    assert.ok(bursts.length > 0, 'found, and named');
    // A file is looked for once a second, later where there is no CPU: it may come late, and is never another one.
    assert.ok(weak > 0 ? bursts.some(({ culprit }) => culprit?.file === file) : bursts.at(-1)?.culprit?.file === file);
    for (const { culprit, bytes, operations } of bursts) {
      assert.ok(culprit && (culprit.file === file || culprit.file === null), 'its file');
      assert.ok(culprit.share > 0.9, 'it moved most of it');
      assert.ok(Math.abs(bytes / operations / 65_536 - 1) < 0.1, 'the size of its requests');
    }
    // What no event told and no look saw in time it says, and then some may be missing.
    if (last.latestMs > 100) return t.diagnostic(`no CPU for ${last.latestMs} ms`);
    const isOf = (burst: BurstTold & Stamped, { fromMs, toMs }: Truth): boolean => {
      const atMs = Date.parse(burst.timestamp);
      return atMs < toMs + SLACK_MS && atMs + burst.lengthMs > fromMs - SLACK_MS;
    };
    for (const burst of bursts) assert.equal(truth.filter((one) => isOf(burst, one)).length, 1, JSON.stringify(burst));
    for (const one of truth.filter((each) => paceOf(each) >= pace / 2)) {
      const [burst, ...more] = bursts.filter((each) => isOf(each, one));
      assert.ok(burst && more.length === 0, `${JSON.stringify(one)} is found once`);
      assert.ok(Math.abs(burst.bytes / one.bytes - 1) < 0.15, `${burst.bytes} of ${one.bytes}`);
      assert.ok(burst.lengthMs <= one.toMs - one.fromMs + 2 * SLACK_MS, `${burst.lengthMs} ms`);
    }
    if (weak > 0) return t.diagnostic(`the writer had no CPU in ${weak} bursts`);
    const [disk] = last.disks;
    const period = disk?.periods.find(({ process }) => process === bursts[0]?.culprit?.process);
    const [first, final] = [truth[0]?.fromMs ?? NaN, truth.at(-1)?.fromMs ?? NaN];
    const mean = (final - first) / (truth.length - 1);
    assert.ok(period && Math.abs(period.periodMs / mean - 1) < 0.01, `${JSON.stringify(period)} for ${mean}`);
  });
});

/** Until it has said that it wrote everything. */
const written = async (child: ChildProcess): Promise<void> => void (child.stdout && (await once(child.stdout, 'data')));

const AMOUNTS = { buffered: 48 * MiB, fsync: 24 * MiB, read: 32 * MiB };

/** `who` on the volume while three processes do what is known of them. */
async function whoWhile(
  volume: LoopVolume,
  asked: string,
): Promise<{ who: Who; pids: Record<keyof typeof AMOUNTS, number | undefined> }> {
  const file = (name: string): string => path.join(volume.mountPoint, name);
  const filled = begin('amount-main.js', 'direct', file('read'), String(AMOUNTS.read));
  await written(filled);
  await end(filled);
  spawnSync('sync', ['-f', volume.mountPoint]);
  const watching = start(['who', asked, '--for', '60s', '--json']);
  // It says how far it is once it records; that is told to terminals alone, so a trace instance tells it.
  await untilRecording(watching.child.pid ?? 0);
  const children = Object.entries(AMOUNTS).map(
    ([mode, bytes]) => [mode, begin('amount-main.js', mode, file(mode), String(bytes))] as const,
  );
  await Promise.all(children.map(([, child]) => written(child)));
  // Files are named while they are open, which is looked for once a second.
  await sleep(3000);
  assert.equal(spawnSync('sync', ['-f', volume.mountPoint]).status, 0);
  await sleep(1500);
  watching.child.kill('SIGINT');
  const { stdout, stderr, status } = await watching.ended;
  await Promise.all(children.map(async ([, child]) => await end(child)));
  assert.deepEqual([status, stderr], [0, '']);
  assertDocument('who', stdout);
  const pidOf = (mode: keyof typeof AMOUNTS) => children.find(([name]) => name === mode)?.[1].pid;
  return {
    who: v.parse(WhoSchema, JSON.parse(stdout)),
    pids: { buffered: pidOf('buffered'), fsync: pidOf('fsync'), read: pidOf('read') },
  };
}

/** Where tracefs is mounted nowhere, the program mounts one of its own. Below debugfs it is mounted by being looked for there. */
async function untilRecording(pid: number): Promise<void> {
  const usual = '/sys/kernel/tracing';
  const places = existsSync(`${usual}/instances`)
    ? [usual]
    : ['/sys/kernel/debug/tracing', `/run/iowitness/tracefs-${pid}`];
  await until('a recording', () => places.some((place) => existsSync(`${place}/instances/iowitness-${pid}-machine`)));
  // Events are enabled before the first look at what processes have written.
  await sleep(3000);
}

function near(is: number, should: number, share: number, what: string): void {
  assert.ok(Math.abs(is - should) <= share * should, `${what}: ${is} instead of ${should}`);
}

test(
  'who tells programs and files with their bytes, and what reached the disk for what was called',
  { skip },
  async (t) => {
    await inWorkplace(async ({ journal, folder }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'who', bytes: 256 * MiB });
      const { who, pids } = await whoWhile(volume, volume.mountPoint);
      t.diagnostic(JSON.stringify(who));
      const rows = who.writers;
      const bytes = (mode: keyof typeof AMOUNTS, of: 'writeBytes' | 'readBytes'): number =>
        rows
          .filter((row) => row.pid === pids[mode] && row.file === path.join(volume.mountPoint, mode))
          .reduce((sum, row) => sum + row[of], 0);
      near(bytes('buffered', 'writeBytes'), AMOUNTS.buffered, 0.01, 'the buffered one');
      near(bytes('fsync', 'writeBytes'), AMOUNTS.fsync, 0.01, 'the one that syncs');
      near(bytes('read', 'readBytes'), AMOUNTS.read, 0.01, 'the one that reads');
      assert.ok(
        rows.some(({ via }) => via === 'journal'),
        'the journal is named',
      );
      const sum = rows.reduce((all, row) => all + row.writeBytes, 0);
      near(sum, who.counted.writeBytes, 0.01, 'the sum of the disk');
      const { amplification } = who;
      assert.ok(amplification?.ratio, JSON.stringify(amplification));
      near(amplification.calledBytes, AMOUNTS.buffered + AMOUNTS.fsync, 0.01, 'what calls wrote');
      near(amplification.ratio, sum / (AMOUNTS.buffered + AMOUNTS.fsync), 0.02, 'what reached the disk for it');
      assert.equal(who.notUndone.length, 0);
    });
  },
);

test('who without root says what it does not know', async () => {
  const { stdout, status } = await start(['who', '/', '--for', '1s', '--json'], { uid: 65534, gid: 65534, cwd: '/' })
    .ended;
  if (status !== 0) return;
  assertDocument('who', stdout);
  const who = v.parse(WhoSchema, JSON.parse(stdout));
  assert.equal(who.source, 'counters');
  assert.equal(who.amplification, null);
  assert.match(who.limits.join(' '), /is not known: only root/);
});
