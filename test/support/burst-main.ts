// Writes past the page cache for so long and some blocks at least, again and again at fixed times: `node burst-main.js FILE PERIOD_MS LENGTH_MS COUNT`. It
// prints when each burst began and ended, ms since 1970, and how many bytes it wrote, as JSON a line, and holds the file open until its input ends.

import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { alignedBlock } from '../../src/base/aligned-block.js';

const BLOCK = 64 * 1024;
const BLOCKS = 64;
const LEAST = 16;

const [file = '', ...numbers] = process.argv.slice(2);
const [periodMs = 0, lengthMs = 0, count = 0] = numbers.map(Number);
const block = alignedBlock(BLOCK).fill(7);
const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_DIRECT);
// Blocks that are written again need no place on the disk first.
for (let at = 0; at < BLOCKS; at += 1) writeSync(fd, block, 0, BLOCK, at * BLOCK);
await sleep(2000);
const begunMs = performance.now();
let written = 0;
for (let burst = 0; burst < count; burst += 1) {
  await sleep(Math.max(0, begunMs + burst * periodMs - performance.now()));
  const [fromMs, before] = [performance.now(), written];
  while (performance.now() - fromMs < lengthMs || written - before < LEAST * BLOCK) {
    writeSync(fd, block, 0, BLOCK, ((written / BLOCK) % BLOCKS) * BLOCK);
    written += BLOCK;
  }
  const [from, to] = [fromMs, performance.now()].map((ms) => performance.timeOrigin + ms);
  process.stdout.write(`${JSON.stringify({ fromMs: from, toMs: to, bytes: written - before })}\n`);
}
process.stdin.resume().on('end', () => closeSync(fd));
