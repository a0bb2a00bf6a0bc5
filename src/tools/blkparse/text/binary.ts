// Records as bytes again, for `-d`: in little-endian order whatever they were read from, with the times that are shown.
// btt and fio read such a file; the layouts are drawn in decode/blktrace/record.ts.

import { HEADER_BYTES, type RecordBatch } from '../../../model/blktrace.js';
import type { Dump } from '../events.js';

const MAGIC = 0x65617400;

export class BinaryDump implements Dump {
  private readonly write: (bytes: Uint8Array) => void;
  private readonly header = new Uint8Array(HEADER_BYTES[8]);
  private readonly view = new DataView(this.header.buffer);

  /** `write` must be done with the bytes when it returns. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.write = write;
  }

  record(batch: RecordBatch, row: number): void {
    const { view, header } = this;
    const version = batch.version[row] ?? 0;
    const category = batch.category[row] ?? 0;
    const action = ((category << 16) | (batch.action[row] ?? 0)) >>> 0;
    view.setUint32(0, MAGIC | version, true);
    view.setUint32(4, batch.sequence[row] ?? 0, true);
    view.setUint32(8, batch.timeLow[row] ?? 0, true);
    view.setUint32(12, batch.timeHigh[row] ?? 0, true);
    view.setUint32(16, batch.sectorLow[row] ?? 0, true);
    view.setUint32(20, batch.sectorHigh[row] ?? 0, true);
    view.setUint32(24, batch.size[row] ?? 0, true);
    const after = version === 7 ? 36 : 40;
    if (version === 7) {
      view.setUint32(28, action, true);
      view.setUint32(32, batch.pid[row] ?? 0, true);
    } else {
      view.setUint32(28, batch.pid[row] ?? 0, true);
      view.setUint32(32, action, true);
      view.setUint32(36, category >>> 16, true);
      header.fill(0, 52);
    }
    view.setUint32(after, batch.device[row] ?? 0, true);
    view.setUint32(after + 4, batch.cpu[row] ?? 0, true);
    view.setUint16(after + 8, batch.error[row] ?? 0, true);
    const length = batch.payloadLength[row] ?? 0;
    view.setUint16(after + 10, length, true);
    this.write(header.subarray(0, version === 7 ? HEADER_BYTES[7] : HEADER_BYTES[8]));
    const at = batch.payloadAt[row] ?? 0;
    if (length > 0) this.write(batch.bytes.subarray(at, at + length));
  }
}
