// `jfr` of real JVMs: what it reads is what the JDK's own `jfr print` prints, event for event; a snapshot that is written under a lock is told with its owner
// and file; and so it is while the JVM still records.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Jfr } from '../../src/model/jfr.js';
import { refusal, run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { plainEvents, printedEvents, sortedEvents, TYPE_NAMES } from '../support/flight.js';
import { compileLab, jdks, needsJdk, startLab } from '../support/jvm.js';

const TIMED = TYPE_NAMES.filter((name) => /^(?:JavaMonitor|ThreadPark|ThreadSleep|File|Socket)/.test(name));

async function told(args: readonly string[]): Promise<Jfr> {
  const { status, stdout, stderr } = await run(['jfr', ...args, '--json']);
  assert.equal(stderr, '');
  assert.equal(status, 1);
  assertDocument('jfr', stdout);
  return JSON.parse(stdout);
}

/**
 * The monitor of the snapshot is the one that is told first, and its owner is the writer. Of its writes JFR keeps none below the threshold, 20 ms unless
 * told.
 */
function assertSnapshot({ monitors }: Jfr, file: string, isKept: boolean): void {
  const monitor = monitors.find(({ type }) => type === 'FlightLab$SnapshotLock');
  assert.deepEqual([monitor?.owner.grade, monitor?.owner.thread?.name], ['exact', 'snapshot-writer']);
  assert.equal(monitor?.threads, 4);
  const paths = monitor?.meanwhile.filter(({ did }) => did.startsWith('file-')).map(({ what }) => what);
  assert.deepEqual([...new Set(paths)], isKept || paths?.length !== 0 ? [file] : []);
}

for (const { name, home } of jdks()) {
  describe(`a recording of ${name}`, { skip: needsJdk() }, () => {
    let classes = '';
    let folder = '';
    before(() => {
      classes = compileLab(home, 'FlightLab');
      folder = mkdtempSync(path.join(tmpdir(), 'iowitness-flight-'));
    });
    after(() => {
      for (const each of [classes, folder]) rmSync(each, { recursive: true, force: true });
    });

    for (const [what, depth, options] of [
      ['with the settings that JFR has', 3, []],
      ['of everything, with stacks of 2000 frames', 2000, TIMED.map((event) => `jdk.${event}#threshold=0ns`)],
    ] as const) {
      test(`${what} tells of every event what the JDK prints, and who had the lock`, async () => {
        const recording = path.join(folder, `${depth}.jfr`);
        const snapshot = path.join(folder, 'snapshot');
        const flag = `-XX:StartFlightRecording=${[`filename=${recording}`, ...options].join(',')}`;
        const { status, stderr } = spawnSync(
          path.join(home, 'bin/java'),
          ['-Xmx64m', '-XX:+UseSerialGC', flag, '-cp', classes, 'FlightLab', String(depth), snapshot, '40'],
          { encoding: 'utf8' },
        );
        assert.equal(status, 0, stderr);
        const read = sortedEvents(plainEvents(readFileSync(recording)));
        const printed = sortedEvents(printedEvents(home, recording));
        assert.ok(printed.length > 10);
        assert.deepEqual(read, printed);
        assertSnapshot(await told([recording]), snapshot, options.length > 0);
      });
    }
  });
}

describe('jfr --pid', { skip: needsJdk() }, () => {
  const [jdk] = jdks();
  let classes = '';
  let folder = '';
  before(() => {
    if (jdk) classes = compileLab(jdk.home, 'LockLab');
    folder = mkdtempSync(path.join(tmpdir(), 'iowitness-repository-'));
  });
  after(() => {
    for (const each of [classes, folder]) rmSync(each, { recursive: true, force: true });
  });

  // With -Xrs it would die of the signal that asks for threads, which is not asked here.
  test('reads what the JVM has recorded so far, also of one that takes no signals', async () => {
    const options = ['-Xrs', '-XX:StartFlightRecording', `-XX:FlightRecorderOptions=repository=${folder}`];
    const lab = await startLab(jdk?.home ?? '', classes, 3, { options });
    try {
      let document: Jfr | undefined;
      // A JVM writes what it has once a second.
      while (document?.covers.jvms.length !== 1) {
        const { stdout, stderr } = await run(['jfr', '--pid', String(lab.pid), '--json']);
        assert.equal(stderr, '');
        document = JSON.parse(stdout);
      }
      assert.equal(document.covers.jvms[0]?.pid, lab.pid);
      assert.ok(document.limits.some((limit) => limit.includes('still written')));
    } finally {
      lab.end();
    }
  });

  test('says how to begin where the JVM records nothing', async () => {
    const lab = await startLab(jdk?.home ?? '', classes, 3);
    try {
      assert.match(refusal(await run(['jfr', '--pid', String(lab.pid)])), /records nothing: `jcmd \d+ JFR\.start`/);
    } finally {
      lab.end();
    }
  });
});
