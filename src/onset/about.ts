// What else changed about an onset: settings, mounts and daemons, processes that started, and every counter that moved, those that did so first
// before the others. What moved before it may have made it, and what moved with it may be it: a lead, no cause. A counter is looked at in the rows
// about the onset alone, where it is searched row by row, however long the recording is.

import type { Measures } from '../analysis/measures.js';
import { isKernelThread } from '../analysis/machine/processes.js';
import { greatestNotAbove } from '../base/sorted.js';
import type { AboutOnset, MeasureChange, OrderAboutOnset } from '../model/onset.js';
import { DIFFERENCES } from '../model/thresholds/differences.js';
import type { Searches } from '../statistics/step-draws.js';
import { changesOf, isWorthTelling } from './changes.js';
import type { Measure, Values } from './series.js';

/** A moment, and the bounds that it lies between with 95 %. */
export type Moment = Pick<MeasureChange, 'atMs' | 'withinMs'>;

/** Rows on either side of a time: as many as a search does not draw together. */
const ROWS = 120;

function rowsAbout(atMs: number): (values: Values) => Values {
  return ({ t, values }) => {
    const at = greatestNotAbove(t, atMs) + 1;
    const [from, to] = [Math.max(0, at - ROWS), at + ROWS];
    return { t: t.subarray(from, to), values: values.subarray(from, to) };
  };
}

function orderOf([from, to]: readonly [number, number], { withinMs: [begin, end] }: Moment): OrderAboutOnset {
  if (to < begin) return 'before';
  return from > end ? 'after' : 'with';
}

/** Processes that started between two times, neither watched nor the recorder's. */
function startedIn({ input }: Measures, from: number, to: number) {
  const watched = new Set(input.victims.map(({ pid }) => pid));
  const started = new Map<number, { readonly pid: number; readonly name: string; readonly atMs: number }>();
  for (const { processes } of input.facts)
    for (const { pid, comm, startedMs } of processes)
      if (startedMs !== undefined && startedMs >= Math.max(0, from) && startedMs <= to)
        if (!watched.has(pid) && !isKernelThread(input, pid)) started.set(pid, { pid, name: comm, atMs: startedMs });
  return [...started.values()].sort((a, b) => a.atMs - b.atMs);
}

/** `others`: the measures that the onset is not one of. */
export function aboutOnset(m: Measures, others: readonly Measure[], onset: Moment, searches: Searches): AboutOnset {
  const [from, to] = onset.withinMs;
  const slack = Math.max(DIFFERENCES.aboutMs, to - from);
  const isNear = ({ atMs }: { readonly atMs: number }) => atMs >= from - slack && atMs <= to + slack;
  const options = {
    falseAlarms: DIFFERENCES.counterMoves,
    isSearchedOn: false,
    isOfLevels: true,
    searched: others.length,
    rows: rowsAbout(onset.atMs),
  };
  const counters = others.flatMap((measure) =>
    changesOf(m, measure, options, searches)
      .filter((one) => isWorthTelling(one) && isNear(one))
      .slice(0, 1),
  );
  return {
    settings: m.input.changes.filter(isNear).map((change) => ({ ...change })),
    appeared: startedIn(m, from - slack, to + slack).map((one) => ({
      ...one,
      order: orderOf([one.atMs, one.atMs], onset),
    })),
    counters: counters.sort((a, b) => a.atMs - b.atMs).map((one) => ({ ...one, order: orderOf(one.withinMs, onset) })),
    searched: others.length,
  };
}
