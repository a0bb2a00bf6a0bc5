// Rows of one batch into another, payloads included: for whoever holds records longer than their reader's next batch.

import type { RecordBatch } from '../../model/blktrace.js';

/** Takes all rows out of a batch. */
export function empty(batch: RecordBatch): void {
  batch.length = 0;
  batch.bytes = new Uint8Array(0);
}

/** Appends rows with their payloads, which get a place in the bytes of `to`. `to` must have room. */
export function append(to: RecordBatch, from: RecordBatch, rows: Uint32Array): void {
  let payloads = 0;
  for (const row of rows) payloads += from.payloadLength[row] ?? 0;
  let at = usedBytes(to);
  // Room for more than is asked for, because a damaged trace may come record by record.
  if (at + payloads > to.bytes.length) {
    const bytes = new Uint8Array(Math.max(at + payloads, 2 * to.bytes.length));
    bytes.set(to.bytes);
    to.bytes = bytes;
    to.view = new DataView(bytes.buffer);
  }
  for (const row of rows) {
    to.copyRow(to.length, from, row);
    const begin = from.payloadAt[row] ?? 0;
    const length = from.payloadLength[row] ?? 0;
    to.bytes.set(from.bytes.subarray(begin, begin + length), at);
    to.payloadAt[to.length] = at;
    at += length;
    to.length += 1;
  }
  to.littleEndian = from.littleEndian;
}

/** Payloads lie one behind the other in the order of rows. */
function usedBytes({ length, payloadAt, payloadLength }: RecordBatch): number {
  return length === 0 ? 0 : (payloadAt[length - 1] ?? 0) + (payloadLength[length - 1] ?? 0);
}

/** The numbers of rows from `from` up to `to`. */
export function rowsBetween(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, index) => from + index);
}
