// Do two windows of one measure have the same distribution? Values become bins of their common ranks, a window its blocks' counts of these. What is
// tested is Anderson and Darling's distance between the two (Pettitt, Biometrika 63, 1976), which sees levels, spreads and tails. Values of a
// counter follow from those before, so whole blocks are exchanged between the windows and not values (Romano, Ann. Statist. 18, 1990, with blocks as
// Carlstein's, Ann. Statist. 14, 1986): a block is as long as the memory of its series asks. What is rarer than permutations show is read from a gamma
// distribution of their mean and variance (Winkler et al., NeuroImage 141, 2016). Assumes blocks that could be exchanged: where both windows are too short
// for some of them, nothing is found.

import { generator } from '../base/random.js';
import { correlationTime, stretches } from './correlation-time.js';
import { gammaTail, logChoose } from './distributions.js';

export interface WindowTest {
  readonly p: number;
  /** Cliff’s delta of all values: 1 where all of the first lie above the second, −1 where below. */
  readonly delta: number;
  /** Between 0 for the same distribution and 1 for two without a value in common (Kolmogorov's distance). */
  readonly distance: number;
  /** Blocks of each: what the test rests on. */
  readonly blocks: readonly [number, number];
}

/** Bins of the common ranks. */
const BINS = 32;
/** Rare values have bins of their own: these shares lie above them. */
const TAILS = [0.99, 0.999];
/** Values that stand for all where bins are chosen. */
const SAMPLE = 2048;
/** More blocks than this add nothing but time. */
const MOST_BLOCKS = 32;
/** Points by which a series' memory is told. */
const MEMORY_POINTS = 1024;
/** A block has so many times the memory beyond a value's own. */
const TIMES_MEMORY = 6;
const PERMUTATIONS = 499;
/** So many permutations at least beyond what is there, or the gamma distribution is asked. */
const ENOUGH_BEYOND = 20;

function edgesOf(first: Float64Array, second: Float64Array): Float64Array {
  const step = Math.max(1, (first.length + second.length) / SAMPLE);
  const sample: number[] = [];
  for (const values of [first, second])
    for (let at = 0; at < values.length; at += step) sample.push(values[Math.floor(at)] ?? 0);
  const sorted = Float64Array.from(sample).sort();
  const shares = [...Array.from({ length: BINS - 1 }, (_, bin) => (bin + 1) / BINS), ...TAILS];
  const edges = shares.map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  // A value that is most of all values is a bin by itself: it lies at its edge, and what is above has another one.
  return Float64Array.from(new Set([...edges, sorted[0] ?? 0])).sort();
}

/** Cells of a table that tells where to begin among the edges: a search for each value would take most of the time. */
const CELLS = 512;

/** Of each value how many edges lie below it. */
function binned(values: Float64Array, edges: Float64Array): Uint8Array {
  const [low = 0, high = 0] = [edges[0], edges.at(-1)];
  const perUnit = high > low ? CELLS / (high - low) : 0;
  const begin = new Uint8Array(CELLS + 1);
  for (let cell = 1, edge = 0; cell <= CELLS; cell += 1) {
    // One cell back, as a value may be rounded into the next.
    while ((edges[edge] ?? Infinity) < low + (cell - 1) / perUnit) edge += 1;
    begin[cell] = edge;
  }
  const bins = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row] ?? 0;
    const cell = value > low ? Math.min(CELLS, Math.floor((value - low) * perUnit)) : 0;
    let bin = begin[cell] ?? 0;
    while (bin > 0 && (edges[bin - 1] ?? -Infinity) >= value) bin -= 1;
    while (bin < edges.length && (edges[bin] ?? Infinity) < value) bin += 1;
    bins[row] = bin;
  }
  return bins;
}

function blocksFor(bins: Uint8Array): number {
  const points = stretches(bins, MEMORY_POINTS);
  const length = 1 + TIMES_MEMORY * (correlationTime(points) - 1);
  return Math.max(1, Math.min(MOST_BLOCKS, Math.floor(points.length / length)));
}

/** A window's values by bin: the shares of each block, block by block, and of all. */
interface Binned {
  readonly count: number;
  readonly shares: Float64Array;
  readonly whole: Float64Array;
}

