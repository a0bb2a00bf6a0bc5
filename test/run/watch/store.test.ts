// Room among recordings: the newest are kept within a number of bytes and a month, the next folder is ready again, and none of that is done on the
// thread that samples.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { HeldFolder } from '../../../src/base/held-folder.js';
import { Store } from '../../../src/run/watch/store.js';

const NOW = Date.parse('2026-11-30T03:00:00Z');
const DAY = 86_400_000;
const KIB = 1024;

async function inStore(act: (store: Store, recordings: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync('/var/tmp/iowitness-store-');
  const store = new Store(folder);
  try {
    await act(store, path.join(folder, 'recordings'));
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

function record(recordings: string, name: string, { days = 0, kib = 4 } = {}): void {
  const folder = path.join(recordings, name);
  mkdirSync(path.join(folder, 'trace'), { recursive: true });
  writeFileSync(path.join(folder, 'trace/machine.cpu0.log'), Buffer.alloc(kib * KIB, 1));
  utimesSync(folder, new Date(NOW - days * DAY), new Date(NOW - days * DAY));
}

test('the newest recordings are kept within the bytes that they may take, and what is asked for goes in any case', async () => {
  await inStore(async (store, recordings) => {
    for (const [days, name] of ['a.iow', 'b.iow', 'c.iow', 'd.iow'].entries())
      record(recordings, name, { days, kib: 100 });
    await store.tidy({ maxBytes: 250 * KIB, nowMs: NOW, without: ['b.iow'] });
    assert.deepEqual(readdirSync(recordings).toSorted(), ['a.iow', 'c.iow', 'standby.iow']);
  });
});

test('a recording of a month ago goes, one of 29 days stays', async () => {
  await inStore(async (store, recordings) => {
    record(recordings, 'young.iow', { days: 29 });
    record(recordings, 'old.iow', { days: 31 });
    await store.tidy({ maxBytes: 1e9, nowMs: NOW, without: [] });
    assert.deepEqual(readdirSync(recordings).toSorted(), ['standby.iow', 'young.iow']);
  });
});

test('the next folder is ready again, also where no room could be made', async () => {
  await inStore(async (store, recordings) => {
    store.take('a.iow')?.folder.close();
    assert.equal(store.take('b.iow'), undefined);
    // A name that leads out of the folder is refused by the kernel, as a disk may refuse anything.
    await assert.rejects(store.tidy({ maxBytes: 1e9, nowMs: NOW, without: ['x'.repeat(300)] }), /ENAMETOOLONG/);
    const taken = store.take('b.iow');
    assert.ok(taken);
    taken.folder.close();
    await store.tidy({ maxBytes: 1e9, nowMs: NOW, without: [] });
    assert.ok(existsSync(path.join(recordings, 'b.iow')));
  });
});

test('while room is made the sampling thread asks the disk for nothing and goes on', async () => {
  await inStore(async (store, recordings) => {
    for (let number = 0; number < 400; number += 1) record(recordings, `${number}.iow`, { days: number / 20 });
    store.take('now.iow')?.folder.close();
    const names = ['list', 'removeSync', 'makeFolder', 'stat'] as const;
    const asked: string[] = [];
    const methods = Object.getOwnPropertyDescriptors(HeldFolder.prototype);
    for (const name of names)
      Object.assign(HeldFolder.prototype, {
        [name](this: HeldFolder, ...args: [never]) {
          asked.push(name);
          return Reflect.apply(methods[name].value ?? assert.fail(name), this, args);
        },
      });
    const seen = { turns: 0, isDone: false };
    try {
      const tidied = store.tidy({ maxBytes: 0, nowMs: NOW, without: ['now.iow'] }).then(() => (seen.isDone = true));
      while (!seen.isDone) {
        await new Promise(setImmediate);
        seen.turns += 1;
      }
      await tidied;
    } finally {
      for (const name of names) Object.defineProperty(HeldFolder.prototype, name, methods[name]);
    }
    // One look at whether the folder was made, when the disk has answered.
    assert.deepEqual(asked, ['stat']);
    assert.ok(seen.turns > 10, `${seen.turns} turns of the loop`);
    assert.deepEqual(readdirSync(recordings), ['standby.iow']);
  });
});
