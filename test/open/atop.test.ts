// Logs of atop as JSON: what atop counted of disks, CPUs, pressure, dirty pages and processes becomes counters that grow by it, the sample that counts
// from the machine's start left out. What is cut, or no JSON, is told; what 2.8 prints wrong of logical volumes is read.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/base/errors.js';
import { parseAtop } from '../../src/decode/statistics/atop-json.js';
import type { Series } from '../../src/model/counters.js';
import { openCase } from '../../src/open/recording.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { fixturePath } from '../support/fixtures.js';

const ATOP = fixturePath('statistics/atop.json');
const TEXT = readFileSync(ATOP, 'utf8');
const LINES = TEXT.trimEnd().split('\n');
const VOLUME =
  '"LVM": [{"lvmname": "vg-root", "io_ms": 7, "nread": 1, "nrsect": 8, "nwrite": 2, "nwsect": 16, "avque": 9}, "inflight": 0}]';

interface Written {
  readonly DSK: readonly Readonly<Record<string, number>>[];
  readonly CPU: Readonly<Record<string, number>>;
  readonly MEM: Readonly<Record<string, number>>;
  readonly PSI: Readonly<Record<string, number>>;
  readonly PRD: readonly Readonly<Record<string, number>>[];
}

/** The samples behind the first. */
const SAMPLES = LINES.slice(1).map((line): Written => JSON.parse(line));
const DD = 28405;

let folder = '';
before(() => {
  folder = mkdtempSync('/tmp/iowitness-atop-');
});
after(() => rmSync(folder, { recursive: true }));

