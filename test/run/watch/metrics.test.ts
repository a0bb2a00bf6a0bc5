// What a watch serves as metrics: its counts never fall, tell only of what it saw itself, and are served by a process of their own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Episode } from '../../../src/model/watch.js';
import { urlOf } from '../../../src/run/serve.js';
import { WatchCounts, WatchMetrics } from '../../../src/run/watch/metrics.js';
import { exposition } from '../../../src/present/export/openmetrics/exposition.js';
import { lives } from '../../support/leftovers.js';
import { parseOpenMetrics } from '../../support/openmetrics.js';
import { until } from '../../support/until.js';

const VERDICT = {
  cause: 'dev.slow',
  layer: 'device',
  sureness: 'likely',
  confidence: 0.8,
  since: null,
  victim: null,
  culprit: null,
  sentence: 'It is slow.',
} as const;

function episodeOf(number: number, change: Partial<Episode> = {}): Episode {
  return {
    number,
    startedAt: new Date(Date.now() + 1000).toISOString(),
    endedAt: null,
    durationMs: null,
    lostSeconds: 3,
    noticed: 'waits',
    victim: null,
    recording: null,
    verdict: null,
    lostMs: null,
    note: null,
    ...change,
  };
}

const NOW = { at: '2026-11-30T12:00:00.000Z', lost: 2, episode: null, figures: {} };

/** By name and labels. */
function valuesOf(text: string): Map<string, number> {
  return new Map(
    parseOpenMetrics(text).map(({ name, labels, value }) => [[name, ...labels.values()].join(' '), value]),
  );
}

test('an episode counts once, however often it is told of, and its cause once it has one; one of an earlier watch does not', () => {
  const counts = new WatchCounts();
  counts.addEpisode(episodeOf(4, { startedAt: '2026-01-01T00:00:00.000Z', verdict: VERDICT }));
  counts.addEpisode(episodeOf(5));
  counts.addEpisode(episodeOf(5, { verdict: VERDICT }));
  counts.addEpisode(episodeOf(5, { verdict: VERDICT, endedAt: '2026-11-30T12:00:00.000Z' }));
  counts.addEpisode(episodeOf(6, { noticed: 'stopped' }));
  counts.addSuppressed('too soon');
  counts.families(NOW);
  const values = valuesOf(exposition(counts.families({ ...NOW, episode: 6 })));
  assert.equal(values.get('iowitness_watch_episodes_total waits'), 1);
  assert.equal(values.get('iowitness_watch_episodes_total stopped'), 1);
  assert.equal(values.get('iowitness_watch_verdicts_total dev.slow device'), 1);
  assert.equal(values.get('iowitness_watch_suppressed_total too soon'), 1);
  assert.equal(values.get('iowitness_watch_lost_seconds_total'), 2);
  assert.equal(values.get('iowitness_watch_losing_processes'), 2);
  assert.equal(values.get('iowitness_watch_stall'), 1);
  assert.equal(values.get('iowitness_watch_last_timestamp_seconds'), Date.parse(NOW.at) / 1000);
});

test('they are served while it runs, and no longer', async () => {
  const metrics = await WatchMetrics.start({ address: { host: '127.0.0.1', port: 0 }, tool: 'iowitness 0' }, () => {});
  const url = urlOf(metrics.address, '/metrics');
  const { pid = 0 } = metrics;
  try {
    metrics.tell({ ...NOW, lost: 0 });
    let text = '';
    await until('what was told', async () => {
      text = await (await fetch(url, { headers: { accept: 'application/openmetrics-text;version=1.0.0' } })).text();
      return text.includes('iowitness_watch_stall 0');
    });
    assert.equal(valuesOf(text).get('iowitness_watch_lost_seconds_total'), 0, text);
  } finally {
    metrics.close();
  }
  await until('its process to end', () => !lives(pid));
  await assert.rejects(fetch(url));
});
