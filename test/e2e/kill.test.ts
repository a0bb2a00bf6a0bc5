// Recorders that are killed or interrupted at random moments of their lives: their watchdog puts the machine back, and
// where that was killed as well, the next start of any command; what was recorded until then can be read. Each failure
// names its round's moment.

import assert from 'node:assert/strict';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { DiagnosisSchema } from '../../src/model/diagnosis.js';
import { openKernelFilesystems } from '../../src/capture/kernel-fs.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { needsReadableClone, ORDINARY, refusal, run, start, type Ran } from '../support/cli.js';
import { assertNothingLeft, killWithWatchdogs, leftovers, watchdogsOf } from '../support/leftovers.js';
import { inFolder } from '../support/recordings.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';
import { settings, untilTraced } from '../support/tracing.js';
import { until } from '../support/until.js';

const skip = needsRoot() || needsTracefs();

/** Both last some three seconds: a start of a tenth of a second to half a second, the work, and the end with its undoing. */
const COMMANDS = {
  check: ['check', '.', '--buffered', '1s', '--direct', '500ms', '--fsync', '500ms', '--json', '-o', 'a.iow'],
  record: ['record', '--for', '2s', '-o', 'a.iow'],
} as const;

interface Ended extends Ran {
  readonly pid: number;
}

async function signalAfter(args: readonly string[], cwd: string, signal: NodeJS.Signals, ms: number): Promise<Ended> {
  const { child, ended } = start(args, { cwd });
  await sleep(ms);
  child.kill(signal);
  return { ...(await ended), pid: child.pid ?? 0 };
}

/** Waits until a recorder has set up all that it changes: its instances stand and its probe writes. */
async function untilAtWork(pid: number, cwd: string): Promise<void> {
  await until('the probe', () => leftovers(pid, cwd).some((left) => left.startsWith('.iowitness-probe-')));
}

/** The recording of a recorder that was ended early opens, and says that it lacks its end exactly where it does. */
async function assertReadable(cwd: string): Promise<void> {
  const manifest = path.join(cwd, 'a.iow/manifest.json');
  const diagnosed = await run(['diagnose', 'a.iow', '--json'], { cwd });
  if (!existsSync(manifest)) {
    assert.match(refusal(diagnosed), /^There is no a\.iow|^a\.iow is a folder, and no recording/m);
    return;
  }
  assert.equal(diagnosed.stderr, '');
  const { recording } = v.parse(DiagnosisSchema, JSON.parse(diagnosed.stdout));
  assert.equal(recording.complete, readFileSync(manifest, 'utf8').includes('"endedBecause"'));
}

/** Journals of a process, also while somebody is undoing them. */
function journalsOf(pid: number): string[] {
  return readdirSync('/var/lib/iowitness/undo').filter((file) => new RegExp(`(^|-of-)${pid}-`).test(file));
}

for (const [name, args] of Object.entries(COMMANDS)) {
  test(`kill -9 of ${name} at any moment leaves nothing, though nothing is started again`, { skip }, async () => {
    for (let round = 0; round < 5; round += 1) {
      // One moment in each fifth of its life.
      const ms = 100 + (round + Math.random()) * 700;
      await inFolder(async (cwd) => {
        try {
          const { pid } = await signalAfter(args, cwd, 'SIGKILL', ms);
          await assertNothingLeft(pid, cwd);
          await until('the journal to go', () => journalsOf(pid).length === 0);
          await assertReadable(cwd);
        } catch (error) {
          throw new Error(`killed after ${ms} ms`, { cause: error });
        }
      });
    }
  });

  test(`kill -9 of ${name} and its watchdog at any moment leaves nothing after the next start`, { skip }, async () => {
    for (let round = 0; round < 3; round += 1) {
      const ms = 100 + (round + Math.random()) * 1100;
      await inFolder(async (cwd) => {
        try {
          const { child, ended } = start(args, { cwd });
          const pid = child.pid ?? 0;
          await sleep(ms);
          if (child.exitCode === null) await killWithWatchdogs(pid);
          await ended;
          const next = await run([round % 2 === 0 ? 'undo' : 'ls'], { cwd });
          assert.equal(next.status, 0, next.stdout + next.stderr);
          await assertNothingLeft(pid, cwd);
          await assertReadable(cwd);
        } catch (error) {
          throw new Error(`killed after ${ms} ms`, { cause: error });
        }
      });
    }
  });
}

test('kill -9 of check while its probe writes leaves much, and the next start nothing', { skip }, async () => {
  await inFolder(async (cwd) => {
    const { child, ended } = start(COMMANDS.check, { cwd });
    const pid = child.pid ?? 0;
    await untilAtWork(pid, cwd);
    await killWithWatchdogs(pid);
    await ended;
    assert.ok(
      leftovers(pid, cwd).some((left) => left.startsWith(`iowitness-${pid}-`)),
      'the instances are left',
    );
    // Every command undoes at its start, and says so on standard error; another start on this machine may have been first.
    const { stderr } = await run(['diagnose', 'a.iow'], { cwd });
    if (stderr !== '') assert.match(stderr, /^(iowitness: left by a run that was killed, now undone: [^\n]+\n)+$/);
    await assertNothingLeft(pid, cwd);
    await assertReadable(cwd);
  });
});

test('kill -9 of a whole process group does not reach the watchdog', { skip }, async () => {
  await inFolder(async (cwd) => {
    const { child, ended } = start(COMMANDS.check, { cwd, detached: true });
    const pid = child.pid ?? 0;
    await untilAtWork(pid, cwd);
    process.kill(-pid, 'SIGKILL');
    await ended;
    await assertNothingLeft(pid, cwd);
    await until('the journal to go', () => journalsOf(pid).length === 0);
  });
});

