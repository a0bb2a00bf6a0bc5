// The charts of two recordings laid over each other: seconds since each one's start on one axis, what was before beneath what is after. What is drawn
// is what both have by the same name: the picture that showed the first verdict, the victim's waiting and requests, its disk, the machine.

import { axisOf, type Axis } from '../analysis/charts/axis.js';
import { linesOfOwnDisk } from '../analysis/charts/disks.js';
import { dirtyChart, pressureChart } from '../analysis/charts/machine.js';
import { pictureOf } from '../analysis/charts/proof.js';
import { ownLatency } from '../analysis/charts/proofs/latency.js';
import { heldUpLine } from '../analysis/charts/time.js';
import type { Measures } from '../analysis/measures.js';
import type { Shown } from '../analysis/shown.js';
import type { Chart, ChartLine, Charts } from '../model/charts.js';

/** What is drawn of one of the two. */
export interface Drawn {
  readonly measures: Measures;
  readonly shown: Shown;
}

/** Names without the device's, which differs between machines. */
function ofDisk(lines: readonly ChartLine[], otherwise: string): ChartLine[] {
  return lines.map((line) => ({ ...line, name: line.direction ?? otherwise }));
}

function only({ lines, ...chart }: Chart, names: readonly string[]): Chart {
  return { ...chart, lines: lines.filter(({ name }) => names.includes(name)) };
}

function chartsOf({ measures: m }: Drawn, axis: Axis): Chart[] {
  const { throughput, operations, depth } = linesOfOwnDisk(m, axis);
  return [
    { id: 'held-up', title: 'Time in which the victim was held up', unit: '%', lines: heldUpLine(m, axis) },
    ...ownLatency(m, axis).map((chart) => ({
      ...chart,
      id: 'own-latency',
      title: 'What the victim’s own requests took',
    })),
    { id: 'throughput', title: 'Throughput of its disk', unit: 'MB/s', lines: ofDisk(throughput, 'requests') },
    { id: 'iops', title: 'Requests per second of its disk', unit: 'IOPS', lines: ofDisk(operations, 'requests') },
    { id: 'depth', title: 'Queue depth of its disk', unit: 'requests', lines: ofDisk(depth, 'in flight') },
    only(dirtyChart(m, axis), ['dirty', 'limit']),
    only(pressureChart(m, axis), ['io, some tasks', 'memory, some tasks']),
  ];
}

/** The same picture of the second recording; a limit that was set for the first one alone only chooses what is drawn. */
function sameOf({ kind, limit }: Shown, after: Shown): Shown {
  const { limit: _, ...rest } = after;
  if (after.kind === kind) return after;
  return { ...rest, kind, ...(kind === 'rate' && limit && { limit }) };
}

function proofs(before: Drawn, after: Drawn, axis: Axis): readonly [before: Chart[], after: Chart[]] {
  const same = sameOf(before.shown, after.shown);
  // Areas that are stacked can't lie over each other.
  const was = pictureOf(before.shown, axis).filter(({ stacked }) => stacked !== true);
  const is = pictureOf(same, axis).map((chart) =>
    same.limit === after.shown.limit ? chart : { ...chart, lines: chart.lines.filter(({ role }) => role !== 'limit') },
  );
  return [was, is];
}

/** Nothing is known of what came after a recording's end. */
function ended(line: Pick<ChartLine, 'values'>, axis: Axis, durationMs: number): Float64Array {
  return line.values.map((value, bin) => ((axis.t[bin] ?? 0) - axis.binMs / 2 < durationMs ? value : NaN));
}

function laidOver(
  before: readonly Chart[],
  after: readonly Chart[],
  axis: Axis,
  lengths: readonly [number, number],
): Chart[] {
  return before.flatMap((one) => {
    // Moments of one of the two alone would be taken for those of both.
    const { ticks: _, ...chart } = one;
    const was = chart.lines.map((line): ChartLine => ({
      ...line,
      name: `before: ${line.name}`,
      before: true,
      values: ended(line, axis, lengths[0]),
    }));
    const like = after.find(({ id, unit }) => id === chart.id && unit === chart.unit);
    const is = (like?.lines ?? []).map((line): ChartLine => {
      // The two may have other devices, and colours are told by what is before and after: whose line it is stands in its name.
      const { subject: _subject, ...rest } = line;
      return { ...rest, name: `after: ${line.name}`, values: ended(line, axis, lengths[1]) };
    });
    return was.length + is.length > 0 ? [{ ...chart, lines: [...was, ...is] }] : [];
  });
}

export function overlay(before: Drawn, after: Drawn): Charts {
  const lengths = [before.measures.input.durationMs, after.measures.input.durationMs] as const;
  const axis = axisOf(Math.max(...lengths));
  const [was, is] = proofs(before, after, axis);
  return {
    t: axis.t,
    binMs: axis.binMs,
    proof: laidOver(was, is, axis, lengths),
    charts: laidOver(chartsOf(before, axis), chartsOf(after, axis), axis, lengths),
    bands: [],
    heatmaps: [],
    slowest: [],
    stacks: [],
  };
}
