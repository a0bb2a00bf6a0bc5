// A trace and the same trace merged by `blkparse -d` are one trace: whatever is told of one is told of the other, the time of day as well.
// In the merged file the I/O begins at time 0 and the notifications keep the uptime. btt, fio and people keep such files.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { statsOfTrace } from '../../src/open/block-stats.js';
import { openBlockTrace } from '../../src/open/block-trace.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { runOurs } from '../support/blkparse.js';
import { processRecord, traceBytes } from '../support/blktrace.js';
import { fixturePath } from '../support/fixtures.js';
import { CLOCK, clockRecord, lifeOf, oneByOne } from '../support/request-lives.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-merged-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the merged file of a trace as blkparse does, from its files or from a stream. Returns its path. */
async function merge(trace: string, from: 'files' | 'stream' = 'files'): Promise<string> {
  const input = from === 'files' ? trace : '-';
  const { files } = await runOurs(
    folder,
    ['-O', '-d', 'merged', '-i', input],
    trace.endsWith('.0') ? trace : undefined,
  );
  const merged = path.join(folder, `${path.basename(trace)}.bin`);
  writeFileSync(merged, files.get('merged') ?? '');
  return merged;
}

/** Figures differ by what their sums round off. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(10)) : value;
}

/** Everything that is told but the file's name. */
async function told(file: string) {
  const { diagnosis, charts } = await diagnoseRecording(file, 'test');
  const stats = await statsOfTrace(file, 'test');
  const { victims, threads, manifest, durationMs } = await openBlockTrace(file);
  const all = { diagnosis, charts, stats, victims, threads: [...threads], wallMs: manifest.start?.wallMs, durationMs };
  const text = JSON.stringify(all, rounded);
  return JSON.parse(text.replaceAll(path.basename(file), 'FILE').replaceAll(path.dirname(file), 'FOLDER')) as unknown;
}

for (const name of [
  'ext4-bfq-read-write',
  'ext4-kyber-two-writers',
  'ext4-mq-deadline-direct-random',
  'ext4-none-buffered-fsync',
  'partitions-remap',
  'two-devices',
]) {
  test(`${name}: the same is told of the merged file`, async () => {
    const base = fixturePath(`blktrace/linux-6.18-loop/${name}`);
    assert.deepEqual(await told(await merge(base)), await told(base));
  });
}

/** A trace that was switched on at 07:00:00, with its first request `idleMs` later. */
function traceWithIdleStart(idleMs: number): string {
  const records = oneByOne(50, 1, { pid: 7, from: idleMs, deviceMs: 2 }).flatMap(lifeOf);
  const numbered = records.map((record, index) => ({ ...record, sequence: index + 1 }));
  const name = processRecord(7, 'dd', { time: CLOCK + BigInt(idleMs * 1e6) - 900n });
  const trace = path.join(folder, `idle-${idleMs}.blktrace.0`);
  writeFileSync(trace, traceBytes([clockRecord(Date.UTC(2026, 0, 2, 7)), name, ...numbered]));
  return trace;
}

for (const from of ['files', 'stream'] as const) {
  test(`merged from ${from}, a trace of an idle beginning keeps its time of day`, async () => {
    const trace = traceWithIdleStart(90_000);
    const merged = await merge(trace, from);
    const { source } = await statsOfTrace(merged, 'test');
    const late = Date.parse(source.startedAt ?? '') - Date.UTC(2026, 0, 2, 7, 1, 30);
    assert.ok(Math.abs(late) <= 1, `${late} ms`);
    assert.deepEqual(source.durationNs, (await statsOfTrace(trace, 'test')).source.durationNs);
    const { manifest, durationMs } = await openBlockTrace(merged);
    const whole = await openBlockTrace(trace);
    assert.equal(manifest.start?.wallMs, Date.UTC(2026, 0, 2, 7));
    assert.ok(Math.abs(durationMs - whole.durationMs) < 0.001);
  });
}
