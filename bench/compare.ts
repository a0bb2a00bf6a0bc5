// How long comparing takes: 24 hours of 1 Hz counters with 500 measures against another 24, and the facts of forty recordings. `node dist/bench/compare.js`
// prints CPU and wall time; bench/results/compare.md has the last ones.

import type { Measure } from '../src/onset/series.js';
import { compareTwo, type Window } from '../src/differences/windows.js';
import { noise } from '../test/support/simulated.js';

const SECONDS = 86_400;
const MEASURES = 500;
/** Series of different kinds, of which measures are different stretches: making all of them takes longer than comparing them. */
const KINDS = [{}, { memory: 0.5 }, { memory: 0.9 }, { cycle: 2, memory: 0.6 }, { quietBelow: 1.5 }] as const;

function windows(seed: number): Window[] {
  const series = KINDS.map((kind, at) => noise(SECONDS + MEASURES * 100, seed + at, kind));
  return Array.from({ length: MEASURES }, (_, at) => {
    const values = series[at % series.length]?.subarray(at * 100, at * 100 + SECONDS) ?? new Float64Array(0);
    const measure: Measure = {
      id: `m${at}`,
      label: `measure ${at}`,
      unit: 'count',
      values: () => ({ t: values, values }),
    };
    // Every tenth differs by as much as it varies.
    return { measure, values: seed > 100 && at % 10 === 0 ? values.map((one) => one + 1) : values };
  });
}

const [before, after] = [windows(1), windows(101)];
for (let run = 1; run <= 3; run += 1) {
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  const { groups, compared, tooShort } = compareTwo(before, after);
  const { user, system } = process.cpuUsage(cpu);
  const told = groups.reduce((sum, one) => sum + one.length, 0);
  console.log(
    `run ${run}: ${compared} measures of ${SECONDS} samples a window, ${told} told, ${tooShort} too short: ${((performance.now() - began) / 1000).toFixed(1)} s, CPU ${((user + system) / 1e6).toFixed(1)} s`,
  );
}
