// blkparse's format language: `-f FORMAT` for all lines, `-F LETTER,FORMAT` for those of one action.
//
//   %[-][WIDTH]X   a field; %% a percent sign; an X that is no field is printed itself, in that width
//   \b \n \r \t    the only escapes: any other ends the program when the first line reaches it
//
// A format is taken apart once. Whatever is wrong in it shows when a line is printed, as in blkparse, after what lies before it.

import type { RecordBatch } from '../../../model/blktrace.js';
import type { Act } from '../events.js';
import type { ProcessNames } from '../processes.js';
import type { WallClock } from '../wall-clock.js';
import { NO_ELAPSED } from '../tracks.js';
import type { ByteBuffer } from './byte-buffer.js';
import { elapsedText, nameOf, payloadText, putHex, TimeParts } from './fields.js';
import type { Time } from '../track-memory.js';
import { rwbsOf } from './rwbs.js';

/** Actions that `-F` knows, by the first letter of what lines show. */
export const FORMAT_LETTERS = 'ABCDFGIMPQRSTUWX';

/** The program ends here with status 1; what was printed so far stays. */
export class FormatStop extends Error {
  override readonly name = 'FormatStop';
}

interface Field {
  readonly letter: number;
  readonly left: boolean;
  /** Undefined where none is given. */
  readonly width: number | undefined;
}

type Part = Uint8Array | Field | { readonly invalidEscape: number };

const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<string, number>> = { b: 8, n: 10, r: 13, t: 9 };

/** Takes a format's bytes apart. */
function parseFormat(format: Uint8Array): Part[] {
  const parts: Part[] = [];
  const literal: number[] = [];
  const endLiteral = () => {
    if (literal.length > 0) parts.push(Uint8Array.from(literal.splice(0)));
  };
  for (let at = 0; at < format.length;) {
    const byte = format[at] ?? 0;
    const next = format[at + 1];
    if (byte === PERCENT && (next === PERCENT || next === undefined)) {
      literal.push(PERCENT);
      at += 2;
    } else if (byte === PERCENT) {
      endLiteral();
      at = parseField(format, at + 1, parts);
    } else if (byte === BACKSLASH) {
      const escape = ESCAPES[String.fromCharCode(next ?? 0)];
      endLiteral();
      if (escape === undefined) return [...parts, { invalidEscape: next ?? 0 }];
      parts.push(Uint8Array.of(escape));
      at += 2;
    } else {
      literal.push(byte);
      at += 1;
    }
  }
  endLiteral();
  return parts;
}

function parseField(format: Uint8Array, from: number, parts: Part[]): number {
  let at = from;
  let left = format[at] === 0x2d;
  if (left) at += 1;
  let width: number | undefined;
  for (let digit = (format[at] ?? 0) - 0x30; digit >= 0 && digit <= 9; digit = (format[at] ?? 0) - 0x30) {
    width = (Math.imul(width ?? 0, 10) + digit) | 0;
    at += 1;
  }
  // A width beyond C's int turns negative, and printf takes the minus for its flag.
  if (width !== undefined && width < 0) {
    left = true;
    width = -width;
  }
  const letter = format[at];
  if (letter === undefined) return at;
  parts.push({ letter, left: left && width !== undefined, width });
  return at + 1;
}

/** Prints lines by one format. */
export class FormattedLine {
  private readonly parts: readonly Part[];
  private readonly out: ByteBuffer;
  private readonly names: ProcessNames;
  private readonly clock: WallClock;
  private readonly complain: (message: string) => void;
  private readonly time = new TimeParts();

  constructor(
    format: Uint8Array,
    out: ByteBuffer,
    names: ProcessNames,
    clock: WallClock,
    complain: (message: string) => void,
  ) {
    this.parts = parseFormat(format);
    this.out = out;
    this.names = names;
    this.clock = clock;
    this.complain = complain;
  }

  /** Throws FormatStop where blkparse ends: at an invalid escape, and at %u without a time to print. */
  put(act: Act, cpu: number, batch: RecordBatch, row: number, elapsed: Time, withPayload: boolean): void {
    for (const part of this.parts) {
      if (part instanceof Uint8Array) this.out.raw(part);
      else if ('invalidEscape' in part) {
        this.stop(`Invalid escape char in format ${String.fromCharCode(part.invalidEscape)}`);
      } else this.field(part, act, cpu, batch, row, elapsed, withPayload);
    }
  }

  private stop(message: string): never {
    this.complain(message);
    throw new FormatStop(message);
  }

  private field(
    field: Field,
    act: Act,
    cpu: number,
    batch: RecordBatch,
    row: number,
    elapsed: Time,
    withPayload: boolean,
  ): void {
    const { out } = this;
    const device = batch.device[row] ?? 0;
    out.reserve();
    switch (String.fromCharCode(field.letter)) {
      case 'a':
        return this.text(field, act);
      case 'c':
        return this.number(field, cpu);
      case 'C':
        return this.bytes(field, nameOf(this.names.find(batch.pid[row] ?? 0)));
      case 'd':
        return this.bytes(field, rwbsOf(batch, row));
      case 'D':
        return out.text(`${String(device >>> 20).padStart(3)},${String(device & 0xfffff).padEnd(3)}`);
      case 'e':
        return this.number(field, batch.error[row] ?? 0);
      case 'M':
        return this.number(field, device >>> 20);
      case 'm':
        return this.number(field, device & 0xfffff);
      case 'n':
        return this.number(field, (batch.size[row] ?? 0) >>> 9);
      case 'N':
        return this.number(field, batch.size[row] ?? 0);
      case 'p':
        return this.number(field, batch.pid[row] ?? 0);
      case 'P':
        if (withPayload) putHex(out, batch, row);
        return;
      case 's':
        return this.number(field, batch.sequence[row] ?? 0);
      case 'S':
        return this.text(field, wideText(batch.sectorHigh[row] ?? 0, batch.sectorLow[row] ?? 0));
      case 't':
        this.time.of(batch, row);
        return this.nanoseconds(field.width);
      case 'T':
        this.time.of(batch, row);
        return this.number(field, this.time.seconds);
      case 'u':
        if (elapsed === NO_ELAPSED) this.stop('Expecting elapsed value');
        return this.text(field, microseconds(elapsed));
      case 'U':
        return this.text(field, payloadText(batch, row));
      case 'z':
        return this.text(field, this.clock.textAt(batch, row));
      default:
        return this.bytes(field, Uint8Array.of(field.letter));
    }
  }

  private nanoseconds(width = 9): void {
    const digits = String(this.time.nanoseconds);
    this.out.pad(width - digits.length, 0x30);
    this.out.text(digits);
  }

  private number(field: Field, value: number): void {
    if ((field.width ?? 0) === 0) this.out.number(value);
    else this.text(field, String(value));
  }

  private text({ left, width = 0 }: Field, text: string): void {
    if (!left) this.out.pad(width - text.length);
    this.out.text(text);
    if (left) this.out.pad(width - text.length);
  }

  private bytes({ left, width = 0 }: Field, bytes: Uint8Array): void {
    if (!left) this.out.pad(width - bytes.length);
    this.out.raw(bytes);
    if (left) this.out.pad(width - bytes.length);
  }
}

function wideText(high: number, low: number): string {
  return ((BigInt(high) << 32n) | BigInt(low)).toString();
}

/** blkparse divides the unsigned number, so a negative difference is huge here too. */
function microseconds(elapsed: Time): string {
  const text = elapsedText(elapsed);
  return text === '?' ? text : (BigInt(text) / 1000n).toString();
}
