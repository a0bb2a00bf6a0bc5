// `record --jvm` of a real JVM: its threads are asked for while it is recorded, and the diagnosis tells what they show with the owners that the program has; one
// that would die of the question is left alone, and that is told.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import { run } from '../support/cli.js';
import { compileLab, jdks, needsJdk, startLab, type Lab } from '../support/jvm.js';

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
    // It is said once that a JVM could be asked, and only where it is not.
    assert.equal(/is a JVM: --jvm asks it/.test(stderr), more.length === 0);
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

  test('asks nothing where it is not told to', async () => {
    const lab = await startLab(jdk?.home ?? '', classes, 3);
    try {
      const recording = await recorded(lab, 'unasked');
      assert.equal(readdirSync(recording).includes('jvm'), false);
      assert.equal((await diagnosed(recording)).jvms, undefined);
    } finally {
      lab.end();
    }
  });

  test('leaves alone a JVM that lets nobody ask, and says so', async () => {
    const lab = await startLab(jdk?.home ?? '', classes, 3, { options: ['-XX:+DisableAttachMechanism'] });
    try {
      const { losses, jvms } = await diagnosed(await recorded(lab, 'refused', '--jvm'));
      assert.equal(jvms, undefined);
      assert.match(losses.find(({ code }) => code === 'no-thread-dump')?.where ?? '', /lets nobody ask/);
      assert.equal(lab.child.exitCode, null);
    } finally {
      lab.end();
    }
  });
});
