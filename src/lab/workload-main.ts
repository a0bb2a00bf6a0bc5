// The workload's own process: `node workload-main.js '<WorkloadPlan>'`. Each thread does its work with synchronous calls, so what the kernel
// says of a thread is what happened to that work. It says `ready`, begins when a line arrives on standard input, and ends on SIGTERM, on
// SIGINT or when its parent is gone (the end of standard input), with one line of JSON that says what was done.

import { writeSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setImmediate as turnOfTheLoop, setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { errnoOf } from '../base/errors.js';
import { prepare } from './operations.js';
import { lock, unlock } from './shared-lock.js';
import type { Work, WorkloadEnd, WorkloadPlan } from './workload.js';

/** Operations are made for this long between two looks at signals, ms. */
const SLICE_MS = 50;
/** A failed operation is tried again after this time, ms, as databases do. */
const RETRY_MS = 20;
/** One that does nothing by itself looks so often whether it is to end, ms. */
const LOOK_MS = 200;

/** Words that all threads share: 0 the lock, 1 whether to end. */
type Shared = Int32Array<SharedArrayBuffer>;
const END = 1;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Does one thread's work until the shared word says to end. */
async function perform(work: Work, shared: Shared): Promise<WorkloadEnd> {
  const end = { operations: 0, bytes: 0, failures: 0 };
  // Nothing but the parent's signal ends this one: it sleeps in poll(2).
  if (work.does === 'wait') return await untilTheEnd(shared, end);
  if (work.does === 'ask') return await ask(work, shared, end);
  if (work.does === 'answer') return await answer(work, shared, end);
  const { operate, close } = prepare(work);
  const { restMs = 0, lockedOperations = 0 } = work;
  while (Atomics.load(shared, END) === 0) {
    const until = performance.now() + SLICE_MS;
    let failed = false;
    if (lockedOperations > 0) lock(shared);
    try {
      let done = 0;
      do {
        end.bytes += operate();
        end.operations += 1;
        done += 1;
      } while (lockedOperations > 0 ? done < lockedOperations : restMs === 0 && performance.now() < until);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      end.failures += 1;
      failed = true;
    } finally {
      if (lockedOperations > 0) unlock(shared);
    }
    if (failed) await pause(RETRY_MS);
    else if (restMs > 0) await pause(restMs);
    else await turnOfTheLoop();
  }
  close();
  return end;
}

/** Asks until there is an end; who answers may still have to begin. */
async function ask(
  { socket, restMs = 0 }: Extract<Work, { does: 'ask' }>,
  shared: Shared,
  end: Mutable<WorkloadEnd>,
): Promise<WorkloadEnd> {
  while (Atomics.load(shared, END) === 0) {
    try {
      const connection = connect(socket);
      await once(connection, 'connect');
      while (Atomics.load(shared, END) === 0) {
        connection.write('?');
        await once(connection, 'data');
        end.operations += 1;
        if (restMs > 0) await pause(restMs);
      }
      connection.destroy();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      end.failures += 1;
      await pause(RETRY_MS);
    }
  }
  return end;
}

async function answer(
  { socket, file, blockBytes }: Extract<Work, { does: 'answer' }>,
  shared: Shared,
  end: Mutable<WorkloadEnd>,
): Promise<WorkloadEnd> {
  const { operate, close } = prepare({
    does: 'write',
    file,
    fileBytes: blockBytes * 64,
    blockBytes,
    syncEvery: 1,
  });
  const server = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.on('data', () => {
      end.bytes += operate();
      end.operations += 1;
      connection.write('!');
    });
  }).listen(socket);
  await untilTheEnd(shared, end);
  server.close();
  close();
  return end;
}

async function untilTheEnd(shared: Shared, end: WorkloadEnd): Promise<WorkloadEnd> {
  while (Atomics.load(shared, END) === 0) await pause(LOOK_MS);
  return end;
}

function sum(ends: readonly WorkloadEnd[]): WorkloadEnd {
  const total = (pick: (end: WorkloadEnd) => number) => ends.reduce((all, end) => all + pick(end), 0);
  return {
    operations: total((end) => end.operations),
    bytes: total((end) => end.bytes),
    failures: total((end) => end.failures),
  };
}

async function main(): Promise<void> {
  const plan: WorkloadPlan = JSON.parse(process.argv[2] ?? '');
  process.title = plan.name;
  const shared: Shared = new Int32Array(new SharedArrayBuffer(8));
  const stop = () => Atomics.store(shared, END, 1);
  const go = new Promise<void>((resolve) => {
    const end = () => {
      stop();
      resolve();
    };
    process.on('SIGTERM', end).on('SIGINT', end);
    process.stdin
      .on('end', end)
      .on('error', end)
      .on('data', () => resolve());
  });
  writeSync(1, 'ready\n');
  await go;
  const [first, ...others] = plan.threads;
  const ends = others.map(
    (work) =>
      new Promise<WorkloadEnd>((settle, fail) => {
        new Worker(new URL(import.meta.url), { workerData: { work, shared } }).on('message', settle).on('error', fail);
      }),
  );
  const own = await perform(first, shared);
  const all = sum([own, ...(await Promise.all(ends))]);
  try {
    writeSync(1, `${JSON.stringify(all)}\n`);
  } catch {
    // Nobody listens any more.
  }
  process.stdin.destroy();
}

interface ThreadData {
  readonly work: Work;
  readonly shared: Shared;
}

if (isMainThread) await main();
else {
  const data: ThreadData = workerData;
  parentPort?.postMessage(await perform(data.work, data.shared));
}
