// The interval of any figure of an autocorrelated series, by drawing whole blocks of it again and again (Künsch, Ann. Statist. 17, 1989) and taking the
// quantiles of what comes out (Efron & Tibshirani, An Introduction to the Bootstrap, 13). Assumes blocks that are longer than the series' memory and of which
// there are a dozen: with fewer an interval is too narrow, and none is told.

import { quantilesOf } from '../base/median.js';
import { generator } from '../base/random.js';

const DRAWS = 200;
const LEAST_BLOCKS = 8;

/** Rows of a series of this length, block by block in the order drawn. */
function drawnRows(length: number, block: number, random: () => number): Int32Array {
  const rows = new Int32Array(length);
  for (let at = 0; at < length; at += block) {
    const from = Math.floor(random() * (length - block + 1));
    for (let one = 0; one < block && at + one < length; one += 1) rows[at + one] = from + one;
  }
  return rows;
}

/**
 * Bounds that hold the figure in about this share of cases, of several series that are drawn each by itself; undefined where one is too short, or the figure
 * of many draws is none. `series`: their lengths and the length of a block in each. `figure` is given rows of each.
 */
export function bootstrapInterval(
  series: readonly { readonly length: number; readonly block: number }[],
  figure: (rows: readonly Int32Array[]) => number,
  sureness: number,
  seed = 1,
): readonly [low: number, high: number] | undefined {
  if (series.some(({ length, block }) => length / block < LEAST_BLOCKS)) return undefined;
  const random = generator(seed);
  const figures = Array.from({ length: DRAWS }, () =>
    figure(series.map(({ length, block }) => drawnRows(length, block, random))),
  ).filter(Number.isFinite);
  if (figures.length < DRAWS / 2) return undefined;
  const [low = NaN, high = NaN] = quantilesOf(figures, (1 - sureness) / 2, (1 + sureness) / 2);
  return [low, high];
}
