// The facts of stalling hosts and of others → those that separate them at the same load. Each division that `compare` would try is tried within classes of
// load; of all that are tried at most so many that are told are false (Benjamini–Hochberg). What comes together with a fact is one group with
// it. What only goes along with a group in part has to separate hosts that are alike in that group as well, or it is not told.

import { kernelOfText } from '../base/kernel-version.js';
import { byTelling, divisionBy, inOrder, triesOf, type Division, type Tried } from '../differences/separate.js';
import { DIFFERENCES } from '../model/thresholds/differences.js';
import { FLEET } from '../model/thresholds/fleet.js';
import { falseDiscoveryRates } from '../statistics/discoveries.js';
import { stratifiedTest, type StratifiedTest } from '../statistics/strata.js';
import type { TwoByTwo } from '../statistics/two-by-two.js';
import type { FactColumn, FactTable } from './fact-table.js';

/** A value that fewer hosts have is no property of a group of hosts. */
const LEAST_HOSTS = 3;
/** Of a fact with more values, those that most hosts have are tried, and as many bounds. */
const MOST_TRIED = 64;
/** Groups of facts, one beside the other; each parts the classes in which the next is tried. */
const MOST_GROUPS = 4;

/** A fact with its best division. */
export interface Separating {
  readonly column: FactColumn;
  /** The value that most stalling hosts have that stand on the stalling side of the division. */
  readonly value: string;
  /** By host: 1 on the side on which hosts stall more often, 0 on the other, -1 unknown. */
  readonly stallingSide: Int8Array;
  readonly division: Division;
  readonly test: StratifiedTest;
  readonly falseDiscovery: number;
}

export interface FleetSeparation {
  /** Groups that separate, the surest first; the facts of each, the most telling first. */
  readonly groups: readonly (readonly Separating[])[];
  /** What comes next to it where nothing separates. */
  readonly nearest: Separating | undefined;
  readonly tried: number;
}

/** So many of a list, evenly spread. */
function spread<T>(all: readonly T[], most: number): T[] {
  return all.length <= most
    ? [...all]
    : Array.from({ length: most }, (_, at) => all[Math.floor((at * all.length) / most)]).flatMap((one) =>
        one === undefined ? [] : [one],
      );
}

/** Hosts by number: whether they stall, and their class. */
interface Stratified {
  readonly stalls: Uint8Array;
  readonly strata: Int32Array;
  /** How many classes there may be. */
  readonly classes: number;
}

/** Hosts counted by class, by whether they stall, and by the place of their value; those of which it is not known are left out. */
class Tally {
  private readonly cells: Float64Array;
  private readonly places: number;
  private readonly classes: number;

  constructor({ stalls, strata, classes }: Stratified, of: Int32Array | Int8Array, places: number) {
    this.cells = new Float64Array(classes * 2 * places);
    this.places = places;
    this.classes = classes;
    for (let host = 0; host < of.length; host += 1) {
      const place = of[host] ?? -1;
      if (place < 0) continue;
      const cell = ((strata[host] ?? 0) * 2 + (stalls[host] ?? 0)) * places + place;
      this.cells[cell] = (this.cells[cell] ?? 0) + 1;
    }
  }

  private at(stratum: number, stalls: 0 | 1, place: number): number {
    return this.cells[(stratum * 2 + stalls) * this.places + place] ?? 0;
  }

  /** Of all classes. */
  ofValue(place: number): { readonly stalling: number; readonly others: number } {
    let [stalling, others] = [0, 0];
    for (let stratum = 0; stratum < this.classes; stratum += 1) {
      stalling += this.at(stratum, 1, place);
      others += this.at(stratum, 0, place);
    }
    return { stalling, others };
  }

