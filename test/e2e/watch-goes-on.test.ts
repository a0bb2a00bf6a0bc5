// What a watch outlives, as a whole program: the server of a filesystem that it watches is killed, a filesystem is taken away by its name, its own among
// them, the watch is stopped and continued, and the clock is set. It goes on, says it once, and has what it had.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { UndoJournal } from '../../src/capture/undo.js';
import { LabCgroup } from '../../src/lab/scenarios/cgroup.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { startWorkload } from '../../src/lab/workload.js';
import { detach, killServer, needsFuse, startFuseServer } from '../support/fuse-server.js';
import { ROOT } from '../support/package.js';
import { needsCommand, needsLoop, needsTracefs } from '../support/requirements.js';
import { RunningWatch } from '../support/running-watch.js';
import { inWorkplace } from '../support/scenario.js';
import { until } from '../support/until.js';
import { startWriter } from '../support/writer.js';

const MiB = 1024 * 1024;

/** Somebody who does nothing, and whom a test stops. */
async function idler(journal: UndoJournal) {
  const victim = await startWorkload(journal, { name: 'victim', threads: [{ does: 'wait' }] });
  victim.go();
  return victim;
}

test(
  'a server that hangs and is killed: the wait for it is an episode, told as such, and the watch goes on',
  { skip: needsTracefs() || needsFuse() },
  () =>
    inWorkplace(async ({ folder, journal }) => {
      const served = await startFuseServer(journal, folder);
      const file = path.join(served.mountPoint, 'data');
      const victim = await startWriter(journal, { name: 'writer', file, direct: false });
      victim.go();
      const watch = await RunningWatch.start({
        store: path.join(folder, 'watch'),
        args: ['--pid', String(victim.pid)],
      });
      try {
        await pause(5000);
        served.process.kill('SIGSTOP');
        await watch.says(/writer waits and gets nothing/);
        await pause(5000);
        await killServer(served);
        const episode = await watch.episode(
          'with a verdict and an end',
          ({ verdict, endedAt, noticed }) => noticed === 'waits' && verdict !== null && endedAt !== null,
        );
        assert.equal(episode.verdict?.cause, 'wait.server', JSON.stringify(episode));
        assert.ok(watch.runs, watch.said);
        assert.deepEqual(
          (await watch.listed()).gaps.filter(({ why }) => why === 'failed'),
          [],
        );
      } finally {
        await watch.kill();
        // Nobody else ends the wait of one that it owes an answer.
        served.process.kill('SIGKILL');
        await victim.stop();
      }
    }),
);

test(
  'a watched filesystem that is unmounted lazily: a stall on it is noticed, recorded and named as before',
  { skip: needsTracefs() || needsLoop() },
  () =>
    inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'watched', bytes: 256 * MiB });
      const group = LabCgroup.make(journal, 'blkio', 'detached');
      const victim = await startWriter(journal, { name: 'writer', file: path.join(volume.mountPoint, 'data') });
      group.enter(victim.pid);
      victim.go();
      const watch = await RunningWatch.start({
        store: path.join(folder, 'watch'),
        args: ['--cgroup', group.folder],
      });
      try {
        await pause(3000);
        detach(volume.mountPoint);
        await pause(3000);
        const onsetMs = Date.now();
        group.limitIo(volume.device, { writeIops: 2 });
        const begun = await watch.episode('of it', ({ startedAt }) => Date.parse(startedAt) > onsetMs - 1000);
        await pause(5000);
        group.limitIo(volume.device, { writeIops: 100_000 });
        const episode = await watch.episode('judged', (one) => one.number === begun.number && one.verdict !== null);
        assert.equal(episode.verdict?.cause, 'blk.cgroup-limit', JSON.stringify(episode));
      } finally {
        await watch.kill();
        await victim.stop();
      }
    }),
);

