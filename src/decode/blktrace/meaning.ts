// What notifications say: a process's name, or the time of day at which the trace clock stood where the record's time says.
// Messages and I/O records need no more than their columns and the payload readers of model/blktrace.ts.

import { CATEGORY, NOTIFY, type RecordBatch } from '../../model/blktrace.js';

/** BLK_TN_PROCESS, BLK_TN_TIMESTAMP and BLK_TN_MESSAGE exactly: a notification with further bits is none of them. */
export function notificationOf(batch: RecordBatch, row: number): 'process' | 'timestamp' | 'message' | undefined {
  if (batch.category[row] !== CATEGORY.notify) return undefined;
  const action = batch.action[row];
  if (action === NOTIFY.process) return 'process';
  if (action === NOTIFY.timestamp) return 'timestamp';
  return action === NOTIFY.message ? 'message' : undefined;
}

function payload(batch: RecordBatch, row: number): Uint8Array {
  const at = batch.payloadAt[row] ?? 0;
  return batch.bytes.subarray(at, at + (batch.payloadLength[row] ?? 0));
}

/** A copy of the bytes up to the first zero. The kernel's names have at most 15 bytes in any encoding. */
export function processName(batch: RecordBatch, row: number): Uint8Array {
  const bytes = payload(batch, row).slice(0, 15);
  const zero = bytes.indexOf(0);
  return zero < 0 ? bytes : bytes.subarray(0, zero);
}

/** Seconds and nanoseconds since 1970, or undefined where the payload is not eight bytes long. */
export function timeOfDay(batch: RecordBatch, row: number): { seconds: number; nanoseconds: number } | undefined {
  if (batch.payloadLength[row] !== 8) return undefined;
  const at = batch.payloadAt[row] ?? 0;
  return {
    seconds: batch.view.getUint32(at, batch.littleEndian),
    nanoseconds: batch.view.getUint32(at + 4, batch.littleEndian),
  };
}
