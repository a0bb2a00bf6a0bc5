// Chooses for each action between its own format, the format for all, and the default line; and prints messages, which no format
// changes.

import { messageBytes, type RecordBatch } from '../../../model/blktrace.js';
import type { Act, Printer } from '../events.js';
import type { ProcessNames } from '../processes.js';
import type { WallClock } from '../wall-clock.js';
import type { ByteBuffer } from './byte-buffer.js';
import { DefaultLine } from './default-line.js';
import type { Time } from '../track-memory.js';
import { FORMAT_LETTERS, FormattedLine } from './format.js';

/** Formats by the first letter of the action, as they were given: an earlier `-f` goes before a later one. */
export class Formats {
  private readonly byLetter = new Map<string, Uint8Array>();

  /** `-f`: for every action that has none yet. */
  setAll(format: Uint8Array): void {
    for (const letter of FORMAT_LETTERS) if (!this.byLetter.has(letter)) this.byLetter.set(letter, format);
  }

  /** `-F` */
  set(letter: string, format: Uint8Array): void {
    this.byLetter.set(letter, format);
  }

  entries(): Iterable<[string, Uint8Array]> {
    return this.byLetter;
  }
}

export class Lines implements Printer {
  private readonly byDefault: DefaultLine;
  private readonly formatted = new Map<string, FormattedLine>();
  private readonly out: ByteBuffer;

  constructor(
    out: ByteBuffer,
    names: ProcessNames,
    clock: WallClock,
    formats: Formats,
    complain: (message: string) => void,
  ) {
    this.out = out;
    this.byDefault = new DefaultLine(out, names);
    for (const [letter, format] of formats.entries()) {
      this.formatted.set(letter, new FormattedLine(format, out, names, clock, complain));
    }
  }

  line(act: Act, cpu: number, batch: RecordBatch, row: number, elapsed: Time, withPayload: boolean): void {
    const formatted = this.formatted.size === 0 ? undefined : this.formatted.get(act.charAt(0));
    (formatted ?? this.byDefault).put(act, cpu, batch, row, elapsed, withPayload);
  }

  message(batch: RecordBatch, row: number): void {
    if ((batch.payloadLength[row] ?? 0) > 0) {
      this.byDefault.message((batch.cpu[row] ?? 0) | 0, batch, row, messageBytes(batch, row));
    }
  }

  flush(): void {
    this.out.flush();
  }
}
