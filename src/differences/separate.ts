// The facts of several recordings → those that differ, ranked by how well they separate the slow from the fast ones, what arrives together as one group. A fact
// is tried by each of its values against all others, and by each bound between them where they have an order. How likely as good a
// division is by accident is Fisher's exact test, times all divisions that were tried (Bonferroni): of 300 facts of five recordings some separate
// them by accident, and that is said. Assumes recordings that are independent: ten of one machine are one example.

import { compareKernels, type KernelVersion } from '../base/kernel-version.js';
import { logChoose } from '../statistics/distributions.js';
import { exactTest, type TwoByTwo } from '../statistics/two-by-two.js';
import { DIFFERENCES } from '../model/thresholds/differences.js';
import { absentValue, AREAS, listing, type Area, type Fact, type FactSet } from './facts.js';

export type Side = 'slow' | 'fast' | 'unknown';

/** How a fact divides the recordings, at its best. */
export interface Division {
  /** 'is 5', 'is at least 6.1.0'. */
  readonly words: string;
  readonly slowWith: number;
  readonly fastWith: number;
  readonly slow: number;
  readonly fast: number;
  /** Recordings that stand on the side that the rest of their kind does. */
  readonly agree: number;
  /** By accident, of this one division. */
  readonly p: number;
}

export interface Differing {
  readonly name: string;
  readonly area: Fact['area'];
  /** By recording; undefined where it is not known. */
  readonly values: readonly (string | undefined)[];
}

/** Facts that divide the recordings in the same way. */
export interface FactGroup {
  /** The most telling of them. */
  readonly first: Differing;
  readonly facts: readonly Differing[];
  readonly division?: Division;
  /** By accident, with all divisions that were tried; 1 where nothing is slow or fast. */
  readonly p: number;
}

export interface Separation {
  readonly compared: number;
  readonly groups: readonly FactGroup[];
  /** Divisions that were tried. */
  readonly tried: number;
  /** The chance that one perfect division comes about by accident among them. */
  readonly perfectByAccident: number;
}

interface Known extends Differing {
  readonly facts: readonly (Fact | undefined)[];
}

/** Facts that are not the same in all recordings that know them. */
function differing(sets: readonly FactSet[]): { readonly known: Known[]; readonly compared: number } {
  const names = new Set(sets.flatMap((set) => [...set.keys()]));
  const known = [...names].map((name): Known => {
    const facts = sets.map((set) => set.get(name));
    const values = facts.map((fact, at) => fact?.value ?? absentValue(name, listing(sets[at])));
    return { name, area: facts.find((fact) => fact)?.area ?? 'setting', values, facts };
  });
  // What only one of them tells can't differ.
  const compared = known.filter(({ values }) => values.filter((value) => value !== undefined).length > 1);
  const differs = compared.filter(({ values }) => new Set(values.filter((value) => value !== undefined)).size > 1);
  return { known: differs, compared: compared.length };
}

/** The same for facts that divide the recordings alike, whatever their values. */
function patternOf({ values }: Differing): string {
  const seen = new Map<string, number>();
  return values
    .map((value) => {
      if (value === undefined) return '?';
      if (!seen.has(value)) seen.set(value, seen.size);
      return seen.get(value);
    })
    .join(' ');
}

const NUMBER = /^-?\d+(\.\d+)?$/;

/** Distinct values in their order; undefined where they have none. */
export function inOrder(
  distinct: string[],
  versionOf: (value: string) => KernelVersion | undefined,
): readonly string[] | undefined {
  if (distinct.every((value) => NUMBER.test(value))) return distinct.sort((a, b) => Number(a) - Number(b));
  const versions = distinct.map((value) => ({ value, version: versionOf(value) }));
  if (versions.some(({ version }) => version === undefined)) return undefined;
  return versions
    .sort((a, b) => (a.version && b.version ? compareKernels(a.version, b.version) : 0))
    .map(({ value }) => value);
}

/** A way to divide by a fact. */
export interface Tried {
  readonly words: string;
  readonly has: (value: string) => boolean;
}

/** 'is 5'; a daemon 'runs'. */
function valueWords(area: Area, value: string): string {
  return area === 'daemon' ? value : `is ${value}`;
}

/**
 * Each of `distinct` against all others, and each of `bounds` where all values have an order. Between the first and the second, or the last two, a bound
 * divides as that one value does.
 */
