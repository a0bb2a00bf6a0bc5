// Logs of sysstat as JSON: what iostat and sadf wrote becomes counters whose growth is what they wrote, drawn by device, and a verdict that is
// inconclusive and says what the log shows. One that a signal cut is read up to its last whole interval.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { timeOf } from '../../src/decode/statistics/intervals.js';
import { parseSysstat } from '../../src/decode/statistics/sysstat-json.js';
import { openCase } from '../../src/open/recording.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { fixturePath } from '../support/fixtures.js';

const IOSTAT = fixturePath('statistics/iostat.json');
const SADF = fixturePath('statistics/sadf.json');

interface Written {
  readonly sysstat: { readonly hosts: readonly { readonly statistics: readonly Record<string, unknown>[] }[] };
}

type Disk = Readonly<Record<string, number | string>>;

function disksIn(file: string): Disk[][] {
  const written: Written = JSON.parse(readFileSync(file, 'utf8'));
  return (written.sysstat.hosts[0]?.statistics ?? []).map((one) => {
    const disks: Disk[] = JSON.parse(JSON.stringify(one['disk'] ?? []));
    return disks;
  });
}

let folder = '';
before(() => {
  folder = mkdtempSync('/tmp/iowitness-statistics-');
});
after(() => rmSync(folder, { recursive: true }));

/** What a disk's column grew by in each interval, per second. */
async function rates(file: string, disk: string, column: string): Promise<number[]> {
  const series = (await openCase(file)).counters.disks.get(disk);
  const values = series?.columns.get(column);
  assert.ok(series && values, `${disk} ${column}`);
  return Array.from(
    values.subarray(1),
    (value, row) => (1000 * (value - (values[row] ?? 0))) / ((series.t[row + 1] ?? 0) - (series.t[row] ?? 0)),
  );
}

function assertNear(found: readonly number[], wanted: readonly number[]): void {
  assert.equal(found.length, wanted.length);
  for (const [index, value] of found.entries())
    assert.ok(Math.abs(value - (wanted[index] ?? NaN)) < 1e-6, `${found.join()} is not ${wanted.join()}`);
}

describe('a log of statistics', () => {
  it('of iostat gives each interval its figures, and leaves out the one since boot', async () => {
    const figures = disksIn(IOSTAT)
      .slice(1)
      .map((disks) => disks.find((one) => one['disk_device'] === 'loop0') ?? {});
    assertNear(
      await rates(IOSTAT, 'loop0', 'wr_ios'),
      figures.map((one) => Number(one['w/s'])),
    );
    assertNear(
      await rates(IOSTAT, 'loop0', 'wr_sectors'),
      figures.map((one) => 2 * Number(one['wkB/s'])),
    );
    assertNear(
      await rates(IOSTAT, 'loop0', 'io_ticks'),
      figures.map((one) => 10 * Number(one['util'])),
    );
    assertNear(
      await rates(IOSTAT, 'loop0', 'time_in_queue'),
      figures.map((one) => 1000 * Number(one['aqu-sz'])),
    );
    const { source, manifest, durationMs } = await openCase(IOSTAT);
    assert.deepEqual([source, manifest.host, manifest.start, durationMs], ['statistics', 'vm', undefined, 5000]);
  });

  it('of sadf is of a known time, and has dirty pages and pressure as well', async () => {
    const figures = disksIn(SADF).map((disks) => disks.find((one) => one['disk-device'] === 'loop0') ?? {});
    assertNear(
      await rates(SADF, 'loop0', 'ios'),
      figures.map((one) => Number(one['tps'])),
    );
    const { counters, pageBytes, manifest } = await openCase(SADF);
    assert.ok((counters.vmstat.columns.get('nr_dirty')?.[0] ?? 0) * pageBytes > 1e6);
    assert.ok((counters.pressure.get('io')?.columns.get('some_total')?.at(-1) ?? 0) > 0);
    assert.equal(new Date(manifest.start?.wallMs ?? 0).toISOString().slice(0, 16), '2026-11-29T09:54');
  });

  for (const file of [IOSTAT, SADF]) {
    it(`${path.basename(file)} is drawn by device, and its verdict claims nothing`, async () => {
      const { diagnosis, charts, rows } = await diagnoseRecording(file, 'test');
      assert.equal(diagnosis.verdict.cause, 'inconclusive');
      assert.equal(diagnosis.verdict.victim, null);
      assert.deepEqual(diagnosis.ruledOut, []);
      assert.equal(diagnosis.recording.kind, 'statistics');
      assert.match(diagnosis.verdict.evidence[0]?.value ?? '', /^busy .* in its worst interval/);
      assert.match(diagnosis.recording.limits[0] ?? '', /no stall is told or ruled out/);
      const drawn = charts().charts.flatMap(({ id, lines }) => lines.map(({ name }) => `${id} ${name}`));
      assert.ok(drawn.includes('throughput loop0 writes') && drawn.includes('depth loop0'), drawn.join());
      assert.deepEqual(rows(), rows().wallMs === undefined ? {} : { startNs: 0n, wallMs: rows().wallMs });
    });
  }

  it('cut anywhere, as an iostat that a signal ended leaves it, is read up to its last whole interval', () => {
    const text = readFileSync(IOSTAT, 'utf8');
    const whole = parseSysstat(text);
    assert.ok(whole && !whole.isCut && whole.intervals.length === 6);
    fc.assert(
      fc.property(fc.nat(text.trimEnd().length - 1), (length) => {
        const cut = parseSysstat(text.slice(0, length));
        // Before the end of the first interval there is nothing to read.
        if (!cut) assert.ok(length < text.indexOf('"timestamp"', text.indexOf('"timestamp"') + 1));
        else assert.deepEqual(cut.intervals, whole.intervals.slice(0, cut.intervals.length));
        assert.ok(cut === undefined || cut.isCut);
      }),
      { numRuns: 60 },
    );
  });

  it('is read from a compressed file as well', async () => {
    const file = path.join(folder, 'iostat.json.gz');
    writeFileSync(file, gzipSync(readFileSync(IOSTAT)));
    assert.deepEqual((await openCase(file)).counters, (await openCase(IOSTAT)).counters);
  });

  it('cut is told as a loss', async () => {
    const file = path.join(folder, 'cut.json');
    writeFileSync(file, readFileSync(IOSTAT, 'utf8').slice(0, -400));
    const { losses, complete } = await openCase(file);
    assert.deepEqual([losses.map(({ code }) => code), complete], [['text-cut'], false]);
  });

  it('without times or intervals is refused with what to log', async () => {
    const file = path.join(folder, 'none.json');
    writeFileSync(file, readFileSync(IOSTAT, 'utf8').replaceAll(/"timestamp": "[^"]*", ?/g, ''));
    await assert.rejects(openCase(file), /holds no interval with a time before it: log at least two with `iostat -t/);
    writeFileSync(file, '{"sysstat": 3}');
    await assert.rejects(openCase(file), /begins as sysstat’s JSON and is none/);
  });

  it('goes on past midnight, whatever form its times have', () => {
    assert.equal(timeOf('11/29/26 09:54:53'), timeOf('29.11.2026 09:54:53'));
    assert.equal(timeOf('11/29/2026 01:02:03 PM'), ((13 * 60 + 2) * 60 + 3) * 1000);
    assert.equal(timeOf('12:00:01 AM'), 1000);
    assert.equal(timeOf('2026-11-29T09:54:53+0200'), Date.parse('2026-11-29T07:54:53Z'));
    assert.equal(timeOf('yesterday'), undefined);
  });
});