test(
  'kill -9 of trace at any moment leaves the tracer as it was, though nothing is started again',
  { skip: skip || needsLoop() || needsCommand('mkfs.ext4') },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'killed' });
      const { tracefs = '' } = openKernelFilesystems(journal);
      const before = settings(tracefs, volume).join(' ');
      for (let round = 0; round < 8; round += 1) {
        const { child, ended } = start(['trace', volume.node, '-o', `trace${round}`], { cwd: folder });
        const pid = child.pid ?? 0;
        if (round === 0) {
          await untilTraced(volume);
          assert.notEqual(settings(tracefs, volume).join(' '), before);
        }
        const ms = Math.random() * 150 * round;
        await sleep(ms);
        child.kill('SIGKILL');
        await ended;
        const said = `the settings of before, and no journal: it was killed after ${ms} ms`;
        await until(said, () => settings(tracefs, volume).join(' ') === before && journalsOf(pid).length === 0);
        await assertNothingLeft(pid, folder);
      }
    });
  },
);

test(
  'without root a recorder that changes nothing has no watchdog, and check’s removes the probe’s file',
  { skip: skip || needsReadableClone() },
  async () => {
    await inFolder(async (cwd) => {
      chownSync(cwd, ORDINARY.uid, ORDINARY.gid);
      const user = { ...ORDINARY, cwd, env: { ...process.env, XDG_STATE_HOME: path.join(cwd, 'state') } };
      const record = start(['record', '--for', '1s', '-o', 'b.iow'], user);
      await until('a recording', () => existsSync(path.join(cwd, 'b.iow/machine.log')));
      await sleep(200);
      assert.deepEqual(watchdogsOf(record.child.pid ?? 0), []);
      assert.equal((await record.ended).status, 0);
      const { child, ended } = start(COMMANDS.check, user);
      await untilAtWork(child.pid ?? 0, cwd);
      assert.equal(watchdogsOf(child.pid ?? 0).length, 1);
      child.kill('SIGKILL');
      await ended;
      await assertNothingLeft(child.pid ?? 0, cwd);
    });
  },
);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  for (const [name, args] of Object.entries(COMMANDS)) {
    test(`${signal} ends ${name} in order at any moment, with everything undone`, { skip }, async () => {
      for (const ms of [Math.random() * 600, 600 + Math.random() * 1500, 2100 + Math.random() * 1500]) {
        await inFolder(async (cwd) => {
          try {
            const { pid, ...ran } = await signalAfter(args, cwd, signal, ms);
            await assertNothingLeft(pid, cwd);
            if (ran.signal !== null) {
              // Before it listens it has changed nothing, and after its work is done nothing is changed any more.
              assert.equal(ran.signal, signal);
              if (existsSync(path.join(cwd, 'a.iow/manifest.json')))
                assert.match(readFileSync(path.join(cwd, 'a.iow/manifest.json'), 'utf8'), /"endedBecause"/);
            } else {
              assert.equal(ran.stderr, '');
              assert.match(readFileSync(path.join(cwd, 'a.iow/manifest.json'), 'utf8'), /"endedBecause"/);
            }
            assert.deepEqual(
              readdirSync('/var/lib/iowitness/undo').filter((file) => file.startsWith(`${pid}-`)),
              [],
            );
          } catch (error) {
            throw new Error(`${signal} after ${ms} ms`, { cause: error });
          }
        });
      }
    });
  }
}

test('a signal that comes twice at once, as timeout(1) sends it, is one', { skip }, async () => {
  await inFolder(async (cwd) => {
    const { child, ended } = start(COMMANDS.check, { cwd });
    const pid = child.pid ?? 0;
    await untilAtWork(pid, cwd);
    child.kill('SIGTERM');
    await sleep(20);
    child.kill('SIGTERM');
    const { signal, stdout } = await ended;
    assert.equal(signal, null);
    const { recording } = v.parse(DiagnosisSchema, JSON.parse(stdout));
    assert.deepEqual([recording.complete, recording.endedBecause], [true, 'interrupt']);
    await assertNothingLeft(pid, cwd);
  });
});

test(
  'a command’s output and status are its own, and the verdict stands below on standard error',
  { skip },
  async () => {
    await inFolder(async (cwd) => {
      const told = await run(['record', '-o', 'a.iow', '--', 'sh', '-c', 'echo out; sleep 1; exit 7'], { cwd });
      assert.deepEqual([told.status, told.stdout], [7, 'out\n']);
      assert.match(told.stderr, /^[✗✓?] \S+.*\n[^]*^Recording: a\.iow \(/m);
      const killed = await run(['record', '--no-diagnose', '-o', 'b.iow', '--', 'sh', '-c', 'kill -9 $$'], { cwd });
      assert.deepEqual([killed.status, killed.stdout], [137, '']);
      assert.match(killed.stderr, /^b\.iow \(the command ended with SIGKILL\)\n$/);
    });
  },
);

test('a command that outlives its recording goes on, and is told', { skip }, async () => {
  await inFolder(async (cwd) => {
    const { status, stderr, stdout } = await run(['record', '--for', '1s', '-o', 'a.iow', '--', 'sleep', '30'], {
      cwd,
    });
    assert.equal(status, 0);
    const pid = Number(/^iowitness: sleep \(pid (\d+)\) still runs and is no longer recorded\.\n/.exec(stderr)?.[1]);
    assert.equal(stdout, '', 'standard output is the command’s');
    assert.match(stderr, /^Recording: a\.iow \(/m);
    assert.equal(readFileSync(`/proc/${pid}/comm`, 'utf8'), 'sleep\n');
    process.kill(pid);
  });
});
