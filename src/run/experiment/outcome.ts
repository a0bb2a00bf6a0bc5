// What was measured in a run → its outcome: figures before and since throughput fell for good, and the diagnosis of its recording. Made on the host also for
// a guest's runs, because an emulated CPU is no place to compute.

import { messageOf, UserError } from '../../base/errors.js';
import { findFall, type Stretch } from '../../onset/fall.js';
import type { RunOutcome } from '../../model/experiment.js';
import { diagnoseRecording } from '../../pipeline.js';
import type { MadeRun } from './make-run.js';
import type { Seen } from './run-samples.js';
import type { RunRequest } from './site.js';

/** Points of the series that stays in the result. */
const MOST_POINTS = 300;

type Figures = Pick<RunOutcome, 'onsetSeconds' | 'rate' | 'rateSince' | 'iops' | 'series' | 'bursts'>;

/** Of stretches by their intervals. */
function spreadOf(stretches: readonly Stretch[]): RunOutcome['rate'] {
  const sorted = stretches.toSorted((a, b) => a.rate - b.rate);
  const all = sorted.reduce((sum, { intervals }) => sum + intervals, 0);
  const at = (share: number) => {
    let left = share * all;
    return (sorted.find(({ intervals }) => (left -= intervals) < 0) ?? sorted.at(-1))?.rate ?? 0;
  };
  const sum = stretches.reduce((total, { rate, intervals }) => total + rate * intervals, 0);
  return { mean: all > 0 ? sum / all : 0, p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}

/** As few points, each the mean of a stretch of the run. */
function drawnTogether(stretches: readonly Stretch[]): number[] {
  const each = Math.max(1, Math.ceil(stretches.reduce((sum, { intervals }) => sum + intervals, 0) / MOST_POINTS));
  const points: { sum: number; intervals: number }[] = [];
  for (const { rate, intervals } of stretches) {
    const last = points.at(-1);
    if (last && last.intervals < each) {
      last.sum += rate * intervals;
      last.intervals += intervals;
    } else points.push({ sum: rate * intervals, intervals });
  }
  return points.map(({ sum, intervals }) => sum / intervals);
}

function figuresOf({ seconds, startedMs, rates, iops, bursts }: Seen): Figures {
  const fall = findFall(rates);
  const beginMs = fall && rates[fall.at]?.beginMs;
  const iopsBefore = iops.filter((one) => beginMs === undefined || one.beginMs < beginMs);
  const rate = drawnTogether(rates);
  return {
    onsetSeconds: beginMs === undefined ? null : Math.max(0, (beginMs - startedMs) / 1000),
    rate: spreadOf(fall ? rates.slice(0, fall.at) : rates),
    rateSince: fall?.since ?? null,
    iops: iopsBefore.length > 0 ? spreadOf(iopsBefore) : null,
    series: { stepSeconds: seconds / Math.max(1, rate.length), rate, iops: drawnTogether(iops) },
    bursts: [...bursts],
  };
}

/** What a diagnosis says of a recording, or why there is none. */
async function causeOf(recording: string, tool: string): Promise<Pick<RunOutcome, 'cause' | 'sentence'>> {
  try {
    const { verdict } = (await diagnoseRecording(recording, tool)).diagnosis;
    return { cause: verdict.cause, sentence: verdict.sentence };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { cause: null, sentence: `not diagnosed: ${messageOf(error)}` };
  }
}

/** The outcome of a run whose recordings lie where they were asked for. */
export async function outcomeOf(
  { seconds, because, reset, seen, diagnosed }: MadeRun,
  { recording, tool }: Pick<RunRequest, 'recording' | 'tool'>,
): Promise<Omit<RunOutcome, 'recording'>> {
  const cause = await causeOf(recording.replace(/\.iow$/, diagnosed), tool);
  return { seconds, because, ...figuresOf(seen), ...cause, reset };
}
