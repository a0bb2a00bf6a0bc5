// The metrics of a recording that is fed to them as it was made, minutes of it: nothing ever falls between two looks, what is counted in pieces
// is what the whole recording holds, and there are never too many series. Then what scrapers ask for, and who may ask.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeLongRecording } from '../../../bench/make-long-recording.js';
import { loadCauses } from '../../../src/catalogue.js';
import type { Sink } from '../../../src/model/sink.js';
import { diagnoseRecording } from '../../../src/pipeline.js';
import { LiveMetrics } from '../../../src/run/metrics/live-metrics.js';
import { formatFor } from '../../../src/run/metrics/negotiation.js';
import { serveMetrics } from '../../../src/run/metrics/server.js';
import { giveFiles, manifestBefore, piecesOf } from '../../support/live.js';
import { parseOpenMetrics, type Series } from '../../support/openmetrics.js';
import { unpack } from '../../support/stalls.js';

const SECONDS = 120;
const MOST_SERIES = 200;

function keyOf({ name, labels }: Series): string {
  return JSON.stringify([name, ...labels]);
}

function isCounter({ name }: Series): boolean {
  return /_(?:total|bucket|count|sum)$/.test(name);
}

function sum(series: readonly Series[], name: string, has: Readonly<Record<string, string>> = {}): number {
  return series
    .filter((one) => one.name === name && Object.entries(has).every(([key, value]) => one.labels.get(key) === value))
    .reduce((all, { value }) => all + value, 0);
}

async function metricsOf(recording: string): Promise<LiveMetrics> {
  const live = new LiveMetrics({
    name: recording,
    manifest: manifestBefore(recording),
    tool: 'iowitness test',
    causes: await loadCauses(),
  });
  giveFiles(recording, live.window);
  return live;
}

function sinkOf(live: LiveMetrics): Sink {
  return {
    reading: (...given) => live.window.reading(...given),
    failure: (...given) => live.window.failure(...given),
    file: (...given) => live.window.file(...given),
    pages: (...given) => live.pages(...given),
  };
}

