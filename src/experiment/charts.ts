// What an experiment is drawn by, all arms over seconds since the run's start on one axis: the share of runs that have not degraded, throughput and requests
// a second, a line an arm: the mean of its runs, in each bin of those that went on so long.

import { axisOf, meanPerBin, type Axis } from '../analysis/charts/axis.js';
import type { Chart, ChartLine, Charts } from '../model/charts.js';
import type { ArmResult, Experiment, RunOutcome } from '../model/experiment.js';

const MB = 1e6;

/** From an event on, the share that is left; NaN beyond the arm's longest run. */
function survivalLine({ arm, curve }: ArmResult, reachMs: number, { t }: Axis): ChartLine {
  const values = t.map((ms) => {
    if (ms > reachMs) return NaN;
    const last = curve.findLast(({ seconds }) => seconds * 1000 <= ms);
    return 100 * (last?.share ?? 1);
  });
  return { name: arm, subject: arm, values };
}

function meanLine(
  arm: string,
  outcomes: readonly RunOutcome[],
  of: (series: RunOutcome['series']) => readonly number[],
  axis: Axis,
): ChartLine {
  const lines = outcomes.map(({ series, seconds }) => {
    const values = of(series);
    const stepMs = (seconds * 1000) / Math.max(1, values.length);
    return meanPerBin(axis, { t: values.map((_, at) => (at + 0.5) * stepMs), values });
  });
  const values = axis.t.map((ms, bin) => {
    const known = lines.flatMap((line, at) =>
      ms <= (outcomes[at]?.seconds ?? 0) * 1000 && !Number.isNaN(line[bin] ?? NaN) ? [line[bin] ?? NaN] : [],
    );
    return known.length === 0 ? NaN : known.reduce((a, b) => a + b, 0) / known.length;
  });
  return { name: arm, subject: arm, values };
}

const isDrawn = ({ lines }: Chart): boolean => lines.some(({ values }) => values.some((value) => value > 0));

export function experimentCharts({ arms, runs }: Experiment): Charts {
  const outcomesOf = (name: string) => runs.flatMap(({ arm, outcome }) => (arm === name && outcome ? [outcome] : []));
  const longest = (outcomes: readonly RunOutcome[]) => Math.max(0, ...outcomes.map(({ seconds }) => seconds * 1000));
  const axis = axisOf(Math.max(1, longest(runs.flatMap(({ outcome }) => outcome ?? []))));
  const line = (of: (series: RunOutcome['series']) => readonly number[]) =>
    arms.map(({ arm }) => meanLine(arm, outcomesOf(arm), of, axis));
  const survival: Chart = {
    id: 'survival',
    title: 'Runs that have not degraded',
    unit: '%',
    lines: arms.map((arm) => survivalLine(arm, longest(outcomesOf(arm.arm)), axis)),
  };
  const throughput: Chart = {
    id: 'throughput',
    title: 'Throughput of the workload, the mean of runs',
    unit: 'MB/s',
    lines: line(({ rate }) => rate.map((one) => one / MB)),
  };
  const iops: Chart = {
    id: 'iops',
    title: 'Requests a second of the volume, the mean of runs',
    unit: 'IOPS',
    lines: line((series) => series.iops),
  };
  const hasFallen = arms.some(({ degraded }) => degraded > 0);
  return {
    t: axis.t,
    binMs: axis.binMs,
    proof: hasFallen ? [survival] : [],
    charts: [throughput, iops].filter(isDrawn),
    bands: [],
    heatmaps: [],
    slowest: [],
    stacks: [],
  };
}
