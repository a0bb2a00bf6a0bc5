// The workload's own process: `node workload-main.js '<WorkloadPlan>'`. Each thread does its work with synchronous calls, so what the kernel
// says of a thread is what happened to that work. It says `ready`, begins when a line arrives on standard input, and ends on SIGTERM, on
// SIGINT or when its parent is gone (the end of standard input), with one line of JSON that says what was done.

import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop, setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { alignedBlock } from '../base/aligned-block.js';
import { errnoOf } from '../base/errors.js';
import type { Work, WorkloadEnd, WorkloadPlan } from './workload.js';

/** Operations are made for this long between two looks at signals, ms. */
const SLICE_MS = 50;
/** A failed operation is tried again after this time, ms, as databases do. */
const RETRY_MS = 20;
/** One that does nothing by itself looks so often whether it is to end, ms. */
const LOOK_MS = 200;
const PAGE = 4096;

/** Words that all threads share: 0 the lock (0 free, 1 held, 2 held and waited for), 1 whether to end. */
type Shared = Int32Array<SharedArrayBuffer>;
const LOCK = 0;
const END = 1;

/** A lock of three states, as in Drepper, Futexes Are Tricky (2011), section 5. */
function lock(shared: Shared): void {
  if (Atomics.compareExchange(shared, LOCK, 0, 1) === 0) return;
  while (Atomics.exchange(shared, LOCK, 2) !== 0) Atomics.wait(shared, LOCK, 2);
}

function unlock(shared: Shared): void {
  if (Atomics.exchange(shared, LOCK, 0) === 2) Atomics.notify(shared, LOCK, 1);
}

function compute(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One operation: returns the bytes that it moved. */
type Operation = () => number;

interface Prepared {
  readonly operate: Operation;
  readonly close: () => void;
}

function offsetsOf(work: {
  readonly fileBytes: number;
  readonly blockBytes: number;
  readonly random?: boolean;
}): () => number {
  const blocks = Math.max(1, Math.floor(work.fileBytes / work.blockBytes));
  let next = 0;
  return () => (work.random === true ? Math.floor(Math.random() * blocks) : next++ % blocks) * work.blockBytes;
}

function prepareWrite(work: Extract<Work, { does: 'write' }>): Prepared {
  const { O_WRONLY, O_CREAT, O_DIRECT, O_DSYNC } = constants;
  const append = work.append === true ? constants.O_APPEND : 0;
  const flags =
    O_WRONLY | O_CREAT | append | (work.direct === true ? O_DIRECT : 0) | (work.dsync === true ? O_DSYNC : 0);
  const fd = openSync(work.file, flags, 0o644);
  const block = alignedBlock(work.blockBytes).fill(Math.floor(Math.random() * 255) + 1);
  const offset = offsetsOf(work);
  const { syncEvery = 0, computeMs = 0 } = work;
  let count = 0;
  return {
    operate() {
      if (computeMs > 0) compute(computeMs);
      const at = offset();
      if (work.append === true && at === 0) ftruncateSync(fd, 0);
      const written = writeSync(fd, block, 0, block.length, at);
      count += 1;
      if (syncEvery > 0 && count % syncEvery === 0) fsyncSync(fd);
      return written;
    },
    close: () => closeSync(fd),
  };
}

function prepareRead(work: Extract<Work, { does: 'read' }>): Prepared {
  const fd = openSync(work.file, constants.O_RDONLY | (work.direct === true ? constants.O_DIRECT : 0));
  const block = alignedBlock(work.blockBytes);
  if (work.scansFirst === true) {
    const scan = alignedBlock(1024 * 1024);
    while (readSync(fd, scan) > 0);
  }
  const offset = offsetsOf(work);
  return { operate: () => readSync(fd, block, 0, block.length, offset()), close: () => closeSync(fd) };
}

function prepareRename(work: Extract<Work, { does: 'rename' }>): Prepared {
  let count = 0;
  const name = (n: number) => join(work.folder, `part-${n % work.files}`);
  return {
    operate() {
      count += 1;
      const file = name(count);
      closeSync(openSync(`${file}.new`, constants.O_WRONLY | constants.O_CREAT, 0o644));
      renameSync(`${file}.new`, file);
      return 0;
    },
    close() {
      for (let n = 0; n < Math.min(count + 1, work.files); n += 1) {
        try {
          unlinkSync(name(n));
        } catch {
          // Not made yet.
        }
      }
    },
  };
}

function prepareTouch(work: Extract<Work, { does: 'touch' }>): Prepared {
  const memory = Buffer.alloc(work.bytes);
  const pages = Math.floor(work.bytes / PAGE);
  // Data that does not compress to nothing, page by page.
  for (let page = 0; page < pages; page += 1) memory.writeUInt32LE(Math.floor(Math.random() * 2 ** 32), page * PAGE);
  return {
    operate() {
      for (let n = 0; n < 64; n += 1) {
        const at = Math.floor(Math.random() * pages) * PAGE;
        memory[at] = ((memory[at] ?? 0) + 1) & 255;
      }
      return 64 * PAGE;
    },
    close() {},
  };
}

function prepare(work: Work): Prepared {
  switch (work.does) {
    case 'write':
      return prepareWrite(work);
    case 'read':
      return prepareRead(work);
    case 'rename':
      return prepareRename(work);
    case 'touch':
      return prepareTouch(work);
    case 'compute':
      return {
        operate() {
          compute(work.ms);
          return 0;
        },
        close() {},
      };
    default:
      return { operate: () => 0, close() {} };
  }
}

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
  const { operate, close } = prepareWrite({
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
