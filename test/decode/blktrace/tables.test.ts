// Records of a block trace as the tables of the kernel's own block events: values, times, names, and what is lost or odd.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../../src/decode/blktrace/read.js';
import { TraceTables, type BlockTrace } from '../../../src/decode/blktrace/tables.js';
import { KEPT_FIELDS } from '../../../src/decode/ftrace/fields.js';
import { ACTION, CATEGORY } from '../../../src/model/blktrace.js';
import type { Loss } from '../../../src/model/losses.js';
import { CLOCK, clockRecord, DISK, lifeOf, loadBytes } from '../../support/request-lives.js';
import { bigEndian, traceBytes, writeRecord, type TraceRecord } from '../../support/blktrace.js';
import { memorySource } from '../../support/blktrace-run.js';

async function tablesOf(...files: readonly Uint8Array[]): Promise<BlockTrace & { losses: Loss[] }> {
  const losses: Loss[] = [];
  const tables = new TraceTables();
  for (const bytes of files) {
    for await (const batch of readRecords(memorySource(bytes), (loss) => losses.push(loss))) tables.add(batch);
  }
  return { ...tables.finish((loss) => losses.push(loss)), losses };
}

function rowsOf({ events }: BlockTrace, name: string): Record<string, number | string>[] {
  const table = events.tables.get(name);
  return Array.from({ length: table?.length ?? 0 }, (_, row) => ({
    t: table?.t[row] ?? NaN,
    pid: table?.pid[row] ?? NaN,
    ...Object.fromEntries(
      [...(table?.fields ?? [])].map(([field, values]) => [
        field,
        field === 'rwbs' ? events.strings.get(values[row] ?? 0) : (values[row] ?? NaN),
      ]),
    ),
  }));
}

const write = lifeOf({ pid: 7, at: 1, queueMs: 0.25, deviceMs: 2, sector: 2048, bytes: 8192 });

for (const order of ['little', 'big'] as const) {
  for (const version of [7, 8] as const) {
    test(`a request is the kernel’s events of it: version ${version}, ${order}-endian`, async () => {
      const records = write.map((record) => ({ ...record, version }));
      const trace = await tablesOf(loadBytes(records, { 7: 'dd' }, order));
      const fields = { pid: 7, dev: DISK, sector: 2048, nr_sector: 16, rwbs: 'WS' };
      assert.deepEqual(rowsOf(trace, 'block_bio_queue'), [{ t: 0, ...fields }]);
      assert.deepEqual(rowsOf(trace, 'block_rq_issue'), [{ t: 0.25, ...fields }]);
      assert.deepEqual(rowsOf(trace, 'block_rq_complete'), [{ t: 2.25, ...fields, error: 0 }]);
      assert.equal(trace.events.comms.get(7), 'dd');
      assert.equal(trace.events.count, 4);
      assert.deepEqual(trace.losses, []);
    });
  }
}

test('every table has the columns that recordings have, but the class of I/O, which no record holds', async () => {
  const { events } = await tablesOf(
    loadBytes([
      ...write,
      writeRecord('split', { time: CLOCK, payload: bigEndian([2n ** 33n + 5n, 8]) }),
      writeRecord('requeue', { time: CLOCK }),
    ]),
  );
  assert.ok(events.tables.size >= 5);
  for (const [name, table] of events.tables) {
    const kept = KEPT_FIELDS[name]?.filter((field) => field !== 'ioprio');
    assert.deepEqual([...table.fields.keys()], kept);
  }
  assert.equal(events.tables.get('block_split')?.fields.get('new_sector')?.[0], 2 ** 33 + 5);
});

test('an error is the kernel’s negative errno, however the record keeps it', async () => {
  const ends = [-5, 5].map((error) => lifeOf({ pid: 7, at: 0, deviceMs: 1, sector: error + 8, error: error & 0xffff }));
  assert.deepEqual(
    rowsOf(await tablesOf(loadBytes(ends.flat())), 'block_rq_complete').map(({ error }) => error),
    [-5, -5],
  );
});

test('files of several CPUs are one trace, exact at an uptime that no double holds', async () => {
  const late = (1n << 62n) + 1n;
  const at = (after: bigint, cpu: number) =>
    traceBytes([writeRecord('queue', { time: late + after, cpu, sector: after })]);
  const trace = await tablesOf(at(500n, 0), at(3n, 1), at(1000n, 2));
  assert.deepEqual(
    rowsOf(trace, 'block_bio_queue').map(({ t, sector }) => [t, sector]),
    [
      [0, 3],
      [497 / 1e6, 500],
      [997 / 1e6, 1000],
    ],
  );
  assert.equal(trace.startNs, late + 3n);
});

