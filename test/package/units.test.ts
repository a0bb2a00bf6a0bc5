// The units of the Debian package as systemd itself reads them: a setting that it does not know, or a value that it can't read, is told.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/package.js';
import { needsCommand } from '../support/requirements.js';

const FOLDER = path.join(ROOT, 'packaging/deb');

/** What systemd says of units, with a line more in the service. */
function verified(more: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-units-'));
  try {
    const names = readdirSync(FOLDER).filter((name) => /\.(service|slice)$/.test(name));
    assert.ok(names.length >= 2, names.join(' '));
    for (const name of names) {
      // The program is not installed here.
      const text = readFileSync(path.join(FOLDER, name), 'utf8').replace('/usr/bin/iowitness', process.execPath);
      writeFileSync(path.join(folder, name), text.replace('[Service]\n', `[Service]\n${more}\n`));
    }
    const files = names.map((name) => path.join(folder, name));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], {
      encoding: 'utf8',
      env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` },
    });
    const ours = stderr.split('\n').filter((line) => line.includes('iowitness'));
    return status === 0 && ours.length === 0 ? '' : ours.join('\n') || `status ${status}: ${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('systemd reads the units without a remark', { skip: needsCommand('systemd-analyze') }, () => {
  assert.equal(verified(''), '');
  assert.match(verified('MemoryLocked=yes'), /MemoryLocked/);
});