describe('the metrics of a recording that goes on', () => {
  let folder: string;
  let looks: Series[][];
  let asked: Series[];

  before(async () => {
    folder = mkdtempSync('/var/tmp/iowitness-metrics-');
    const long = path.join(folder, 'long.iow');
    unpack('dev.neighbour-root', path.join(folder, 'short.iow'));
    makeLongRecording(path.join(folder, 'short.iow'), long, { seconds: SECONDS, events: true, deflate: false });
    const live = await metricsOf(long);
    looks = [];
    let askedMs = 0;
    for (const { atNs, give } of piecesOf(long, 300e6)) {
      give(sinkOf(live));
      // Asked every five seconds, and then not for a minute and a half.
      const isAsked = atNs / 1e6 - askedMs > 5000 && atNs / 1e9 < 25;
      if (!isAsked && !live.isDue) continue;
      if (isAsked) live.ask();
      live.look();
      askedMs = atNs / 1e6;
      looks.push(parseOpenMetrics(live.text('openmetrics')));
    }
    live.ask();
    asked = parseOpenMetrics(live.text('openmetrics'));
    live.look();
    looks.push(parseOpenMetrics(live.text('openmetrics')));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('never fall, and never lose a series', () => {
    assert.ok(looks.length > 6, `${looks.length} looks`);
    for (const [index, later] of looks.slice(1).entries()) {
      const now = new Map(later.map((one) => [keyOf(one), one.value]));
      for (const one of looks[index]?.filter(isCounter) ?? [])
        assert.ok((now.get(keyOf(one)) ?? -1) >= one.value, `${keyOf(one)} fell from ${one.value}`);
    }
  });

  test('are at most 200 series', () => {
    for (const series of looks) assert.ok(series.length <= MOST_SERIES, `${series.length}`);
  });

  test('count in pieces what the whole recording holds', async () => {
    const { diagnosis, rows } = await diagnoseRecording(path.join(folder, 'long.iow'), 'iowitness test');
    const last = looks.at(-1) ?? [];
    // What came in the last moment is not counted yet.
    const about = (counted: number, whole: number) =>
      assert.ok(counted > 0.93 * whole && counted < 1.001 * whole, `${counted} of ${whole}`);
    const { requests } = rows();
    assert.ok(requests);
    about(
      sum(last, 'iowitness_request_seconds_count'),
      requests.weight.subarray(0, requests.answered).reduce((all, weight) => all + weight, 0),
    );
    for (const direction of ['read', 'write'] as const)
      about(
        sum(last, 'iowitness_io_bytes_total', { direction }),
        diagnosis.writers.reduce((all, one) => all + one[`${direction}Bytes`], 0),
      );
    about(
      sum(last, 'iowitness_io_bytes_total', { program: 'backup' }),
      diagnosis.writers.reduce((all, one) => all + (one.process === 'backup' ? one.readBytes + one.writeBytes : 0), 0),
    );
    about(sum(last, 'iowitness_victim_state_seconds_total'), SECONDS);
  });

  test('are counted when somebody asks, and judged behind the answer', () => {
    const [earlier = [], behind = []] = looks.slice(-2);
    const [requests, states] = ['iowitness_request_seconds_count', 'iowitness_victim_state_seconds_total'] as const;
    assert.ok(sum(asked, requests) > sum(earlier, requests));
    assert.equal(sum(asked, requests), sum(behind, requests));
    assert.equal(sum(asked, states), sum(earlier, states));
    assert.ok(sum(behind, states) > sum(earlier, states));
  });

  test('tell the verdict of the last seconds', () => {
    const verdict = looks.at(-1)?.find(({ name }) => name === 'iowitness_verdict_info');
    assert.equal(verdict?.labels.get('cause'), 'dev.neighbour');
    assert.ok(sum(looks.at(-1) ?? [], 'iowitness_verdict_window_seconds') < 60);
    assert.equal(sum(looks.at(-1) ?? [], 'iowitness_metrics_missed_bytes_total'), 0);
  });
});

describe('metrics that nobody asks for', () => {
  test('are not computed, and what was forgotten meanwhile is told as missed', async () => {
    const folder = mkdtempSync('/var/tmp/iowitness-metrics-');
    try {
      const long = path.join(folder, 'long.iow');
      unpack('dev.neighbour-root', path.join(folder, 'short.iow'));
      makeLongRecording(path.join(folder, 'short.iow'), long, { seconds: SECONDS, events: true, deflate: false });
      const live = await metricsOf(long);
      for (const { give } of piecesOf(long, 300e6)) {
        give(sinkOf(live));
        assert.ok(!live.isDue);
      }
      live.ask();
      const told = parseOpenMetrics(live.text('openmetrics'));
      assert.ok(sum(told, 'iowitness_metrics_missed_bytes_total') > 0);
      const counted = sum(told, 'iowitness_victim_state_seconds_total');
      assert.ok(counted > 30 && counted < SECONDS - 10, `${counted} s of ${SECONDS}`);
      assert.ok(sum(told, 'iowitness_request_seconds_count') > 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a scraper gets', () => {
  const CASES = [
    [undefined, 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/html,*/*;q=0.8', 'prometheus'],
    // Prometheus 2.42 and 2.50 (scrape/scrape.go, acceptHeader).
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    [
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;version=0.0.4;q=0.5',
      'prometheus',
    ],
    ['text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.5', 'prometheus'],
    ['application/openmetrics-text;version=2.0.0', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['application/openmetrics-text', 'openmetrics'],
  ] as const;
  for (const [accept, format] of CASES)
    test(`${format} for ${accept ?? 'no header'}`, () => assert.equal(formatFor(accept), format));
});

describe('the server', () => {
  interface Answer {
    readonly status: number | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }

  async function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    return await new Promise((settle, reject) => {
      get(url, { headers, method, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => settle({ status: response.statusCode, headers: response.headers, body }));
      }).on('error', reject);
    });
  }

  test('gives its one page to whoever names this machine, in the format that is asked for', async () => {
    const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, (format) => `as ${format}\n`);
    try {
      const bound = server.address();
      assert.ok(typeof bound === 'object' && bound);
      assert.equal(bound.address, '127.0.0.1');
      const url = `http://127.0.0.1:${bound.port}/metrics`;
      const open = await ask(url, { accept: 'application/openmetrics-text; version=1.0.0' });
      assert.deepEqual([open.status, open.body], [200, 'as openmetrics\n']);
      assert.match(open.headers['content-type'] ?? '', /^application\/openmetrics-text; version=1\.0\.0/);
      const plain = await ask(url);
      assert.match(plain.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
      assert.equal((await ask(url, { host: 'evil.example' })).status, 403);
      assert.equal((await ask(url, { host: `localhost:${bound.port}` })).status, 200);
      assert.equal((await ask(url, {}, 'POST')).status, 405);
      assert.equal((await ask(url.replace('metrics', ''))).status, 404);
      const head = await ask(url, {}, 'HEAD');
      assert.deepEqual([head.status, head.body], [200, '']);
    } finally {
      server.close();
    }
  });
});
