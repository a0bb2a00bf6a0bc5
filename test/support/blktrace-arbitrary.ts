// Block traces for property tests: several CPUs and devices, times that collide and go backwards, every action, payloads that fit and
// payloads that don't, notifications in between, and the ways in which files are broken.

import fc from 'fast-check';
import { ACTION, CATEGORY, CGROUP_FLAG, NOTIFY } from '../../src/model/blktrace.js';
import { bigEndian, processRecord, recordBytes, type Order, type TraceRecord } from './blktrace.js';

const DEVICES = [8 << 20, (8 << 20) | 1, (253 << 20) | 3, (9 << 20) | 0, (259 << 20) | 70_000, 0, 1, 0xffff_ffff];
const PIDS = [0, 1, 7, 100, 70_000, 0xffff_ffff];
const SIZES = [0, 511, 512, 1000, 4096, 65_536, 1_500_000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const SECTORS = [1n << 31n, 1n << 32n, 1n << 53n, (1n << 63n) - 8n, 1n << 63n, (1n << 64n) - 8n];
const NAMES = ['dd', 'fio', 'kworker/0:1', 'kworker/10:1', 'a name too long for it', '', 'tab\there', '\u00e4\u00f6'];

const request = fc.constantFrom(
  CATEGORY.read,
  CATEGORY.write,
  CATEGORY.write | CATEGORY.sync,
  CATEGORY.read | CATEGORY.ahead,
  CATEGORY.write | CATEGORY.flush,
  CATEGORY.write | CATEGORY.fua | CATEGORY.meta,
  CATEGORY.write | CATEGORY.discard,
  0,
);

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** Payloads as the kernel makes them, and now and then another. */
function payloadFor(action: number, command: boolean): fc.Arbitrary<Uint8Array> {
  if (command) return fc.oneof(bytes(20), fc.constant(Uint8Array.of(0x12, 0, 0, 0, 0x24, 0)));
  if (action === ACTION.remap) {
    return fc
      .tuple(fc.constantFrom(...DEVICES), fc.constantFrom(...DEVICES), fc.nat(1000))
      .map(([from, to, sector]) => bigEndian([from, 4], [to, 4], [sector, 8]));
  }
  if (action === ACTION.split || action === ACTION.unplug || action === ACTION.unplugTimer) {
    return fc.nat(300).map((number) => bigEndian([number, 8]));
  }
  return fc.oneof({ weight: 9, arbitrary: fc.constant(new Uint8Array(0)) }, { weight: 1, arbitrary: bytes(20) });
}

function event(cpu: number): fc.Arbitrary<TraceRecord> {
  return fc
    .record({
      action: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(1, 2, 3, 4, 7, 8, 12) },
        { weight: 4, arbitrary: fc.integer({ min: 1, max: 20 }) },
      ),
      kind: fc.oneof(
        { weight: 8, arbitrary: fc.constant(CATEGORY.fs) },
        { weight: 1, arbitrary: fc.constant(CATEGORY.pc) },
        { weight: 1, arbitrary: fc.constant(0) },
      ),
      request,
      stage: fc.constantFrom(CATEGORY.queue, CATEGORY.issue, CATEGORY.complete, CATEGORY.requeue, 0),
      cgroup: fc.integer({ min: 0, max: 19 }).map((number) => (number === 0 ? CGROUP_FLAG : 0)),
      sector: fc.oneof(
        { weight: 20, arbitrary: fc.nat(64).map((sector) => BigInt(sector) * 8n) },
        { weight: 1, arbitrary: fc.constantFrom(...SECTORS) },
      ),
      size: fc.constantFrom(...SIZES),
      pid: fc.constantFrom(...PIDS),
      device: fc.constantFrom(...DEVICES.slice(0, 3), ...DEVICES),
      error: fc.constantFrom(0, 0, 0, 5, 65_535),
    })
    .chain(({ action, kind, request: how, stage, cgroup, ...rest }) =>
      payloadFor(action, kind === CATEGORY.pc).map((payload) => ({
        ...rest,
        action: action | cgroup,
        category: kind | how | stage,
        cpu,
        payload,
      })),
    );
}

