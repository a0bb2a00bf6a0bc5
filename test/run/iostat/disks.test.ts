// When the disks were read: where events are told beside them, a reading that took long is made again, and the moment is that of what is shown.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { OpenFiles } from '../../../src/capture/files.js';
import { Disks } from '../../../src/run/iostat/disks.js';
import { parseIostatOptions } from '../../../src/tools/iostat/options.js';

const root = mkdtempSync(path.join(tmpdir(), 'iowitness-disks-'));
after(() => rmSync(root, { recursive: true, force: true }));
mkdirSync(path.join(root, 'sys/block/sda'), { recursive: true });
const STAT = path.join(root, 'sys/block/sda/stat');

/** Reads a disk that has made as many reads as the clock was looked at; the clock shows these times, ms. */
function readAt(args: string, times: readonly number[]): { readonly moment: number; readonly reads: number } {
  const options = parseIostatOptions([...args.split(' '), '1'], false);
  const disks = new Disks(new OpenFiles(root), root, options);
  let looks = 0;
  const clock = (): bigint => {
    looks += 1;
    writeFileSync(STAT, `${looks} 0 8 1 0 0 0 0 0 1 1\n`);
    return BigInt((times[looks - 1] ?? NaN) * 1e6);
  };
  const moment = Number(disks.read(clock)) / 1e6;
  return { moment, reads: disks.list.rows({ ...options, meetsOldCounts: true })[0]?.now.rd_ios ?? NaN };
}

test('a reading that took long is made again beside events', () => {
  assert.deepEqual(readAt('-d --events', [100, 130, 140, 140.5]), { moment: 140.25, reads: 3 });
  assert.deepEqual(readAt('-d --events', [100, 100.5]), { moment: 100.25, reads: 1 });
});

test('on a machine that is never that quick the third one is taken', () => {
  assert.deepEqual(readAt('-d --events', [100, 130, 140, 160, 200, 220]), { moment: 210, reads: 5 });
});

test('without events one reading is enough', () => {
  assert.deepEqual(readAt('-d', [100, 130]), { moment: 115, reads: 1 });
});
