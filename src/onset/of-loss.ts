// Since when a victim loses time to a cause: whether that set in at all, told by the change points of statistics with the false alarms that they
// state, and when, between which bounds. The account knows each wait to the microsecond, so the moment is the beginning of a wait; that it is one
// is for statistics to say, since any steady loss has a first wait, and any that comes and goes has a first time. A change that lasts for a while
// only hides from a search for one step: halves and quarters of the time are searched as well (seeded intervals: Kovács, Bühlmann, Li & Munk,
// Biometrika 110, 2023).

import { recurrenceOf } from '../analysis/victim/recurrence.js';
import { addToBins, coveredMs, firstEndingAfter, type Interval, type Intervals } from '../base/intervals.js';
import type { VerdictOnset } from '../model/onset.js';
import { ONSET } from '../model/thresholds/stalls.js';
import { changesIn } from '../statistics/change-search.js';
import { Searches } from '../statistics/step-draws.js';

/** `sinceMs`: the first moment of it, ms since the recording's start; null where it began at no one moment. */
export interface LossOnset extends VerdictOnset {
  readonly sinceMs: number | null;
}

/** What searches draw once. */
const SEARCHES = new Searches();

/** One look for steps: at a part of the time, in so many bins. */
interface Look {
  readonly time: Interval;
  readonly bins: number;
}

/** The time in parts of 1, ½, ¼ …, each beginning half of its length after the one before. */
function layers({ from, to }: Interval, depth: number): Interval[] {
  return Array.from({ length: depth }, (_, layer) => (to - from) / 2 ** layer).flatMap((length, layer) =>
    Array.from({ length: 2 ** (layer + 1) - 1 }, (_part, at) => {
      const begin = from + (at * length) / 2;
      return { from: begin, to: begin + length };
    }),
  );
}

/** Parts of a long time that begin with it, halved as long as they are dated no better: a step near the end of a series is none to a search. */
function beginnings({ from, to }: Interval): Interval[] {
  const found: Interval[] = [];
  for (let length = (to - from) / 2 ** FINE_LAYERS; length >= ONSET.fineBins * ONSET.dated; length /= 2)
    found.push({ from, to: from + length });
  return found;
}

/** Of the finer and of the coarser bins; shorter parts have too few of them to be searched. */
const FINE_LAYERS = 3;
const COARSE_LAYERS = 2;

function looksAt(time: Interval): Look[] {
  const whole = time.to - time.from;
  const most = Math.floor(whole / ONSET.leastBinMs);
  const part = (bins: number) => (one: Interval) => ({
    time: one,
    bins: Math.round((Math.min(bins, most) * (one.to - one.from)) / whole),
  });
  return [
    ...layers(time, FINE_LAYERS).map(part(ONSET.fineBins)),
    ...layers(time, COARSE_LAYERS).map(part(ONSET.coarseBins)),
    ...beginnings(time).map((one) => ({ time: one, bins: ONSET.fineBins })),
  ];
}

interface Rise {
  readonly atMs: number;
  readonly withinMs: readonly [number, number];
  readonly binMs: number;
  readonly p: number;
}

/** What is lost in each of so many stretches of [from, to], as a share. */
function lostIn(lost: Intervals, { from, to }: Interval, bins: number): Float64Array {
  const binMs = (to - from) / bins;
  const values = new Float64Array(bins);
  for (let at = firstEndingAfter(lost, from); at < lost.length && (lost.from[at] ?? NaN) < to; at += 1)
    addToBins(
      values,
      binMs,
      Math.max(0, (lost.from[at] ?? 0) - from),
      Math.min(to, lost.to[at] ?? 0) - from,
      1 / binMs,
    );
  return values;
}

/** Steps up of the loss within one stretch of time. */
function risesIn(lost: Intervals, time: Interval, bins: number, falseAlarms: number): Rise[] {
  const binMs = (time.to - time.from) / bins;
  const when = (place: number) => Math.min(time.to, Math.max(time.from, time.from + place * binMs));
  return changesIn(lostIn(lost, time, bins), { falseAlarms, isOfLevels: true, isBounded: true }, SEARCHES)
    .filter(({ before, after }) => after > before)
    .map(({ at, within, p }) => ({
      atMs: when(at),
      // A bin in which it changes is partly of what was before: the change lies in the one before the first of the new level, or in that.
      withinMs: [when(within[0] - 1), when(within[1] + 1)],
      binMs,
      p,
    }));
}

function share(lost: Intervals, from: number, to: number): number {
  return to > from ? coveredMs(lost, from, to) / (to - from) : 0;
}

