// A file → the heap dump in it, also compressed, in memory that does not follow its length.

import type { HeapDump } from '../model/heap-dump.js';
import { openHeapBytes } from '../decode/hprof/bytes.js';
import { readHeapDump } from '../decode/hprof/dump.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';

/** Throws a UserError where it can't be read, or is no heap dump. `isFull`: passes every object, whatever may be known without. */
export async function openHeapDump(path: string, isFull: boolean, progress?: ReadingProgress): Promise<HeapDump> {
  const bytes = openHeapBytes(path, meterOf([path], progress));
  try {
    return await readHeapDump(bytes, path, isFull);
  } finally {
    await bytes.close();
  }
}
