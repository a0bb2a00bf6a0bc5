// Whether runs were other ones for what had run before them (carry-over: a cache, a credit or a trim that the reset does not undo), or for how late they were
// (drift). Each run is held against others of its own arm, and p is told by exchanging those among each other: had neither an effect, any order of them were
// as likely.

import { counted, duration } from '../base/format.js';
import { medianOf } from '../base/median.js';
import { generator } from '../base/random.js';
import type { Experiment } from '../model/experiment.js';
import { EXPERIMENT } from '../model/thresholds/experiment.js';
import { lifetimeOf, type Made } from './compare-arms.js';

type OrderEffects = Experiment['order'];

const DRAWS = 1999;
/** With fewer runs nothing is asked. */
const LEAST_RUNS = 6;

/** What of a run is looked at: how fast it was, and how long it stayed so. */
const FIGURES: readonly ((run: Made) => number)[] = [
  ({ outcome }) => Math.log(Math.max(outcome.rate.mean, Number.MIN_VALUE)),
  (run) => Math.log(Math.max(lifetimeOf(run).time, Number.MIN_VALUE)),
];

/** Ranks of a figure among runs of the same arm, about 0. */
function residuals(runs: readonly Made[], figure: (run: Made) => number): number[] {
  return runs.map((run) => {
    const own = runs.filter(({ arm }) => arm === run.arm).map(figure);
    const value = figure(run);
    const below = own.filter((one) => one < value).length;
    const above = own.filter((one) => one > value).length;
    return (below - above) / own.length;
  });
}

/** p of a statistic when residuals are exchanged within arms. */
function chanceOf(
  runs: readonly Made[],
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
): number {
  const random = generator(runs.length);
  const own = statistic(values) - 1e-9;
  const byArm = new Map<string, number[]>();
  runs.forEach(({ arm }, at) => byArm.set(arm, [...(byArm.get(arm) ?? []), at]));
  const drawn = [...values];
  let beyond = 0;
  for (let turn = 0; turn < DRAWS; turn += 1) {
    for (const places of byArm.values()) {
      for (let at = places.length - 1; at > 0; at -= 1) {
        const [one, other] = [places[at] ?? 0, places[Math.floor(random() * (at + 1))] ?? 0];
        [drawn[one], drawn[other]] = [drawn[other] ?? 0, drawn[one] ?? 0];
      }
    }
    if (statistic(drawn) >= own) beyond += 1;
  }
  return (beyond + 1) / (DRAWS + 1);
}

/** The arm before each run. */
function beforeOf(runs: readonly Made[]): (string | undefined)[] {
  const byNumber = new Map(runs.map(({ number, arm }) => [number, arm]));
  return runs.map(({ number }) => byNumber.get(number - 1));
}

/** The larger, the more the arm before tells. */
function apart(before: readonly (string | undefined)[]): (values: readonly number[]) => number {
  const names = [...new Set(before)].filter((name) => name !== undefined);
  const places = names.map((name) => before.flatMap((one, at) => (one === name ? [at] : [])));
  return (values) =>
    places.reduce((sum, list) => sum + list.reduce((all, at) => all + (values[at] ?? 0), 0) ** 2 / list.length, 0);
}

function alongOrder(runs: readonly Made[]): (values: readonly number[]) => number {
  const middle = (Math.min(...runs.map(({ number }) => number)) + Math.max(...runs.map(({ number }) => number))) / 2;
  return (values) => Math.abs(values.reduce((sum, value, at) => sum + value * ((runs[at]?.number ?? 0) - middle), 0));
}

/** The smallest p of all figures, times how many were looked at (Bonferroni). */
function smallest(runs: readonly Made[], statistic: (values: readonly number[]) => number): number {
  const told = FIGURES.map((figure) => residuals(runs, figure)).filter((values) => values.some((value) => value !== 0));
  const ps = told.map((values) => chanceOf(runs, values, statistic));
  return Math.min(1, told.length * Math.min(1, ...ps));
}

function odds(p: number): string {
  return `p = ${Number(p.toPrecision(1))}`;
}

/** `restMs`: the time that was left between runs, as advice names it. */
export function orderEffects(runs: readonly Made[]): OrderEffects {
  if (runs.length < LEAST_RUNS) {
    const sentence = `With ${counted(runs.length, 'run')} it can’t be told whether their order matters.`;
    return { carryOver: { p: 1, sentence }, drift: { p: 1, sentence } };
  }
  const carried = smallest(runs, apart(beforeOf(runs)));
  const drifted = smallest(runs, alongOrder(runs));
  const lasting = duration(medianOf(runs.map(({ outcome }) => outcome.seconds)) * 1000);
  return {
    carryOver: {
      p: carried,
      sentence:
        carried <= EXPERIMENT.orderEffect
          ? `Runs differ by which arm ran before them (${odds(carried)}): the reset leaves something over. The order was drawn, so no arm is blamed for it; a longer rest than the one between these runs of ${lasting} would make differences clearer.`
          : `Nothing shows that a run depends on the arm before it (${odds(carried)}).`,
    },
    drift: {
      p: drifted,
      sentence:
        drifted <= EXPERIMENT.orderEffect
          ? `Later runs differ from earlier ones of the same arm (${odds(drifted)}): the machine drifts. Blocks hold that against all arms alike.`
          : `Nothing shows that later runs differ from earlier ones (${odds(drifted)}).`,
    },
  };
}
