// The share of IO: each thread has its own, and a process of several threads none, as the kernel tells its main thread's alone there. Threads of
// this very process are read from the kernel; what they waited is made up, as delay accounting is off on most machines.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { OpenFiles } from '../../../src/capture/files.js';
import { UndoJournal } from '../../../src/capture/undo.js';
import { Delays } from '../../../src/run/top/delays.js';
import { ProcessRows } from '../../../src/run/top/process-rows.js';
import { Processes } from '../../../src/run/top/processes.js';
import { Waits } from '../../../src/run/top/waits.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-waits-'));
after(() => rmSync(folder, { recursive: true }));

/** Every thread waited half of the time. */
class Half extends Delays {
  override shareOf({ growth }: Parameters<Delays['shareOf']>[0]): number | null {
    return growth ? 0.5 : null;
  }
}

test('each thread has its own share, and of its process none is told', () => {
  const files = new OpenFiles();
  const processes = new Processes(files);
  const delays = new Half(UndoJournal.open(folder), 100);
  const rows = new ProcessRows({ files, processes, waits: new Waits(files), delays, names: undefined });
  const look = (byThread: boolean) => {
    processes.sample(process.hrtime.bigint(), { everyone: true, busy: new Set() });
    const all = rows.of(new Map(), { everyone: true, byThread }, true, (pid) => pid);
    return all.filter(({ pid }) => pid === process.pid);
  };
  look(true);
  const threads = look(true);
  assert.ok(threads.length > 1, 'node has threads');
  assert.deepEqual(new Set(threads.map(({ blockIo }) => blockIo)), new Set([0.5]));
  assert.ok(threads.every(({ seconds }) => seconds !== null && seconds > 0));
  assert.deepEqual(
    look(false).map(({ blockIo }) => blockIo),
    [null],
  );
  files.closeAll();
});
