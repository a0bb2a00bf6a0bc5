// What compared recordings are drawn by: every value where it belongs on the one axis, nothing behind a recording's end, marks where one changed, and a line a
// side where lines of many would cover each other.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { axisOf, meanPerBin } from '../../src/analysis/charts/axis.js';
import type { Charts } from '../../src/model/charts.js';
import { comparedBySide, planted } from '../support/planted.js';

const nobody = () => undefined;

function chartOf({ proof, charts }: Charts, id: string) {
  return [...proof, ...charts].find((one) => one.id === id);
}

/** The mean of a line between two moments, ms. */
function meanOf({ t }: Charts, values: Float64Array | undefined, from: number, to: number): number {
  const some = [...(values ?? [])].filter((_, bin) => (t[bin] ?? NaN) >= from && (t[bin] ?? NaN) < to);
  return some.reduce((a, b) => a + b, 0) / some.length;
}

describe('means in the bins of an axis', () => {
  it('are those of the samples in each, and between samples what the next one tells', () => {
    const axis = axisOf(600);
    const t = [1.5, 1.7, 4.5, 4.6, 8.5];
    const values = [2, 4, NaN, 6, 8];
    const means = [...meanPerBin(axis, { t, values })].slice(0, 10);
    assert.deepEqual(means, [NaN, 3, NaN, NaN, 6, 8, 8, 8, 8, NaN]);
  });

  it('keep a burst that a single sample of a bin would not show', () => {
    const axis = axisOf(3_600_000);
    const t = Array.from({ length: 3600 }, (_, at) => (at + 1) * 1000);
    const values = t.map((_, at) => (at % 10 === 3 ? 100 : 0));
    assert.ok(meanPerBin(axis, { t, values }).every((mean) => Number.isNaN(mean) || mean > 0));
  });
});

describe('the charts of compared recordings', () => {
  it('lay each over the others from its own start, and end where it ends', () => {
    const { charts } = comparedBySide([planted({ seed: 1 }), planted({ seed: 2, seconds: 20, slower: 3 })], nobody);
    const latency = chartOf(charts, 'disk.await');
    assert.deepEqual(
      latency?.lines.map(({ name, subject }) => [name.slice(0, 2), subject]),
      [
        ['A ', 'A'],
        ['B ', 'B'],
      ],
    );
    const [long, short] = latency.lines.map(({ values }) => values);
    assert.ok(Math.abs(meanOf(charts, long, 1000, 59_000) - 2) < 0.2);
    assert.ok(Math.abs(meanOf(charts, short, 1000, 19_000) - 6) < 0.6);
    assert.ok([...(short ?? [])].every((value, bin) => (charts.t[bin] ?? 0) < 20_100 || Number.isNaN(value)));
    assert.deepEqual(charts.bands, []);
  });

  it('begin with what changed, marked where it did', () => {
    const { charts, differences } = comparedBySide(
      [planted({ seed: 1, slowFrom: 30_000, reclaimFrom: 28_000 })],
      nobody,
    );
    const [onset] = differences.when[0]?.changes ?? [];
    assert.equal(charts.proof[0]?.id, onset?.id);
    assert.equal(charts.proof.length, 1);
    const marks = charts.bands.filter(({ fromMs, toMs }) => fromMs <= 30_100 && toMs >= 29_900);
    assert.equal(marks.length, 1, JSON.stringify(charts.bands));
    assert.ok(marks[0]?.kind === 'change' && marks[0].label.includes(onset?.label ?? '?'));
    assert.ok(chartOf(charts, 'vmstat.pgscan_direct'), 'the counter that moved first is drawn');
    const ids = [...charts.proof, ...charts.charts].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('have two marks where two recordings changed, each in a row of its own', () => {
    const both = [planted({ seed: 1, slowFrom: 20_000 }), planted({ seed: 2, slowFrom: 40_000 })];
    const rows = comparedBySide(both, nobody).charts.bands.map(({ row }) => row);
    assert.deepEqual([...new Set(rows)], ['change A', 'change B']);
  });

  it('draw of many a line a side: the median of its recordings', () => {
    const cases = Array.from({ length: 12 }, (_, at) =>
      planted({ seed: at + 1, seconds: 10, ...(at < 6 && { slower: 3 }) }),
    );
    const { charts } = comparedBySide(cases, (at) => (at < 6 ? 'slow' : 'fast'));
    const latency = chartOf(charts, 'disk.await');
    assert.deepEqual(
      latency?.lines.map(({ name }) => name),
      ['slow: median of 6', 'fast: median of 6'],
    );
    const [slow, fast] = latency.lines.map(({ values }) => meanOf(charts, values, 1000, 9000));
    assert.ok(Math.abs((slow ?? 0) - 6) < 0.6 && Math.abs((fast ?? 0) - 2) < 0.2, `${slow} ${fast}`);
  });

  it('leave out what none of them has, and tell bytes in the unit that fits', () => {
    const { charts } = comparedBySide([planted({ seed: 1 }), planted({ seed: 2 })], nobody);
    assert.equal(chartOf(charts, 'victim.wchar'), undefined);
    // 200 writes of 64 KiB a second.
    const throughput = chartOf(charts, 'disk.throughput');
    assert.equal(throughput?.unit, 'MB/s');
    assert.ok(Math.abs(meanOf(charts, throughput.lines[0]?.values, 1000, 59_000) - 13.1) < 1);
  });
});