function written(lines: readonly string[]): string {
  const file = path.join(folder, 'atop.json');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** What a column grew by in each interval; NaN where that is not known. */
function growths(series: Series | undefined, column: string): number[] {
  const values = series?.columns.get(column);
  assert.ok(series && values, column);
  return Array.from(values.subarray(1), (value, row) => value - (values[row] ?? 0)).filter(
    (_, row) => series.t[row + 1] !== series.t[row],
  );
}

describe('a log of atop', () => {
  it('gives each interval what atop counted in it, and leaves out the sample since the machine’s start', async () => {
    const { counters, durationMs, manifest, source, pageBytes, ticksPerSecond } = await openCase(ATOP);
    assert.deepEqual([source, durationMs, manifest.host, ticksPerSecond], ['statistics', 6000, 'vm', 100]);
    assert.equal(manifest.start?.wallMs, 1_795_960_949_000);
    const disk = (field: string) => SAMPLES.map(({ DSK }) => DSK[0]?.[field] ?? NaN);
    const vda = counters.disks.get('vda');
    assert.deepEqual(growths(vda, 'wr_sectors'), disk('nwsect'));
    assert.deepEqual(growths(vda, 'time_in_queue'), disk('avque'));
    assert.deepEqual(
      growths(counters.cpu, 'iowait'),
      SAMPLES.map(({ CPU }) => CPU['wtime']),
    );
    assert.deepEqual(
      growths(counters.pressure.get('io'), 'full_total'),
      SAMPLES.map(({ PSI }) => PSI['ioftot']),
    );
    assert.deepEqual(
      Array.from(counters.vmstat.columns.get('nr_dirty') ?? [], (pages) => pages * pageBytes),
      SAMPLES.map(({ MEM }) => MEM['cachedrt']),
    );
  });

  it('tells of a process what it wrote while it was there', async () => {
    const { counters } = await openCase(ATOP);
    const dd = counters.processes.get(DD);
    assert.equal(dd?.comm, 'dd');
    const own = SAMPLES.flatMap(({ PRD }) => PRD.filter(({ pid }) => pid === DD));
    assert.deepEqual(
      growths(dd.io, 'write_bytes'),
      own.map(({ wsz }) => 512 * (wsz ?? NaN)),
    );
    assert.equal(dd.state.length, dd.stat.t.length);
    assert.deepEqual(dd.state.slice(-2), ['R', 'E']);
    // It began in the second of six intervals.
    assert.equal(dd.stat.t[0], 1000);
  });

  it('is drawn, and its verdict names the programs that wrote and claims nothing', async () => {
    const { diagnosis, charts } = await diagnoseRecording(ATOP, 'test');
    const { verdict, recording } = diagnosis;
    assert.deepEqual([verdict.cause, verdict.victim], ['inconclusive', null]);
    assert.deepEqual(
      verdict.evidence.slice(0, 2).map(({ measure }) => measure),
      ['vda in the log', `dd (${DD}) in the log`],
    );
    assert.match(verdict.evidence[1]?.value ?? '', /^14\.8 MB written, 0 B read$/);
    assert.match(recording.limits[1] ?? '', /On which device a process read and wrote is not in it/);
    const drawn = charts().charts.flatMap(({ id, lines }) => lines.map(({ name }) => `${id} ${name}`));
    assert.ok(drawn.includes('throughput vda writes') && drawn.includes('pressure io, some tasks'), drawn.join());
  });

  it('does not know what happened while atop was started anew', async () => {
    // A sample in the middle that counts from the machine's start, as the first does, at the time of the one that it stands for.
    const anew = (LINES[3] ?? '').replace('"elapsed": 1,', '"elapsed": 1200,');
    const { counters } = await openCase(written(LINES.with(3, anew)));
    const found = growths(counters.disks.get('vda'), 'wr_ios');
    assert.deepEqual(
      found,
      SAMPLES.map(({ DSK }, index) => (index === 2 ? NaN : DSK[0]?.['nwrite'])),
    );
  });

  it('reads the logical volumes and command lines that make no JSON', async () => {
    // As json.c of 2.8.1 prints a volume; this machine has none.
    const lines = LINES.map((line) => line.replace('"LVM": []', VOLUME).replace('bs=16k', 'bs=16k\tcount\n=1'));
    assert.notEqual(lines[4], LINES[4]);
    const { counters, losses } = await openCase(written(lines));
    assert.deepEqual(losses, []);
    assert.deepEqual(growths(counters.disks.get('vg-root'), 'wr_sectors'), [16, 16, 16, 16, 16, 16]);
    assert.ok(counters.processes.has(DD));
  });

  it('leaves out samples of an earlier time, and says so', async () => {
    const { losses, durationMs } = await openCase(written([...LINES, LINES[2] ?? '']));
    assert.deepEqual(
      [losses, durationMs],
      [[{ code: 'clock-step', where: path.join(folder, 'atop.json'), count: 1 }], 6000],
    );
  });

  it('of one sample is refused with what to print', async () => {
    await assert.rejects(openCase(written(LINES.slice(0, 1))), /Print two at least with `atop -r FILE -J ALL`/);
  });

  it('cut anywhere is read up to its last whole sample, and told', () => {
    const whole = parseAtop(TEXT);
    assert.deepEqual([whole.samples.length, whole.cut], [7, 0]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: TEXT.trimEnd().length - 1 }), (length) => {
        const { samples, cut } = parseAtop(TEXT.slice(0, length));
        assert.deepEqual(samples, whole.samples.slice(0, samples.length));
        const atEnd = TEXT.slice(0, length).trimEnd().length === LINES.slice(0, samples.length).join('\n').length;
        assert.equal(cut, atEnd ? 0 : 1);
      }),
      { numRuns: 60 },
    );
  });

  it('with changed letters is refused in a sentence or read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(TEXT.length - 1), fc.integer({ min: 1, max: 126 })), { minLength: 1, maxLength: 30 }),
        async (changes) => {
          const bytes = Buffer.from(TEXT);
          for (const [place, letter] of changes) bytes[place] = letter;
          const file = path.join(folder, 'changed.json');
          writeFileSync(file, bytes);
          try {
            const { counters } = await openCase(file);
            assert.ok(counters.disks.size <= 8);
          } catch (error) {
            assert.ok(error instanceof UserError);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
