// Measures of two windows, and when one recording changed, with the truth planted into made-up counters: a disk that becomes slow at a moment, a counter that
// moves before it, a setting that changes then, and the same disk asked for more, which is no slower at its load. How often more simulations go wrong is
// measured by bench/statistics.ts.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Differences } from '../../src/model/differences.js';
import { DIFFERENCES } from '../../src/model/thresholds/differences.js';
import { renderDifferences } from '../../src/present/differences/text.js';
import { compared, comparedBySide, planted, STEP_MS } from '../support/planted.js';

function ids({ measures }: Differences): string[] {
  return (measures?.groups ?? []).flatMap((group) => group.measures.map(({ id }) => id));
}

describe('a disk that becomes slow within a recording', () => {
  it('is told to the second, with what moved before and what was set', () => {
    for (const seed of [1, 10, 20]) {
      const slowFrom = 20_000 + 1500 * seed;
      const setting = { what: '/proc/sys/vm/dirty_bytes', before: '0', after: '8192', atMs: slowFrom - 300 };
      const long = { what: '/proc/sys/vm/swappiness', before: '60', after: '1', atMs: 1000 };
      const found = compared(planted({ seed, slowFrom, reclaimFrom: slowFrom - 2000, changes: [long, setting] }));
      const [when] = found.when;
      const [onset] = when?.changes ?? [];
      assert.ok(onset && Math.abs(onset.atMs - slowFrom) <= 1000, `seed ${seed}: ${JSON.stringify(onset)}`);
      assert.ok(
        onset.withinMs[0] <= slowFrom && slowFrom <= onset.withinMs[1] + STEP_MS,
        JSON.stringify(onset.withinMs),
      );
      assert.deepEqual(
        when?.settings.map(({ what }) => what),
        ['/proc/sys/vm/dirty_bytes'],
      );
      const [first] = when?.counters ?? [];
      assert.equal(first?.id, 'vmstat.pgscan_direct');
      assert.ok(Math.abs(first.atMs - slowFrom + 2000) <= 500, `seed ${seed}: ${JSON.stringify(first)}`);
      assert.ok(onset.p > 0 && onset.p <= DIFFERENCES.onsetAlarms, `seed ${seed}: ${onset.p}`);
      assert.match(found.answer, / after the start \(1970-.*\) the victim’s disk: /);
      assert.ok(ids(found).includes('disk.iops'), 'before and after are compared');
    }
  });

  it('is not told where it does not', () => {
    for (const seed of [1, 7, 13, 20])
      assert.deepEqual(compared(planted({ seed })).when[0]?.changes, [], `seed ${seed}`);
  });
});

describe('a disk on which the flusher writes every few seconds', () => {
  const slowFrom = 35_000;

  it('is told to become slow beneath the bursts, whatever their period', () => {
    for (const flusherEvery of [2, 5, 10])
      for (const seed of [1, 2, 3]) {
        const found = compared(planted({ seed, slowFrom, flusherEvery }));
        const [onset] = found.when[0]?.changes ?? [];
        const told = `every ${flusherEvery} s, seed ${seed}: ${JSON.stringify(onset)}`;
        assert.ok(onset && Math.abs(onset.atMs - slowFrom) <= 1000, told);
        assert.match(found.answer, onset.of === 'all' ? / went from / : /, (between|in) its bursts went from /, told);
        assert.ok(onset.before.value > 1.5 * onset.after.value, told);
      }
  });

  it('is not told to change where it does nothing but that', () => {
    for (const flusherEvery of [2, 5, 10])
      for (const seed of [1, 2, 3])
        assert.deepEqual(
          compared(planted({ seed, flusherEvery })).when[0]?.changes,
          [],
          `every ${flusherEvery} s, seed ${seed}`,
        );
  });
});

describe('two recordings', () => {
  it('with the same load and disk have no measure that differs', () => {
    for (const seed of [1, 5, 10]) {
      const found = compared(planted({ seed }), planted({ seed: seed + 100 }));
      assert.deepEqual(ids(found), [], `seed ${seed}`);
      assert.equal(found.facts.groups.length, 0);
    }
  });

  it('of which one has a slower disk differ in what its requests take, also at the same load, largest first', () => {
    const found = compared(planted({ seed: 1 }), planted({ seed: 2, slower: 3 }));
    const all = (found.measures?.groups ?? []).flatMap((group) => group.measures);
    const latency = all.find(({ id }) => id === 'disk.await');
    assert.ok(
      latency && Math.abs((latency.ratio ?? 0) - 3) < 0.3 && latency.effect > 0.99 && latency.falseDiscovery < 0.01,
    );
    assert.ok(!ids(found).includes('disk.iops') && !ids(found).includes('cpu.idle'));
    const text = renderDifferences(found, { colour: false, verbose: false, width: 80 });
    assert.match(text, /Measures that differ/);
    assert.ok(text.split('\n').length < 60);
  });

  it('whose medians are both nothing are not said to differ by so many times', () => {
    const found = compared(planted({ seed: 1 }), planted({ seed: 2, slower: 3 }));
    assert.ok(found.measures);
    const told = (after: number) => {
      const groups = (found.measures?.groups ?? []).map((group) => ({
        measures: group.measures.map((one) => ({ ...one, ratio: null, after: { ...one.after, median: after } })),
      }));
      const changed = { ...found, measures: found.measures && { ...found.measures, groups } };
      return renderDifferences(changed, { colour: false, verbose: false, width: 80 });
    };
    assert.match(told(1), / from 0$/m);
    assert.doesNotMatch(told(0), /from 0/);
  });

  it('of which one is asked for more: its disk is no slower at that load', () => {
    const found = compared(planted({ seed: 3 }), planted({ seed: 4, asked: 1.4 }));
    assert.ok(ids(found).includes('disk.iops'));
    assert.ok(!ids(found).includes('disk.await'));
    const atLoad = found.measures?.atLoad.find(({ unit }) => unit === 'ms');
    assert.ok(atLoad?.within && atLoad.within[0] <= 1.1 && atLoad.within[1] >= 0.9, JSON.stringify(atLoad));
  });

  it('that are too short say that, and differ in nothing', () => {
    const found = compared(planted({ seed: 5, seconds: 1 }), planted({ seed: 6, seconds: 1, slower: 5 }));
    assert.ok((found.measures?.notes.length ?? 0) <= 1);
    assert.deepEqual(
      found.when.map(({ changes }) => changes.length),
      [0, 0],
    );
  });
});

describe('several recordings', () => {
  it('are compared by one median each, slow against fast', () => {
    const cases = Array.from({ length: 12 }, (_, at) =>
      planted({ seed: at + 1, seconds: 10, ...(at < 6 && { slower: 3 }) }),
    );
    const found = comparedBySide(cases, (at) => (at < 6 ? 'slow' : 'fast')).differences;
    assert.ok(ids(found).includes('disk.await'));
    assert.ok(!ids(found).includes('disk.iops'));
    assert.deepEqual([found.measures?.before, found.measures?.after], ['6 fast recordings', '6 slow recordings']);
    assert.equal(found.recordings[0]?.sideBy, 'asked');
  });
});
