// The few figures that stand large beside a verdict: the time that it cost, what it turns on, what the disk did meanwhile, and since when.
// They are what somebody reads who has ten seconds, so each stands with what it is held against.

import { shareOf, timesIn, type Measures } from '../../analysis/measures.js';
import { valueAt } from '../../analysis/machine/series.js';
import { STATES, WAITING } from '../../model/states.js';
import { firstEndingAfter, Intervals, total } from '../../base/intervals.js';
import { duration, percent } from '../../base/format.js';
import { quantilesOf } from '../../base/median.js';
import { wallTime } from '../../model/case.js';
import type { VerdictOnset } from '../../model/onset.js';
import { isNoStall, type KeyFigure, type Verdict } from '../../model/diagnosis.js';
import { part, said, time, type Said } from '../../model/quantity.js';
import { figuresOf, type Found } from '../cause.js';
import { diskName, UNEXPLAINED, utilisation } from './judgements.js';
import { longestMeasured } from './measured.js';

type Account = NonNullable<Measures['account']>;

function figure(kind: KeyFigure['kind'], label: string, value: Said | string, beside: string): KeyFigure {
  return { kind, label, ...figuresOf(value), beside };
}

function heldUp(account: Account): Intervals {
  return timesIn(account, [...WAITING]);
}

function lostTime(account: Account, verdict: Verdict, finding: Found | undefined): KeyFigure {
  const wall = account.to - account.from;
  const isStall = finding !== undefined && finding.share > 0 && !isNoStall(verdict);
  const ms = isStall ? finding.share * wall : total(heldUp(account));
  const whose = `of ${account.name || 'the victim'}’s ${duration(wall)}`;
  return figure('lost', isStall ? 'time lost' : 'had to wait', said`${time(ms)}`, `${percent(ms / wall)} ${whose}`);
}

/** Of requests that were with the disk in these times: how long half of them, and all but one of a hundred, took. */
function answersOf({ load, requests }: Measures, times: Intervals): string | undefined {
  if (!load || !requests) return undefined;
  const lives: number[] = [];
  for (const row of load.rows) {
    const [from, to] = [valueAt(requests.dispatched, row), valueAt(requests.completed, row)];
    if ((times.from[firstEndingAfter(times, from)] ?? Infinity) < to) lives.push(to - from);
  }
  const [only] = lives;
  if (only === undefined) return undefined;
  if (lives.length === 1) return `one request, ${duration(only)}`;
  const [half = NaN, most = NaN] = quantilesOf(lives, 0.5, 0.99);
  return `${lives.length} requests: half within ${duration(half)}, 99 % within ${duration(most)}`;
}

function deviceMeanwhile(m: Measures, times: Intervals): KeyFigure[] {
  const busy = m.disk === undefined ? NaN : utilisation(m, times);
  if (Number.isNaN(busy)) return [];
  return [
    figure(
      'device',
      `${diskName(m)} meanwhile`,
      said`${part(busy)} busy`,
      answersOf(m, times) ?? `idle for ${percent(1 - busy)} of that time`,
    ),
  ];
}

function since(m: Measures, verdict: Verdict): KeyFigure[] {
  const { since: at, sinceMs, onset } = verdict;
  const start = wallTime(m.input.manifest, 0);
  const length = duration(m.input.durationMs);
  const isTold = onset !== null && !isNoStall(verdict);
  if (!isTold || sinceMs === null)
    return [
      figure(
        'since',
        'recorded',
        length,
        isTold ? UNTOLD[onset.kind] : start === undefined ? 'the time of day is unknown' : `from ${clock(start)}`,
      ),
    ];
  const clockOf = at === null ? duration(sinceMs) : clock(at);
  if (verdict.fromStart)
    return [
      figure(
        'since',
        'since before',
        clockOf,
        `it was there when the ${length} of recording began${onset.kind === 'throughout' ? ', and to its end' : ', and ended within it'}`,
      ),
    ];
  return [
    figure('since', 'since', clockOf, `${duration(sinceMs)} into the ${length} of recording${within(onset, sinceMs)}`),
  ];
}

/** Why no moment is told at which it began. */
const UNTOLD: Readonly<Record<VerdictOnset['kind'], string>> = {
  'comes-and-goes': 'it comes and goes, and set in at no one moment',
  untold: 'when it began can’t be told',
  'sets-in': '',
  throughout: '',
  'from-start': '',
};

/** How far the moment may lie beside what is told. */
function within({ withinMs }: VerdictOnset, sinceMs: number): string {
  if (!withinMs) return ', all the time that is accounted for';
  const [from, to] = withinMs;
  return `, ± ${duration(Math.max(sinceMs - from, to - sinceMs))}`;
}

/** '18:46:34 UTC' */
function clock(iso: string): string {
  return `${iso.slice(11, 19)} UTC`;
}

/** `finding` is what was found first; undefined where nothing was. */
export function keyFigures(m: Measures, verdict: Verdict, finding: Found | undefined): KeyFigure[] {
  const { account } = m;
  if (!account) return measuredAlone(m, verdict);
  const at = finding?.at ?? m;
  const lost = finding && finding.lost.length > 0 ? finding.lost : Intervals.of([account]);
  const { yardstick } = finding ?? {};
  return [
    lostTime(account, verdict, finding),
    ...(yardstick ? [figure('measured', yardstick.measure, yardstick.value, yardstick.against)] : unexplained(account)),
    ...deviceMeanwhile(at, lost),
    ...since(m, verdict),
  ];
}

/** Of a benchmark nothing else is known. */
function measuredAlone(m: Measures, verdict: Verdict): KeyFigure[] {
  const longest = longestMeasured(m);
  if (longest.length === 0) return [];
  return [...longest.map(({ label, value, beside }) => figure('measured', label, value, beside)), ...since(m, verdict)];
}

/** Without a verdict it turns on what is not understood: what it waited for, or why that took so long. */
function unexplained(account: Account): KeyFigure[] {
  const share = shareOf(account, UNEXPLAINED);
  if (share > 0)
    return [
      figure('measured', 'unexplained', said`${part(share)} of its time`, 'no cause tells what it waited for then'),
    ];
  const [longest] = [...WAITING].toSorted((a, b) => shareOf(account, [b]) - shareOf(account, [a]));
  if (longest === undefined) return [];
  const beside = `${STATES[longest]}; why it took so long is not known`;
  return [figure('measured', 'longest wait', said`${part(shareOf(account, [longest]))} of its time`, beside)];
}
