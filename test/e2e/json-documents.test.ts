// What commands that need the real kernel print for `--json` keeps to the published schemas. That of drills is held in drill.test.ts.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { after, test } from 'node:test';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';

const skip = needsRoot() || needsTracefs();
const cwd = mkdtempSync('/var/tmp/iowitness-documents-');
after(() => rmSync(cwd, { recursive: true }));

const PHASES = ['--buffered', '500ms', '--direct', '500ms', '--fsync', '500ms'];

test('doctor', { skip }, async () => {
  const { stdout } = await run(['doctor', '--json']);
  assertDocument('abilities', stdout);
});

test('check and record', { skip }, async () => {
  const checked = await run(['check', '.', '--no-report', '-o', 'check.iow', ...PHASES, '--json'], { cwd });
  assertDocument('diagnosis', checked.stdout);
  const timed = await run(['record', '--for', '500ms', '-o', 'time.iow', '--json'], { cwd });
  assertDocument('recorded', timed.stdout);
  const { path, endedBecause, command } = JSON.parse(timed.stdout);
  assert.deepEqual([path, endedBecause, command], ['time.iow', 'time', null]);
});

test('record of a command, whose own output it leaves alone', { skip }, async () => {
  const ours = ['record', '-o', 'a.iow', '--json'];
  // One process alone: which of a shell and what it starts is the victim depends on who waits for a CPU.
  const program = "console.log('out'); console.error('err'); setTimeout(() => process.exit(7), 1000)";
  const ran = await run([...ours, '--', process.execPath, '-e', program], { cwd });
  assert.deepEqual([ran.status, ran.stdout], [7, 'out\n']);
  const lines = ran.stderr.trimEnd().split('\n');
  assert.equal(lines[0], 'err');
  const last = lines.at(-1) ?? '';
  assertDocument('recorded', last);
  const { command, verdict } = JSON.parse(last);
  assert.equal(command.status, 7);
  assert.equal(verdict.victim.pid, command.pid);
});

test('trace', { skip: skip || needsLoop() || needsCommand('mkfs.ext4') }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'documents' });
    const { stdout } = await run(['trace', volume.node, '-w', '300ms', '-o', 'one', '--json'], { cwd: folder });
    assertDocument('traced', stdout);
    assert.match(JSON.parse(stdout).files[0], /one\.blktrace\.0$/);
  });
});
