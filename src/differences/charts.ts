// What compared recordings are drawn by: each one's throughput, requests, latency and work, and the measures that differ, over seconds since its own
// start on one axis; with marks where one of them changed. A line a recording, or where they are many the median of each side.

import { basename } from 'node:path';
import { axisOf, meanPerBin, type Axis } from '../analysis/charts/axis.js';
import { medianOf } from '../base/median.js';
import type { Band, Chart, ChartLine, Charts } from '../model/charts.js';
import { letterOf, type ComparedRecording, type Differences, type Onsets } from '../model/differences.js';
import type { MeasureChange } from '../model/onset.js';
import type { Unit } from '../model/quantity.js';
import type { Side } from './separate.js';
import type { Measure, Values } from '../onset/series.js';

/** What is drawn of a recording. */
export interface Drawn {
  readonly about: ComparedRecording;
  /** Of a few recordings all, sample by sample; of one of many those that are always drawn, as many values as a drawing has. */
  readonly measures: readonly Measure[];
}

/** What is drawn of every comparison, as far as it was recorded. */
const ALWAYS = ['disk.throughput', 'disk.iops', 'disk.await', 'disk.depth', 'victim.wchar', 'victim.rchar'];
/** Measures that are drawn because they differ, and counters because they moved about an onset. */
const MOST_DIFFERING = 6;
const MOST_MOVED = 4;
/** More recordings than colours are drawn by their sides. */
const MOST_LINES = 8;

/** Bytes are drawn in the largest unit in which the most of them are at least one: memory in powers of two, what is moved in decimal ones. */
const SIZES = {
  bytes: [
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
    ['B', 1],
  ],
  'bytes/s': [
    ['MB/s', 1e6],
    ['kB/s', 1e3],
    ['B/s', 1],
  ],
} as const;

/** The unit of an axis, and how many of the measure’s own one of them is. */
function drawnIn(unit: Unit, most: number): readonly [unit: string, size: number] {
  if (unit === 'share') return ['%', 0.01];
  if (unit !== 'bytes' && unit !== 'bytes/s') return [unit, 1];
  return SIZES[unit].find((one) => one[1] <= most) ?? SIZES[unit][2];
}

/** What is kept of a measure of one of many recordings: as many values as are drawn. */
function thinned(measure: Measure, axis: Axis): Measure {
  const values: Values = { t: axis.t, values: meanPerBin(axis, measure.values()) };
  return { ...measure, values: () => values };
}

/** Of one of many recordings what is drawn of it. */
export function drawnOf(measures: readonly Measure[], durationMs: number): Measure[] {
  const axis = axisOf(durationMs);
  return measures.filter(({ id }) => ALWAYS.includes(id)).map((one) => thinned(one, axis));
}

/** The ids of what is drawn, the one that the answer is about first. */
function idsOf({ measures, when }: Differences): string[] {
  // What a change of latency at its load is searched on is drawn as the latency itself.
  const onsets = when.flatMap(({ changes }) => changes.slice(0, 1).map(({ id }) => id.replace(/-at-load$/, '')));
  const differing = (measures?.groups ?? []).slice(0, MOST_DIFFERING).flatMap((group) => group.measures.slice(0, 1));
  const moved = when.flatMap(({ counters }) => counters.slice(0, MOST_MOVED));
  return [...new Set([...onsets, ...ALWAYS, ...[...differing, ...moved].map(({ id }) => id)])];
}

/** A line a recording. */
function eachOf(id: string, recordings: readonly Drawn[], axis: Axis): ChartLine[] {
  return recordings.flatMap(({ about, measures }, at) => {
    const measure = measures.find((one) => one.id === id);
    const name = recordings.length === 1 ? basename(about.path) : `${letterOf(at)} ${basename(about.path)}`;
    return measure ? [{ name, subject: letterOf(at), values: meanPerBin(axis, measure.values()) }] : [];
  });
}

/** A line a side: the median of its recordings, in each bin of those that have a value there. */
function sidesOf(id: string, recordings: readonly Drawn[], axis: Axis): ChartLine[] {
  return (['slow', 'fast', 'unknown'] as const satisfies readonly Side[]).flatMap((side): ChartLine[] => {
    const lines = recordings
      .filter(({ about }) => about.side === side)
      .flatMap(({ measures }) => measures.filter((one) => one.id === id).map((one) => meanPerBin(axis, one.values())));
    if (lines.length === 0) return [];
    const values = axis.t.map((_, bin) =>
      medianOf(lines.map((line) => line[bin] ?? NaN).filter((value) => !Number.isNaN(value))),
    );
    const words = side === 'unknown' ? 'neither slow nor fast' : side;
    return [{ name: `${words}: median of ${lines.length}`, subject: side, values }];
  });
}

/** Nothing where it is nothing in all of them. */
function chartOf(id: string, recordings: readonly Drawn[], axis: Axis): Chart[] {
  const like = recordings.flatMap(({ measures }) => measures.find((one) => one.id === id) ?? [])[0];
  const lines = (recordings.length > MOST_LINES ? sidesOf : eachOf)(id, recordings, axis);
  const most = lines.reduce((high, { values }) => values.reduce((a, b) => (b > a ? b : a), high), 0);
  if (!like || most === 0) return [];
  const [unit, size] = drawnIn(like.unit, most);
  const drawn = lines.map((line) => ({ ...line, values: line.values.map((value) => value / size) }));
  return [{ id, title: like.label, unit, lines: drawn }];
}

/** Changes of one recording whose bounds overlap are one mark. */
function marksOf({ recording, changes }: Onsets): Band[] {
  const marks: { from: number; to: number; what: MeasureChange[] }[] = [];
  for (const change of changes.toSorted((a, b) => a.withinMs[0] - b.withinMs[0])) {
    const [from, to] = change.withinMs;
    const last = marks.at(-1);
    if (last && from <= last.to) {
      last.to = Math.max(last.to, to);
      last.what.push(change);
    } else marks.push({ from, to, what: [change] });
  }
  return marks.map(({ from, to, what }) => ({
    kind: 'change',
    row: `change ${letterOf(recording)}`,
    label: [...new Set(what.map(({ label }) => label))].join('; '),
    fromMs: from,
    toMs: to,
  }));
}

/** The first chart is the one that shows the answer. */
export function chartsOf(recordings: readonly Drawn[], differences: Differences): Charts {
  const axis = axisOf(Math.max(1, ...recordings.map(({ about }) => about.durationMs)));
  const all = idsOf(differences).flatMap((id) => chartOf(id, recordings, axis));
  return {
    t: axis.t,
    binMs: axis.binMs,
    proof: all.slice(0, 1),
    charts: all.slice(1),
    bands: differences.when.flatMap(marksOf),
    heatmaps: [],
    slowest: [],
    stacks: [],
  };
}
