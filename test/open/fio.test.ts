// What fio measured: its result as JSON, of old and new versions, and its logs, whatever columns they have, which tell what the result of the same run
// tells. Operations that hung show, the verdict claims nothing, and what is cut or damaged is told or refused in a sentence.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { UserError } from '../../src/base/errors.js';
import type { Case } from '../../src/model/case.js';
import type { MeasuredIo } from '../../src/model/measured.js';
import { openCase } from '../../src/open/recording.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { fixturePath } from '../support/fixtures.js';

let folder = '';
before(() => {
  folder = mkdtempSync('/tmp/iowitness-fio-');
});
after(() => rmSync(folder, { recursive: true }));

function fixture(name: string): string {
  return fixturePath(`fio/${name}`);
}

function textOf(name: string): string {
  return readFileSync(fixture(name), 'utf8');
}

function written(name: string, text: string | Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

interface Told {
  readonly total_ios: number;
  readonly io_bytes: number;
  readonly runtime: number;
  readonly lat_ns: { readonly max: number };
  readonly clat_ns: { readonly percentile: Readonly<Record<string, number>> };
}

/** What a result says of a job. */
function toldIn(name: string, job: number, kind: 'read' | 'write'): Told {
  const { jobs }: { readonly jobs: readonly Readonly<Record<'read' | 'write', Told>>[] } = JSON.parse(textOf(name));
  const told = jobs[job]?.[kind];
  assert.ok(told);
  return told;
}

function measuredIn({ measured }: Case, name: string): MeasuredIo {
  const found = measured?.jobs.find(({ job, kind }) => `${kind} of ${job}` === name);
  assert.ok(found, `${name}: ${measured?.jobs.map(({ job, kind }) => `${kind} of ${job}`).join()}`);
  return found;
}

describe('a result of fio', () => {
  for (const name of ['fio.json', 'fio-plus.json'] as const) {
    it(`${name} gives each job what fio says of it`, async () => {
      const input = await openCase(fixture(name));
      const { total_ios: operations, io_bytes: bytes, runtime, lat_ns: lat, clat_ns: clat } = toldIn(name, 0, 'write');
      const writes = measuredIn(input, 'writes of writer');
      assert.deepEqual([writes.operations, writes.bytes, writes.ms], [operations, bytes, runtime]);
      assert.equal(writes.latency?.max, lat.max / 1e6);
      assert.equal(writes.latency.p50, (clat.percentile['50.000000'] ?? NaN) / 1e6);
      assert.equal(measuredIn(input, 'syncs of writer').operations, 125);
      assert.equal(measuredIn(input, 'reads of reader').operations, toldIn(name, 1, 'read').total_ios);
      assert.equal(input.measured?.jobs.length, 3);
      const disk = input.counters.disks.get('loop0')?.columns;
      assert.ok((disk?.get('wr_ios')?.at(-1) ?? 0) > 1000 && (disk?.get('io_ticks')?.at(-1) ?? 0) > 50);
    });
  }

  it('of a version that counts in µs tells the same units', async () => {
    const writes = measuredIn(await openCase(fixture('old.json')), 'writes of writer');
    assert.deepEqual([writes.operations, writes.bytes, writes.latency?.max], [301, 1_232_896, 578.198]);
    assert.equal(writes.latency?.p50, 0.034);
  });

  it('shows what hung, explains nothing, and names the way to do so', async () => {
    const { diagnosis } = await diagnoseRecording(fixture('fio.json'), 'test');
    const { verdict, recording, keyFigures, phases } = diagnosis;
    assert.deepEqual([verdict.cause, verdict.victim, recording.kind], ['inconclusive', null, 'benchmark']);
    assert.deepEqual(diagnosis.ruledOut, []);
    assert.match(recording.startedAt ?? '', /^2026-11-29T13:54:04/);
    const hung = verdict.evidence.find(({ measure }) => measure === 'writes of writer that hung');
    assert.match(hung?.value ?? '', /^943 ms was the longest$/);
    assert.ok(!verdict.evidence.some(({ measure }) => measure === 'reads of reader that hung'));
    assert.deepEqual([keyFigures[0]?.label, keyFigures[0]?.value], ['writes of writer', '943 ms at most']);
    assert.match(
      recording.limits.join(' '),
      /so no stall is explained or ruled out.*when it was slow, `write_lat_log` tells/,
    );
    assert.deepEqual(
      verdict.advice[0]?.commands.map(({ command }) => command),
      ['iowitness record -- fio JOBFILE'],
    );
    assert.deepEqual(
      phases.map(({ name, blockBytes, operations }) => [name, blockBytes, operations]),
      [
        ['writer: writes', 4096, 2000],
        ['writer: syncs', 0, 125],
        ['reader: reads', 16_384, 750],
      ],
    );
  });

  it('is found behind other lines, and of several the last whole one counts', async () => {
    const [first, last] = [textOf('fio-plus.json'), textOf('fio.json')];
    const several = written('several.json', `note: both iodepth >= 1\n${first}\n${last}\nfio: done\n`);
    assert.deepEqual((await openCase(several)).measured, (await openCase(fixture('fio.json'))).measured);
    const cut = await openCase(written('cut.json', `${first}\n${last.slice(0, -300)}`));
    assert.deepEqual(
      cut.losses.map(({ code, count }) => [code, count]),
      [['text-cut', 1]],
    );
    assert.deepEqual(cut.measured, (await openCase(fixture('fio-plus.json'))).measured);
  });

  it('of jobs one behind the other lasts as long as both, where it tells when each began', async () => {
    const job = (name: string, start: number | undefined) => ({
      jobname: name,
      ...(start !== undefined && { job_start: start }),
      write: { total_ios: 10, io_bytes: 40960, io_kbytes: 40, runtime: 60_000, lat_ns: { max: 5e6 } },
    });
    const result = (...jobs: readonly object[]) =>
      JSON.stringify({ 'fio version': 'fio-3.38', timestamp_ms: 1e12, jobs, disk_util: [{ name: 'sda', util: 50 }] });
    const told = await openCase(written('stone.json', result(job('a', 1e12), job('b', 1e12 + 60_000))));
    assert.equal(told.durationMs, 120_000);
    assert.equal(told.counters.disks.size, 1);
    const untold = await openCase(written('older.json', result(job('a', undefined), job('b', undefined))));
    assert.deepEqual([untold.durationMs, untold.counters.disks.size], [60_000, 0]);
    const since = { elapsed: 121 };
    const elapsed = result({ ...job('a', undefined), ...since }, { ...job('b', undefined), ...since });
    assert.equal((await openCase(written('elapsed.json', elapsed))).durationMs, 121_000);
    const mixed = written('mixed.json', result({ jobname: 'a', mixed: { total_ios: 10 } }));
    await assert.rejects(openCase(mixed), /unified_rw_reporting=mixed/);
  });

  it('that is cut or damaged is refused in a sentence or read', async () => {
    const text = textOf('fio.json');
    await assert.rejects(
      openCase(written('part.json', text.slice(0, 9000))),
      /is cut or none: write it again with `fio/,
    );
    await assert.rejects(openCase(written('none.json', '{"fio version": "fio-3.33", "jobs": []}')), /tells of no job/);
    await damaged('damaged.json', text);
  });
});

/** Any length of a text, and any letters changed in it. */
async function damaged(name: string, text: string): Promise<void> {
  const change = fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 9, max: 126 }));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: text.length }),
      fc.array(change, { maxLength: 20 }),
      async (end, changes) => {
        const bytes = Buffer.from(text);
        for (const [place, letter] of changes) bytes[place] = letter;
        try {
          const { diagnosis } = await diagnoseRecording(written(name, bytes.subarray(0, end)), 'test');
          assert.equal(diagnosis.recording.kind, 'benchmark');
        } catch (error) {
          assert.ok(error instanceof UserError, String(error));
        }
      },
    ),
    { numRuns: 40 },
  );
}

describe('logs of fio', () => {
  it('of each operation tell what the result of the same run tells', async () => {
    const input = await openCase(fixture('each_lat.1.log'));
    for (const [job, kind, name] of [
      [0, 'write', 'writes of each 1'],
      [1, 'read', 'reads of each 2'],
    ] as const) {
      const { total_ios: operations, io_bytes: bytes, lat_ns: lat, clat_ns: clat } = toldIn('fio.json', job, kind);
      const found = measuredIn(input, name);
      assert.deepEqual([found.operations, found.bytes, found.latency?.max], [operations, bytes, lat.max / 1e6]);
      // What the result tells is from submission on, in classes that are 1.6 % wide.
      const within = (clat.percentile['99.000000'] ?? NaN) / 1e6;
      assert.ok(Math.abs((found.latency?.p99 ?? NaN) - within) < 0.2 * within, `${found.latency?.p99} ${within}`);
    }
    assert.equal(input.measured?.concludedUnit, undefined);
  });

  it('show when operations hung, as bands over what fio measured', async () => {
    const { diagnosis, charts } = await diagnoseRecording(fixture('each_lat.2.log'), 'test');
    const hung = diagnosis.verdict.evidence.find(({ measure }) => measure.endsWith('that hung'));
    assert.equal(hung?.value, '2, the longest 943 ms from 1.12 s to 2.06 s of the run');
    const { bands, charts: drawn, heatmaps } = charts();
    assert.deepEqual(
      heatmaps.map(({ device, title, counts }) => [device, title, counts.reduce((a, b) => a + b, 0)]),
      [
        ['each 1', 'Latency of writes, as fio measured it', 2000],
        ['each 2', 'Latency of reads, as fio measured it', 750],
      ],
    );
    assert.deepEqual(
      bands.map(({ kind, fromMs, toMs }) => [kind, Math.round(fromMs), Math.round(toMs)]),
      [
        ['stall', 1119, 2062],
        ['stall', 3272, 3722],
      ],
    );
    assert.deepEqual(
      drawn.map(({ id, lines }) => [id, lines.length]),
      [
        ['measured-latency', 2],
        ['measured-throughput', 2],
        ['measured-operations', 2],
      ],
    );
    const writes = drawn[1]?.lines.find(({ name }) => name === 'each 1 writes')?.values ?? new Float64Array();
    assert.ok(Math.abs(writes.reduce((a, b) => a + b, 0) / 100 - 8.192) < 1e-6);
  });

  it('of windows add up to the run, windows without an entry included', async () => {
    const input = await openCase(fixture('avg_bw.1.log'));
    const told = toldIn('fio-plus.json', 0, 'write');
    const writes = measuredIn(input, 'writes of avg 1');
    for (const [found, wanted] of [
      [writes.operations, told.total_ios],
      [writes.bytes, told.io_bytes],
    ] as const)
      assert.ok(Math.abs(found - wanted) < 0.01 * wanted, `${found} of ${wanted}`);
    const { diagnosis } = await diagnoseRecording(fixture('avg_iops.2.log'), 'test');
    const value = (measure: string) => diagnosis.verdict.evidence.find((one) => one.measure === measure);
    assert.equal(value('writes of avg 1, none')?.value, 'none ended for 750 ms, from 1.25 s to 2 s of the run');
    assert.equal(value('reads of avg 2, none'), undefined);
    assert.match(value('writes of avg 1')?.meaning ?? '', /^the highest latency of a window was 938 ms, 2\.19 s into/);
    assert.match(diagnosis.recording.limits.join(' '), /the mean or the longest/);
  });

  it('that tell mean and longest are told from those of one value', async () => {
    const input = await openCase(fixture('both_lat.1.log'));
    for (const [job, kind, name] of [
      [0, 'write', 'writes of both 1'],
      [1, 'read', 'reads of both 2'],
    ] as const) {
      const { windows } = measuredIn(input, name);
      const { t, columns } = windows?.latency ?? {};
      const longest = columns?.get('longest');
      assert.ok(t && longest);
      const each = Array.from(longest.subarray(1), (sum, row) => {
        const ms = ((sum - (longest[row] ?? 0)) * 1000) / ((t[row + 1] ?? 0) - (t[row] ?? 0));
        return Number.isFinite(ms) ? ms : 0;
      });
      assert.ok(Math.abs(Math.max(...each) - toldIn('both.json', job, kind).lat_ns.max / 1e6) < 1e-6);
    }
    const { diagnosis } = await diagnoseRecording(fixture('both_lat.1.log'), 'test');
    assert.doesNotMatch(diagnosis.recording.limits.join(' '), /the mean or the longest/);
  });

  it('of old versions are in µs or in ns, which is concluded and said', async () => {
    const old = await openCase(fixture('old_lat.1.log'));
    assert.equal(old.measured?.concludedUnit, 'µs');
    assert.equal(measuredIn(old, 'writes of old 1').latency?.max, 578.198);
    // As 3.0 to 3.19 print the same: without the priority.
    const columns = (name: string) => textOf(name).replaceAll(/, 0$/gm, '');
    const each = await openCase(written('four_lat.1.log', columns('each_lat.1.log')));
    assert.equal(each.measured?.concludedUnit, 'ns');
    assert.equal(measuredIn(each, 'writes of four 1').latency?.max, 942.664318);
    // Behind a ramp every number fits: nothing says that they are µs.
    const later = columns('each_lat.1.log').replaceAll(/^\d+/gm, (ms) => String(Number(ms) + 5000));
    const ramped = await openCase(written('ramped_lat.1.log', later));
    assert.equal(ramped.measured?.concludedUnit, 'ns');
    const windows = await openCase(written('means_lat.1.log', columns('avg_lat.1.log')));
    assert.equal(windows.measured?.concludedUnit, 'ns');
    const { diagnosis } = await diagnoseRecording(fixture('old_lat.1.log'), 'test');
    assert.match(diagnosis.recording.limits.at(-1) ?? '', /do not tell µs from ns\. These are taken for µs/);
  });

  it('with offsets, priorities and times of issue are read alike', async () => {
    const lines = textOf('prio_lat.1.log').trimEnd().split('\n');
    const { latency, bytes } = measuredIn(await openCase(fixture('prio_lat.1.log')), 'writes of prio 1');
    assert.equal(bytes, 4096 * lines.length);
    assert.equal(latency?.max, Math.max(...lines.map((line) => Number(line.split(', ')[1]))) / 1e6);
  });

  it('that all jobs share tell them apart, and times since 1970 tell the time of day', async () => {
    const { measured, manifest, durationMs } = await openCase(fixture('shared_lat.log'));
    assert.deepEqual(
      measured?.jobs.map(({ job, kind, operations }) => [job, kind, operations]),
      [
        ['shared 1', 'writes', 201],
        ['shared 2', 'reads', 151],
      ],
    );
    assert.match(new Date(manifest.start?.wallMs ?? 0).toISOString(), /^2026-11-29T14:16:23/);
    assert.ok(durationMs < 1100);
  });

  it('are known by their names alone for what they are, and compressed ones are read', async () => {
    await assert.rejects(
      openCase(written('latencies.txt', textOf('each_lat.1.log'))),
      /name it as fio does, NAME_lat\.1\.log/,
    );
    await assert.rejects(openCase(written('own_slat.1.log', textOf('each_lat.1.log'))), /nothing but submissions/);
    const packed = written('packed_clat.1.log.gz', gzipSync(textOf('each_lat.1.log')));
    assert.equal(measuredIn(await openCase(packed), 'writes of packed 1').operations, 2000);
  });

  it('with one damaged line lose that line', async () => {
    const [first = '', ...rest] = textOf('each_lat.1.log').trimEnd().split('\n');
    const hurt = await openCase(written('one_lat.1.log', [first, '1, 5000, 14096, 0, 0', ...rest].join('\n')));
    const whole = await openCase(fixture('each_lat.1.log'));
    assert.equal(measuredIn(hurt, 'writes of one 1').operations, measuredIn(whole, 'writes of each 1').operations);
    assert.ok(hurt.losses.some(({ code }) => code === 'text-cut'));
  });

  it('do not wait for a pipe beside them', async () => {
    cpSync(fixture('each_lat.1.log'), path.join(folder, 'beside_lat.1.log'));
    execFileSync('mkfifo', [path.join(folder, 'beside_bw.1.log')]);
    const { measured } = await openCase(path.join(folder, 'beside_lat.1.log'));
    assert.equal(measured?.jobs.length, 1);
  });

  it('that are cut are told, and damaged ones refused or read', async () => {
    const text = textOf('each_lat.1.log');
    const cut = await openCase(written('cut_lat.1.log', `${text.slice(0, 20_000).replace(/\n.*$/, '')}\n812, 27`));
    assert.deepEqual(
      cut.losses.map(({ code, count }) => [code, count]),
      [['text-cut', 1]],
    );
    cpSync(fixture('avg_bw.1.log'), path.join(folder, 'damaged_bw.1.log'));
    await damaged('damaged_lat.1.log', text.slice(0, 20_000));
    await damaged('windows_lat.1.log', textOf('both_lat.1.log'));
  });
});
