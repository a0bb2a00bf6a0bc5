// The workload that writes snapshots, in a folder in which others have put something by the names that it writes: nothing of theirs is written.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SnapshotTask } from '../../../src/run/experiment/workload.js';

const PROGRAM = fileURLToPath(new URL('../../../src/run/experiment/snapshot-main.js', import.meta.url));

test('a file or a link by its names is replaced, and what it stands for stays', async () => {
  const folder = mkdtempSync('/var/tmp/iowitness-snapshots-');
  try {
    const precious = path.join(folder, 'precious');
    writeFileSync(precious, 'precious');
    for (const [name, put] of Object.entries({ hard: linkSync, soft: symlinkSync })) {
      const volume = path.join(folder, name);
      mkdirSync(volume);
      const file = path.join(volume, '.snapshot');
      put(precious, `${file}.new`);
      put(precious, file);
      const task: SnapshotTask = { file, bytes: 4096, everyMs: 20, blockBytes: 4096, readers: 1 };
      const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: 'ignore' });
      const gone = once(child, 'exit');
      try {
        const isWritten = () => statSync(file, { throwIfNoEntry: false })?.size === 4096;
        for (let look = 0; look < 1500 && !isWritten(); look += 1) await later(20);
        assert.ok(isWritten(), name);
        assert.equal(readFileSync(precious, 'utf8'), 'precious', name);
      } finally {
        child.kill('SIGKILL');
        await gone;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
