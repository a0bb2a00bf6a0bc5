// Operations of a load generator that hung are told from slow ones by what is usual, and only where enough were measured to know that; so are windows.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hangsOf, longestPause } from '../../../src/analysis/requests/measured.js';
import type { MeasuredIo } from '../../../src/model/measured.js';
import { SLOW } from '../../../src/model/thresholds/device.js';

const { leastOf, leastMs, times } = SLOW.hangs;

function job(parts: Partial<MeasuredIo>): MeasuredIo {
  return { job: 'job', kind: 'writes', ms: 10_000, operations: NaN, bytes: NaN, ...parts };
}

/** One operation a tenth of a second, of which the last took so long. */
function operations(count: number, usualMs: number, lastMs: number): MeasuredIo {
  const latencyMs = Float64Array.from({ length: count }, (_, row) => (row === count - 1 ? lastMs : usualMs));
  const t = Float64Array.from(latencyMs, (_, row) => 10_000 + row * 100);
  return job({ each: { t, latencyMs, bytes: t.map(() => 4096) } });
}

/** Windows of a second with these values. */
function series(values: readonly number[]) {
  const t = Float64Array.from({ length: values.length + 1 }, (_, row) => row * 1000);
  let sum = 0;
  return { t, columns: new Map([['sum', Float64Array.from([0, ...values], (value) => (sum += value))]]) };
}

describe('an operation that took long', () => {
  it('hung where it took long in itself and by what is usual', () => {
    const [hang, ...others] = hangsOf(operations(leastOf, 1, leastMs));
    const to = 10_000 + 100 * (leastOf - 1);
    assert.deepEqual([hang, others], [{ from: to - leastMs, to, ms: leastMs }, []]);
    assert.equal(hangsOf(operations(leastOf, leastMs, times * leastMs)).length, 1);
  });

  it('did not where it was short, where all are slow, or where too few tell what is usual', () => {
    assert.deepEqual(hangsOf(operations(leastOf, 1, leastMs - 1)), []);
    assert.deepEqual(hangsOf(operations(leastOf, leastMs, times * leastMs - 1)), []);
    assert.deepEqual(hangsOf(operations(leastOf - 1, 1, leastMs)), []);
    assert.deepEqual(hangsOf(job({})), []);
  });

  it('shows in the latency of its window, before which it may have begun', () => {
    const usual = Array.from({ length: leastOf }, () => 1);
    assert.deepEqual(hangsOf(job({ windows: { latency: series([...usual.slice(1), 2500]) } })), [
      { from: 1000 * leastOf - 2500, to: 1000 * leastOf, ms: 2500 },
    ]);
    assert.deepEqual(hangsOf(job({ windows: { latency: series(usual) } })), []);
  });
});

describe('windows in which nothing ended', () => {
  it('are told by the longest of them', () => {
    assert.deepEqual(longestPause(job({ windows: { operations: series([3, 0, 5, 2]) } })), { from: 1000, to: 2000 });
    assert.equal(longestPause(job({ windows: { bytes: series([3, 1, 5]) } })), undefined);
    assert.equal(longestPause(operations(leastOf, 1, 500)), undefined);
  });
});
