// A disk against its own past: which stretches of its counters took longer than it usually did at that load. What is not known at exactly that depth is held
// against the nearest known ones with the benefit of the doubt: at most so many times as long as there are more requests at once, as they would take one
// after the other.

import type { Interval, Intervals } from '../../base/intervals.js';
import { union } from '../../base/intervals.js';
import { medianOf } from '../../base/median.js';
import type { Series } from '../../model/counters.js';
import type { DevicePast, Load, PastChapter, UsualAtLoad } from '../../model/past.js';
import { AS_EVER, PAST } from '../../model/thresholds/past.js';
import { stretchesAtLoad, type LoadStretch } from './at-load.js';

/** What a load usually takes, ms, and what most stretches stay below. */
type Usual = Pick<UsualAtLoad, 'usualMs' | 'mostMs' | 'stretches' | 'days'>;

/** What a chapter knows of a load; undefined where that is nothing, or too little to tell. */
export function usualAt(chapter: Pick<PastChapter, 'usual'>, { does, upToBytes, depth }: Load): Usual | undefined {
  const known = chapter.usual.filter(
    (one) => one.does === does && one.upToBytes === upToBytes && one.stretches >= PAST.leastStretches,
  );
  const exact = known.find((one) => one.depth === depth);
  if (exact) return exact;
  const [above] = known.filter((one) => one.depth > depth).toSorted((a, b) => a.depth - b.depth);
  const [below] = known.filter((one) => one.depth < depth).toSorted((a, b) => b.depth - a.depth);
  const times = below ? depth / below.depth : 1;
  const stretched = below && { ...below, usualMs: times * below.usualMs, mostMs: times * below.mostMs };
  if (!above || !stretched) return above ?? stretched;
  return above.usualMs > stretched.usualMs ? above : stretched;
}

/** The longest that still passes for usual, ms. */
export function usualLimit({ usualMs, mostMs }: Usual): number {
  return Math.max(PAST.leastMs, mostMs, PAST.slower * usualMs);
}

/** A stretch in which a disk took longer than it used to. */
export interface SlowerStretch extends LoadStretch {
  readonly usual: Usual;
}

/** How a disk did against its past. */
export interface AgainstPast {
  /** The chapter it is held against, and where that is not the one in force, what has changed since. */
  readonly chapter: PastChapter;
  readonly changed: DevicePast['before'];
  /** The part of its requests' time that was at loads that the past knows. */
  readonly knownShare: number;
  /** How many times the usual its requests took, over all of that time. */
  readonly factor: number;
  readonly slower: readonly SlowerStretch[];
  /** The part of its requests' time, of what is known, that these took. */
  readonly slowerShare: number;
  /** When it was. */
  readonly times: Intervals;
  /** Of the least known load that was met. */
  readonly days: number;
  readonly stretches: number;
}

function chapterOf({ now, before }: DevicePast, stretches: readonly LoadStretch[]): PastChapter | undefined {
  const knows = (chapter: PastChapter | undefined) =>
    chapter !== undefined && stretches.some(({ load }) => usualAt(chapter, load) !== undefined);
  // One that has just begun knows too little, and the one before it is asked.
  return knows(now) ? now : knows(before?.chapter) ? before?.chapter : undefined;
}

/** Undefined where nothing that the disk did is known from its past. */
export function againstPast(disk: Series, past: DevicePast, within: Interval): AgainstPast | undefined {
  const all = stretchesAtLoad(disk, within);
  const chapter = chapterOf(past, all);
  if (!chapter) return undefined;
  const known = all.flatMap((one) => {
    const usual = usualAt(chapter, one.load);
    return usual ? [{ ...one, usual }] : [];
  });
  const timeOf = (ones: readonly LoadStretch[]) => ones.reduce((sum, { ms, requests }) => sum + ms * requests, 0);
  const usualTime = known.reduce((sum, { usual, requests }) => sum + usual.usualMs * requests, 0);
  const slower = known.filter(({ ms, usual }) => ms > usualLimit(usual));
  return {
    chapter,
    changed: chapter === past.now ? undefined : past.before,
    knownShare: timeOf(known) / timeOf(all),
    factor: timeOf(known) / usualTime,
    slower,
    slowerShare: timeOf(slower) / timeOf(known),
    times: union(slower),
    days: Math.min(...known.map(({ usual }) => usual.days)),
    stretches: Math.min(...known.map(({ usual }) => usual.stretches)),
  };
}

/** True where a disk that is slow for its kind does what it has done for days: one that hung for some seconds does not. */
export function isAsEver(past: AgainstPast | undefined): past is AgainstPast {
  return (
    past !== undefined &&
    past.days >= PAST.acquitDays &&
    past.knownShare >= PAST.knownShare &&
    past.slower.length < PAST.leastStays &&
    past.slowerShare <= AS_EVER.slowShare &&
    past.factor <= AS_EVER.factor
  );
}

/**
 * The load whose requests took most of the slower time, with what they take and used to take: medians over its stretches; undefined where nothing stays
 * slower.
 */
export interface SlowerLoad {
  readonly load: Load;
  readonly nowMs: number;
  readonly usualMs: number;
  readonly requests: number;
  readonly usual: Usual;
}

export function slowerLoad({ slower }: AgainstPast): SlowerLoad | undefined {
  if (slower.length < PAST.leastStays) return undefined;
  const loads = new Map<string, SlowerStretch[]>();
  for (const one of slower) {
    const { does, upToBytes, depth } = one.load;
    const name = `${does} ${upToBytes} ${depth}`;
    loads.set(name, [...(loads.get(name) ?? []), one]);
  }
  const time = (ones: readonly SlowerStretch[]) => ones.reduce((sum, { ms, requests }) => sum + ms * requests, 0);
  const [of = []] = [...loads.values()].toSorted((a, b) => time(b) - time(a));
  const [first] = of;
  if (!first) return undefined;
  return {
    load: first.load,
    nowMs: medianOf(of.map(({ ms }) => ms)),
    usualMs: medianOf(of.map(({ usual }) => usual.usualMs)),
    requests: of.reduce((sum, { requests }) => sum + requests, 0),
    usual: first.usual,
  };
}
