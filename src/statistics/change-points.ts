// All changes of a series, also of one that goes by bursts: of what is between its bursts and of what is in them (bursts.ts), each searched by itself
// as the whole series is (change-search.ts), because the memory that a search assumes is not that of a series of bursts.

import { burstParts, type BurstParts } from './bursts.js';
import { changesIn, type Change, type ChangeOptions } from './change-search.js';
import { Searches } from './step-draws.js';

/** Of which values a change is told: of all or, in a series that goes by bursts, of those between or in them. */
export type ChangedPart = 'all' | 'between bursts' | 'bursts';

export interface ChangePoint extends Change {
  readonly of: ChangedPart;
}

/** A change of some values of a series, by the rows that these have in it: it may lie anywhere between the last of them before it and the first behind. */
function amongAll(one: Change, rows: Int32Array): Change {
  const row = (at: number) => rows[at] ?? -1;
  const [from, to] = one.within;
  return {
    ...one,
    at: Math.ceil((row(one.at - 1) + 1 + row(one.at)) / 2),
    within: [row(from - 1) + 1, row(to)],
  };
}

/** What tells best when it was: between bursts there are more values, and bursts come only now and then. */
const TELLS_WHEN: readonly ChangedPart[] = ['between bursts', 'all', 'bursts'];

function overlap({ within: [from, to] }: Change, { within: [start, end] }: Change): boolean {
  return from <= end && start <= to;
}

/** Of different parts' changes of a kind that may be one the surest, of equally sure ones the one that tells best when it was; surest first. */
function eachOnce(all: readonly ChangePoint[]): ChangePoint[] {
  const rank = ({ of }: ChangePoint) => TELLS_WHEN.indexOf(of);
  const kept: ChangePoint[] = [];
  for (const one of all.toSorted((a, b) => a.p - b.p || rank(a) - rank(b)))
    if (!kept.some((other) => other.of !== one.of && other.kind === one.kind && overlap(other, one))) kept.push(one);
  return kept;
}

/** As often is a series searched that goes by bursts: all of it, and each part. */
const LOOKS = 3;

/** Changes of either part of a series, by its own rows. */
function changesOfParts(
  values: Float64Array,
  { between, during }: BurstParts,
  options: ChangeOptions,
  searches: Searches,
): ChangePoint[] {
  const ofPart = (of: ChangedPart, rows: Int32Array) =>
    changesIn(
      Float64Array.from(rows, (row) => values[row] ?? NaN),
      options,
      searches,
    ).map((one) => ({ ...amongAll(one, rows), of }));
  return [...ofPart('between bursts', between), ...ofPart('bursts', during)];
}

/** All changes of a series without NaN, in order. The same series gives the same answer. */
export function changePoints(values: Float64Array, options: ChangeOptions, searches = new Searches()): ChangePoint[] {
  const ofAll = (each: ChangeOptions) =>
    changesIn(values, each, searches).map((one): ChangePoint => ({ ...one, of: 'all' }));
  const inOrder = (all: readonly ChangePoint[]) => all.toSorted((a, b) => a.at - b.at);
  const parts = burstParts(values);
  if (!parts) return inOrder(ofAll(options));
  const each = { ...options, falseAlarms: options.falseAlarms / LOOKS };
  const first = changesOfParts(values, parts, each, searches);
  // Where a level changes, bursts are told by it from another height on: with the place known, the parts are divided anew.
  const [surest] = eachOnce(first).filter(({ kind }) => kind === 'level');
  const anew = surest && burstParts(values, surest.at);
  const better = anew ? changesOfParts(values, anew, each, searches) : [];
  const found = [...ofAll(each), ...(better.length > 0 ? better : first)];
  return inOrder(eachOnce(found).map((one) => ({ ...one, p: Math.min(1, one.p * LOOKS) })));
}
