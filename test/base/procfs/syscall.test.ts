// /proc/PID/task/TID/syscall as the kernel prints it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSyscall } from '../../../src/base/procfs/syscall.js';

const REST = '0x7f45d0001a10 0x2000 0x0 0x7f466cbfd0b8 0x0 0x7f466cbfce48 0x7f4670a1f5af\n';

test('a call on a descriptor is told with it, by the architecture’s numbers', () => {
  assert.deepEqual(parseSyscall(`1 0x7 ${REST}`, 'x86_64'), { name: 'write', descriptor: 7 });
  assert.deepEqual(parseSyscall(`64 0x7 ${REST}`, 'aarch64'), { name: 'write', descriptor: 7 });
  assert.deepEqual(parseSyscall(`74 0xffffffff00000005 ${REST}`, 'x86_64'), { name: 'fsync', descriptor: 5 });
});

test('a call on none has none, and what is in no table keeps its number', () => {
  assert.deepEqual(parseSyscall(`202 0x7f45d0001a10 ${REST}`, 'x86_64'), { name: 'futex' });
  assert.deepEqual(parseSyscall(`999 0x1 ${REST}`, 'x86_64'), { name: 'system call 999' });
  assert.deepEqual(parseSyscall(`1 0x7 ${REST}`, 'm68k'), { name: 'system call 1' });
});

test('poll on one descriptor tells where that stands, and on several it may be any', () => {
  const poll = (count: string) =>
    parseSyscall(`7 0x7f45d0001a10 ${count} 0x0 0x0 0x0 0x0 0x7f466cbfce48 0x7f46`, 'x86_64');
  assert.deepEqual(poll('0x1'), { name: 'poll', polledAt: 0x7f45d0001a10 });
  assert.deepEqual(poll('0x2'), { name: 'poll' });
});

test('a thread that runs is in none, and one that sleeps outside of any is in a page fault', () => {
  assert.equal(parseSyscall('running\n', 'x86_64'), undefined);
  assert.equal(parseSyscall('-1 0x7ffd 0x7f46\n', 'x86_64'), 'fault');
  for (const text of ['', '1', '1 7 0x0']) assert.equal(parseSyscall(text, 'x86_64'), undefined);
});
