// /proc/PID/fdinfo/FD.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFdinfo } from '../../../src/base/procfs/fdinfo.js';

const text = (flags: string) =>
  `pos:\t0\nflags:\t${flags}\nmnt_id:\t28\nino:\t2884\nlock:\t1: POSIX  ADVISORY  WRITE 9 00:1c:2884 0 EOF\n`;

test('how a file was opened, its inode and its mount', () => {
  assert.deepEqual(parseFdinfo(text('0100000')), {
    flags: 0o100000,
    reads: true,
    writes: false,
    inode: 2884,
    mountId: 28,
  });
  assert.deepEqual(parseFdinfo(text('0110001')), {
    flags: 0o110001,
    reads: false,
    writes: true,
    inode: 2884,
    mountId: 28,
  });
  const { reads, writes } = parseFdinfo(text('02'));
  assert.deepEqual([reads, writes], [true, true]);
});

test('of what is not told there are no numbers', () => {
  const { flags, inode, mountId } = parseFdinfo('');
  assert.ok([flags, inode, mountId].every(Number.isNaN));
});