  /** A table a class, of those that have one of some values and those that don't. */
  tables(has: readonly boolean[]): TwoByTwo[] {
    return Array.from({ length: this.classes }, (_, stratum) => {
      let [slowWith, slowWithout, fastWith, fastWithout] = [0, 0, 0, 0];
      for (let place = 0; place < this.places; place += 1) {
        const [stalling, others] = [this.at(stratum, 1, place), this.at(stratum, 0, place)];
        if (has[place] === true) {
          slowWith += stalling;
          fastWith += others;
        } else {
          slowWithout += stalling;
          fastWithout += others;
        }
      }
      return { slowWith, slowWithout, fastWith, fastWithout };
    });
  }
}

function triesOfColumn({ area, name, values }: FactColumn, tally: Tally): Tried[] {
  const present = values
    .map((value, place) => ({ value, ...tally.ofValue(place) }))
    .filter(({ stalling, others }) => stalling + others > 0);
  const order = inOrder(
    present.map(({ value }) => value),
    name === 'kernel' ? kernelOfText : () => undefined,
  );
  const common = present
    .filter(({ stalling, others }) => stalling + others >= LEAST_HOSTS)
    .sort((a, b) => b.stalling + b.others - a.stalling - a.others)
    .slice(0, MOST_TRIED)
    // Of two values the one that stalling hosts have is told.
    .sort((a, b) => b.stalling * a.others - a.stalling * b.others);
  return triesOf(
    area,
    common.map(({ value }) => value),
    order,
    order && spread(order.slice(2, -1), MOST_TRIED),
  );
}

function sumOf(tables: readonly TwoByTwo[]): TwoByTwo {
  const sum = (part: (table: TwoByTwo) => number) => tables.reduce((all, one) => all + part(one), 0);
  return {
    slowWith: sum((one) => one.slowWith),
    slowWithout: sum((one) => one.slowWithout),
    fastWith: sum((one) => one.fastWith),
    fastWithout: sum((one) => one.fastWithout),
  };
}

interface Try {
  readonly column: FactColumn;
  readonly words: string;
  /** By the place of a value. */
  readonly has: readonly boolean[];
  readonly tables: readonly TwoByTwo[];
  readonly test: StratifiedTest;
}

function bySureness(a: { readonly test: StratifiedTest }, b: { readonly test: StratifiedTest }): number {
  return a.test.p - b.test.p || Math.abs(b.test.z) - Math.abs(a.test.z);
}

function matters({ ratio }: StratifiedTest): boolean {
  return ratio >= FLEET.leastRatio || ratio <= 1 / FLEET.leastRatio;
}

/** The value that most of those hosts have. */
function commonest(column: FactColumn, hosts: FactTable['hosts'], side: Int8Array): string {
  const counts = new Float64Array(column.values.length);
  hosts.forEach(({ stalls }, at) => {
    const place = column.of[at] ?? -1;
    if (stalls && side[at] === 1 && place >= 0) counts[place] = (counts[place] ?? 0) + 1;
  });
  const most = counts.reduce((best, count, place) => (count > (counts[best] ?? 0) ? place : best), 0);
  return column.values[most] ?? '';
}

/** By host, which side of the division it is on. */
function stallingSideOf({ column, has, test }: Try): Int8Array {
  const side = has.map((one) => (one === test.z >= 0 ? 1 : 0));
  const sides = new Int8Array(column.of.length);
  for (let host = 0; host < sides.length; host += 1) {
    const place = column.of[host] ?? -1;
    sides[host] = place < 0 ? -1 : (side[place] ?? -1);
  }
  return sides;
}

function separating(tried: Try, hosts: FactTable['hosts'], falseDiscovery: number): Separating {
  const { column, words, tables, test } = tried;
  const stallingSide = stallingSideOf(tried);
  return {
    column,
    value: commonest(column, hosts, stallingSide),
    stallingSide,
    division: divisionBy(words, sumOf(tables), test.p),
    test,
    falseDiscovery,
  };
}

/** How far two divisions are one: their correlation over hosts that tell both. */
function together(a: Int8Array, b: Int8Array): number {
  let [n, sumA, sumB, both] = [0, 0, 0, 0];
  a.forEach((x, at) => {
    const y = b[at] ?? -1;
    if (x < 0 || y < 0) return;
    n += 1;
    sumA += x;
    sumB += y;
    both += x * y;
  });
  return (n * both - sumA * sumB) / Math.sqrt(sumA * (n - sumA) * sumB * (n - sumB));
}

