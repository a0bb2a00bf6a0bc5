// What the figures of an arm say, as one sentence: 'without cadvisor: bursts gone (p < 0.001), degradation unchanged (median 4.1 h against 4.0 h): not the
// cause of the slow-down'.

import { counted, duration, figure, rate } from '../base/format.js';
import type { ArmComparison, ArmResult } from '../model/experiment.js';
import { EXPERIMENT } from '../model/thresholds/experiment.js';

/** How unlikely it is by accident. */
function odds(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`;
}

function times(ratio: number | null): string {
  return ratio === null ? '' : `${figure(ratio)} times, `;
}

const seconds = (value: number): string => duration(value * 1000);

/** 'median 4.1 h', or how many of them degraded where the median is not known. */
function degraded({ onset, degraded: count, runs, restrictedMean }: ArmResult): string {
  if (onset.median !== null) return `median ${seconds(onset.median)}`;
  return count === 0
    ? `none in ${counted(runs, 'run')} of ${seconds(restrictedMean.until)}`
    : `in ${count} of ${counted(runs, 'run')}`;
}

function ofOnset({ verdict, p }: ArmComparison, arm: ArmResult, first: ArmResult): string {
  const figures = `${degraded(arm)} against ${degraded(first)}`;
  if (verdict === 'better') {
    if (arm.degraded === 0) return `degradation gone (${figures}; ${odds(p)})`;
    return `degradation later (${figures}; ${odds(p)})`;
  }
  if (verdict === 'worse') return `degradation sooner (${figures}; ${odds(p)})`;
  return `degradation ${verdict === 'unchanged' ? 'unchanged' : 'not told apart'} (${figures})`;
}

function ofBursts({ verdict, p }: ArmComparison, arm: ArmResult, first: ArmResult): string {
  const figures = `${figure(arm.burstsPerMinute)} a minute against ${figure(first.burstsPerMinute)}`;
  if (verdict === 'better')
    return arm.burstsPerMinute <= EXPERIMENT.gone * first.burstsPerMinute
      ? `bursts gone (${odds(p)})`
      : `bursts fewer (${figures}; ${odds(p)})`;
  if (verdict === 'worse') return `bursts more (${figures}; ${odds(p)})`;
  return `bursts ${verdict === 'unchanged' ? 'unchanged' : 'not told apart'} (${figures})`;
}

function ofThroughput({ verdict, p, ratio }: ArmComparison, arm: ArmResult, first: ArmResult): string {
  const figures = `${rate(arm.rate.median)} against ${rate(first.rate.median)}`;
  if (verdict === 'better') return `throughput higher (${times(ratio)}${figures}; ${odds(p)})`;
  if (verdict === 'worse') return `throughput lower (${times(ratio)}${figures}; ${odds(p)})`;
  return `throughput ${verdict === 'unchanged' ? 'unchanged' : 'not told apart'} (${figures})`;
}

const OF_ONSET: Readonly<Record<ArmComparison['verdict'], string | undefined>> = {
  better: 'what it changes has to do with the slow-down',
  worse: 'it brings the slow-down on',
  unchanged: 'not the cause of the slow-down',
  unclear: 'too few runs to tell whether it has to do with the slow-down',
  absent: undefined,
};
const OF_THROUGHPUT: Readonly<Record<ArmComparison['verdict'], string | undefined>> = {
  better: 'what it changes held the workload back',
  worse: 'it makes the workload slower',
  unchanged: 'not what limits the workload',
  unclear: 'too few runs to tell whether it limits the workload',
  absent: undefined,
};

const HEADLINES: Readonly<Record<ArmComparison['measure'], Readonly<Record<'better' | 'worse', string>>>> = {
  onset: { better: 'degradation later or gone', worse: 'degradation sooner' },
  throughput: { better: 'throughput higher', worse: 'throughput lower' },
  iops: { better: 'more requests', worse: 'fewer requests' },
  bursts: { better: 'fewer bursts', worse: 'more bursts' },
};

/** 'degradation sooner, p < 0.001', of what is told to differ. */
export function headlineOf({ measure, verdict, p }: ArmComparison): string {
  return verdict === 'better' || verdict === 'worse' ? `${HEADLINES[measure][verdict]}, ${odds(p)}` : '';
}

/** `first`: the arm that others are held against. */
export function sentenceOf(arm: ArmResult, first: ArmResult): string {
  if (arm.isFirst) {
    const what =
      arm.degraded > 0
        ? `degraded in ${arm.degraded} of ${counted(arm.runs, 'run')} (${degraded(arm)})`
        : `no degradation in ${counted(arm.runs, 'run')}`;
    return `${arm.arm}: ${what}, throughput ${rate(arm.rate.median)}; the others are held against it`;
  }
  const of = (measure: ArmComparison['measure']) =>
    arm.comparisons.find((one) => one.measure === measure && one.verdict !== 'absent');
  const [bursts, onset, throughput] = [of('bursts'), of('onset'), of('throughput')];
  const parts = [
    ...(bursts ? [ofBursts(bursts, arm, first)] : []),
    ...(onset ? [ofOnset(onset, arm, first)] : []),
    ...(throughput && (!onset || throughput.verdict === 'better' || throughput.verdict === 'worse')
      ? [ofThroughput(throughput, arm, first)]
      : []),
  ];
  const told = (onset && OF_ONSET[onset.verdict]) ?? (throughput && OF_THROUGHPUT[throughput.verdict]);
  if (parts.length === 0 || told === undefined) return `${arm.arm}: nothing that could be compared was measured`;
  return `${arm.arm}: ${parts.join(', ')}: ${told}`;
}