/** How much of the loss's variance within [from, to] a step there explains, in ms. */
function explained(lost: Intervals, { from, to }: Interval, atMs: number): number {
  const difference = share(lost, atMs, to) - share(lost, from, atMs);
  return (difference ** 2 * (atMs - from) * (to - atMs)) / (to - from);
}

/** Steps at which a loss sets in: as much as it is since, it was not before. */
function onsetsIn(lost: Intervals, time: Interval): Rise[] {
  const looks = looksAt(time);
  return looks
    .flatMap(({ time: part, bins }) =>
      risesIn(lost, part, bins, ONSET.falseAlarms / looks.length).map((one) => ({
        ...one,
        p: Math.min(1, one.p * looks.length),
      })),
    )
    .filter(({ atMs }) => share(lost, time.from, atMs) <= ONSET.mostBefore * share(lost, atMs, time.to));
}

const widthOf = ({ withinMs: [from, to] }: Rise): number => to - from;

/** The one that is told: the one that explains most, as the look tells it that is surest. */
function greatestOf(lost: Intervals, time: Interval, all: readonly Rise[]): Rise | undefined {
  const weighed = all.map((one) => ({ one, weight: explained(lost, time, one.atMs) }));
  const [greatest] = weighed.sort((a, b) => b.weight - a.weight || a.one.atMs - b.one.atMs);
  if (!greatest) return undefined;
  const { withinMs } = greatest.one;
  const alike = all.filter((one) => one.withinMs[0] <= withinMs[1] && one.withinMs[1] >= withinMs[0]);
  // Of equally sure ones the first look: to take that with the narrowest bounds is to take those that are too narrow by accident.
  return alike.toSorted((a, b) => a.p - b.p)[0];
}

/** The same step in shorter and shorter stretches about it, as far as it shows in them. */
function dated(lost: Intervals, time: Interval, found: Rise): Rise {
  if (found.binMs <= ONSET.dated) return found;
  const reach = Math.max(widthOf(found), (ONSET.coarseBins / 4) * found.binMs);
  const about = { from: Math.max(time.from, found.atMs - reach), to: Math.min(time.to, found.atMs + reach) };
  if (about.to - about.from > (time.to - time.from) / 2) return found;
  const near = risesIn(lost, about, ONSET.fineBins, ONSET.falseAlarms);
  const [best] = near.sort((a, b) => explained(lost, about, b.atMs) - explained(lost, about, a.atMs));
  return best ? dated(lost, time, { ...best, p: found.p }) : found;
}

/** The beginning of a wait at a step: the first that lasts beyond the bin before it, where it begins in that or the next. */
function beginNear(lost: Intervals, { atMs, binMs }: Rise): number {
  const begin = lost.from[firstEndingAfter(lost, atMs - binMs)] ?? atMs;
  return Math.abs(begin - atMs) <= binMs ? begin : atMs;
}

/** The longest time between two waits. */
function longestPause({ from, to, length }: Intervals): number {
  let longest = 0;
  for (let at = 1; at < length; at += 1) longest = Math.max(longest, (from[at] ?? NaN) - (to[at - 1] ?? NaN));
  return longest;
}

/** How long a loss may be away at either end and be there all the same: until tracing sets in and a first wait comes, and as long as it pauses elsewhere. */
function slackOf(lost: Intervals): number {
  return Math.max(ONSET.atStartMs, longestPause(lost));
}

/** Of a loss that did not set in: whether it was there all the time. */
function withoutOnset(lost: Intervals, { from, to }: Interval): LossOnset {
  const told = { withinMs: null, p: null };
  if (recurrenceOf(lost, from, to)) return { ...told, kind: 'comes-and-goes', sinceMs: null };
  const [first = from, last = to] = [lost.from[0], lost.to.at(-1)];
  const slack = slackOf(lost);
  if (first - from > slack) return { ...told, kind: 'untold', sinceMs: null };
  return { ...told, kind: to - last <= slack ? 'throughout' : 'from-start', sinceMs: first };
}

/** Of a loss that is known at moments alone that somebody looked. */
export const GLIMPSED: LossOnset = { kind: 'untold', sinceMs: null, withinMs: null, p: null };

/** Since when `lost`, sorted, disjoint and not empty, is lost within a victim's account of [from, to]. */
export function onsetOfLoss(lost: Intervals, from: number, to: number): LossOnset {
  const time = { from, to };
  const found = greatestOf(lost, time, onsetsIn(lost, time));
  const isAtOnce = found && found.atMs - from <= slackOf(lost);
  if (!found || isAtOnce) return withoutOnset(lost, time);
  const exact = dated(lost, time, found);
  const sinceMs = beginNear(lost, exact);
  const [low, high] = exact.withinMs;
  return { kind: 'sets-in', sinceMs, withinMs: [Math.min(low, sinceMs), Math.max(high, sinceMs)], p: exact.p };
}
