// A recording fed to a live window in small pieces: at its end, and in its middle, it must be the case that opening the recording gives.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { measure } from '../../src/analysis/measures.js';
import { loadCauses } from '../../src/catalogue.js';
import { diagnose } from '../../src/causes/judge/diagnose.js';
import type { Case } from '../../src/model/case.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import { openCase } from '../../src/open/recording.js';
import { begin, piecesOf } from '../support/live.js';
import { stalls, truthOf, unpack } from '../support/stalls.js';

/** Whole recordings, not parts that were cut out: of one with events of all kinds, one without any, one with many threads. */
const NAMES = ['dev.slow-root', 'dev.slow-user', 'cpu.stopped-root', 'fs.frozen-root'];

/** As if the recording had ended: what only its end tells. */
function ended(live: Case, opened: Case): Case {
  const { manifest, complete, durationMs } = opened;
  return { ...live, manifest, complete, durationMs };
}

/** Texts are numbered as they come, and so differently; all else of the tables is compared by what is made of it. */
function timesOf({ events }: Case): readonly unknown[] {
  return [...(events?.tables ?? [])]
    .map(([name, { t, pid }]) => [name, t, pid] as const)
    .toSorted(([a], [b]) => a.localeCompare(b));
}

async function diagnosisOf(input: Case): Promise<Diagnosis> {
  return diagnose(measure(input), await loadCauses(), 'iowitness test').diagnosis;
}

describe('a live window', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync('/var/tmp/iowitness-window-');
    for (const name of NAMES) unpack(name, path.join(folder, name));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('has whole recordings to be fed with', () => {
    for (const name of NAMES) assert.ok(stalls().includes(name) && truthOf(name).window === undefined, name);
  });

  for (const name of NAMES) {
    test(`fed with ${name} a reading and a page at a time has its measures`, async () => {
      const recording = path.join(folder, name);
      const opened = await openCase(recording);
      const window = begin(recording, Infinity);
      for (const { give } of piecesOf(recording, 0)) give(window);
      const live = ended(window.caseNow(), opened);
      assert.deepEqual(live.counters, opened.counters);
      assert.deepEqual(timesOf(live), timesOf(opened));
      assert.deepEqual(live.events?.comms, opened.events?.comms);
      assert.deepEqual(measure(live).account?.ms, measure(opened).account?.ms);
      assert.deepEqual(await diagnosisOf(live), await diagnosisOf(opened));
    });
  }

  test('asked while it grows says the same of each moment, whatever comes later', async () => {
    const recording = path.join(folder, 'dev.slow-root');
    const window = begin(recording, Infinity);
    const pieces = piecesOf(recording, 0);
    const cases: Case[] = [];
    for (const [index, { give }] of pieces.entries()) {
      give(window);
      if (index % Math.ceil(pieces.length / 4) === 0) cases.push(window.caseNow());
    }
    assert.ok(cases.length >= 3);
    const lengths = cases.map(({ counters }) => counters.vmstat.t.length);
    assert.deepEqual(
      lengths,
      lengths.toSorted((a, b) => a - b),
    );
    const whole = window.caseNow();
    for (const { counters, durationMs } of cases) {
      const { t, columns } = counters.vmstat;
      assert.deepEqual(t, whole.counters.vmstat.t.slice(0, t.length));
      assert.deepEqual(
        columns.get('nr_dirty') ?? new Float64Array(0),
        whole.counters.vmstat.columns.get('nr_dirty')?.slice(0, t.length),
      );
      assert.ok(durationMs <= whole.durationMs);
    }
  });

  test('keeps its last part only, and that part is the one that --from opens', async () => {
    const recording = path.join(folder, 'dev.slow-root');
    const window = begin(recording, 1000);
    for (const { give } of piecesOf(recording, 300e6)) give(window);
    const live = window.caseNow();
    const whole = await openCase(recording);
    const fromMs = live.part?.from ?? NaN;
    assert.ok(fromMs > 0 && Math.abs(live.durationMs - 1000) < 1e-6, `${fromMs} ${live.durationMs}`);
    const opened = await openCase(recording, { from: { sinceStartMs: fromMs } });
    assert.deepEqual(live.counters.disks, opened.counters.disks);
    assert.deepEqual(live.counters.pressure, opened.counters.pressure);
    assert.deepEqual(live.manifest.start, opened.manifest.start);
    assert.deepEqual(live.victims, opened.victims);
    assert.deepEqual(live.trace, opened.trace);
    const lengths = ({ events }: Case) => [...(events?.tables ?? [])].map(([table, { length }]) => [table, length]);
    assert.deepEqual(lengths(live), lengths(opened));
    assert.notDeepEqual(lengths(live), lengths(whole));
  });

  test('goes back less far where pages would take too much', async () => {
    const recording = path.join(folder, 'dev.slow-root');
    const pieces = piecesOf(recording, 0);
    const all = begin(recording, Infinity);
    for (const { give } of pieces) give(all);
    const few = begin(recording, Infinity, 64 * 1024);
    for (const { give } of pieces) give(few);
    const [whole, part] = [all.caseNow(), few.caseNow()];
    assert.ok((part.part?.from ?? 0) > 0 && part.durationMs > 0, `${part.part?.from}`);
    assert.ok((part.events?.count ?? NaN) < (whole.events?.count ?? NaN) / 2);
    const isShort = ({ losses }: Case): boolean => losses.some(({ code }) => code === 'window-short');
    assert.deepEqual([whole, part].map(isShort), [false, true]);
    // Nothing is missing of a stretch that is all there.
    assert.ok(!isShort(few.caseNow(part.durationMs / 2)));
  });
});
