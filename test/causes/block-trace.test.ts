// What is told from block traces alone: made-up loads through the whole way from bytes to the diagnosis.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import * as v from 'valibot';
import { ACTION, CATEGORY } from '../../src/model/blktrace.js';
import { DiagnosisSchema, type Diagnosis } from '../../src/model/diagnosis.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { renderText } from '../../src/present/text.js';
import { clockRecord, CLOCK, DISK, lifeOf, oneByOne, writeLoad, type Io } from '../support/request-lives.js';
import { faultsIn } from '../support/telling.js';
import { bigEndian, writeRecord, type TraceRecord } from '../support/blktrace.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-verdicts-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = { 1: 'mysqld', 2: 'backup', 3: 'kworker/u8:2', 4: 'jbd2/sda1-8' };
const [ME, OTHER, FLUSHER, JOURNAL] = [1, 2, 3, 4] as const;
const FLUSH = CATEGORY.flush | CATEGORY.write | CATEGORY.sync;

async function diagnosed(
  load: readonly Io[],
  { more = [], names = NAMES }: { more?: readonly TraceRecord[]; names?: Record<number, string> } = {},
): Promise<Diagnosis> {
  const file = path.join(folder, 'load');
  writeLoad(file, [clockRecord(1e12), ...load.flatMap(lifeOf), ...more], names);
  const { diagnosis } = await diagnoseRecording(file, 'test');
  v.parse(DiagnosisSchema, diagnosis);
  assert.deepEqual(faultsIn(diagnosis), []);
  const share = diagnosis.accounting.reduce((sum, one) => sum + one.share, 0);
  assert.ok(diagnosis.accounting.length === 0 || Math.abs(share - 1) < 1e-6, `the states sum to ${share}`);
  return diagnosis;
}

/** Requests that come in bursts: `size` at once every `everyMs`. */
function bursts(count: number, everyMs: number, size: number, io: Omit<Io, 'at' | 'sector'>): Io[] {
  return Array.from({ length: count * size }, (_, index) => ({
    ...io,
    at: 100 + Math.floor(index / size) * everyMs,
    sector: 1_000_000 + 2048 * index,
    deviceMs: io.deviceMs * (1 + (index % size)),
  }));
}

/** A small writer whose request takes 390 ms once a second, while bursts are served. */
const HELD_UP: readonly Io[] = [
  ...oneByOne(8000, 0.1, { pid: ME, deviceMs: 0.2 }).filter(({ at }) => at % 1000 < 100 || at % 1000 > 520),
  ...Array.from({ length: 9 }, (_, burst) =>
    oneByOne(1, 0, { pid: ME, deviceMs: 390, from: 110 + burst * 1000 }).map((io) => ({
      ...io,
      sector: 7_000_000 + burst * 8,
    })),
  ).flat(),
];

test('a disk that takes long for each request is slow, and it is said from what that is known', async () => {
  const { verdict, recording, accountingFrom, notChecked } = await diagnosed(
    oneByOne(60, 1, { pid: ME, deviceMs: 80 }),
  );
  assert.equal(verdict.cause, 'dev.slow');
  assert.deepEqual([verdict.victim, verdict.culprit?.name], [{ pid: ME, name: 'mysqld' }, '8:0']);
  assert.ok(verdict.score > 0.5 && verdict.score < 0.9);
  assert.ok(verdict.evidence.every((one) => one.source === 'the trace’s records'));
  assert.deepEqual([recording.kind, accountingFrom], ['block-trace', 'requests']);
  assert.deepEqual([recording.host, recording.kernel, recording.id], [null, null, null]);
  assert.equal(recording.startedAt, new Date(1e12).toISOString());
  assert.match(recording.limits.join(' '), /Nobody was watched: the victim is mysqld \(1\).*page cache’s throttle/);
  const why = new Map(notChecked.map((one) => [one.cause, one.why]));
  for (const cause of ['mem.dirty-limit', 'fs.journal', 'cpu.starved', 'blk.cgroup-limit', 'app.lock-convoy'])
    assert.match(why.get(cause) ?? '', /^a block trace does not hold .*; `iowitness record` does$/);
});

