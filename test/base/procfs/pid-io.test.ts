// /proc/PID/io as the kernel prints it, this process's own among them; a text that lacks a field tells nothing rather than 0.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parsePidIo } from '../../../src/base/procfs/pid-io.js';
import { OpenFiles, readText } from '../../../src/capture/files.js';

const TEXT = 'rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n';

test('all fields or nothing', () => {
  assert.deepEqual(parsePidIo(TEXT), {
    calledReadBytes: 1,
    calledWriteBytes: 2,
    readBytes: 5,
    writeBytes: 6,
    cancelledBytes: 7,
  });
  assert.ok(parsePidIo(readFileSync('/proc/self/io', 'utf8')));
  assert.equal(parsePidIo(''), undefined);
  for (const field of ['rchar', 'wchar', 'read_bytes', 'write_bytes', 'cancelled_write_bytes'])
    assert.equal(parsePidIo(TEXT.replace(new RegExp(`^${field}: .*\n`, 'm'), '')), undefined, field);
});

test('of a process that is gone there is no text, and nobody refused it', () => {
  const files = new OpenFiles();
  let refused = 0;
  assert.equal(
    readText(files, '/proc/4194305/io', () => (refused += 1)),
    undefined,
  );
  assert.equal(readText(files, '/proc/self/io')?.startsWith('rchar: '), true);
  assert.equal(refused, 0);
});