function notification(cpu: number): fc.Arbitrary<TraceRecord> {
  const category = CATEGORY.notify;
  return fc.oneof(
    fc
      .tuple(fc.constantFrom(...PIDS), fc.constantFrom(...NAMES))
      .map(([pid, name]) => processRecord(pid, name, { cpu })),
    fc.constantFrom('', 'a message', 'with\ncontrol\u0007', 'cut\0off').map((text) => ({
      action: NOTIFY.message,
      category,
      cpu,
      device: DEVICES[0] ?? 0,
      payload: Buffer.from(text, 'latin1'),
    })),
    fc.tuple(fc.nat(4000), fc.boolean()).map(([length, ended]) => ({
      action: NOTIFY.message,
      category,
      cpu,
      payload: Buffer.concat([Buffer.alloc(length, 'long '), Buffer.alloc(ended ? 1 : 0)]),
    })),
    // Time stamps, some of them of another size, with nanoseconds beyond a second, or long before or after the records.
    fc
      .tuple(
        fc.constantFrom(8, 8, 8, 8, 0, 4, 12),
        fc.constantFrom(0, 1_700_000_000, 0xffff_ffff),
        fc.constantFrom(0, 5000, 999_999_999, 1_000_000_000, 0xffff_ffff),
        fc.constantFrom(undefined, undefined, 0n, 1n, 1n << 62n),
      )
      .map(([length, seconds, nanoseconds, stampedAt]) => ({
        action: NOTIFY.timestamp,
        category,
        cpu,
        payload: new Uint8Array(bigEndian([0, 4], [nanoseconds, 4], [seconds, 4])).toReversed().subarray(0, length),
        ...(stampedAt !== undefined && { time: stampedAt }),
      })),
    // Notifications of any kind and size, with other categories beside. A name has an end, and no `?`.
    fc
      .tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom(0, CATEGORY.write, CATEGORY.fs), bytes(40))
      .map(([kind, further, payload]) => ({
        action: kind,
        category: category | further,
        cpu,
        payload: kind === NOTIFY.process ? Uint8Array.of(...payload.filter((byte) => byte !== 0x3f), 0) : payload,
      })),
    fc.constant({ action: NOTIFY.message | CGROUP_FLAG, category, cpu, payload: Buffer.alloc(12, 'x') }),
  );
}

/** Where a trace's clock may begin: mostly at an ordinary time, now and then where counters wrap or doubles are no longer exact. */
export const beginnings = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1_000_000_000_000n) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0n, 1n, (1n << 32n) - 2n, (1n << 53n) - 1n, (1n << 63n) - 5n, (1n << 64n) - 9n),
  },
);

/** One CPU's records in the order of its file, with times that begin at `begin`, and sequence numbers. */
export function cpuRecords(cpu: number, begin: bigint, most = 60): fc.Arbitrary<TraceRecord[]> {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 2_000_000_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -3, max: 0 }) },
  );
  const skip = fc.oneof(
    { weight: 30, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: -2, max: 5 }) },
  );
  const record = fc.oneof(
    { weight: 12, arbitrary: event(cpu) },
    { weight: 2, arbitrary: notification(cpu) },
    { weight: 1, arbitrary: event(cpu + 1) },
  );
  return fc.array(fc.tuple(record, step, skip), { maxLength: most }).map((rows) => {
    let time = begin;
    let sequence = 0;
    return rows.map(([row, forward, next]) => {
      time += BigInt(forward);
      const isProcess = row.category === CATEGORY.notify;
      if (!isProcess) sequence = Math.max(0, sequence + next);
      return { time, ...row, sequence: isProcess ? 0 : sequence };
    });
  });
}

export type Damage = 'none' | 'cut' | 'no magic' | 'unknown version' | 'empty';

/** A file's bytes, perhaps broken at some place. */
export function damaged(records: readonly TraceRecord[], order: Order, damage: Damage, place: number): Buffer {
  const pieces = records.map((record) => recordBytes(record, order));
  const at = pieces.length === 0 ? 0 : place % pieces.length;
  const piece = pieces[at];
  if (damage === 'empty') return Buffer.alloc(0);
  if (piece && damage === 'cut') pieces.splice(at, pieces.length, piece.subarray(0, place % piece.length));
  if (piece && damage === 'no magic') piece.fill(0, 0, 4);
  if (piece && damage === 'unknown version') piece[order === 'little' ? 0 : 3] = 9;
  return Buffer.concat(pieces);
}