test('what an ordinary spinning disk may take is neither slow nor healthy, because its kind is not known', async () => {
  const { verdict } = await diagnosed(oneByOne(300, 0.1, { pid: ME, deviceMs: 12 }));
  assert.equal(verdict.cause, 'inconclusive');
  assert.match(verdict.sentence, /each of the victim’s 300 requests took 12 ms|ordinary for a spinning disk/);
});

test('a fast disk that serves one who waits for nothing else is healthy, less surely than if it had been watched', async () => {
  const { verdict } = await diagnosed(oneByOne(4000, 0.01, { pid: ME, deviceMs: 0.4 }));
  assert.equal(verdict.cause, 'healthy');
  assert.ok(verdict.score < 0.85);
});

test('a glimpse is no verdict', async () => {
  const { verdict } = await diagnosed(oneByOne(5, 1, { pid: ME, deviceMs: 80 }).slice(0, 2));
  assert.equal(verdict.cause, 'inconclusive');
});

test('bursts of another process are named, and the small writer is their victim although they wait longer in sum', async () => {
  const { verdict } = await diagnosed([
    ...HELD_UP,
    ...bursts(9, 1000, 40, { pid: OTHER, deviceMs: 10, bytes: 1 << 20 }),
  ]);
  assert.equal(verdict.cause, 'dev.neighbour');
  assert.deepEqual([verdict.victim?.name, verdict.culprit?.name, verdict.culprit?.pid], ['mysqld', 'backup', OTHER]);
});

test('the flusher is never named for what it may have written for the victim', async () => {
  const { verdict, candidates } = await diagnosed([
    ...HELD_UP,
    ...bursts(9, 1000, 40, { pid: FLUSHER, deviceMs: 10, bytes: 1 << 20, category: CATEGORY.write }),
  ]);
  assert.equal(verdict.cause, 'inconclusive');
  assert.deepEqual(
    candidates.map(({ cause }) => cause),
    ['dev.neighbour'],
  );
  assert.match(candidates[0]?.decidedBy ?? '', /`iowitness record` sees it/);
});

