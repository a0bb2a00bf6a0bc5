// The flight recorder on the real kernel: a victim on a loop device whose cgroup is throttled, an episode with the right cause and with what came before
// it, and what a kill and a new start leave of the journal.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { UndoJournal } from '../../src/capture/undo.js';
import { LabCgroup } from '../../src/lab/scenarios/cgroup.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { readManifest } from '../../src/recording/manifest.js';
import { refusal, run } from '../support/cli.js';
import { needsLoop, needsTracefs } from '../support/requirements.js';
import { RunningWatch } from '../support/running-watch.js';
import { inWorkplace } from '../support/scenario.js';
import { startWriter } from '../support/writer.js';

const MiB = 1024 * 1024;

async function stall(folder: string, journal: UndoJournal): Promise<void> {
  const volume = makeLoopVolume(journal, { folder, name: 'watched', bytes: 256 * MiB });
  const group = LabCgroup.make(journal, 'blkio', 'watched');
  const file = path.join(volume.mountPoint, 'data');
  const victim = await startWriter(journal, { name: 'victim', file });
  group.enter(victim.pid);
  victim.go();
  const store = path.join(folder, 'store');
  const args = ['--cgroup', group.folder];
  const watch = await RunningWatch.start({ store, args });
  let killedMs = NaN;
  try {
    assert.match(refusal(await run(['watch', '--dir', store, ...args])), /watches into .* already/);
    await pause(10_000);
    const onsetMs = Date.now();
    group.limitIo(volume.device, { writeIops: 2 });
    // An earlier one is this machine's own.
    const { number } = await watch.episode('of it', ({ startedAt }) => Date.parse(startedAt) > onsetMs - 1000);
    await pause(6000);
    await victim.stop();
    const episode = await watch.episode('that is judged', (one) => one.number === number && one.verdict !== null);
    assert.equal(episode.verdict?.cause, 'blk.cgroup-limit', JSON.stringify(episode));
    assert.equal(episode.verdict.culprit?.name, group.path);
    assert.equal(episode.victim?.pid, victim.pid);
    const { manifest } = readManifest(episode.recording ?? '');
    assert.ok(manifest.start.wallMs < onsetMs, 'the recording begins before the stall');
    const shown = await run(['episodes', 'show', String(episode.number), '--dir', store]);
    assert.equal(shown.status, 1);
    assert.match(shown.stdout, /blk\.cgroup-limit/);
  } finally {
    killedMs = Date.now();
    await watch.kill();
  }
  const before = await watch.listed();
  const again = await RunningWatch.start({ store, args });
  await again.end();
  const after = await again.listed();
  assert.deepEqual(after.episodes, before.episodes);
  const gap = after.gaps.find(({ why }) => why === 'not running');
  assert.ok(gap && Math.abs(Date.parse(gap.from) - killedMs) < 1500, JSON.stringify({ gap, killedMs }));
  assert.deepEqual([...watch.left, ...again.left], []);
}

test(
  'a stall is noticed, recorded with what came before it, named, and kept over a kill',
  { skip: needsLoop() || needsTracefs() },
  () => inWorkplace(({ folder, journal }) => stall(folder, journal)),
);
