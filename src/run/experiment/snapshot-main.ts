// The built-in workload `snapshot`, in a process of its own: `node snapshot-main.js '<SnapshotTask>'`. As a database does it, one thread takes the lock,
// writes a file of a size from its beginning to its end, makes it durable, puts it in the last one's place and rests, while readers take the same lock for
// each of their short turns. What it has written, and for how long it was at it, stands on standard output as a line of JSON ten times a second, also while a
// write hangs.

import { closeSync, fsyncSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { alignedBlock } from '../../base/aligned-block.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { holdPlace } from '../../base/hold-path.js';
import { sleepHere } from '../../base/sleep.js';
import { lock, unlock } from '../../lab/shared-lock.js';
import type { SnapshotTask, SnapshotTold } from './workload.js';

/** Words that all threads share: the lock, and what the writer has done; the last two are 64 bits long. */
type Shared = { readonly lock: Int32Array<SharedArrayBuffer>; readonly done: BigInt64Array<SharedArrayBuffer> };
const BYTES = 0;
/** CLOCK_MONOTONIC of the snapshot under way, ns; 0 between two. */
const SINCE = 1;
const ACTIVE = 2;

const TELL_MS = 100;
const READER_REST_MS = 5;
const NS_PER_MS = 1e6;

interface ThreadData {
  readonly task: SnapshotTask;
  readonly shared: Shared;
  readonly writes: boolean;
}

/** Each file is made anew in the folder that is held: the volume may be another user's, who can put links and files of others in place of its names. */
function snapshot(
  folder: HeldFolder,
  name: string,
  { bytes, blockBytes }: SnapshotTask,
  block: Buffer,
  done: Shared['done'],
): void {
  const fresh = `${name}.new`;
  if (folder.stat(fresh)) folder.removeSync(fresh);
  const fd = folder.createSync(fresh);
  try {
    for (let left = bytes; left > 0; left -= blockBytes) {
      const written = writeSync(fd, block, 0, Math.min(left, blockBytes));
      Atomics.add(done, BYTES, BigInt(written));
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  folder.renameSync(fresh, name);
}

function write(task: SnapshotTask, shared: Shared): void {
  const block = alignedBlock(task.blockBytes).fill(7);
  const { folder, name } = holdPlace(task.file);
  for (;;) {
    const began = process.hrtime.bigint();
    Atomics.store(shared.done, SINCE, began);
    lock(shared.lock);
    try {
      snapshot(folder, name, task, block, shared.done);
    } finally {
      unlock(shared.lock);
      Atomics.add(shared.done, ACTIVE, process.hrtime.bigint() - began);
      Atomics.store(shared.done, SINCE, 0n);
    }
    sleepHere(Math.max(0, task.everyMs - Number(process.hrtime.bigint() - began) / NS_PER_MS));
  }
}

function read(shared: Shared): void {
  for (;;) {
    lock(shared.lock);
    unlock(shared.lock);
    sleepHere(READER_REST_MS);
  }
}

async function main(): Promise<void> {
  const task: SnapshotTask = JSON.parse(process.argv[2] ?? '');
  process.title = 'iowitness-snap';
  const shared: Shared = {
    lock: new Int32Array(new SharedArrayBuffer(4)),
    done: new BigInt64Array(new SharedArrayBuffer(24)),
  };
  const threads = [true, ...Array.from({ length: task.readers }, () => false)];
  for (const writes of threads) {
    const data: ThreadData = { task, shared, writes };
    new Worker(new URL(import.meta.url), { workerData: data }).on('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    });
  }
  for (;;) {
    const since = Atomics.load(shared.done, SINCE);
    const underWay = since === 0n ? 0n : process.hrtime.bigint() - since;
    const told: SnapshotTold = {
      bytes: Number(Atomics.load(shared.done, BYTES)),
      activeMs: Number(Atomics.load(shared.done, ACTIVE) + underWay) / NS_PER_MS,
    };
    writeSync(1, `${JSON.stringify(told)}\n`);
    await pause(TELL_MS);
  }
}

if (isMainThread) await main();
else {
  const { task, shared, writes }: ThreadData = workerData;
  if (writes) write(task, shared);
  else read(shared);
}
