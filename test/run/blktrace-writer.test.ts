// The blk tracer's bytes → blktrace's records: numbers, names, gaps where the kernel says that it lost some, text that is none of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATEGORY, NOTIFY } from '../../src/model/blktrace.js';
import { BlktraceWriter } from '../../src/run/blktrace-writer.js';
import { traceBytes, writeRecord, type TraceRecord } from '../support/blktrace.js';

const device = 8 << 20;
const record = (rest: TraceRecord = {}) => traceBytes([writeRecord('queue', { device, pid: 7, ...rest })]);
const message = traceBytes([
  { device, pid: 7, action: NOTIFY.message, category: CATEGORY.notify, payload: Buffer.from('bfq') },
]);

/** What was written: 'DEVICE CPU NUMBER', and `note` for notifications; and what was passed over. */
function written(pieces: readonly Buffer[], devices = [device]): { lines: string[]; passedOver: number } {
  const lines: string[] = [];
  const writer = new BlktraceWriter(devices, {
    nameOf: () => 'dd',
    write(number, cpu, bytes) {
      for (let at = 0; at < bytes.length; at += 48 + bytes.readUInt16LE(at + 46)) {
        const isNote = (bytes.readUInt32LE(at + 28) & (CATEGORY.notify << 16)) !== 0;
        lines.push(isNote ? 'note' : `${number >>> 20} ${cpu} ${bytes.readUInt32LE(at + 4)}`);
      }
    },
  });
  for (const piece of pieces) writer.take(0, piece);
  return { lines, passedOver: writer.passedOver };
}

test('records are numbered from 1, notifications are not, and the first record of a process comes behind its name', () => {
  const bytes = [record(), message, record()];
  assert.deepEqual(written(bytes), { lines: ['note', '8 0 1', 'note', '8 0 2'], passedOver: 0 });
});

test('numbers are left out where the kernel says that it lost records', () => {
  const bytes = [record(), Buffer.from('CPU:0 [LOST 153 EVENTS]\n'), record(), record()];
  assert.deepEqual(written(bytes), { lines: ['note', '8 0 1', '8 0 155', '8 0 156'], passedOver: 0 });
  const unknown = [record(), Buffer.from('CPU:0 [LOST EVENTS]\n'), record()];
  assert.deepEqual(written(unknown).lines, ['note', '8 0 1', '8 0 3']);
});

test('text of other events costs no record, and its bytes are counted', () => {
  const text = Buffer.from('Unknown type 5\n');
  const bytes = [record(), text, record(), Buffer.from('CPU:0 is a fine one\n'), record(), text];
  assert.deepEqual(written(bytes), { lines: ['note', '8 0 1', '8 0 2', '8 0 3'], passedOver: 15 + 20 + 15 });
});

test('bytes may be cut anywhere', () => {
  const whole = Buffer.concat([
    record(),
    Buffer.from('CPU:0 [LOST 2 EVENTS]\n'),
    message,
    record({ pid: 8 }),
    Buffer.from('junk\n'),
    record(),
  ]);
  const expected = written([whole]);
  assert.deepEqual(expected.lines, ['note', '8 0 1', 'note', 'note', '8 0 4', '8 0 5']);
  for (let cut = 1; cut < whole.length; cut += 1)
    assert.deepEqual(written([whole.subarray(0, cut), whole.subarray(cut)]), expected, `cut at ${cut}`);
  assert.deepEqual(written([...whole].map((byte) => Buffer.of(byte))), expected);
});

test('records of other devices are left out, and a record without its end is counted as passed over', () => {
  const bytes = [record({ device: 9 << 20 }), record(), record().subarray(0, 20)];
  assert.deepEqual(written(bytes), { lines: ['note', '8 0 1'], passedOver: 20 });
});
