// A trace's file, whatever form it has: blktrace's own records, or the text that blkparse makes of them. What it is shows in its first
// bytes, by its content and not by its name.

import { holdsBlkparseText, TextSource } from '../blkparse-text/source.js';
import type { ReadTo } from '../../base/read-to.js';
import type { Loss } from '../../model/losses.js';
import { byteOrderAt } from './frame.js';
import { openSource, type ByteSource } from './source.js';

/** A file without the beginning of a record in its first bytes is no trace: a whole disk must not be searched for one. */
const SEARCHED_BYTES = 256 * 1024;

/** What a file's first bytes show. */
export type TraceForm = 'records' | 'text' | undefined;

function formOf(bytes: Uint8Array): TraceForm {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 4 <= bytes.length; at += 1) if (byteOrderAt(view, at) !== undefined) return 'records';
  return holdsBlkparseText(bytes) ? 'text' : undefined;
}

/** Reads the beginning of a source. */
export async function beginningOf(source: ByteSource): Promise<Uint8Array> {
  const bytes = new Uint8Array(SEARCHED_BYTES);
  let end = 0;
  for (let count = -1; count !== 0 && end < bytes.length; end += count) count = await source.read(bytes.subarray(end));
  return bytes.subarray(0, end);
}

/** The form of the file at a path; 'records' where it can't be read, so that its reader says why. */
export async function traceFormAt(path: string): Promise<TraceForm> {
  const source = openSource(path);
  try {
    const form = formOf(await beginningOf(source));
    return form ?? (source.refusal === undefined ? undefined : 'records');
  } finally {
    await source.close();
  }
}

/** Opens a trace's file, of either form, as records. What of a text could not be read is reported at its end. */
export async function openTrace(path: string, report: (loss: Loss) => void, readTo?: ReadTo): Promise<ByteSource> {
  const form = await traceFormAt(path);
  const source = openSource(path, readTo);
  return form === 'text' ? new TextSource(source, report) : source;
}
