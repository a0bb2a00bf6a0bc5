// What a thread of a workload does, one operation at a time: each is a synchronous call, so that what the kernel says of the thread is what
// happened to the operation. How often, under which lock and until when is workload-main.ts's to say.

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
import { join } from 'node:path';
import { alignedBlock } from '../base/aligned-block.js';
import type { Work } from './workload.js';

const PAGE = 4096;

function compute(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** One operation: returns the bytes that it moved. */
type Operation = () => number;

export interface Prepared {
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

/** Opens what the work needs. Throws the system's error where that can't be. */
export function prepare(work: Work): Prepared {
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
