// The neighbour's own process: `node neighbour-main.js '<NeighbourOptions>'`. It says each burst as a line of JSON, and ends on SIGTERM, on
// SIGINT or when its parent is gone (the end of standard input).

import { closeSync, constants, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { setImmediate as turnOfTheLoop, setTimeout as pause } from 'node:timers/promises';
import { monotonicNs } from '../../base/clock.js';
import { alignedBlock } from '../../base/aligned-block.js';
import type { NeighbourOptions } from './neighbour.js';

const enough = new AbortController();

async function burst(fd: number, block: Buffer, options: NeighbourOptions, from: number): Promise<number> {
  let position = from;
  for (let written = 0; written < options.burstBytes && !enough.signal.aborted; written += block.length) {
    if (position + block.length > options.fileBytes) position = 0;
    writeSync(fd, block, 0, block.length, position);
    position += block.length;
    await turnOfTheLoop();
  }
  if (options.fsync) fsyncSync(fd);
  return position;
}

async function main(): Promise<void> {
  const options: NeighbourOptions = JSON.parse(process.argv[2] ?? '');
  process.title = options.name;
  const stop = () => enough.abort();
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.stdin.on('end', stop).on('error', stop).resume();
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (options.direct ? constants.O_DIRECT : 0);
  const fd = openSync(options.file, flags, 0o600);
  try {
    const block = alignedBlock(options.blockBytes);
    let position = 0;
    let due = performance.now();
    while (!enough.signal.aborted) {
      const from = monotonicNs();
      position = await burst(fd, block, options, position);
      writeSync(1, `${JSON.stringify({ fromNs: String(from), toNs: String(monotonicNs()) })}\n`);
      due += options.periodMs * (1 + options.jitter * (2 * Math.random() - 1));
      const wait = due - performance.now();
      if (wait > 0) await pause(wait, undefined, { signal: enough.signal }).catch(() => {});
      else due = performance.now();
    }
  } finally {
    closeSync(fd);
    unlinkSync(options.file);
    process.stdin.destroy();
  }
}

await main();
