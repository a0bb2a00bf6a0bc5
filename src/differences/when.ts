// When something changed within one recording: change points of the disk's throughput, of its latency given the load, of its requests a second and of what the
// victim got done; and what else changed about then: settings, mounts and daemons, and every counter that moved, those that did so first before the others.
// That one moved first makes it a lead, no cause.

import type { Measures } from '../analysis/measures.js';
import { medianOf } from '../base/median.js';
import { clockText, duration } from '../base/format.js';
import { wallTime } from '../model/case.js';
import type { MeasureChange, Onsets } from '../model/differences.js';
import { DIFFERENCES } from '../model/thresholds/differences.js';
import { changePoints, type ChangedPart, type ChangePoint } from '../statistics/change-points.js';
import type { ChangeOptions } from '../statistics/change-search.js';
import type { Searches } from '../statistics/step-draws.js';
import { known, quantityOf, type Measure, type Values } from './series.js';

const DAY_MS = 86_400_000;

/** Loads to such parts of an octave are alike. */
const PARTS = 2;

/** How long a request takes, as so many times what one takes at that load in this recording: a disk that is asked for more answers later. */
function latencyAtLoad(measures: readonly Measure[]): Measure | undefined {
  const [latency, depth] = ['disk.await', 'disk.depth'].map((id) => measures.find((one) => one.id === id));
  if (!latency || !depth) return undefined;
  const values = (): Values => {
    const { t, values: all } = latency.values();
    const load = depth.values().values.map((one) => Math.round(PARTS * Math.log2(Math.max(one, 0.01))));
    const byLoad = new Map<number, number[]>();
    all.forEach((value, row) => {
      if (!Number.isNaN(value)) byLoad.set(load[row] ?? 0, [...(byLoad.get(load[row] ?? 0) ?? []), value]);
    });
    const usual = new Map([...byLoad].map(([key, list]) => [key, medianOf(list)]));
    return { t, values: all.map((value, row) => value / (usual.get(load[row] ?? 0) ?? NaN)) };
  };
  return {
    id: 'disk.await-at-load',
    label: 'time a request takes, against the usual at its load',
    unit: 'times',
    values,
  };
}

const MAIN = ['disk.throughput', 'disk.iops', 'victim.wchar', 'victim.rchar'] as const;

function mainOf(measures: readonly Measure[]): Measure[] {
  const latency = latencyAtLoad(measures);
  return [...MAIN.flatMap((id) => measures.find((one) => one.id === id) ?? []), ...(latency ? [latency] : [])];
}

const OF_PART: Readonly<Record<ChangedPart, string>> = {
  all: '',
  'between bursts': ', between its bursts',
  bursts: ', in its bursts',
};

function changeOf(m: Measures, measure: Measure, t: Float64Array, point: ChangePoint, searched: number): MeasureChange {
  const at = (row: number) => t[Math.min(t.length - 1, Math.max(0, row))] ?? NaN;
  const told = (value: number) => ({ value, text: String(quantityOf(measure.unit, value)) });
  // A row's time is the end of what it tells: the change lies in the step before it.
  const atMs = (at(point.at - 1) + at(point.at)) / 2;
  return {
    id: measure.id,
    label: `${measure.label}${OF_PART[point.of]}`,
    unit: measure.unit,
    kind: point.kind,
    of: point.of,
    atMs,
    at: wallTime(m.input.manifest, atMs) ?? null,
    withinMs: [at(point.within[0] - 1), at(point.within[1] + 1)],
    before: told(point.before),
    after: told(point.after),
    p: Math.min(1, point.p * searched),
  };
}

function changesOf(
  m: Measures,
  measure: Measure,
  { searched, ...options }: Pick<ChangeOptions, 'falseAlarms' | 'isSearchedOn'> & { readonly searched: number },
  searches: Searches,
): MeasureChange[] {
  const { t, values } = known(measure.values());
  if (values.length === 0) return [];
  const days = ((t.at(-1) ?? 0) - (t[0] ?? 0)) / DAY_MS;
  return changePoints(values, { ...options, cycles: [days, 2 * days] }, searches).map((one) =>
    changeOf(m, measure, t, one, searched),
  );
}

