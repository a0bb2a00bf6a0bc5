// Does a property go with stalling where everybody is compared with his like? Tables of two by two, one a class (a load, say), as one test: Cochran 1954,
// Mantel & Haenszel, J. Natl. Cancer Inst. 22, 1959, and exact where their normal distribution is none yet: then the sum over the classes is distributed as
// the sum of hypergeometric numbers (Gart, Biometrika 57, 1970). Of one class that is Fisher's exact test. Assumes individuals that are independent, and of
// one class alike but for the property.

import { logChoose, normalTails } from './distributions.js';
import type { TwoByTwo } from './two-by-two.js';

export interface StratifiedTest {
  /** Two-sided. */
  readonly p: number;
  /** How many standard deviations more slow ones have the property than would by accident; below 0 where fewer have. */
  readonly z: number;
  /**
   * Mantel–Haenszel's ratio of risks: a slow one is so many times as likely with the property as without. Infinity where none is slow without it, NaN where
   * no class tells.
   */
  readonly ratio: number;
}

/** The normal distribution serves where the sum may be so far off its expectation on either side (Mantel & Fleiss, Am. J. Epidemiol. 112, 1980). */
const MANTEL_FLEISS = 5;
/** Tables that are as unlikely to this precision count as such. */
const ALIKE = 1e-7;
/** Chances below this part of the largest add nothing that a double holds. */
const NEGLIGIBLE = 1e-20;

interface Margins {
  readonly slow: number;
  readonly fast: number;
  readonly having: number;
  readonly least: number;
  readonly most: number;
}

function marginsOf({ slowWith, slowWithout, fastWith, fastWithout }: TwoByTwo): Margins {
  const [slow, fast, having] = [slowWith + slowWithout, fastWith + fastWithout, slowWith + fastWith];
  return { slow, fast, having, least: Math.max(0, having - fast), most: Math.min(slow, having) };
}

/** Chances of numbers from `from` on. */
interface Chances {
  readonly from: number;
  readonly of: Float64Array;
}

function hypergeometric({ slow, fast, having, least, most }: Margins): Chances {
  const all = logChoose(slow + fast, having);
  const of = Float64Array.from({ length: most - least + 1 }, (_, at) =>
    Math.exp(logChoose(slow, least + at) + logChoose(fast, having - least - at) - all),
  );
  return cut({ from: least, of });
}

/** Without ends that add nothing. */
function cut({ from, of }: Chances): Chances {
  const limit = of.reduce((largest, one) => Math.max(largest, one), 0) * NEGLIGIBLE;
  const first = of.findIndex((one) => one > limit);
  const last = of.findLastIndex((one) => one > limit);
  return { from: from + first, of: of.subarray(first, last + 1) };
}

function sumOf(a: Chances, b: Chances): Chances {
  const of = new Float64Array(a.of.length + b.of.length - 1);
  for (let i = 0; i < a.of.length; i += 1)
    for (let j = 0; j < b.of.length; j += 1) of[i + j] = (of[i + j] ?? 0) + (a.of[i] ?? 0) * (b.of[j] ?? 0);
  return cut({ from: a.from + b.from, of });
}

function exact(margins: readonly Margins[], sum: number): number {
  const { from, of } = margins.map(hypergeometric).reduce(sumOf, { from: 0, of: Float64Array.of(1) });
  const own = (of[sum - from] ?? 0) * (1 + ALIKE);
  return Math.min(
    1,
    of.reduce((total, one) => (one <= own ? total + one : total), 0),
  );
}

function ratioOf(tables: readonly TwoByTwo[]): number {
  let [above, below] = [0, 0];
  for (const { slowWith, slowWithout, fastWith, fastWithout } of tables) {
    const all = slowWith + slowWithout + fastWith + fastWithout;
    if (all === 0) continue;
    above += (slowWith * (slowWithout + fastWithout)) / all;
    below += (slowWithout * (slowWith + fastWith)) / all;
  }
  return above / below;
}

export function stratifiedTest(tables: readonly TwoByTwo[]): StratifiedTest {
  let [sum, expected, variance, least, most] = [0, 0, 0, 0, 0];
  const telling: Margins[] = [];
  for (const table of tables) {
    const margins = marginsOf(table);
    // A class in which all or none have it, or all or none are slow, can only be as it is.
    if (margins.least === margins.most) continue;
    const { slow, fast, having } = margins;
    const all = slow + fast;
    telling.push(margins);
    sum += table.slowWith;
    expected += (slow * having) / all;
    variance += (slow * fast * having * (all - having)) / (all * all * (all - 1));
    least += margins.least;
    most += margins.most;
  }
  const ratio = ratioOf(tables);
  if (telling.length === 0) return { p: 1, z: 0, ratio };
  const off = sum - expected;
  const deviation = Math.sqrt(variance);
  const isNormal = Math.min(expected - least, most - expected) > MANTEL_FLEISS;
  const p = isNormal ? normalTails(Math.max(0, Math.abs(off) - 0.5) / deviation) : exact(telling, sum);
  return { p, z: off / deviation, ratio };
}
