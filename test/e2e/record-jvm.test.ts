// Real JVMs that are recorded: with --jvm their threads are asked for all the time, else while they stall, and the diagnosis tells what these show with the
// owners that the program has; one that refuses is left alone, and that is told.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Stage } from '../../src/lab/drill.js';
import { Draw } from '../../src/lab/draw.js';
import { limitDirtyOfMachine } from '../../src/lab/scenarios/dirty-limit.js';
import { run as command } from '../../src/lab/scenarios/loop-volume.js';
import type { SlowBelow } from '../../src/lab/scenarios/slow-below.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import { run } from '../support/cli.js';
import { compileLab, jdks, needsJdk, startLab, type Lab } from '../support/jvm.js';
import { needsLoop, needsTracefs } from '../support/requirements.js';
import { inWorkplace, untilRecorded } from '../support/scenario.js';

const MiB = 1024 * 1024;

describe('record --jvm', { skip: needsJdk() }, () => {
  const [jdk] = jdks();
  let classes = '';
  let folder = '';
  before(() => {
    if (jdk) classes = compileLab(jdk.home, 'LockLab');
    folder = mkdtempSync('/var/tmp/iowitness-record-jvm-');
  });
  after(() => {
    for (const each of [classes, folder]) rmSync(each, { recursive: true, force: true });
  });

  async function recorded({ pid }: Lab, name: string, ...more: readonly string[]): Promise<string> {
    const recording = path.join(folder, `${name}.iow`);
    const args = ['record', '--no-events', '--for', '6s', '--pid', String(pid), '-o', recording, ...more];
    const { status, stderr } = await run(args);
    assert.equal(status, 0, stderr);
    // Where nobody has said what is asked of a JVM, that is told.
    assert.equal(/is a JVM: while it stalls it is asked/.test(stderr), more.length === 0);
    return recording;
  }

  async function diagnosed(recording: string): Promise<Diagnosis> {
    const { stdout } = await run(['diagnose', '--json', recording]);
    return JSON.parse(stdout);
  }

  test('keeps what the JVM says, for its user alone, and tells the owners that the program has', async () => {
    const lab = await startLab(jdk?.home ?? '', classes, 3);
    try {
      const recording = await recorded(lab, 'shallow', '--jvm');
      const dumps = readdirSync(path.join(recording, 'jvm'));
      assert.ok(dumps.length >= 2, dumps.join());
      for (const name of dumps) assert.equal(statSync(path.join(recording, 'jvm', name)).mode & 0o777, 0o600);
      const { jvms, losses } = await diagnosed(recording);
      assert.deepEqual(
        losses.filter(({ code }) => code === 'no-thread-dump'),
        [],
      );
      const [jvm] = jvms ?? [];
      assert.deepEqual([jvm?.process.pid, jvm?.dumps], [lab.pid, dumps.length]);
      const answer = jvm?.answer.join(' ') ?? '';
      assert.match(answer, /“holds-\w+” holds it \(exact:/);
      assert.ok(answer.includes(`is in write(2) on descriptor`) && answer.includes(lab.pipe), answer);
      // Its holders wait for a pipe, so no disk is told of.
      assert.doesNotMatch(JSON.stringify((await diagnosed(recording)).verdict), /lock-convoy/);
      const page = await run(['report', recording, '-o', path.join(folder, 'page.html')]);
      assert.ok([0, 1, 3].includes(page.status ?? -1), page.stderr);
    } finally {
      lab.end();
    }
  });

  test('asks nothing where it is not told to and nothing stalls', async () => {
    const lab = await startLab(jdk?.home ?? '', classes, 3);
    try {
      const recording = await recorded(lab, 'unasked');
      assert.equal(readdirSync(recording).includes('jvm'), false);
      assert.equal((await diagnosed(recording)).jvms, undefined);
    } finally {
      lab.end();
    }
  });

  const REFUSING = '-XX:+DisableAttachMechanism';
  for (const [where, lets] of [
    ['on its command line', { options: [REFUSING] }],
    ['in its environment', { by: ['env', `JAVA_TOOL_OPTIONS=${REFUSING}`] }],
  ] as const)
    test(`leaves alone a JVM that lets nobody ask, and says so: ${where}`, async () => {
      const lab = await startLab(jdk?.home ?? '', classes, 3, lets);
      try {
        const { losses, jvms } = await diagnosed(await recorded(lab, `refused ${where}`, '--jvm'));
        assert.equal(jvms, undefined);
        assert.match(losses.find(({ code }) => code === 'no-thread-dump')?.where ?? '', /lets nobody ask/);
        assert.equal(lab.child.exitCode, null);
      } finally {
        lab.end();
      }
    });

  test('asks one that is stopped once it goes on', async () => {
    const lab = await startLab(jdk?.home ?? '', classes, 3);
    lab.child.kill('SIGSTOP');
    try {
      const recording = recorded(lab, 'stopped', '--jvm', '--for', '12s');
      await untilRecorded(path.join(folder, 'stopped.iow'));
      await pause(4000);
      lab.child.kill('SIGCONT');
      const { losses, jvms } = await diagnosed(await recording);
      assert.match(losses.find(({ code }) => code === 'no-thread-dump')?.where ?? '', /is stopped \(SIGSTOP/);
      assert.ok((jvms?.[0]?.dumps ?? 0) > 0);
    } finally {
      lab.end();
    }
  });
});

describe(
  'a JVM whose requests wait for the lock of a snapshot',
  { skip: needsJdk() || needsLoop() || needsTracefs() },
  () => {
    /** A server on a volume, at work. */
    async function onVolume(
      restMs: number,
      mountPoint: (stage: Stage) => string,
      look: (stage: Stage, mountPoint: string) => Promise<void>,
    ): Promise<void> {
      await inWorkplace(async ({ folder, journal }) => {
        const stage = new Stage(folder, journal, new Draw(1), false);
        const on = mountPoint(stage);
        const file = path.join(on, 'snapshot');
        const plan = { file, snapshotBytes: 32 * MiB, blockBytes: 65_536, depth: 4, requestThreads: 40, restMs };
        await stage.javaServer({ ...plan, lock: 'monitor' });
        stage.begin();
        await pause(1000);
        try {
          await look(stage, on);
        } finally {
          journal.undoAll();
          await stage.end();
        }
      });
    }

    async function told(recording: string): Promise<Diagnosis> {
      return JSON.parse((await run(['diagnose', '--json', recording])).stdout);
    }

    const LOCK =
      /^40 “http-…” threads wait for .*SnapshotLock .*held by “snapshot-writer”.* is in write\(2\) to .*snapshot/;

    test('is asked unasked while its filesystem is frozen, and not before', () =>
      onVolume(
        5,
        (stage) => stage.volume().mountPoint,
        async ({ folder, journal, victimPid }, mountPoint) => {
          const recording = path.join(folder, 'unasked.iow');
          const freeze = async () => {
            await untilRecorded(recording);
            await pause(4000);
            journal.plan([{ kind: 'thaw', path: mountPoint }]);
            command('fsfreeze', '--freeze', mountPoint);
          };
          const frozen = freeze();
          await run(['record', '--for', '14s', '--pid', String(victimPid), '-o', recording]);
          await frozen;
          const { verdict, also, jvms, recording: about } = await told(recording);
          // Which of them comes first, the lock or why its holder waits, is told by how much of the time each takes.
          const sentences = new Map([verdict, ...also].map(({ cause, sentence }) => [cause, sentence]));
          assert.ok(sentences.get('fs.frozen')?.includes(mountPoint), JSON.stringify([...sentences]));
          assert.match(sentences.get('app.lock-convoy') ?? '', LOCK);
          // Four seconds pass before it is frozen, and three more until that is a stall; one dump each two seconds.
          const dumps = jvms?.[0]?.dumps ?? 0;
          assert.ok(dumps >= 1 && dumps <= 1 + (about.durationMs - 7000) / 2000, `${dumps} dumps`);
        },
      ));

    test('is asked unasked while the holder of its lock is slow and moves bytes all the time, and not before', () => {
      let slow: SlowBelow | undefined;
      return onVolume(
        5,
        (stage) => {
          slow = stage.slowBelow(640 * MiB);
          limitDirtyOfMachine(stage.journal, 32 * MiB);
          return slow.volume.mountPoint;
        },
        async ({ folder, victimPid }) => {
          const recording = path.join(folder, 'slow-holder.iow');
          const written = (): number =>
            Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${victimPid}/io`, 'latin1'))?.[1]);
          const moved = pause(8000).then(async () => {
            slow?.slow({ writeBps: 4 * MiB });
            // What was dirty before is written first.
            await pause(10_000);
            const earlier = written();
            await pause(6000);
            return written() - earlier;
          });
          await run(['record', '--for', '25s', '--pid', String(victimPid), '-o', recording]);
          assert.ok((await moved) > 6 * MiB, `${await moved} bytes in six seconds`);
          const { verdict, also, jvms, recording: about } = await told(recording);
          const sentences = new Map([verdict, ...also].map(({ cause, sentence }) => [cause, sentence]));
          assert.match(sentences.get('app.lock-convoy') ?? '', LOCK, JSON.stringify([...sentences]));
          // None in the eight seconds before, and then one each two seconds.
          const dumps = jvms?.[0]?.dumps ?? 0;
          assert.ok(dumps >= 1 && dumps <= 1 + (about.durationMs - 8000) / 2000, `${dumps} dumps`);
        },
      );
    });

    test('is the victim of `check --pid N --jvm` on its slow volume', () =>
      onVolume(
        5,
        (stage) => {
          const slow = stage.slowBelow(640 * MiB);
          slow.slow({ writeBps: 12 * MiB });
          limitDirtyOfMachine(stage.journal, 32 * MiB);
          return slow.volume.mountPoint;
        },
        async ({ folder, victimPid }, mountPoint) => {
          const recording = path.join(folder, 'slow.iow');
          const args = ['check', mountPoint, '--pid', String(victimPid), '--jvm', '--no-report', '-o', recording];
          const { status, stderr } = await run(args);
          assert.equal(status, 1, stderr);
          assert.doesNotMatch(stderr, /is a JVM/);
          const { verdict } = await told(recording);
          assert.equal(verdict.cause, 'app.lock-convoy');
          assert.match(verdict.sentence, LOCK);
        },
      ));

    test('is no victim of it on a healthy one, and its dumps show no lock', () =>
      onVolume(
        500,
        (stage) => stage.volume().mountPoint,
        async ({ folder, victimPid }, mountPoint) => {
          const recording = path.join(folder, 'healthy.iow');
          await run(['check', mountPoint, '--pid', String(victimPid), '--jvm', '--no-report', '-o', recording]);
          const { verdict, also, jvms } = await told(recording);
          assert.doesNotMatch([verdict, ...also].map(({ cause }) => cause).join(), /lock-convoy/);
          assert.ok((jvms?.[0]?.dumps ?? 0) > 0);
        },
      ));
  },
);
