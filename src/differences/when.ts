// When something changed within one recording: change points of the disk's throughput, of its latency given the load, of its requests a second and of what the
// victim got done; and what else changed about then: settings, mounts and daemons, and every counter that moved, those that did so first before the others.
// That one moved first makes it a lead, no cause.

import type { Measures } from '../analysis/measures.js';
import { medianOf } from '../base/median.js';
import { clockText, duration } from '../base/format.js';
import type { Onsets } from '../model/differences.js';
import type { MeasureChange } from '../model/onset.js';
import { DIFFERENCES } from '../model/thresholds/differences.js';
import { aboutOnset } from '../onset/about.js';
import { byAccident, changesOf, isWorthTelling } from '../onset/changes.js';
import type { Measure, Values } from '../onset/series.js';
import type { Searches } from '../statistics/step-draws.js';

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

/** The one that the recording is about: the surest of a level, of equally sure ones the first of MAIN. */
function onsetAmong(changes: readonly MeasureChange[]): MeasureChange | undefined {
  return changes.toSorted((a, b) => Number(a.kind === 'spread') - Number(b.kind === 'spread') || a.p - b.p)[0];
}

function sentenceOf(onset: MeasureChange | undefined, changes: readonly MeasureChange[]): string {
  if (!onset)
    return 'Nothing changed abruptly, as far as it shows: neither its throughput nor its requests a second nor its latency at the same load.';
  const [from, to] = onset.withinMs;
  const what =
    onset.kind === 'level' ? `went from ${onset.before.text} to ${onset.after.text}` : 'began to vary otherwise';
  const more = changes.length - 1;
  return `${duration(onset.atMs)} after the start${onset.at === null ? '' : ` (${clockText(onset.at)})`} ${onset.label} ${what}; between ${duration(from)} and ${duration(to)}, by accident ${byAccident(onset.p, 'such recordings')}${more > 0 ? `; ${more} more ${more === 1 ? 'change' : 'changes'}` : ''}.`;
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
  const isMain = new Set(main.map(({ id }) => id));
  const others = measures.filter(({ id }) => !isMain.has(id));
  const about = onset && aboutOnset(m, others, onset, searches);
  return {
    recording: place,
    sentence: sentenceOf(onset, changes),
    changes: onset ? [onset, ...changes.filter((one) => one !== onset)] : [],
    settings: about?.settings ?? [],
    appeared: about?.appeared ?? [],
    counters: about?.counters ?? [],
    searched: main.length + (about?.searched ?? 0),
  };
}
