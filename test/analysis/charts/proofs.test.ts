// What the picture of a dirty limit shows of the kernel's events, and where it ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../../src/base/intervals.js';
import { axisOf, valuePerBin } from '../../../src/analysis/charts/axis.js';
import { dirtyProof } from '../../../src/analysis/charts/proofs/dirty.js';
import { memory } from '../../../src/model/quantity.js';
import { NO_COUNTERS, series } from '../../support/case.js';
import { someEvents } from '../../support/events.js';
import { ME, measuresOf, WALL_MS } from '../../support/measures.js';
import type { Series } from '../../../src/model/counters.js';

test('a gauge is known from its first sample to its last one, and what was last said holds between them', () => {
  const axis = axisOf(600);
  assert.equal(axis.binMs, 1);
  const values = valuePerBin(axis, [100, 200], [5, 7], 1);
  assert.deepEqual(
    [98, 99, 150, 199, 200, 201, 599].map((bin) => values[bin]),
    [NaN, 5, 5, 7, 7, NaN, NaN],
  );
});

/** The picture of a victim that was paused at 1 s and at 2 s, where the kernel told this setpoint. */
function pictureOf(setpoint: number, bdi?: Series) {
  const row = (t: number) => ({
    t,
    pid: ME,
    fields: { bdi: '7:0', limit: 400, setpoint, wb_setpoint: 75, wb_dirty: 90, pause: 4 },
  });
  const events = someEvents({ balance_dirty_pages: [row(1000), row(2000)] });
  const vmstat = series([0, WALL_MS], { nr_dirty: [512, 512], nr_writeback: [0, 0] });
  const at = measuresOf({
    input: {
      events,
      pageBytes: 4096,
      counters: { ...NO_COUNTERS, vmstat, ...(bdi && { bdi: new Map([['7:0', bdi]]) }) },
    },
  });
  const [chart] = dirtyProof(
    { kind: 'dirty', at, limit: memory(2 ** 20), lost: NO_INTERVALS, label: '' },
    axisOf(WALL_MS),
  );
  return chart ?? assert.fail('nothing is drawn');
}

test('a device’s dirty bytes stand against its share of the limit until the last pause', () => {
  const { lines, ticks } = pictureOf(300);
  const [dirty, share] = lines.map(({ values }) => values);
  const at = (ms: number) => Math.floor((ms / WALL_MS) * (dirty?.length ?? 0));
  assert.deepEqual([dirty?.[at(1500)], share?.[at(1500)]], [(90 * 4096) / 2 ** 20, (100 * 4096) / 2 ** 20]);
  assert.deepEqual([dirty?.[at(2100)], share?.[at(2100)]], [NaN, NaN]);
  assert.deepEqual([...(ticks?.t ?? [])], [1000, 2000]);
});

test('where the event lacks the setpoint, the device’s own statistics tell its dirty bytes and its share', () => {
  const bdi = series([0, WALL_MS], { BdiReclaimable: [96, 96], BdiWriteback: [32, 32], BdiDirtyThresh: [1024, 1024] });
  const { title, lines } = pictureOf(0, bdi);
  assert.match(title, /^Dirty bytes of .* against its share of the limit$/);
  assert.deepEqual(
    lines.map(({ values }) => values[10]),
    [128 / 1024, 1],
  );
});

test('where a copy did not keep the setpoint, the machine’s dirty pages stand against the limit in force', () => {
  const { title, lines } = pictureOf(0);
  assert.equal(title, 'Dirty pages of the machine against the limit in force');
  assert.deepEqual(
    lines.map(({ values }) => values[10]),
    [2, 0, 1],
  );
});
