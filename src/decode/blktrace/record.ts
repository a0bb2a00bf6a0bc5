// One whole record's bytes → one row of a batch. The frame has been checked; no field is judged here.
//
//             0      4         8     16      24     28      32      36      40   44     46
//   version 7 magic  sequence  time  sector  bytes  action  pid     device  cpu  error  payload length
//             0      4         8     16      24     28   32      40      44   48     50
//   version 8 magic  sequence  time  sector  bytes  pid  action  device  cpu  error  payload length, 12 bytes of padding
//
// time, sector and version 8's action are u64, error and payload length u16, the others u32. Source: as in frame.ts.

import type { RecordBatch } from '../../model/blktrace.js';

/** Appends the record at `at` of `view` to `batch`, whose `littleEndian` says how to read it. The batch must have room. */
export function appendRecord(batch: RecordBatch, view: DataView, at: number): void {
  const little = batch.littleEndian;
  const row = batch.length;
  const first = little ? 0 : 4;
  const second = 4 - first;
  const version = view.getUint32(at, little) & 0xff;
  batch.version[row] = version;
  batch.sequence[row] = view.getUint32(at + 4, little);
  batch.timeLow[row] = view.getUint32(at + 8 + first, little);
  batch.timeHigh[row] = view.getUint32(at + 8 + second, little);
  batch.sectorLow[row] = view.getUint32(at + 16 + first, little);
  batch.sectorHigh[row] = view.getUint32(at + 16 + second, little);
  batch.size[row] = view.getUint32(at + 24, little);
  if (version === 7) {
    const action = view.getUint32(at + 28, little);
    batch.action[row] = action;
    batch.category[row] = action >>> 16;
    batch.pid[row] = view.getUint32(at + 32, little);
    batch.device[row] = view.getUint32(at + 36, little);
    batch.cpu[row] = view.getUint32(at + 40, little);
    batch.error[row] = view.getUint16(at + 44, little);
    batch.payloadLength[row] = view.getUint16(at + 46, little);
    batch.payloadAt[row] = at + 48;
  } else {
    const low = view.getUint32(at + 32 + first, little);
    batch.action[row] = low;
    batch.category[row] = (low >>> 16) | (view.getUint32(at + 32 + second, little) << 16);
    batch.pid[row] = view.getUint32(at + 28, little);
    batch.device[row] = view.getUint32(at + 40, little);
    batch.cpu[row] = view.getUint32(at + 44, little);
    batch.error[row] = view.getUint16(at + 48, little);
    batch.payloadLength[row] = view.getUint16(at + 50, little);
    batch.payloadAt[row] = at + 64;
  }
  batch.length = row + 1;
}