test('a writer held up above the block layer shows as time outside it, with the device at rest', async () => {
  const { verdict, accounting } = await diagnosed([
    ...oneByOne(40, 250, { pid: ME, deviceMs: 0.3 }),
    ...oneByOne(40, 200, { pid: FLUSHER, deviceMs: 0.3, category: CATEGORY.write }),
  ]);
  assert.equal(verdict.cause, 'inconclusive');
  assert.equal(accounting[0]?.state, 'outside-block');
  assert.match(verdict.sentence, /outside the block layer: not in this trace/);
  assert.match(verdict.evidence[0]?.meaning ?? '', /held up above the block layer/);
  assert.match(verdict.advice[0]?.text ?? '', /`iowitness record/);
});

test('where only threads of the kernel wrote, none of them is a program that is blamed or acquitted', async () => {
  const { verdict, recording } = await diagnosed(
    oneByOne(500, 0.1, { pid: JOURNAL, deviceMs: 3, category: FLUSH | CATEGORY.fua }),
  );
  assert.equal(verdict.cause, 'inconclusive');
  assert.match(recording.limits[0] ?? '', /a thread of the kernel, because no program waited/);
});

test('requests cut small are told by the cuts and by their size, without the setting', async () => {
  const pieces = Array.from({ length: 200 }, (_, io) =>
    Array.from({ length: 64 }, (__, piece) => ({
      pid: ME,
      at: io * 20,
      queueMs: piece * 0.2,
      deviceMs: 1,
      sector: (io * 64 + piece) * 16,
      bytes: 8192,
    })),
  ).flat();
  const cuts = pieces.slice(1).map((piece) =>
    writeRecord('split', {
      pid: ME,
      device: DISK,
      time: CLOCK + BigInt(piece.at * 1e6),
      sector: BigInt(piece.sector),
      payload: bigEndian([BigInt(piece.sector + 16), 8]),
    }),
  );
  const { verdict } = await diagnosed(pieces, { more: cuts });
  assert.equal(verdict.cause, 'blk.split');
  const byAnother = cuts.map((cut) => ({ ...cut, pid: OTHER }));
  for (const more of [[], byAnother]) assert.notEqual((await diagnosed(pieces, { more })).verdict.cause, 'blk.split');
});

test('bios that wait for a request while all are in use tell the size of the queue', async () => {
  const names = Object.fromEntries(Array.from({ length: 8 }, (_, thread) => [10 + thread, 'mysqld']));
  // Four requests are in use at any time: a thread gets one when another gives its own back.
  const load = Array.from({ length: 8 }, (_, thread) =>
    oneByOne(1000, 0.001, { pid: 10 + thread, getMs: 0.999, deviceMs: 1, from: thread < 4 ? 0 : 1 }),
  ).flat();
  const { verdict } = await diagnosed(load, { names });
  assert.equal(verdict.cause, 'blk.tags');
  assert.match(verdict.sentence, /takes only 4 requests/);
});

test('requests that the queue keeps while the device rests are the queue’s, and no scheduler is named', async () => {
  const { verdict } = await diagnosed(oneByOne(300, 0.1, { pid: ME, queueMs: 8, deviceMs: 0.5 }));
  assert.deepEqual([verdict.cause, verdict.culprit], ['blk.scheduler', null]);
  assert.match(verdict.sentence, /the settings are not known/);
});

/** Commits as older kernels trace them: the cache is emptied between I and D of a write, or between I and C of a flush alone. */
function oldFlush(pid: number, at: number, flushMs: number, sector: number, bytes: number): TraceRecord[] {
  const [queue, get, issue, complete] = lifeOf({
    pid,
    at,
    queueMs: flushMs,
    deviceMs: 0.3,
    sector,
    bytes,
    category: FLUSH,
  });
  assert.ok(queue && get && issue && complete);
  const insert = { ...get, action: ACTION.insert };
  return bytes > 0
    ? [queue, get, insert, issue, complete]
    : [queue, get, insert, { ...complete, time: issue.time ?? 0n }];
}

test('a flush that older kernels send unseen is the device’s time, with data behind it or alone', async () => {
  const cases = [ME, JOURNAL].flatMap((pid) => [4096, 0].map((bytes) => ({ pid, bytes })));
  for (const { pid, bytes } of cases) {
    const more = Array.from({ length: 60 }, (_, n) => oldFlush(pid, n * 90, 80, 8 * n, bytes)).flat();
    const { verdict, accounting, ruledOut } = await diagnosed([], { more });
    assert.equal(verdict.cause, 'dev.slow', `${bytes} bytes of ${pid}`);
    assert.equal(accounting[0]?.state, 'block-device');
    assert.ok(!ruledOut.some(({ cause }) => cause === 'dev.slow'));
  }
});

test('what a scheduler keeps stays the scheduler’s where flushes are sent to be seen, and for ordinary requests always', async () => {
  const more = Array.from({ length: 60 }, (_, n) => oldFlush(JOURNAL, n * 90, 80, 8 * n, 4096)).flat();
  const seen = lifeOf({ pid: 0, at: 1, deviceMs: 1, sector: 0, bytes: 0, category: CATEGORY.flush }).slice(2);
  assert.equal((await diagnosed([], { more: [...more, ...seen] })).verdict.cause, 'blk.scheduler');
  const plain = oneByOne(60, 10, { pid: ME, queueMs: 80, deviceMs: 0.3 }).flatMap((io) => {
    const [queue, get, issue, complete] = lifeOf(io);
    assert.ok(queue && get && issue && complete);
    return [queue, get, { ...get, action: ACTION.insert }, issue, complete];
  });
  const few = oldFlush(ME, 6000, 1, 9_000_000, 4096);
  assert.equal((await diagnosed([], { more: [...plain, ...few] })).verdict.cause, 'blk.scheduler');
});

test('errors are told with their share, and no call of the victim is claimed', async () => {
  const { verdict } = await diagnosed(
    oneByOne(300, 5, { pid: ME, deviceMs: 1 }).map((io, index) => ({ ...io, error: index % 3 === 0 ? 0xffff - 4 : 0 })),
  );
  assert.equal(verdict.cause, 'dev.errors');
  assert.doesNotMatch(JSON.stringify(verdict), /calls of the victim/);
});

test('small durable writes are the process’s own doing, by its flushes or by the commits that follow each', async () => {
  const round = 2;
  const writes = Array.from({ length: 800 }, (_, index) => ({
    pid: ME,
    at: index * round,
    deviceMs: 0.2,
    sector: 8 * index,
  }));
  const ends = (pid: number, category: number, bytes: number) =>
    writes.map((io) => ({ pid, at: io.at + 0.25, deviceMs: 1.6, sector: 5_000_000 + io.sector, category, bytes }));
  const own = await diagnosed([...writes, ...ends(ME, FLUSH, 0)]);
  assert.equal(own.verdict.cause, 'app.sync-writes');
  assert.match(own.verdict.evidence[1]?.value ?? '', /^800, 4 KiB each/);
  const byJournal = await diagnosed([...writes, ...ends(JOURNAL, FLUSH | CATEGORY.fua, 4096)]);
  assert.deepEqual([byJournal.verdict.cause, byJournal.verdict.victim?.name], ['app.sync-writes', 'mysqld']);
  assert.match(byJournal.verdict.evidence[1]?.meaning ?? '', /a commit of the journal follows each of its writes/);
  // Commits at a pace of their own are somebody else's.
  const beside = await diagnosed([
    ...writes,
    ...oneByOne(16, 100, { pid: JOURNAL, deviceMs: 1.6, category: FLUSH | CATEGORY.fua }),
  ]);
  assert.notEqual(beside.verdict.cause, 'app.sync-writes');
});

test('a device that stands on another in the trace counts once', async () => {
  const upper = 253 << 20;
  const load = oneByOne(60, 1, { pid: ME, deviceMs: 80 });
  const above = load.flatMap(lifeOf).filter(({ action }) => action === ACTION.queue || action === ACTION.complete);
  const remaps = load.map((io) =>
    writeRecord('remap', {
      pid: ME,
      device: DISK,
      time: CLOCK + BigInt(io.at * 1e6),
      sector: BigInt(io.sector),
      payload: bigEndian([upper, 4], [DISK, 4], [BigInt(io.sector), 8]),
    }),
  );
  const alone = await diagnosed(load);
  const both = await diagnosed(load, { more: [...above.map((record) => ({ ...record, device: upper })), ...remaps] });
  assert.equal(both.verdict.cause, 'dev.slow');
  assert.deepEqual(both.writers, alone.writers);
  assert.equal(both.verdict.sentence, alone.verdict.sentence);
});

test('the text says what a block trace leaves out right below the verdict, and invents no host', async () => {
  const text = renderText(await diagnosed(oneByOne(60, 1, { pid: ME, deviceMs: 80 })), {
    colour: false,
    verbose: true,
  });
  const titles = text.split('\n').filter((line) => /^[A-Z]/.test(line));
  assert.equal(titles[0], 'From a block trace alone');
  assert.match(text, /by its requests alone/);
  assert.match(text, /^Block trace: .*host unknown\)$/m);
  assert.doesNotMatch(text, /undefined|null/);
});
