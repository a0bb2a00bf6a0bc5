// Whose bursts the report draws as bands behind the series: those of the neighbour that cost the victim most, on its disk or beneath it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../../src/base/intervals.js';
import { buildCharts } from '../../../src/analysis/charts/charts.js';
import type { Owner } from '../../../src/analysis/attribution/owners.js';
import type { Neighbour, NeighbourMeasures } from '../../../src/analysis/victim/neighbours.js';
import { measuresOf } from '../../support/measures.js';

interface Bursting {
  readonly name: string;
  readonly via: Owner['via'];
  readonly share?: number;
  readonly bursts?: number;
}

/** Others with bursts of 100 ms, one each second. */
function neighbours(...others: readonly Bursting[]): NeighbourMeasures {
  return {
    others: others.map(({ name, via, share = 0.4, bursts = 3 }): Neighbour => ({
      origin: { pid: 60, name, via },
      processes: 1,
      waitMs: 1000,
      bytes: 1e6,
      share,
      bursts: { spans: Array.from({ length: bursts }, (_, n) => ({ from: 20 * n, to: 20 * n + 2 })), binMs: 50 },
    })),
    company: NO_INTERVALS,
    ownMs: 0,
    slowdown: NaN,
    quietMeanMs: NaN,
    contendedMeanMs: NaN,
  };
}

/** The bands of bursts where these are beside the victim, and those on the devices beneath its disk. */
function bands(beside: NeighbourMeasures | undefined, ...beneath: readonly NeighbourMeasures[]) {
  const levels = beneath.map((below) => measuresOf({ measures: { neighbours: below } }));
  const m = measuresOf({ measures: { ...(beside && { neighbours: beside }), beneath: levels } });
  const shown = { kind: 'company' as const, at: m, lost: NO_INTERVALS, label: 'dev.neighbour' };
  return buildCharts(m, shown).bands.filter(({ kind }) => kind === 'burst');
}

test('bursts are drawn of whoever moved the bytes or made their pages dirty, also before the recording began', () => {
  for (const via of ['direct', 'flushed', 'holder'] as const)
    assert.deepEqual(bands(neighbours({ name: 'backup', via })), [
      { kind: 'burst', label: 'burst of backup', fromMs: 0, toMs: 100 },
      { kind: 'burst', label: 'burst of backup', fromMs: 1000, toMs: 1100 },
      { kind: 'burst', label: 'burst of backup', fromMs: 2000, toMs: 2100 },
    ]);
  for (const via of ['journal', 'metadata', 'stacked', 'unattributed'] as const)
    assert.deepEqual(bands(neighbours({ name: 'jbd2', via })), [], via);
});

test('where nobody bursts on the victim’s own disk, those are drawn who do beneath it', () => {
  const tenant = neighbours({ name: 'tenant', via: 'direct' });
  const labels = (...them: Parameters<typeof bands>) => [...new Set(bands(...them).map(({ label }) => label))];
  assert.deepEqual(labels(undefined, tenant), ['burst of tenant']);
  assert.deepEqual(labels(neighbours({ name: 'loop0', via: 'stacked' }), tenant), ['burst of tenant']);
  assert.deepEqual(labels(neighbours({ name: 'steady', via: 'direct', bursts: 0 }), tenant), ['burst of tenant']);
  assert.deepEqual(labels(neighbours({ name: 'backup', via: 'direct' }), tenant), ['burst of backup']);
});

test('bursts of a neighbour with 7 % of the disk’s bytes are drawn, with 3 % they are not', () => {
  assert.equal(bands(neighbours({ name: 'backup', via: 'direct', share: 0.07 })).length, 3);
  assert.equal(bands(neighbours({ name: 'backup', via: 'direct', share: 0.03 })).length, 0);
});