test(
  'a store that is unmounted lazily: what is found is written where it was, and is there when it is mounted again',
  { skip: needsTracefs() || needsLoop() },
  () =>
    inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'store', bytes: 96 * MiB });
      const victim = await idler(journal);
      const watch = await RunningWatch.start({
        store: path.join(volume.mountPoint, 'watch'),
        args: ['--pid', String(victim.pid)],
      });
      try {
        detach(volume.mountPoint);
        process.kill(victim.pid, 'SIGSTOP');
        await watch.says(/victim is stopped/);
        await pause(3000);
        process.kill(victim.pid, 'SIGCONT');
        await watch.says(/^episode 1: (?!victim is stopped).*/m);
        await pause(3000);
      } finally {
        await watch.kill();
        await victim.stop();
      }
      execFileSync('mount', [volume.node, volume.mountPoint]);
      const { episodes } = await watch.listed();
      assert.deepEqual(
        episodes.map(({ number, noticed }) => [number, noticed]),
        [[1, 'stopped']],
        watch.said,
      );
    }),
);

test(
  'a watch that is stopped and continued tells that time once, and notices what comes behind it',
  { skip: needsTracefs() },
  () =>
    inWorkplace(async ({ folder, journal }) => {
      const victim = await idler(journal);
      const watch = await RunningWatch.start({
        store: path.join(folder, 'watch'),
        args: ['--pid', String(victim.pid)],
      });
      try {
        await pause(3000);
        const stoppedMs = Date.now();
        watch.signal('SIGSTOP');
        await pause(8000);
        watch.signal('SIGCONT');
        const stops = async () => (await watch.listed()).gaps.filter(({ ms }) => ms > 6000);
        await until('the gap', async () => (await stops()).length > 0, { everyMs: 200 });
        process.kill(victim.pid, 'SIGSTOP');
        await watch.says(/victim is stopped/);
        process.kill(victim.pid, 'SIGCONT');
        const gaps = await stops();
        assert.deepEqual(
          gaps.map(({ why }) => why),
          ['stopped'],
        );
        assert.ok(Math.abs(Date.parse(gaps[0]?.from ?? '') - stoppedMs) < 2000, JSON.stringify(gaps));
      } finally {
        process.kill(victim.pid, 'SIGCONT');
        await watch.kill();
        await victim.stop();
      }
    }),
);

test(
  'a clock that is set in the midst of a stall: the step is told once, and the stall is as long as it was',
  { skip: needsTracefs() || needsCommand('gcc') },
  () =>
    inWorkplace(async ({ folder, journal }) => {
      const library = path.join(folder, 'shifted-clock.so');
      const source = path.join(ROOT, 'test/support/shifted-clock.c');
      execFileSync('gcc', ['-shared', '-fPIC', source, '-o', library, '-ldl']);
      const shift = path.join(folder, 'shift');
      const setClock = (seconds: number) => {
        writeFileSync(`${shift}.new`, String(seconds));
        renameSync(`${shift}.new`, shift);
      };
      setClock(0);
      const victim = await idler(journal);
      const watch = await RunningWatch.start({
        store: path.join(folder, 'watch'),
        args: ['--pid', String(victim.pid)],
        env: { LD_PRELOAD: library, SHIFT_FILE: shift },
      });
      try {
        await pause(3000);
        const begunMs = Date.now();
        process.kill(victim.pid, 'SIGSTOP');
        await watch.says(/victim is stopped/);
        setClock(7200);
        await pause(6000);
        process.kill(victim.pid, 'SIGCONT');
        const lastedMs = Date.now() - begunMs;
        const episode = await watch.episode('that has ended', ({ endedAt }) => endedAt !== null);
        assert.ok(Math.abs(Date.parse(episode.startedAt) - begunMs) < 5000, `${episode.startedAt} is by the old clock`);
        assert.ok(Math.abs((episode.durationMs ?? 0) - lastedMs) < 5000, JSON.stringify({ episode, lastedMs }));
        const list = await watch.listed();
        assert.deepEqual(
          list.clockSteps.map(({ steppedMs }) => Math.round(steppedMs / 1000)),
          [7200],
        );
        assert.deepEqual(
          list.gaps.filter(({ why }) => why === 'suspended' || why === 'not running'),
          [],
        );
      } finally {
        process.kill(victim.pid, 'SIGCONT');
        await watch.kill();
        await victim.stop();
      }
    }),
);
