// Mutations of block traces for fuzzing: bits, bytes, lengths, magic numbers, pieces cut out, doubled or exchanged, tails cut off.
// A seed gives the same mutations again.

import { ACTION, CATEGORY } from '../../src/model/blktrace.js';
import { bigEndian, processRecord, traceBytes, writeRecord, type Order, type TraceRecord } from './blktrace.js';

/** Whole numbers from 0 below `limit`, from a seed (xorshift). */
export function numbersFrom(seed: number): (limit: number) => number {
  let state = seed | 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** A small trace with every kind of payload; of version 8 where `seed` is odd. */
function plainTrace(seed: number, order: Order): Buffer {
  const version = seed % 2 === 0 ? 7 : 8;
  const device = 8 << 20;
  const common = { version, device, pid: 7, cpu: 0 } as const;
  const records: TraceRecord[] = [
    processRecord(7, 'dd', { version }),
    { ...common, action: 1, category: CATEGORY.notify, payload: bigEndian([1, 4], [2, 4]) },
    ...(['queue', 'getRequest', 'insert', 'issue', 'complete'] as const).map((stage, index) =>
      writeRecord(stage, { ...common, sequence: index + 1, time: BigInt(1000 + index), sector: 8n }),
    ),
    writeRecord('remap', { ...common, sequence: 6, time: 1010n, payload: bigEndian([1, 4], [device, 4], [8n, 8]) }),
    writeRecord('unplug', { ...common, sequence: 7, time: 1011n, payload: bigEndian([3n, 8]) }),
    writeRecord('split', { ...common, sequence: 8, time: 1012n, payload: bigEndian([16n, 8]) }),
    {
      ...common,
      sequence: 9,
      time: 1013n,
      action: ACTION.issue,
      category: CATEGORY.pc | CATEGORY.issue,
      payload: Buffer.alloc(16, 0x12),
    },
    { ...common, time: 1014n, action: 2, category: CATEGORY.notify, payload: Buffer.from('message') },
  ];
  return traceBytes(records, order);
}

const NASTY = [0, 1, 7, 8, 9, 0x7f, 0x80, 0xff, 0x61, 0x74];

/** A mutated trace: `seed` chooses everything. */
export function mutatedTrace(seed: number, base?: Uint8Array): Buffer {
  const next = numbersFrom(seed * 2_654_435_761);
  let bytes = Buffer.from(base ?? plainTrace(seed, next(4) === 0 ? 'big' : 'little'));
  for (let left = 1 + next(4); left > 0 && bytes.length > 8; left -= 1) {
    const at = next(bytes.length - 4);
    const length = Math.min(1 + next(100), bytes.length - at);
    switch (next(8)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
        break;
      case 1:
        bytes[at] = NASTY[next(NASTY.length)] ?? 0;
        break;
      case 2:
        bytes.writeUInt32LE(next(2) === 0 ? 0xffff_ffff : next(0x1_0000), at);
        break;
      case 3:
        // A payload's length, where version 7 and version 8 have it in the first records.
        bytes.writeUInt16LE(next(0x1_0000), Math.min(bytes.length - 2, [46, 50, 110, 114, 166][next(5)] ?? 46));
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
        break;
      case 6:
        bytes.copy(bytes, next(bytes.length), at, at + length);
        break;
      default:
        bytes = bytes.subarray(0, at);
    }
  }
  return bytes;
}
