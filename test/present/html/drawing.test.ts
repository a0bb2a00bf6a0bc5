// What a chart is reduced to without the script: the drawing, the figures in words, the embedded values. Missing is never zero.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Chart, Charts } from '../../../src/model/charts.js';
import { drawChart } from '../../../src/present/html/drawing.js';
import { pack } from '../../../src/present/html/payload.js';
import { stack, topOver } from '../../../src/present/html/stacking.js';
import { latenciesOf, meanOf, slices, spreadOf, spreadText } from '../../../src/present/html/statistics.js';

function drawn(values: readonly number[], stacked = false): string {
  const chart: Chart = {
    id: 'x',
    title: 'x',
    unit: 'MB',
    stacked,
    lines: [{ name: 'a', values: Float64Array.from(values) }],
  };
  const charts: Charts = { t: new Float64Array(values.length), binMs: 100, charts: [chart], bands: [], heatmaps: [] };
  return / d="([^"]*)"/.exec(drawChart(chart, charts, ['line-0']).text)?.[1] ?? '';
}

describe('a drawn line', () => {
  it('holds its height up to a step', () => {
    assert.equal(drawn([0, 0, 0, 100]), 'M75 100H525V5H526');
  });

  it('has a gap where values are missing', () => {
    assert.equal(drawn([100, NaN, 100]), 'M100 5H101M500 5H501');
    assert.equal(drawn([NaN, NaN]), '');
  });

  it('shows a single spike among thousands of bins', () => {
    const values = Array.from({ length: 100_000 }, () => 1);
    values[54_321] = 1000;
    assert.match(drawn(values), /V5(?!\d)/);
  });

  it('closes an area at the bottom', () => {
    assert.equal(drawn([50, 50], true), 'M150 50H451V100H0Z');
  });
});

describe('stacking', () => {
  it('puts each line on those before it and keeps what is unknown unknown', () => {
    const [first, second] = stack([
      [1, NaN, NaN],
      [2, 2, NaN],
    ]);
    assert.deepEqual([...(first ?? [])], [1, NaN, NaN]);
    assert.deepEqual([...(second ?? [])], [3, 2, NaN]);
    assert.deepEqual(stack([]), []);
  });

  it('has a scale even for nothing', () => {
    assert.equal(topOver(0), 1);
    assert.equal(topOver(100), 105);
  });
});

describe('a line in words', () => {
  it('passes over missing values and says when there are none', () => {
    assert.deepEqual(spreadOf(Float64Array.of(NaN, 4, 1, NaN, 2, 3)), { min: 1, median: 2.5, max: 4 });
    assert.equal(
      spreadText({ name: 'vdb', values: Float64Array.of(1, 2, 300) }, 'MB/s'),
      'vdb: median 2, 1 to 300 MB/s',
    );
    assert.equal(spreadText({ name: 'vdb', values: Float64Array.of(NaN) }, 'MB/s'), 'vdb: no value');
    assert.equal(meanOf(Float64Array.of(1, NaN, 3), 0, 3), 2);
    assert.ok(Number.isNaN(meanOf(Float64Array.of(NaN), 0, 1)));
  });

  it('cuts time into slices that leave nothing out', () => {
    for (const length of [0, 1, 7, 20, 21, 600]) {
      const parts = slices(length, 20);
      assert.ok(parts.length <= 20);
      assert.equal(
        parts.reduce((sum, [from, to]) => sum + to - from, 0),
        length,
      );
    }
  });

  it('reads quantiles from the rows of a heatmap', () => {
    const heatmap = {
      device: 'vdb',
      title: '',
      tEdges: Float64Array.of(0, 100, 200),
      latencyEdgesUs: Float64Array.of(10, 100, 1000, 10_000),
      // Rows from fast to slow, two columns each.
      counts: Float64Array.of(98, 0, 1, 0, 1, 0),
    };
    const { requests, quantile } = latenciesOf(heatmap, 0, 2);
    assert.deepEqual([requests, quantile(0.5), quantile(0.99), quantile(1)], [100, 100, 1000, 10_000]);
    const none = latenciesOf(heatmap, 1, 2);
    assert.deepEqual([none.requests, none.quantile(0.5)], [0, undefined]);
  });
});

describe('embedded values', () => {
  it('are little-endian single precision, NaN kept', () => {
    const bytes = Buffer.from(pack(Float64Array.of(1.5, NaN, -2e6)), 'base64');
    assert.deepEqual([bytes.readFloatLE(0), bytes.readFloatLE(4), bytes.readFloatLE(8)], [1.5, NaN, -2e6]);
  });
});