export function triesOf(
  area: Area,
  distinct: readonly string[],
  order: readonly string[] = [],
  bounds = order.slice(2, -1),
): Tried[] {
  const single = distinct.map((value): Tried => ({
    words: valueWords(area, value),
    has: (other) => other === value,
  }));
  // Two values divide in one way, whichever is asked for.
  if (distinct.length === 2) return single.slice(0, 1);
  const places = new Map(order.map((value, at) => [value, at]));
  const ordered = bounds.map((bound): Tried => {
    const from = places.get(bound) ?? Infinity;
    return { words: `is at least ${bound}`, has: (other) => (places.get(other) ?? -1) >= from };
  });
  return [...single, ...ordered];
}

function triesOfKnown({ area, facts, values }: Known): Tried[] {
  const distinct = [...new Set(values.filter((value) => value !== undefined))];
  const order = inOrder(distinct, (value) => facts.find((fact) => fact?.value === value)?.version);
  return triesOf(area, order ?? distinct, order);
}

/** A division by what it counts; `p` where it is not that of one table. */
export function divisionBy(words: string, counts: TwoByTwo, p = exactTest(counts)): Division {
  const { slowWith, slowWithout, fastWith, fastWithout } = counts;
  return {
    words,
    slowWith,
    fastWith,
    slow: slowWith + slowWithout,
    fast: fastWith + fastWithout,
    agree: Math.max(slowWith + fastWithout, slowWithout + fastWith),
    p,
  };
}

function divisionOf(one: Known, { words, has }: Tried, sides: readonly Side[]): Division {
  const counts = { slowWith: 0, slowWithout: 0, fastWith: 0, fastWithout: 0 };
  one.values.forEach((value, at) => {
    const side = sides[at];
    if (value === undefined || side === undefined || side === 'unknown') return;
    counts[`${side}${has(value) ? 'With' : 'Without'}`] += 1;
  });
  return divisionBy(words, counts);
}

/** The most telling fact of a group first. */
export function byTelling(a: Pick<Differing, 'area' | 'name'>, b: Pick<Differing, 'area' | 'name'>): number {
  return AREAS.indexOf(a.area) - AREAS.indexOf(b.area) || namePlace(a) - namePlace(b);
}

/** Of an area, what names it. */
const NAMES = ['cloud instance', 'kernel', 'architecture', 'cpu', 'memory', 'operating system'];

function namePlace({ name }: Pick<Differing, 'name'>): number {
  const place = NAMES.indexOf(name);
  return place < 0 ? NAMES.length : place;
}

/** Each recording has its facts and its side. */
export function separate(sets: readonly FactSet[], sides: readonly Side[]): Separation {
  const { known, compared } = differing(sets);
  const byPattern = new Map<string, Known[]>();
  for (const one of known) byPattern.set(patternOf(one), [...(byPattern.get(patternOf(one)) ?? []), one]);
  const [slow, fast] = (['slow', 'fast'] as const).map((side) => sides.filter((one) => one === side).length);
  const canDivide = (slow ?? 0) > 0 && (fast ?? 0) > 0;
  const all = [...byPattern.values()].map((facts) => facts.sort(byTelling));
  const tries = all.map(([first]) => (first && canDivide ? triesOfKnown(first) : []));
  const tried = tries.reduce((sum, one) => sum + one.length, 0);
  const groups = all.flatMap((facts, at): FactGroup[] => {
    const [first] = facts;
    if (!first) return [];
    const divisions = (tries[at] ?? []).map((one) => divisionOf(first, one, sides));
    const [division] = divisions.sort((a, b) => a.p - b.p || b.agree - a.agree);
    return [{ first, facts, ...(division && { division }), p: division ? Math.min(1, division.p * tried) : 1 }];
  });
  const perfect = canDivide ? Math.exp(-logChoose((slow ?? 0) + (fast ?? 0), slow ?? 0)) * (slow === fast ? 2 : 1) : 1;
  return {
    compared,
    groups: groups.sort(
      (a, b) =>
        (a.division?.p ?? 1) - (b.division?.p ?? 1) || byTelling(a.first, b.first) || b.facts.length - a.facts.length,
    ),
    tried,
    perfectByAccident: 1 - (1 - Math.min(1, perfect)) ** tried,
  };
}

/** True where it is not by accident. */
export function separates({ p }: FactGroup): boolean {
  return p <= DIFFERENCES.accident;
}
