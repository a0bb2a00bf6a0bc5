// Writes or reads a known amount of a file and holds it open until its input ends: `node amount-main.js MODE FILE BYTES [OFFSET]`. MODE is
// 'buffered', 'fsync' (after every 4 MiB), 'direct' or 'read' (past the page cache). It says 'written' when it is done with all.

import { closeSync, constants, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { alignedBlock } from '../../src/base/aligned-block.js';

const BLOCK = 256 * 1024;
const SYNC_EVERY = 16;

const [mode = '', file = '', bytes = '', offset = '0'] = process.argv.slice(2);
const block = alignedBlock(BLOCK).fill(mode);
const { O_WRONLY, O_CREAT, O_RDONLY, O_DIRECT } = constants;
const isRead = mode === 'read';
const fd = openSync(file, (isRead ? O_RDONLY : O_WRONLY | O_CREAT) | (mode === 'direct' || isRead ? O_DIRECT : 0));
for (let count = 1; count * BLOCK <= Number(bytes); count += 1) {
  const at = Number(offset) + (count - 1) * BLOCK;
  if (isRead) readSync(fd, block, 0, BLOCK, at);
  else writeSync(fd, block, 0, BLOCK, at);
  if (mode === 'fsync' && count % SYNC_EVERY === 0) fsyncSync(fd);
  // Slow enough for all three to write at once for a second or two.
  if (count % 4 === 0) await sleep(15);
}
process.stdout.write('written\n');
process.stdin.resume().on('end', () => closeSync(fd));
