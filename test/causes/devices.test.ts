// What a device is blamed for, and what only looks like a slow device: a request that it never answers, a cache full of others' writes, workers
// that are paused themselves, a recorder that has the CPU.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asleep, ME, OTHER, processOf, ROUND_MS, ROUNDS } from '../support/asleep.js';
import { aCase, someFacts } from '../support/case.js';
import { LOOP0, type Row } from '../support/events.js';
import { diagnosed } from '../support/telling.js';

const JOURNAL = ['jbd2_log_wait_commit', 'ext4_sync_file', 'do_fsync'];
const DIRECT = ['io_schedule', '__iomap_dio_rw', 'ext4_file_write_iter'];
const WORKER = 9;
const MiB = 1024 * 1024;

/** A request's row in any of the block events. */
function block(t: number, pid: number, sector: number, bytes: number, rwbs: string): Row {
  return { t, pid, fields: { dev: LOOP0, sector, nr_sector: bytes / 512, rwbs, error: 0 } };
}

const everyRound = <Of>(make: (t: number, round: number) => Of[]): Of[] =>
  Array.from({ length: ROUNDS }, (_, round) => make(round * ROUND_MS, round)).flat();

test('a flush that is never answered is a slow device’s, and was waited for until the end', async () => {
  const flush = block(110, WORKER, 0, 0, 'FF');
  const { verdict, accounting } = await diagnosed(
    asleep({ stack: JOURNAL, more: { block_bio_queue: [], block_rq_issue: [flush], block_rq_complete: [] } }),
  );
  assert.equal(verdict.cause, 'dev.slow');
  assert.match(verdict.sentence, /it took 1.89 s of its own time for one of the flushes/);
  const open = verdict.evidence.find(({ measure: name }) => name === 'not answered at the end');
  assert.equal(open?.value, 'one request, for 1.89 s');
  assert.equal(accounting[0]?.state, 'block-device');
});

test('a flush is judged by what had been written into the cache before it', async () => {
  const flushes = (written: number) =>
    asleep({
      stack: JOURNAL,
      more: {
        block_bio_queue: everyRound((t, round) => [block(t + 1, OTHER, round * 1e6, written, 'WS')]),
        block_rq_issue: everyRound((t, round) => [
          block(t + 1, OTHER, round * 1e6, written, 'WS'),
          block(t + 12, WORKER, 0, 0, 'FF'),
        ]),
        block_rq_complete: everyRound((t, round) => [
          block(t + 5, 0, round * 1e6, written, 'WS'),
          block(t + ROUND_MS - 1, 0, 0, 0, 'FF'),
        ]),
      },
    });
  assert.equal((await diagnosed(flushes(4096))).verdict.cause, 'dev.slow');
  const full = await diagnosed(flushes(16 * MiB));
  assert.notEqual(full.verdict.cause, 'dev.slow');
  assert.ok(full.ruledOut.some(({ cause }) => cause === 'dev.slow'));
});

test('a loop device whose workers are held by the dirty limit is not slow', async () => {
  const [device] = [...someFacts().devices.values()];
  assert.ok(device);
  const facts = someFacts({
    files: new Map([['/proc/sys/vm/dirty_bytes', '65536\n']]),
    devices: new Map([
      ['7:0', { ...device, backingFile: '/img', beneath: ['8:0'] }],
      ['8:0', { ...device, id: '8:0', name: 'sda' }],
    ]),
    processes: [processOf({})],
  });
  const pauses = (bdi: string) =>
    everyRound((t): Row[] => [
      { t: t + 11, pid: WORKER, fields: { bdi, limit: 16, wb_setpoint: 8, dirty: 16, wb_dirty: 8, pause: 85 } },
    ]);
  const own = (t: number, round: number) => [block(t, ME, round * 8, 4096, 'WS')];
  const waiting = (more: Readonly<Record<string, readonly Row[]>>) =>
    asleep(
      {
        stack: DIRECT,
        more: {
          block_bio_queue: everyRound((t, round) => own(t + 9, round)),
          block_rq_issue: everyRound((t, round) => own(t + 9, round)),
          block_rq_complete: everyRound((t, round) => own(t + ROUND_MS - 0.3, round)),
          ...more,
        },
      },
      { facts: [facts] },
    );
  assert.equal((await diagnosed(waiting({}))).verdict.cause, 'dev.slow');
  const held = await diagnosed(waiting({ balance_dirty_pages: pauses('8:0') }));
  assert.equal(held.verdict.cause, 'mem.dirty-limit');
  assert.equal(held.verdict.culprit?.file, '/proc/sys/vm/dirty_bytes');
  assert.match(held.verdict.sentence, /held the writer and loop0’s own workers/);
  // Workers of another loop device, on another disk.
  assert.equal((await diagnosed(waiting({ balance_dirty_pages: pauses('9:0') }))).verdict.cause, 'dev.slow');
});

test('who waits for a CPU that the recorder has is not starved', async () => {
  const recorder = 70;
  const starved = (recorderPid: number) =>
    asleep(
      { stack: [], state: 0, rival: 71 },
      {
        manifest: { ...aCase().manifest, recorderPid, plan: { command: 'record', hz: 10, events: true } },
        threads: new Map([
          [ME, [ME]],
          [recorder, [recorder, 71]],
        ]),
      },
    );
  const { verdict } = await diagnosed(starved(99));
  assert.equal(verdict.cause, 'cpu.starved');
  assert.equal(verdict.culprit?.pid, 71);
  assert.notEqual((await diagnosed(starved(recorder))).verdict.cause, 'cpu.starved');
});
