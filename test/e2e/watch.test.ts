// The flight recorder on the real kernel: a victim on a loop device whose cgroup is throttled, an episode with the right cause and with what came before
// it, and what a kill and a new start leave of the journal.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { LabCgroup } from '../../src/lab/scenarios/cgroup.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { startWorkload } from '../../src/lab/workload.js';
import type { Episodes } from '../../src/model/watch.js';
import { readManifest } from '../../src/recording/manifest.js';
import { MAIN, refusal, run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { needsLoop, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';

const MiB = 1024 * 1024;
/** A busy machine diagnoses at the lowest priority for minutes. */
const PATIENCE_MS = 300_000;

async function startWatch(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, 'watch', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout.setEncoding('utf8'), 'data');
  return child;
}

async function listed(store: string): Promise<Episodes> {
  const { stdout } = await run(['episodes', '--dir', store, '--json']);
  assertDocument('episodes', stdout);
  return JSON.parse(stdout);
}

async function until(store: string, holds: (list: Episodes) => boolean): Promise<Episodes> {
  for (const begun = performance.now(); performance.now() - begun < PATIENCE_MS;) {
    const list = await listed(store);
    if (holds(list)) return list;
    await pause(1000);
  }
  throw new Error(`nothing of it within ${PATIENCE_MS} ms: ${JSON.stringify(await listed(store))}`);
}

function instancesOf({ pid }: ChildProcess): string[] {
  const folder = '/sys/kernel/tracing/instances';
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`iowitness-${pid}-`)) : [];
}

test(
  'a stall is noticed, recorded with what came before it, named, and kept over a kill',
  { skip: needsLoop() || needsTracefs() },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'watched', bytes: 256 * MiB });
      const group = LabCgroup.make(journal, 'blkio', 'watched');
      const work = {
        does: 'write',
        file: path.join(volume.mountPoint, 'data'),
        fileBytes: 64 * MiB,
        blockBytes: 4096,
        direct: true,
        restMs: 5,
      } as const;
      const victim = await startWorkload(journal, { name: 'victim', threads: [work] });
      group.enter(victim.pid);
      victim.go();
      const store = path.join(folder, 'store');
      const args = ['--cgroup', group.folder, '--dir', store];
      const watch = await startWatch(args);
      try {
        assert.match(refusal(await run(['watch', ...args])), /watches into .* already/);
        await pause(10_000);
        const onsetMs = Date.now();
        group.limitIo(volume.device, { writeIops: 2 });
        await until(store, ({ episodes }) => episodes.length > 0);
        await pause(6000);
        await victim.stop();
        const { episodes } = await until(store, (list) => list.episodes[0]?.verdict != null);
        const [episode] = episodes;
        assert.equal(episode?.verdict?.cause, 'blk.cgroup-limit');
        assert.equal(episode.verdict.culprit?.name, group.path);
        assert.equal(episode.victim?.pid, victim.pid);
        assert.equal(episode.noticed, 'waits');
        const { manifest } = readManifest(episode.recording ?? '');
        assert.ok(manifest.start.wallMs < onsetMs, 'the recording begins before the stall');
        const shown = await run(['episodes', 'show', '1', '--dir', store]);
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
      assert.deepEqual([...instancesOf(watch), ...instancesOf(again)], []);
    });
  },
);
