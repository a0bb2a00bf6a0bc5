// How often each statistic finds what is not there, and what is: simulated at length. `node dist/bench/statistics.js [--runs N]` prints a table for
// bench/results/statistics.md. The tests of test/statistics do the same with fewer runs.

import { changePoints } from '../src/statistics/change-points.js';
import { Searches } from '../src/statistics/step-draws.js';
import { correlationTime } from '../src/statistics/correlation-time.js';
import { medianInterval } from '../src/statistics/median-interval.js';
import { rankSum } from '../src/statistics/rank-sum.js';
import { compareWindows } from '../src/statistics/two-windows.js';
import { bursts, BURSTS, noise, NOISES, type Noise } from '../test/support/simulated.js';

const asked = process.argv.indexOf('--runs');
const RUNS = asked > 0 ? Number(process.argv[asked + 1]) : 1000;
const POINTS = 600;

function share(of: (seed: number) => boolean, runs = RUNS): string {
  let count = 0;
  for (let seed = 1; seed <= runs; seed += 1) if (of(seed * 7919)) count += 1;
  return `${((100 * count) / runs).toFixed(1)} %`;
}

function windows(seed: number, kind: Noise, length: number, change = (value: number) => value): number {
  return compareWindows(noise(length, seed, kind), noise(length, seed + 1e6, kind).map(change)).p;
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

console.log(
  `\n${RUNS} runs each; two windows (n = 60, 600): found at 5 % and at 1 % where nothing differs, then power at 1 %\n`,
);
row('noise', '60: 5 %', '60: 1 %', '600: 5 %', '600: 1 %', '600: +1 σ', '600: × 2 spread');
row(...Array.from({ length: 7 }, () => '---'));
for (const [name, kind] of Object.entries(NOISES)) {
  row(
    name,
    share((seed) => windows(seed, kind, 60) <= 0.05),
    share((seed) => windows(seed, kind, 60) <= 0.01),
    share((seed) => windows(seed, kind, 600) <= 0.05),
    share((seed) => windows(seed, kind, 600) <= 0.01),
    share((seed) => windows(seed, kind, 600, (x) => x + 1) <= 0.01, RUNS / 5),
    share((seed) => windows(seed, kind, 600, (x) => 2 * x) <= 0.01, RUNS / 5),
  );
}

const CYCLES = [1];
const searches = new Searches();
function found(seed: number, kind: Noise, plant: (value: number, at: number) => number = (value) => value) {
  const cycles = kind.cycles === undefined ? CYCLES : [kind.cycles];
  return changePoints(
    noise(POINTS, seed, kind).map(plant),
    { falseAlarms: 0.01, cycles: kind.cycle === undefined ? [] : cycles },
    searches,
  );
}
const near = (places: readonly { at: number; within: readonly [number, number] }[], at: number, slack: number) =>
  places.some((one) => Math.abs(one.at - at) <= slack);

console.log(
  `\nChange points, n = ${POINTS}, 1 % of false alarms allowed; power: found within 12 values of the truth (ramps: 60)\n`,
);
row(
  'noise',
  'false alarms',
  'step of 2 σ',
  'step of 4 σ',
  'truth within the bounds',
  'ramp of 4 σ over 10 %',
  'spread × 3',
);
row(...Array.from({ length: 7 }, () => '---'));
for (const [name, kind] of Object.entries(NOISES)) {
  const at = 370;
  const few = RUNS / 5;
  const steps = Array.from({ length: few }, (_, n) => found((n + 1) * 7919, kind, (x, i) => (i >= at ? x + 4 : x)));
  const hits = steps.flatMap((all) => all.filter((one) => Math.abs(one.at - at) <= 30).slice(0, 1));
  row(
    name,
    share((seed) => found(seed, kind).length > 0),
    share(
      (seed) =>
        near(
          found(seed, kind, (x, i) => (i >= at ? x + 2 : x)),
          at,
          12,
        ),
      few,
    ),
    `${((100 * steps.filter((all) => near(all, at, 12)).length) / few).toFixed(1)} %`,
    `${((100 * hits.filter(({ within: [from, to] }) => from <= at && at <= to).length) / hits.length).toFixed(1)} %`,
    share(
      (seed) =>
        near(
          found(seed, kind, (x, i) => x + 4 * Math.min(1, Math.max(0, (i - at) / 60))),
          at + 30,
          60,
        ),
      few,
    ),
    share(
      (seed) =>
        near(
          found(seed, kind, (x, i) => (i >= at ? 3 * x : x)),
          at,
          30,
        ),
      few,
    ),
  );
}

const SLOW_FROM = 330;
console.log(
  `\nSeries that go by bursts, n = ${POINTS}, 1 % of false alarms allowed; from value ${SLOW_FROM} on all is half as fast, so that bursts last twice as long\n`,
);
row('bursts', 'false alarms', 'change found', 'within 10 values', 'of the surest, truth within the bounds');
row(...Array.from({ length: 5 }, () => '---'));
for (const [name, kind] of Object.entries(BURSTS)) {
  const told = (seed: number, slowFrom?: number) =>
    changePoints(
      bursts(POINTS, seed, slowFrom === undefined ? kind : { ...kind, slowFrom }),
      { falseAlarms: 0.01 },
      searches,
    );
  const alarms = share((seed) => told(seed).length > 0);
  const surest = Array.from({ length: RUNS }, (_, n) =>
    told((n + 1) * 7919, SLOW_FROM)
      .filter((one) => one.kind === 'level')
      .sort((a, b) => a.p - b.p)
      .slice(0, 1),
  ).flat();
  const part = (of: readonly unknown[], all: number) => `${((100 * of.length) / all).toFixed(1)} %`;
  const held = surest.filter(({ within: [from, to] }) => from <= SLOW_FROM && SLOW_FROM <= to);
  row(
    name,
    alarms,
    part(surest, RUNS),
    part(
      surest.filter((one) => near([one], SLOW_FROM, 10)),
      RUNS,
    ),
    part(held, surest.length),
  );
}

console.log('\nMann–Whitney of 6 and 6 with ties at 5 %, intervals of the median at 95 %\n');
const rounded = (seed: number) => [...noise(6, seed)].map((one) => Math.round(one));
row(
  'false alarms',
  share((seed) => rankSum(rounded(seed), rounded(seed + 1e6)).p <= 0.05),
);
for (const [name, kind] of Object.entries(NOISES).slice(0, 4)) {
  const covers = share((seed) => {
    const values = noise(POINTS, seed, kind);
    const bounds = medianInterval(values, 0.95, values.length / correlationTime(values));
    return bounds === undefined || (bounds[0] <= 0 && bounds[1] >= 0);
  });
  row(`${name}: covered`, covers);
}
