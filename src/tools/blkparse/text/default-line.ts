// blkparse's line for a record where no format is given: a header that is always the same, and a tail that the action decides.

import { CATEGORY, remapOf, type RecordBatch } from '../../../model/blktrace.js';
import type { Act } from '../events.js';
import type { ProcessNames } from '../processes.js';
import { NO_ELAPSED } from '../tracks.js';
import type { ByteBuffer } from './byte-buffer.js';
import { elapsedText, nameOf, payloadText, putHex, putWide, TimeParts } from './fields.js';
import type { Time } from '../track-memory.js';
import { rwbsColumn } from './rwbs.js';

const SPACE = 0x20;
const NEWLINE = 0x0a;

const encoder = new TextEncoder();
const PLUS = encoder.encode(' + ');

export class DefaultLine {
  private readonly out: ByteBuffer;
  private readonly names: ProcessNames;
  private readonly time = new TimeParts();
  private device = -1;
  private deviceText = new Uint8Array(0);
  private pid = -1;
  private bracketed = new Uint8Array(0);
  private readonly acts = new Map<Act, Uint8Array>();

  constructor(out: ByteBuffer, names: ProcessNames) {
    this.out = out;
    this.names = names;
  }

  put(act: Act, cpu: number, batch: RecordBatch, row: number, elapsed: Time, withPayload: boolean): void {
    if (act === 'A') {
      this.remap(act, cpu, batch, row);
      return;
    }
    this.header(act, cpu, batch, row);
    switch (act) {
      case 'C':
      case 'R':
        this.completion(batch, row, elapsed, withPayload);
        break;
      case 'Q':
      case 'I':
      case 'D':
      case 'B':
        this.request(batch, row, elapsed, withPayload);
        break;
      case 'M':
      case 'F':
      case 'G':
      case 'S':
        if (this.extent(batch, row)) this.out.byte(SPACE);
        this.name(batch, row);
        break;
      case 'P':
      case 'ZP':
        this.name(batch, row);
        break;
      case 'U':
      case 'UT':
      case 'ZU':
        this.name(batch, row);
        this.out.text(` ${payloadText(batch, row)}`);
        break;
      case 'X':
        this.sector(batch, row);
        this.out.text(` / ${payloadText(batch, row)} `);
        this.name(batch, row);
        break;
    }
    this.out.byte(NEWLINE);
  }

  /** A message has no sequence of its own and no process. */
  message(cpu: number, batch: RecordBatch, row: number, text: Uint8Array): void {
    const { out, time } = this;
    out.reserve();
    this.devicePart(batch.device[row] ?? 0);
    out.number(cpu, 2);
    time.of(batch, row);
    out.text('        0 ');
    out.number(time.seconds, 5);
    out.byte(0x2e);
    out.nineDigits(time.nanoseconds);
    out.text('     0  m   N ');
    out.raw(text);
    out.byte(NEWLINE);
  }

  private header(act: Act, cpu: number, batch: RecordBatch, row: number): void {
    const { out, time } = this;
    out.reserve();
    this.devicePart(batch.device[row] ?? 0);
    out.number(cpu, 2);
    out.byte(SPACE);
    out.number((batch.sequence[row] ?? 0) | 0, 8);
    out.byte(SPACE);
    time.of(batch, row);
    out.number(time.seconds, 5);
    out.byte(0x2e);
    out.nineDigits(time.nanoseconds);
    out.byte(SPACE);
    out.number(batch.pid[row] ?? 0, 5);
    out.short(this.actPart(act));
    out.short(rwbsColumn(batch, row));
  }

  private devicePart(device: number): void {
    if (device !== this.device) {
      const minor = String(device & 0xfffff).padEnd(3);
      this.device = device;
      this.deviceText = encoder.encode(`${String(device >>> 20).padStart(3)},${minor} `);
    }
    this.out.short(this.deviceText);
  }

  private actPart(act: Act): Uint8Array {
    let text = this.acts.get(act);
    if (!text) this.acts.set(act, (text = encoder.encode(` ${act.padStart(2)} `)));
    return text;
  }

  private completion(batch: RecordBatch, row: number, elapsed: Time, withPayload: boolean): void {
    const { out } = this;
    if (isCommand(batch, row)) {
      if (withPayload) this.payload(batch, row);
    } else {
      if (!this.extent(batch, row)) this.sector(batch, row);
      out.byte(SPACE);
      if (elapsed !== NO_ELAPSED) this.elapsed(elapsed);
    }
    out.byte(0x5b);
    out.number(batch.error[row] ?? 0);
    out.byte(0x5d);
  }

  private request(batch: RecordBatch, row: number, elapsed: Time, withPayload: boolean): void {
    const { out } = this;
    if (isCommand(batch, row)) {
      out.number(batch.size[row] ?? 0);
      out.byte(SPACE);
      if (withPayload) this.payload(batch, row);
    } else {
      if (this.extent(batch, row)) out.byte(SPACE);
      if (elapsed !== NO_ELAPSED) this.elapsed(elapsed);
    }
    this.name(batch, row);
  }

  private payload(batch: RecordBatch, row: number): void {
    if ((batch.payloadLength[row] ?? 0) === 0) return;
    this.out.byte(0x28);
    putHex(this.out, batch, row);
    this.out.text(') ');
  }

  private elapsed(elapsed: Time): void {
    this.out.text(`(${elapsedText(elapsed).padStart(8)}) `);
  }

  /** `SECTOR + SECTORS`, or nothing and false where the record is of less than a sector. */
  private extent(batch: RecordBatch, row: number): boolean {
    const sectors = (batch.size[row] ?? 0) >>> 9;
    if (sectors === 0) return false;
    this.sector(batch, row);
    this.out.short(PLUS);
    this.out.number(sectors);
    return true;
  }

  private sector(batch: RecordBatch, row: number): void {
    putWide(this.out, batch.sectorHigh[row] ?? 0, batch.sectorLow[row] ?? 0);
  }

  private name(batch: RecordBatch, row: number): void {
    const pid = batch.pid[row] ?? 0;
    if (pid !== this.pid) {
      const process = this.names.find(pid);
      const name = nameOf(process);
      this.bracketed = new Uint8Array(name.length + 2);
      this.bracketed[0] = 0x5b;
      this.bracketed.set(name, 1);
      this.bracketed[name.length + 1] = 0x5d;
      // A process without a name may get one before its next line.
      this.pid = process ? pid : -1;
    }
    this.out.short(this.bracketed);
  }

  /** A remap's line stands under the device that the I/O goes to, and so does its record from then on. */
  private remap(act: Act, cpu: number, batch: RecordBatch, row: number): void {
    const { out } = this;
    const remap = remapOf(batch, row);
    if (remap) batch.device[row] = remap.deviceTo;
    this.header(act, cpu, batch, row);
    this.sector(batch, row);
    out.short(PLUS);
    out.number((batch.size[row] ?? 0) >>> 9);
    if (remap) {
      out.text(` <- (${remap.deviceFrom >>> 20},${remap.deviceFrom & 0xfffff}) `);
      putWide(out, remap.sectorFromHigh, remap.sectorFromLow);
    } else out.text(' <- (?,?) ?');
    out.byte(NEWLINE);
  }
}

function isCommand(batch: RecordBatch, row: number): boolean {
  return ((batch.category[row] ?? 0) & CATEGORY.pc) !== 0;
}
