// Commands that record or look at the real kernel, with an output that is full or whose reader has gone: what was
// recorded is whole and everything is put back all the same.

import { existsSync } from 'node:fs';
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { assertBearsLostReader, assertTellsFullOutput } from '../support/printing.js';
import { inFolder } from '../support/recordings.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';
import { enabled } from '../support/tracing.js';

const skip = needsRoot() || needsTracefs();
const CHECK = ['check', '.', '--buffered', '300ms', '--direct', '300ms', '--fsync', '300ms'];

test(
  'check, record, doctor and the live tools tell a full output, and bear a reader that goes early',
  { skip },
  async () => {
    await inFolder(async (cwd) => {
      const commands = [
        (name: string) => [...CHECK, '-o', name],
        (name: string) => [...CHECK, '--json', '--no-report', '-o', name],
        (name: string) => ['record', '--for', '300ms', '-o', name],
        () => ['doctor'],
        () => ['doctor', '--json'],
        () => ['who', '.', '--for', '300ms'],
        () => ['who', '.', '--for', '300ms', '--json'],
        () => ['iostat', '--bursts', '0.2', '2'],
        () => ['top', '-b', '-n', '1', '-d', '0.2'],
        () => ['top', '--json', '-n', '1', '-d', '0.2'],
      ];
      for (const [index, command] of commands.entries()) {
        assertTellsFullOutput(command(`full${index}.iow`), { cwd });
        await assertBearsLostReader(command(`gone${index}.iow`), { cwd });
      }
      assert.ok(existsSync(path.join(cwd, 'full0.html')), 'the report is written');
    });
  },
);

test(
  'trace tells a full output, and the tracer is put back',
  { skip: skip || needsLoop() || needsCommand('mkfs.ext4') },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'full' });
      assertTellsFullOutput(['trace', volume.node, '-w', '10s', '-o', '-'], { cwd: folder });
      assert.equal(enabled(volume), '0');
    });
  },
);
