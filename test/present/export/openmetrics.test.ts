// The metrics of a diagnosis: the format by its grammar and by promtool, the figures against the diagnosis and its rows, the bound on series
// on machines with many programs and devices, and the dashboard that asks for them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { renderOpenMetrics } from '../../../src/present/export/openmetrics/metrics.js';
import { aDiagnosis, HOSTILE_NAMES } from '../../support/diagnosis.js';
import { bytesOf, exported, inputOf, someRequests } from '../../support/exported.js';
import { parseOpenMetrics, type Series } from '../../support/openmetrics.js';
import { needsCommand } from '../../support/requirements.js';

// This file runs as dist/test/present/export/openmetrics.test.js.
const ROOT = path.join(import.meta.dirname, '../../../..');
const MOST_SERIES = 200;

function sum(
  series: readonly Series[],
  name: string,
  where: (labels: Series['labels']) => boolean = () => true,
): number {
  return series.filter((one) => one.name === name && where(one.labels)).reduce((total, { value }) => total + value, 0);
}

async function seriesOf(stall: string): Promise<Series[]> {
  return parseOpenMetrics(bytesOf(renderOpenMetrics, await exported(stall)).toString());
}

/** As many programs, devices and kinds as no machine should show. */
function aCrowd(): ReturnType<typeof inputOf> {
  const many = 5000;
  const requests = someRequests(many);
  const writer = {
    layer: 'disk',
    unit: null,
    file: null,
    inode: null,
    deleted: false,
    share: 0,
    via: 'direct',
    through: null,
  } as const;
  return {
    ...inputOf({
      ...requests,
      names: ['', ...Array.from({ length: many }, (_, index) => `sd${index}`)],
      device: Uint32Array.from({ length: many }, (_, row) => row + 1),
    }),
    diagnosis: {
      ...aDiagnosis(),
      writers: Array.from({ length: many }, (_, index) => ({
        ...writer,
        device: `sd${index}`,
        process: `program-${index}`,
        pid: index,
        writeBytes: 1000 + index,
        readBytes: index,
      })),
    },
  };
}

describe('the metrics', () => {
  it('give each program the bytes that the table of writers gives it', async () => {
    const { diagnosis } = await exported('dev.neighbour-root');
    const series = await seriesOf('dev.neighbour-root');
    for (const direction of ['read', 'write'] as const) {
      const told = diagnosis.writers.reduce((all, one) => all + one[`${direction}Bytes`], 0);
      assert.equal(
        sum(series, 'iowitness_io_bytes_total', (labels) => labels.get('direction') === direction),
        told,
      );
    }
    assert.ok(sum(series, 'iowitness_io_bytes_total', (labels) => labels.get('program') === 'backup') > 1e8);
  });

  it('count every answered request once, with the time that its device took', async () => {
    const { requests } = (await exported('dev.neighbour-root')).rows();
    assert.ok(requests);
    const series = await seriesOf('dev.neighbour-root');
    let [count, seconds] = [0, 0];
    for (let row = 0; row < requests.answered; row += 1) {
      const took = (requests.completedMs[row] ?? NaN) - (requests.dispatchedMs[row] ?? NaN);
      if (!(took >= 0)) continue;
      count += requests.weight[row] ?? 0;
      seconds += ((requests.weight[row] ?? 0) * took) / 1000;
    }
    assert.equal(sum(series, 'iowitness_request_seconds_count'), count);
    assert.ok(Math.abs(sum(series, 'iowitness_request_seconds_sum') - seconds) < 1e-6 * count);
  });

  it('sum the victim’s states to its wall time, and name the verdict', async () => {
    const { diagnosis } = await exported('dev.neighbour-root');
    const series = await seriesOf('dev.neighbour-root');
    const wall = diagnosis.accounting.reduce((all, { ms }) => all + ms, 0) / 1000;
    assert.ok(Math.abs(sum(series, 'iowitness_victim_state_seconds_total') - wall) < 1e-6);
    const verdict = series.find(({ name }) => name === 'iowitness_verdict_info');
    assert.equal(verdict?.labels.get('cause'), diagnosis.verdict.cause);
    assert.equal(verdict?.labels.get('culprit'), diagnosis.verdict.culprit?.name);
    assert.equal(sum(series, 'iowitness_stall'), 1);
  });

  it('are at most 200 series, with nothing left out of their sums', () => {
    const crowd = aCrowd();
    const series = parseOpenMetrics(bytesOf(renderOpenMetrics, crowd).toString());
    assert.ok(series.length <= MOST_SERIES, `${series.length} series`);
    const bytes = crowd.diagnosis.writers.reduce((all, one) => all + one.writeBytes + one.readBytes, 0);
    assert.equal(sum(series, 'iowitness_io_bytes_total'), bytes);
    assert.equal(sum(series, 'iowitness_request_seconds_count'), 5000);
    const others = series.filter(({ labels }) => labels.get('device') === 'others');
    assert.ok(others.some(({ name }) => name === 'iowitness_io_bytes_total'));
  });

  it('keep to the format whatever programs are called', () => {
    for (const name of [...HOSTILE_NAMES, 'a"b\\c', 'a\nb', '}', ' ']) {
      const diagnosis = aDiagnosis();
      const writers = diagnosis.writers.map((one) => ({ ...one, process: name }));
      const series = parseOpenMetrics(
        bytesOf(renderOpenMetrics, { ...inputOf(someRequests(9)), diagnosis: { ...diagnosis, writers } }).toString(),
      );
      assert.ok(series.some(({ labels }) => labels.has('program')));
    }
  });

  it(
    'are taken by promtool, which reads as node_exporter’s textfile collector does',
    { skip: needsCommand('promtool') },
    async () => {
      for (const input of [await exported('dev.neighbour-root'), await exported('app.sync-writes-user'), aCrowd()]) {
        const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
          input: bytesOf(renderOpenMetrics, input),
        });
        // 3 is a remark: OpenMetrics tells the help of a counter under the name without `_total`, where the older format looks for it.
        assert.ok(status === 0 || status === 3, `${String(stdout)}${String(stderr)}`);
        const remarks = String(stderr).trim().split('\n');
        assert.deepEqual(
          remarks.filter((line) => !/^(?:iowitness_\w+_total no help text)?$/.test(line)),
          [],
        );
      }
    },
  );
});

describe('the dashboard for Grafana', () => {
  it('asks for metrics and labels that there are', async () => {
    const text = readFileSync(path.join(ROOT, 'packaging/grafana/iowitness.json'), 'utf8');
    const dashboard: {
      readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
    } = JSON.parse(text);
    const series = await seriesOf('dev.neighbour-root');
    const names = new Map<string, Set<string>>();
    for (const { name, labels } of series) names.set(name, new Set([...(names.get(name) ?? []), ...labels.keys()]));
    const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    assert.ok(queries.length >= 6);
    for (const expr of queries) {
      const asked = [...expr.matchAll(/iowitness_\w+/g)].map(([name]) => name);
      assert.ok(asked.length > 0, expr);
      for (const name of asked) assert.ok(names.has(name), `${name} is no metric`);
      const known = new Set([...asked.flatMap((name) => [...(names.get(name) ?? [])]), 'instance', 'job']);
      for (const [, labels = ''] of expr.matchAll(/(?:by|without) ?\(([^)]*)\)/g))
        for (const label of labels.split(/, */))
          assert.ok(known.has(label), `${label} is no label of ${asked.join(', ')}`);
      for (const [, label = ''] of expr.matchAll(/[{,] ?(\w+)(?:=|!)/g))
        assert.ok(known.has(label), `${label} in ${expr}`);
    }
  });
});