function inBlocks(bins: Uint8Array, width: number): Binned {
  const count = blocksFor(bins);
  const shares = new Float64Array(count * width);
  const whole = new Float64Array(width);
  for (let block = 0; block < count; block += 1) {
    const from = Math.floor((block * bins.length) / count);
    const to = Math.floor(((block + 1) * bins.length) / count);
    const own = shares.subarray(block * width, (block + 1) * width);
    for (let at = from; at < to; at += 1) {
      const bin = bins[at] ?? 0;
      own[bin] = (own[bin] ?? 0) + 1;
    }
    for (let bin = 0; bin < width; bin += 1) {
      whole[bin] = (whole[bin] ?? 0) + (own[bin] ?? 0) / bins.length;
      own[bin] = (own[bin] ?? 0) / (to - from);
    }
  }
  return { count, shares, whole };
}

/** Sums of the blocks that were chosen, against those of all: the distance of the chosen from the others. */
function distanceOf(chosen: Float64Array, all: Float64Array, size: number, blocks: number): number {
  let [below, belowAll, distance] = [0, 0, 0];
  for (let bin = 0; bin < all.length; bin += 1) {
    below += chosen[bin] ?? 0;
    belowAll += all[bin] ?? 0;
    const common = belowAll / blocks;
    if (common < 1e-12 || common > 1 - 1e-12) continue;
    const apart = below / size - (belowAll - below) / (blocks - size);
    distance += (((all[bin] ?? 0) / blocks) * apart * apart) / (common * (1 - common));
  }
  return distance;
}

interface Blocks {
  readonly shares: Float64Array;
  readonly width: number;
  readonly count: number;
}

function sumOf({ shares, width }: Blocks, chosen: ArrayLike<number>, size: number, into: Float64Array): void {
  into.fill(0);
  for (let at = 0; at < size; at += 1) {
    const from = (chosen[at] ?? 0) * width;
    for (let bin = 0; bin < width; bin += 1) into[bin] = (into[bin] ?? 0) + (shares[from + bin] ?? 0);
  }
}

/** How likely a distance as large is where blocks are exchanged. */
function chanceOf(blocks: Blocks, size: number, seed: number): number {
  const { count, width } = blocks;
  const order = Int32Array.from({ length: count }, (_, at) => at);
  const all = new Float64Array(width);
  const chosen = new Float64Array(width);
  sumOf(blocks, order, count, all);
  sumOf(blocks, order, size, chosen);
  const own = distanceOf(chosen, all, size, count) - 1e-12;
  const random = generator(seed);
  let [beyond, sum, squares] = [0, 0, 0];
  for (let turn = 0; turn < PERMUTATIONS; turn += 1) {
    for (let at = 0; at < size; at += 1) {
      const other = at + Math.floor(random() * (count - at));
      const moved = order[at] ?? 0;
      order[at] = order[other] ?? 0;
      order[other] = moved;
    }
    sumOf(blocks, order, size, chosen);
    const distance = distanceOf(chosen, all, size, count);
    if (distance >= own) beyond += 1;
    sum += distance;
    squares += distance * distance;
  }
  // No test of so few blocks can be surer than one of all their divisions.
  const least = Math.exp(Math.LN2 - logChoose(count, size));
  const counted = (beyond + 1) / (PERMUTATIONS + 1);
  if (beyond >= ENOUGH_BEYOND) return counted;
  const mean = sum / PERMUTATIONS;
  const variance = squares / PERMUTATIONS - mean * mean;
  if (!(variance > 0)) return 1;
  return Math.min(1, Math.max(least, gammaTail((mean * mean) / variance, (own * mean) / variance)));
}

/** No NaN in either. The same seed gives the same answer. */
export function compareWindows(first: Float64Array, second: Float64Array, seed = 1): WindowTest {
  if (first.length === 0 || second.length === 0) return { p: 1, delta: 0, distance: 0, blocks: [0, 0] };
  const edges = edgesOf(first, second);
  const width = edges.length + 1;
  const [a, b] = [inBlocks(binned(first, edges), width), inBlocks(binned(second, edges), width)];
  let [delta, distance, belowFirst, belowSecond] = [0, 0, 0, 0];
  for (let bin = 0; bin < width; bin += 1) {
    const [one, other] = [a.whole[bin] ?? 0, b.whole[bin] ?? 0];
    delta += one * belowSecond - other * belowFirst;
    belowFirst += one;
    belowSecond += other;
    distance = Math.max(distance, Math.abs(belowFirst - belowSecond));
  }
  const shares = new Float64Array((a.count + b.count) * width);
  shares.set(a.shares);
  shares.set(b.shares, a.count * width);
  const blocks = { shares, width, count: a.count + b.count };
  const isSame = distance < 1e-12 || Math.min(a.count, b.count) < 2;
  return { p: isSame ? 1 : chanceOf(blocks, a.count, seed), delta, distance, blocks: [a.count, b.count] };
}