function isWorthTelling({ kind, before, after }: MeasureChange): boolean {
  const [low, high] = [before.value, after.value].sort((a, b) => a - b);
  return kind === 'spread' || (high ?? 0) > (low ?? 0) * DIFFERENCES.leastGrowth;
}

/** The one that the recording is about: the surest of a level, of equally sure ones the first of MAIN. */
function onsetAmong(changes: readonly MeasureChange[]): MeasureChange | undefined {
  return changes.toSorted((a, b) => Number(a.kind === 'spread') - Number(b.kind === 'spread') || a.p - b.p)[0];
}

/** Counters whose largest change lies about the onset. */
function movedWith(
  m: Measures,
  measures: readonly Measure[],
  onset: MeasureChange,
  searches: Searches,
): { readonly counters: MeasureChange[]; readonly searched: number } {
  const [from, to] = onset.withinMs;
  const slack = Math.max(DIFFERENCES.aboutMs, to - from);
  const main = new Set<string>([...MAIN, 'disk.await-at-load']);
  const others = measures.filter(({ id }) => !main.has(id));
  const counters = others.flatMap((measure) => {
    const options = { falseAlarms: DIFFERENCES.counterMoves, isSearchedOn: false, searched: others.length };
    const near = changesOf(m, measure, options, searches).filter(
      (one) => one.kind === 'level' && isWorthTelling(one) && one.atMs >= from - slack && one.atMs <= to + slack,
    );
    return near.slice(0, 1);
  });
  return { counters: counters.sort((a, b) => a.atMs - b.atMs), searched: others.length };
}

function sentenceOf(onset: MeasureChange | undefined, changes: readonly MeasureChange[]): string {
  if (!onset)
    return 'Nothing changed abruptly, as far as it shows: neither its throughput nor its requests a second nor its latency at the same load.';
  const [from, to] = onset.withinMs;
  const what =
    onset.kind === 'level' ? `went from ${onset.before.text} to ${onset.after.text}` : 'began to vary otherwise';
  const more = changes.length - 1;
  return `${duration(onset.atMs)} after the start${onset.at === null ? '' : ` (${clockText(onset.at)})`} ${onset.label} ${what}; between ${duration(from)} and ${duration(to)}, by accident in ${onset.p < 1e-4 ? 'less than one of 10,000 such recordings' : `one of ${Math.round(1 / onset.p)} such recordings`}${more > 0 ? `; ${more} more ${more === 1 ? 'change' : 'changes'}` : ''}.`;
}

/** `place`: which of the recordings it is. */
export function whenOf(m: Measures, measures: readonly Measure[], place: number, searches: Searches): Onsets {
  const main = mainOf(measures);
  const each = DIFFERENCES.onsetAlarms / Math.max(1, main.length);
  const found = main
    .flatMap((measure) => changesOf(m, measure, { falseAlarms: each, searched: main.length }, searches))
    .filter(isWorthTelling);
  const onset = onsetAmong(found);
  const changes = found.toSorted((a, b) => a.atMs - b.atMs);
  const { counters, searched } = onset
    ? movedWith(m, measures, onset, searches)
    : { counters: [] as MeasureChange[], searched: 0 };
  const [from, to] = onset?.withinMs ?? [NaN, NaN];
  const slack = Math.max(DIFFERENCES.aboutMs, to - from);
  return {
    recording: place,
    sentence: sentenceOf(onset, changes),
    changes: onset ? [onset, ...changes.filter((one) => one !== onset)] : [],
    settings: m.input.changes
      .filter(({ atMs }) => atMs >= from - slack && atMs <= to + slack)
      .map((change) => ({ ...change })),
    counters,
    searched: searched + main.length,
  };
}
