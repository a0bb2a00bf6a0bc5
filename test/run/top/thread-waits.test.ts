// What threads have of their own: what each waits for, its name at its end, and the share of IO, of which a process of several threads has none, as the kernel tells its main thread's alone there. Threads of
// this very process are read from the kernel; what they waited is made up, as delay accounting is off on most machines.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { OpenFiles } from '../../../src/capture/files.js';
import { UndoJournal } from '../../../src/capture/undo.js';
import { Threads } from '../../../src/run/owners/threads.js';
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

test('each thread waits for what it waits for itself', () => {
  const root = mkdtempSync(path.join(folder, 'root-'));
  const sleeps: Readonly<Record<string, string>> = { 10: 'futex_wait_queue', 11: 'balance_dirty_pages' };
  for (const [thread, wchan] of Object.entries(sleeps)) {
    mkdirSync(path.join(root, 'proc/10/task', thread), { recursive: true });
    writeFileSync(path.join(root, 'proc/10/task', thread, 'wchan'), wchan);
  }
  writeFileSync(path.join(root, 'proc/10/wchan'), 'futex_wait_queue');
  const files = new OpenFiles(root);
  const waits = new Waits(files, root);
  waits.look([10], 0);
  files.closeAll();
  assert.equal(waits.of(10)?.state, 'dirty-throttle');
  assert.equal(waits.of(10, 11)?.state, 'dirty-throttle');
  assert.equal(waits.of(10, 10)?.state, 'user-lock');
  assert.equal(waits.of(10, 12), null, 'not looked at');
});

test('one that has ended is called as it called itself, in UTF-8', () => {
  const files = new OpenFiles();
  const threads = new Threads(files, { nameOf: () => Buffer.from('писатель').toString('latin1') });
  const gone = 2 ** 22 + 1;
  threads.meet([gone], 0);
  assert.equal(threads.nameOf(gone), 'писатель');
  assert.equal(threads.asCase(false).savedNames.get(gone), 'писатель');
  files.closeAll();
});