test('the trace’s time stamp gives the time of day and the beginning', async () => {
  const trace = await tablesOf(loadBytes([clockRecord(1_700_000_000_250), ...write]));
  assert.equal(trace.wallMs, 1_700_000_000_250);
  assert.deepEqual(
    rowsOf(trace, 'block_bio_queue').map(({ t }) => t),
    [1],
  );
  assert.equal(trace.durationMs, 3.25);
  assert.equal((await tablesOf(loadBytes(write))).wallMs, undefined);
});

test('gaps of the numbers, leaps of the clock and missing stages are told', async () => {
  const many = Array.from({ length: 5 }, (_, index) =>
    lifeOf({ pid: 7, at: index, deviceMs: 0.5, sector: 8 * index }),
  ).flat();
  const numbered = many.map((record, index): TraceRecord => ({ ...record, sequence: index + (index > 9 ? 3 : 1) }));
  const far = { ...many[0], time: CLOCK + 10n ** 18n };
  const trace = await tablesOf(traceBytes([...numbered, far]));
  assert.deepEqual(
    trace.losses.map(({ code, count }) => [code, count]),
    [
      ['blktrace-stray', 1],
      ['blktrace-gaps', 1],
    ],
  );
  assert.equal(trace.durationMs, 4.5);
  const noCompletions = await tablesOf(loadBytes(many.filter((record) => record.action !== ACTION.complete)));
  assert.deepEqual(
    noCompletions.losses.map(({ code, where }) => [code, where]),
    [['blktrace-no-stage', 'completion (C)']],
  );
});

test('messages with or without a number make no gap', async () => {
  const message = (sequence: number): TraceRecord => ({
    device: DISK,
    sequence,
    time: CLOCK + 1n,
    action: 2,
    category: CATEGORY.notify,
    payload: Buffer.from('bfq'),
  });
  const [queue, ...rest] = write.map((record, index) => ({ ...record, sequence: index + 1 }));
  const others = rest.map((record) => ({ ...record, sequence: record.sequence + 1 }));
  for (const records of [
    [queue, message(2), ...others],
    [queue, message(0), ...rest],
    [queue, message(77_777), ...rest],
  ])
    assert.deepEqual((await tablesOf(traceBytes(records.filter((one) => one !== undefined)))).losses, []);
});

test('a device above counts as such only where it has records of its own', async () => {
  const upper = 253 << 20;
  const partition = (8 << 20) | 1;
  const remap = (from: number): TraceRecord =>
    writeRecord('remap', { device: DISK, time: CLOCK, payload: bigEndian([from, 4], [DISK, 4], [0n, 8]) });
  const bio = writeRecord('queue', { device: upper, time: CLOCK, pid: 7 });
  const both = await tablesOf(loadBytes([...write, remap(upper), remap(partition), bio]));
  assert.deepEqual([...both.beneath], [[upper, new Set([DISK])]]);
  // Its requests are those of the disk beneath: its bios are not counted again.
  assert.equal(both.events.tables.get('block_rq_issue')?.length, 1);
});

test('a device without requests has its bios from the moment they are queued', async () => {
  const bios = lifeOf({ pid: 7, at: 0, deviceMs: 3, sector: 8 }).filter(
    ({ action }) => action === ACTION.queue || action === ACTION.complete,
  );
  const trace = await tablesOf(loadBytes(bios));
  assert.deepEqual(trace.losses, []);
  assert.deepEqual(rowsOf(trace, 'block_rq_issue'), rowsOf(trace, 'block_bio_queue'));
});

test('commands that are passed through are counted and are no I/O', async () => {
  const inquiry = { ...write[2], category: CATEGORY.pc | CATEGORY.issue, time: CLOCK };
  const trace = await tablesOf(loadBytes([...write, inquiry]));
  assert.equal(trace.events.tables.get('block_rq_issue')?.length, 1);
  assert.equal(trace.events.count, 5);
});

test('messages that stand before the records that they came behind make no gap, and fill none but their own', async () => {
  const message = (sequence: number): TraceRecord => ({
    device: DISK,
    sequence,
    time: CLOCK,
    action: 0x102,
    category: CATEGORY.notify,
    payload: Buffer.from('bfq'),
  });
  const numbered = (...numbers: readonly number[]) =>
    write.map((record, index) => ({ ...record, sequence: numbers[index] ?? 0 }));
  const gapsOf = async (records: readonly TraceRecord[]) => (await tablesOf(traceBytes(records))).losses.length;
  assert.equal(await gapsOf([message(2), message(5), message(6), ...numbered(1, 3, 4, 7)]), 0);
  assert.equal(await gapsOf([...numbered(1, 3, 4, 7), message(2), message(5), message(6)]), 0);
  assert.equal(await gapsOf([message(2), message(6), ...numbered(1, 3, 4, 7)]), 1);
  assert.equal(await gapsOf([message(9), ...numbered(1, 3, 4, 7)]), 1);
});