/** Classes parted by who is on the stalling side of a group, who on the other, and of whom it is not known. */
function parted({ stalls, strata, classes }: Stratified, { stallingSide }: Separating): Stratified {
  return {
    stalls,
    strata: strata.map((stratum, at) => stratum * 3 + (stallingSide[at] ?? -1) + 1),
    classes: classes * 3,
  };
}

/** The surest, and of those that are as sure the most telling first, before those that come with it. */
function sorted(group: readonly Separating[]): Separating[] {
  const [first] = group;
  const isAsSure = (one: Separating) => first !== undefined && one.test.z === first.test.z;
  return group.toSorted(
    (a, b) => Number(isAsSure(b)) - Number(isAsSure(a)) || byTelling(a.column, b.column) || bySureness(a, b),
  );
}

/** `tried`: how many divisions were. The first group is as sure as its false discovery rate says; a further one was chosen among all tried. */
function grouped(candidates: readonly Separating[], table: Stratified, tried: number): Separating[][] {
  const groups: Separating[][] = [];
  let [left, alike] = [[...candidates], table];
  while (left.length > 0 && groups.length < MOST_GROUPS) {
    const [first] = left.sort(bySureness);
    if (!first) break;
    const isWith = (one: Separating) => together(first.stallingSide, one.stallingSide) >= DIFFERENCES.together;
    groups.push(sorted(left.filter((one) => one === first || isWith(one))));
    alike = parted(alike, first);
    const within = alike;
    left = left
      .filter((one) => one !== first && !isWith(one))
      .map((one) => ({ ...one, test: stratifiedTest(new Tally(within, one.stallingSide, 2).tables([false, true])) }))
      // Among hosts that are alike in what was found, it has to matter as much, and not by accident.
      .filter(({ test }) => matters(test) && test.p * tried <= DIFFERENCES.accident);
  }
  return groups;
}

function stratified(hosts: FactTable['hosts']): Stratified {
  const strata = Int32Array.from(hosts, ({ stratum }) => stratum);
  return {
    stalls: Uint8Array.from(hosts, ({ stalls }) => Number(stalls)),
    strata,
    classes: strata.reduce((most, stratum) => Math.max(most, stratum + 1), 1),
  };
}

/** How probable it would be by accident that all stalling hosts have a fact and no other has it: no fact can be surer than that. */
export function leastChance({ hosts }: FactTable): number {
  const table = stratified(hosts);
  const stalls = Int8Array.from(table.stalls);
  return stratifiedTest(new Tally(table, stalls, 2).tables([false, true])).p;
}

export function separateHosts({ hosts, columns }: FactTable): FleetSeparation {
  const table = stratified(hosts);
  const tries = columns.flatMap((column) => {
    const tally = new Tally(table, column.of, column.values.length);
    return triesOfColumn(column, tally).map((tried): Try => {
      const has = column.values.map(tried.has);
      const tables = tally.tables(has);
      return { column, words: tried.words, has, tables, test: stratifiedTest(tables) };
    });
  });
  const rates = falseDiscoveryRates(tries.map(({ test }) => test.p));
  const best = new Map<FactColumn, { readonly tried: Try; readonly rate: number }>();
  tries.forEach((tried, at) => {
    const before = best.get(tried.column);
    if (!before || bySureness(tried, before.tried) < 0) best.set(tried.column, { tried, rate: rates[at] ?? 1 });
  });
  const all = [...best.values()].sort((a, b) => bySureness(a.tried, b.tried));
  const sure = all
    .filter(({ tried: { test }, rate }) => rate <= DIFFERENCES.falseDiscovery && matters(test))
    .map(({ tried, rate }) => separating(tried, hosts, rate));
  const [nearest] = all;
  return {
    groups: grouped(sure, table, tries.length),
    nearest: nearest && separating(nearest.tried, hosts, nearest.rate),
    tried: tries.length,
  };
}
