// Files of several CPUs in order of time, with the first or the last record of one damaged: what the order of its own CPU can't judge.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeByTime } from '../../../src/decode/blktrace/merge.js';
import type { Loss } from '../../../src/model/losses.js';
import { processRecord, traceBytes, writeRecord, type TraceRecord } from '../../support/blktrace.js';
import { memorySource } from '../../support/blktrace-run.js';

const BEGIN = 10n ** 17n;
const HOUR = 3_600_000_000_000n;

function cpuOf(cpu: number, times: readonly bigint[]): TraceRecord[] {
  return times.map((time, index) => writeRecord('queue', { time: BEGIN + time, sector: BigInt(index), cpu }));
}

const steady = (count: number, stepNs: bigint) => Array.from({ length: count }, (_, index) => BigInt(index) * stepNs);

async function merge(...files: readonly (readonly TraceRecord[])[]) {
  const times: number[] = [];
  const losses: Loss[] = [];
  const inputs = files.map((records, cpu) => ({ source: memorySource(traceBytes(records)), cpu }));
  await mergeByTime(
    inputs,
    (loss) => losses.push(loss),
    (batch, row, t) => {
      if (batch.category[row] !== 1 << 10) times.push(t);
    },
  );
  const first = times[0] ?? NaN;
  return { times: times.map((t) => t - first), losses: losses.map(({ code, count }) => [code, count]) };
}

for (const [name, damage] of Object.entries({ 'far behind': 1n << 55n, 'a day behind': 24n * HOUR })) {
  for (const place of ['first', 'last'] as const) {
    test(`the ${place} record of a CPU, ${name} or before all others, is left out and moves nothing`, async () => {
      for (const sign of [1n, -1n]) {
        const times = steady(20, 100_000n);
        const at = place === 'first' ? 0 : 19;
        const damaged = times.map((time, index) => (index === at ? time + sign * damage : time));
        const { times: found, losses } = await merge(cpuOf(0, damaged), cpuOf(1, steady(20, 100_000n)));
        if (place === 'last' && sign < 0n) {
          // It goes back and is not followed: it comes where it lies.
          assert.deepEqual(losses, [['blktrace-unsorted', 1]]);
          assert.equal(found.length, 40);
        } else {
          assert.deepEqual(losses, [['blktrace-stray', 1]]);
          assert.equal(found.length, 39);
        }
        assert.equal(found.at(-1), 1_900_000);
      }
    });
  }
}

test('an idle night between two loads stays, and so does a trace of a record an hour', async () => {
  const night = [...steady(10, 1000n), ...steady(10, 1000n).map((time) => time + 12n * HOUR)];
  assert.deepEqual(await merge(cpuOf(0, night)), { times: night.map(Number), losses: [] });
  const hourly = steady(10, 2n * HOUR);
  assert.deepEqual(await merge(cpuOf(0, hourly), cpuOf(1, hourly)), {
    times: hourly.flatMap((time) => [Number(time), Number(time)]),
    losses: [],
  });
  assert.deepEqual(await merge(cpuOf(0, [5n])), { times: [0], losses: [] });
});

test('the time of a notification moves nobody', async () => {
  const times = steady(10, 1000n);
  for (const time of [0n, BEGIN + 1000n * HOUR]) {
    const name = processRecord(7, 'dd', { time });
    const records = cpuOf(0, times);
    const { times: found, losses } = await merge([name, ...records.slice(0, 5), name, ...records.slice(5), name]);
    assert.deepEqual(found, times.map(Number));
    assert.deepEqual(losses, []);
  }
});
