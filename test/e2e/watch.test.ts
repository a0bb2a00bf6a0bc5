// The flight recorder on the real kernel: a victim on a loop device whose cgroup is throttled, an episode with the right cause and with what came before
// it, and what a kill and a new start leave of the journal.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { UndoJournal } from '../../src/capture/undo.js';
import { childrenOf } from '../../src/capture/family.js';
import { LabCgroup } from '../../src/lab/scenarios/cgroup.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { startWorkload } from '../../src/lab/workload.js';
import type { Episode, Episodes } from '../../src/model/watch.js';
import { readManifest } from '../../src/recording/manifest.js';
import { MAIN, refusal, run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { traceInstances } from '../support/machine-state.js';
import { needsLoop, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';

const MiB = 1024 * 1024;
const PATIENCE_MS = 300_000;

async function startWatch(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, 'watch', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout.setEncoding('utf8'), 'data');
  return child;
}

function hurry(pid: number): void {
  try {
    setPriority(pid, -10);
  } catch {
    // It has ended.
  }
}

async function listed(store: string): Promise<Episodes> {
  const { stdout } = await run(['episodes', '--dir', store, '--json']);
  assertDocument('episodes', stdout);
  return JSON.parse(stdout);
}

async function until({ pid = 0 }: ChildProcess, store: string, holds: (list: Episodes) => boolean): Promise<Episodes> {
  for (const begun = performance.now(); performance.now() - begun < PATIENCE_MS;) {
    // The diagnosis lets everybody else go first, and on a busy machine that is for long.
    for (const child of childrenOf(pid)) hurry(child);
    const list = await listed(store);
    if (holds(list)) return list;
    await pause(1000);
  }
  throw new Error(`nothing of it within ${PATIENCE_MS} ms: ${JSON.stringify(await listed(store))}`);
}

/** Trace instances that a watch made, and its private mount of tracefs where this machine has none. */
function leftBy({ pid }: ChildProcess): string[] {
  const mounts = existsSync('/run/iowitness') ? readdirSync('/run/iowitness') : [];
  return [...traceInstances(), ...mounts].filter((name) => name.includes(`-${pid}`));
}

/** The episode that began with, or after, that moment; an earlier one is this machine's own. */
function since({ episodes }: Episodes, ms: number): Episode | undefined {
  return episodes.findLast(({ startedAt }) => Date.parse(startedAt) > ms - 1000);
}

async function stall(folder: string, journal: UndoJournal): Promise<void> {
  const volume = makeLoopVolume(journal, { folder, name: 'watched', bytes: 256 * MiB });
  const group = LabCgroup.make(journal, 'blkio', 'watched');
  const file = path.join(volume.mountPoint, 'data');
  const work = { does: 'write', file, fileBytes: 64 * MiB, blockBytes: 4096, direct: true, restMs: 5 } as const;
  const victim = await startWorkload(journal, { name: 'victim', threads: [work] });
  group.enter(victim.pid);
  // On a busy machine it would be found starved of a CPU first, and rightly.
  setPriority(victim.pid, -20);
  victim.go();
  const store = path.join(folder, 'store');
  const args = ['--cgroup', group.folder, '--dir', store];
  const watch = await startWatch(args);
  try {
    assert.match(refusal(await run(['watch', ...args])), /watches into .* already/);
    await pause(10_000);
    const onsetMs = Date.now();
    group.limitIo(volume.device, { writeIops: 2 });
    await until(watch, store, (list) => since(list, onsetMs) !== undefined);
    await pause(6000);
    await victim.stop();
    const episode = since(
      await until(watch, store, (list) => (since(list, onsetMs)?.verdict ?? null) !== null),
      onsetMs,
    );
    assert.equal(episode?.verdict?.cause, 'blk.cgroup-limit', JSON.stringify(episode));
    assert.equal(episode.verdict.culprit?.name, group.path);
    assert.equal(episode.victim?.pid, victim.pid);
    const { manifest } = readManifest(episode.recording ?? '');
    assert.ok(manifest.start.wallMs < onsetMs, 'the recording begins before the stall');
    const shown = await run(['episodes', 'show', String(episode.number), '--dir', store]);
    assert.equal(shown.status, 1);
    assert.match(shown.stdout, /blk\.cgroup-limit/);
  } finally {
    watch.kill('SIGKILL');
    await once(watch, 'exit');
  }
  const killedMs = Date.now();
  const before = await listed(store);
  const again = await startWatch(args);
  again.kill('SIGTERM');
  await once(again, 'exit');
  const after = await listed(store);
  assert.deepEqual(after.episodes, before.episodes);
  const gap = after.gaps.find(({ why }) => why === 'not running');
  assert.ok(gap && Math.abs(Date.parse(gap.from) - killedMs) < 1500, JSON.stringify({ gap, killedMs }));
  assert.deepEqual([...leftBy(watch), ...leftBy(again)], []);
}

test(
  'a stall is noticed, recorded with what came before it, named, and kept over a kill',
  { skip: needsLoop() || needsTracefs() },
  () => inWorkplace(({ folder, journal }) => stall(folder, journal)),
);
