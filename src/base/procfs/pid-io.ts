// /proc/PID/io: what a process, or a thread, has read and written since it began. All fields come together since Linux 2.6.20; a text that lacks one is
// no such file, so that nothing is taken for 0 that is not known.
// Source: proc_pid_io(5); Documentation/filesystems/proc.rst, section 3.3. In base, as several tools read it.

import { parseKeyValues } from './key-values.js';

/** In bytes. */
export interface PidIo {
  /** By calls, from and to whatever file, pipe or socket (rchar, wchar). */
  readonly calledReadBytes: number;
  readonly calledWriteBytes: number;
  /** What storage was asked for (read_bytes), and what was made dirty or written past the page cache (write_bytes). */
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Of what was made dirty, what was thrown away before it was written (cancelled_write_bytes). */
  readonly cancelledBytes: number;
}

/** Undefined where the text is not such a file's. */
export function parsePidIo(text: string): PidIo | undefined {
  const values = parseKeyValues(text);
  const [calledReadBytes, calledWriteBytes, readBytes, writeBytes, cancelledBytes] = [
    'rchar',
    'wchar',
    'read_bytes',
    'write_bytes',
    'cancelled_write_bytes',
  ].map((field) => values.get(field));
  if (calledReadBytes === undefined || calledWriteBytes === undefined || readBytes === undefined) return undefined;
  if (writeBytes === undefined || cancelledBytes === undefined) return undefined;
  return { calledReadBytes, calledWriteBytes, readBytes, writeBytes, cancelledBytes };
}
