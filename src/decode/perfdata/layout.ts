// Where a sample keeps what is made use of: the event's attributes say which fields it has, and their order is fixed. Fields up to the
// counters' values have fixed places; a call chain and the event's own record lie behind what has no fixed length.
//
//   id (identifier), ip, tid (u32 pid, u32 tid), time, addr, id, stream, cpu (u32, u32), period: u64 each
//   | values of counters | u64 count, u64 addresses (a call chain) | u32 size, the event's record
//
// Source: include/uapi/linux/perf_event.h, 'enum perf_event_sample_format' and PERF_RECORD_SAMPLE; perf_event_open(2).

import type { Cursor } from '../tracecmd/bytes.js';

const HAS = {
  ip: 1 << 0,
  tid: 1 << 1,
  time: 1 << 2,
  addr: 1 << 3,
  read: 1 << 4,
  callchain: 1 << 5,
  id: 1 << 6,
  cpu: 1 << 7,
  period: 1 << 8,
  stream: 1 << 9,
  raw: 1 << 10,
  identifier: 1 << 16,
} as const;
/** Of fixed length, in their order. */
const FIXED = ['identifier', 'ip', 'tid', 'time', 'addr', 'id', 'stream', 'cpu', 'period'] as const;
const READ = { timeEnabled: 1 << 0, timeRunning: 1 << 1, id: 1 << 2, group: 1 << 3, lost: 1 << 4 } as const;
const TRACEPOINT = 2;
const RECORD_HEADER = 8;

/** What tells the samples of one event apart; places are offsets into the whole record. */
export interface SampleLayout {
  /** False where its samples hold no record of a kernel's event with its time and CPU. */
  readonly isTraced: boolean;
  readonly hasIdentifier: boolean;
  readonly timeAt: number;
  readonly cpuAt: number;
  /** Where the fields of fixed length end. */
  readonly fixedEnd: number;
  readonly hasRead: boolean;
  readonly readFormat: number;
  readonly hasChain: boolean;
}

/** Reads the attributes of an event (struct perf_event_attr) at the cursor. */
export function readLayout(cursor: Cursor): SampleLayout {
  const type = cursor.u32();
  cursor.at += 4 + 8 + 8;
  // Sixty-four bits each, of which the upper ones say nothing that is made use of.
  const sampleType = cursor.u32();
  cursor.at += 4;
  const readFormat = cursor.u32();
  const has = (field: keyof typeof HAS) => (sampleType & HAS[field]) !== 0;
  const places = new Map<string, number>();
  let at = RECORD_HEADER;
  for (const field of FIXED) {
    if (!has(field)) continue;
    places.set(field, at);
    at += 8;
  }
  return {
    isTraced: type === TRACEPOINT && has('time') && has('cpu') && has('raw'),
    hasIdentifier: has('identifier'),
    timeAt: places.get('time') ?? 0,
    cpuAt: places.get('cpu') ?? 0,
    fixedEnd: at,
    hasRead: has('read'),
    readFormat,
    hasChain: has('callchain'),
  };
}

/** Bytes of the counters' values at `at`. */
function readBytes(view: DataView, at: number, format: number): number {
  const has = (bit: number) => (format & bit) !== 0;
  const each = 1 + Number(has(READ.id)) + Number(has(READ.lost));
  const times = Number(has(READ.timeEnabled)) + Number(has(READ.timeRunning));
  if (!has(READ.group)) return 8 * (each + times);
  return 8 * (1 + times + each * view.getUint32(at, true));
}

/** Where the event's own record lies in a sample of `size` bytes at `start`; undefined where the sample is too short for what it says. */
export function recordIn(
  layout: SampleLayout,
  view: DataView,
  start: number,
  size: number,
): { readonly at: number; readonly length: number; readonly frames: number } | undefined {
  const end = start + size;
  let at = start + layout.fixedEnd;
  let frames = 0;
  if (layout.hasRead) {
    if (at + 8 > end) return undefined;
    at += readBytes(view, at, layout.readFormat);
  }
  if (layout.hasChain) {
    if (at + 8 > end) return undefined;
    frames = view.getUint32(at, true);
    at += 8 + 8 * frames;
  }
  if (at + 4 > end) return undefined;
  const length = view.getUint32(at, true);
  return at + 4 + length > end ? undefined : { at: at + 4, length, frames };
}
