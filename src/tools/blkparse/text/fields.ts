// The parts of a line that default lines and formats share: the time in seconds and nanoseconds, sectors, names, payloads in hex.

import { payloadNumber, type RecordBatch } from '../../../model/blktrace.js';
import type { Process } from '../processes.js';
import type { Time } from '../track-memory.js';
import type { ByteBuffer } from './byte-buffer.js';

const BILLION = 1_000_000_000;
/** Below this upper half a 64-bit number is exact as a double. */
const EXACT_HIGH = 0x20_0000;
const NULL_NAME = new TextEncoder().encode('(null)');

/** Splits times into seconds and nanoseconds; most records lie in the same second as the one before. */
export class TimeParts {
  /** As C's `int`: blkparse prints it so. */
  seconds = 0;
  nanoseconds = 0;
  private start = 0;

  of(batch: RecordBatch, row: number): void {
    const high = batch.timeHigh[row] ?? 0;
    const low = batch.timeLow[row] ?? 0;
    if (high >= EXACT_HIGH) {
      const time = (BigInt(high) << 32n) | BigInt(low);
      this.seconds = Number(BigInt.asIntN(32, time / 1_000_000_000n));
      this.nanoseconds = Number(time % 1_000_000_000n);
      this.start = -BILLION;
      return;
    }
    const time = high * 0x1_0000_0000 + low;
    let rest = time - this.start;
    if (rest < 0 || rest >= BILLION) {
      // The quotient may be rounded up to the next whole second.
      let seconds = Math.floor(time / BILLION);
      if (seconds * BILLION > time) seconds -= 1;
      this.start = seconds * BILLION;
      this.seconds = seconds | 0;
      rest = time - this.start;
    }
    this.nanoseconds = rest;
  }
}

/** A 64-bit number in decimal. */
export function putWide(out: ByteBuffer, high: number, low: number): void {
  if (high < EXACT_HIGH) out.number(high * 0x1_0000_0000 + low);
  else out.text(((BigInt(high) << 32n) | BigInt(low)).toString());
}

/** The name of a process that nobody named is C's null pointer, which glibc prints like this. */
export function nameOf(process: Process | undefined): Uint8Array {
  return process ? process.name : NULL_NAME;
}

/** What a split or unplug carries, or `?` where blkparse would read memory behind the record. */
export function payloadText(batch: RecordBatch, row: number): string {
  return payloadNumber(batch, row)?.low.toString() ?? '?';
}

/** Bytes in hexadecimal; where the rest is zero, ` ..` stands for it. */
export function putHex(out: ByteBuffer, batch: RecordBatch, row: number): void {
  const at = batch.payloadAt[row] ?? 0;
  const length = batch.payloadLength[row] ?? 0;
  let used = length;
  while (used > 0 && batch.bytes[at + used - 1] === 0) used -= 1;
  for (let index = 0; index < length; index += 1) {
    if (index > 0) out.byte(0x20);
    out.hexByte(batch.bytes[at + index] ?? 0);
    if (index >= used) {
      out.text(' ..');
      return;
    }
  }
}

/** A difference of times as an unsigned number of at least eight columns; `?` where it is unknown. */
export function elapsedText(elapsed: Time): string {
  if (Number.isNaN(elapsed)) return '?';
  return elapsed < 0 ? BigInt.asUintN(64, BigInt(elapsed)).toString() : elapsed.toString();
}
