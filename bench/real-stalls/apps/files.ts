// Trees of files for rsync and tar, and programs that write a log.

import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Makes files with content that doesn't compress to nothing, on disk and in memory. */
export function makeTree(folder: string, files: number, bytes: number): string {
  mkdirSync(folder, { recursive: true });
  const content = Buffer.alloc(bytes, 'a quick brown fox ');
  for (let count = 0; count < files; count += 1) {
    const fd = openSync(join(folder, `part-${count}`), 'w');
    writeSync(fd, content);
    if (count === files - 1) fsyncSync(fd);
    closeSync(fd);
  }
  return folder;
}

/**
 * A Python program that appends to a log: `python3 -c … FILE BYTES SYNC REST`, SYNC 0 for the page cache, REST in seconds. It tries again
 * where it fails.
 */
export function logArgv(file: string, bytes: number, sync: boolean, restSeconds: number): readonly string[] {
  const program = [
    'import os, sys, time',
    'block = b"l" * int(sys.argv[2])',
    'log = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY | os.O_APPEND)',
    'while True:',
    '    try:',
    '        os.write(log, block)',
    '        if sys.argv[3] == "1": os.fdatasync(log)',
    '    except OSError: time.sleep(0.02)',
    '    if float(sys.argv[4]) > 0: time.sleep(float(sys.argv[4]))',
  ].join('\n');
  return [PYTHON, '-c', program, file, String(bytes), sync ? '1' : '0', String(restSeconds)];
}

/** Debian's own: another one on the path may be a script that starts it. */
export const PYTHON = '/usr/bin/python3';
