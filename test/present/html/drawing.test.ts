// What a chart is reduced to without the script: the drawing, the figures in words, the embedded values. Missing is never zero.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Chart, Charts } from '../../../src/model/charts.js';
import { timeMarks, valueMarks } from '../../../src/present/html/axes.js';
import { drawChart } from '../../../src/present/html/drawing.js';
import { pack } from '../../../src/present/html/payload.js';
import { heightOn, scaleOf, stack } from '../../../src/present/html/scale.js';
import { latenciesOf, meanOf, slices, spreadOf, spreadText } from '../../../src/present/html/statistics.js';

function drawn(values: readonly number[], how: Pick<Chart, 'stacked' | 'logarithmic'> = {}): string {
  const chart: Chart = {
    id: 'x',
    title: 'x',
    unit: '%',
    ...how,
    lines: [{ name: 'a', values: Float64Array.from(values) }],
  };
  const charts: Charts = {
    t: new Float64Array(values.length),
    binMs: 100,
    proof: [],
    charts: [chart],
    bands: [],
    heatmaps: [],
    slowest: [],
    stacks: [],
  };
  return /(?:stroke|area) line-0" d="([^"]*)"/.exec(drawChart(chart, charts, ['line-0']).text)?.[1] ?? '';
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
    assert.equal(drawn([50, 50], { stacked: true }), 'M150 50H451V100H0Z');
  });

  it('has the same distance for each power of ten on a logarithmic scale, and zero on the ground', () => {
    assert.equal(drawn([1, 10, 99, 0], { logarithmic: true }), 'M75 100H225V50H375V0H525V100H526');
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
    assert.deepEqual(scaleOf([[0, NaN]], 'MB/s', false, false), { low: 0, high: 1, logarithmic: false });
    assert.deepEqual(scaleOf([[0, NaN]], 'ms', false, true), { low: 0, high: 1, logarithmic: false });
  });

  it('fills a stack of shares at 100 %, and of anything else a little over the largest', () => {
    assert.equal(scaleOf([[40], [100.5]], '%', true, false).high, 100);
    assert.equal(scaleOf([[180]], '%', true, false).high, 189);
    assert.equal(scaleOf([[100]], 'MB/s', true, false).high, 105);
  });

  it('goes over whole powers of ten, at least one', () => {
    const scale = scaleOf([[0.3, 0, 70]], 'ms', false, true);
    assert.deepEqual(scale, { low: 0.1, high: 100, logarithmic: true });
    assert.deepEqual(
      [0, 0.1, 100, 1000].map((value) => heightOn(scale, value)),
      [0, 0, 1, 1],
    );
    assert.deepEqual(scaleOf([[5, 5]], 'ms', false, true), { low: 1, high: 10, logarithmic: true });
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

describe('the marks of an axis', () => {
  const texts = (values: readonly number[], isLogarithmic = false) =>
    valueMarks(scaleOf([values], 'ms', false, isLogarithmic)).map(({ text }) => text);

  it('are round values from zero', () => {
    assert.deepEqual(texts([83.4]), ['0', '50']);
    assert.deepEqual(texts([0.7]), ['0', '0.2', '0.4', '0.6']);
    assert.deepEqual(texts([9]), ['0', '5']);
    assert.deepEqual(texts([1153]), ['0', '500', '1000']);
    assert.deepEqual(texts([2.4]), ['0', '1', '2']);
    assert.deepEqual(texts([]), ['0', '0.5', '1']);
  });

  it('are powers of ten where the scale is over those, and not all where there are many', () => {
    assert.deepEqual(texts([0.3, 80], true), ['0.1', '1', '10', '100']);
    assert.deepEqual(texts([0.0002, 900], true), ['0.0001', '0.01', '1', '100']);
  });

  it('stand where the line of that value is', () => {
    const scale = scaleOf([[80]], 'ms', false, false);
    for (const { at, text } of valueMarks(scale)) assert.equal(at, heightOn(scale, Number(text)));
  });

  it('are moments from the start to the end', () => {
    assert.deepEqual(
      timeMarks(6960).map(({ text }) => text),
      ['0 s', '1 s', '2 s', '3 s', '4 s', '5 s', '6 s'],
    );
    assert.deepEqual(
      timeMarks(44).map(({ text }) => text),
      ['0 s', '10 ms', '20 ms', '30 ms', '40 ms'],
    );
    assert.deepEqual(
      timeMarks(400_000).map(({ text }) => text),
      ['0:00', '1:00', '2:00', '3:00', '4:00', '5:00', '6:00'],
      'all of one axis in one form',
    );
  });
});
