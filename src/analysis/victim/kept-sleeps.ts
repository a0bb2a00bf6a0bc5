// When the switches and wake-ups of the watched threads were kept: not before tracing began or behind its end, not while they were too many to be
// kept (a watch at rest, or a class of events that was shed), and not where the kernel lost some.

import { Intervals, union, without, type Interval } from '../../base/intervals.js';
import { remembered } from '../../base/remember.js';
import type { Case } from '../../model/case.js';
import type { TraceState } from '../../model/recording.js';
import type { Segment } from '../../model/segment.js';
import { TimelineBuilder, type Timeline } from '../../model/timeline.js';
import { TIMELINE } from '../../model/thresholds/victim.js';

const SLEEPS = ['sched/sched_switch', 'sched/sched_waking'];

function keepsSleeps({ enabled }: TraceState): boolean {
  return SLEEPS.every((event) => enabled.includes(event));
}

function victimStates({ trace }: Case): Case['trace'] {
  return trace.filter(({ instance }) => instance === 'victim');
}

/** When the kernel's events were recorded: tracing begins behind the recording's start, and what is read last is read after its end. */
export function traced(input: Case): Interval {
  // The last sample is taken when tracing ends.
  const ends = [...input.counters.disks.values()].map(({ t }) => t.at(-1) ?? -Infinity);
  const last = ends.reduce((latest, end) => Math.max(latest, end), -Infinity);
  return { from: victimStates(input)[0]?.atMs ?? 0, to: last > 0 ? last : input.durationMs };
}

/** The times in which no sleep of a watched thread was missed, ms, sorted and disjoint. */
export const keptSleeps = remembered(
  (input: Case): Intervals => {
    const states = victimStates(input);
    // Of other tools' traces it is not known what was enabled when.
    if (states.length === 0) return Intervals.of([traced(input)]);
    const gaps = (input.events?.gaps ?? []).filter(
      ({ instance, from, to }) => instance === 'victim' && to - from >= TIMELINE.longSleepMs,
    );
    const overwritten = states.map(({ wholeFromNs }) => ({ from: -Infinity, to: sinceStart(input, wholeFromNs) }));
    return without(enabledTimes(input, states), union([...overwritten, ...gaps]));
  },
  () => '',
);

/** ms since the recording's start; NaN where it is not told. */
function sinceStart({ manifest: { start } }: Case, ns: string | undefined): number {
  return ns === undefined || !start ? NaN : Number(BigInt(ns) - BigInt(start.monotonicNs)) / 1e6;
}

/** What is switched on or off is told afterwards; by then the events themselves have shown it. */
function enabledTimes(input: Case, states: Case['trace']): Intervals {
  const switches = input.events?.tables.get('sched_switch')?.t ?? new Float64Array(0);
  const times: Interval[] = [];
  let offMs = -Infinity;
  let from: number | undefined;
  for (const state of states) {
    if (keepsSleeps(state)) {
      from ??= Math.min(state.atMs, switches.find((t) => t > offMs) ?? Infinity);
      continue;
    }
    offMs = state.atMs;
    if (from !== undefined) times.push({ from, to: switches.findLast((t) => t <= offMs) ?? from });
    from = undefined;
  }
  if (from !== undefined) times.push({ from, to: traced(input).to });
  return Intervals.of(times);
}

/**
 * A thread's line between two times, with what its samples tell of the times in which its sleeps were not kept. What they don't tell is unexplained
 * between two parts that are known, and left out before the first and behind the last.
 */
export function withoutHoles(line: Timeline, life: Interval, sampled: (hole: Interval) => Timeline): Timeline {
  const holes = [...without([life], line)];
  const fillings = holes.map((hole) => [...sampled(hole)]);
  const isBetween = ({ from, to }: Interval) => from > life.from && to < life.to;
  if (!holes.some(isBetween) && fillings.every(({ length }) => length === 0)) return line;
  const builder = new TimelineBuilder();
  let at: number | undefined;
  const add = (segment: Segment) => {
    if (at !== undefined && segment.from > at) builder.add({ from: at, to: segment.from, state: 'unexplained' });
    builder.add(segment);
    at = segment.to;
  };
  let next = 0;
  for (const segment of line) {
    for (; (holes[next]?.from ?? Infinity) < segment.from; next += 1) fillings[next]?.forEach(add);
    add(segment);
  }
  for (; next < holes.length; next += 1) fillings[next]?.forEach(add);
  return builder.finish();
}
