// How good the best step is by accident: the same search over drawn series of the same memory (Bühlmann, Bernoulli 3, 1997). What enters is a series or its
// length, cycles and memory; what leaves is scores of best steps, and how likely one as good is among them, read from Gumbel's distribution of maxima
// where it is rarer than draws show.

import { medianOf } from '../base/median.js';
import { generator } from '../base/random.js';
import { correlationTime } from './correlation-time.js';
import { largestAt, squares, StepSearch } from './step-search.js';

const DRAWS = 200;
const ENOUGH_BEYOND = 10;
/** As much of all squares may be left of what is explained altogether. */
const ROUNDING = 1e-9;
/** So few draws tell nothing that is rarer. */
const LEAST_P = 1e-6;
/** Memories are told apart to such a part of a factor of e. */
const PER_E = 8;
/** Fewer points than this don't tell a memory. */
export const LEAST_STRETCH = 12;

/** P of a maximum as large among others', by counting, or where too few are, by Gumbel's distribution of their mean and variance. */
export function chanceOfMaximum(own: number, others: readonly number[]): number {
  const beyond = others.filter((one) => one >= own).length;
  if (beyond >= ENOUGH_BEYOND) return (beyond + 1) / (others.length + 1);
  const mean = others.reduce((a, b) => a + b, 0) / others.length;
  const variance = others.reduce((a, b) => a + (b - mean) ** 2, 0) / others.length;
  if (!(variance > 0)) return 1;
  const scale = Math.sqrt(6 * variance) / Math.PI;
  const mode = mean - 0.5772156649 * scale;
  return Math.max(LEAST_P, -Math.expm1(-Math.exp(-(own - mode) / scale)));
}

/** Draws from the standard normal distribution, nearly: three uniform ones together, of variance 1. Searches add many of them up. */
function nearNormal(random: () => number): number {
  return 2 * (random() + random() + random() - 1.5);
}

/** A series whose values keep such a part of the one before. */
function drawn(length: number, kept: number, random: () => number): Float64Array {
  let last = nearNormal(random);
  const fresh = Math.sqrt(1 - kept * kept);
  return Float64Array.from({ length }, () => (last = kept * last + fresh * nearNormal(random)));
}

/** Room for what a search makes. */
interface Buffers {
  readonly gains: Float64Array;
  readonly rest: Float64Array;
}

export function buffersFor({ length }: StepSearch): Buffers {
  return { gains: new Float64Array(length), rest: new Float64Array(length) };
}

/** Stretches of which each tells the memory: of a series with changes most are without one. */
const STRETCHES = 5;

/** The memory of a series that may have changes: the median of what its stretches tell, each without its mean. */
function memoryOf(left: Float64Array): number {
  const each = Math.floor(left.length / STRETCHES);
  if (each < LEAST_STRETCH) return correlationTime(left);
  return medianOf(
    Array.from({ length: STRETCHES }, (_, at) => correlationTime(left.subarray(at * each, (at + 1) * each))),
  );
}

/**
 * The best step of residues: where, the memory of what it leaves, and how good it is: what it explains of that, times the independent values that it is
 * worth.
 */
export function bestOf(search: StepSearch, left: Float64Array, { gains: room, rest }: Buffers) {
  const gains = search.gains(left, room);
  const at = largestAt(gains);
  const whole = squares(left);
  const gain = gains[at] ?? 0;
  search.without(left, at, rest);
  // What is left of a series that is nothing but a step is how sums were rounded, and has no memory.
  if (whole - gain <= ROUNDING * whole) rest.fill(0);
  const memory = memoryOf(rest);
  const unexplained = Math.max(whole - gain, ROUNDING * whole);
  return { at, whole, gain, memory, score: ((gain / unexplained) * left.length) / memory };
}

/** What searches find in drawn series without a change. */
interface Draws {
  /** Of their best steps. */
  readonly scores: readonly number[];
  /** The mean memory that is told of them once their best step is taken out. */
  readonly toldMemory: number;
}

/** Series of a memory, drawn one by one, the same each time. `time`: values that make one. */
function* drawnSeries(length: number, time: number): Generator<Float64Array> {
  const random = generator(Math.round(time * 100) + length);
  for (let draw = 0; draw < DRAWS; draw += 1) yield drawn(length, (time - 1) / (time + 1), random);
}

/** Scores of series that have the values of this one in the order of drawn ones: what is mostly 0 has other maxima than noise. */
export function scoresLike(search: StepSearch, left: Float64Array, time: number): number[] {
  const sorted = left.toSorted();
  const buffers = buffersFor(search);
  return [...drawnSeries(left.length, time)].map((one) => {
    const like = new Float64Array(left.length);
    const order = Int32Array.from(one.keys()).sort((i, j) => (one[i] ?? 0) - (one[j] ?? 0));
    order.forEach((place, rank) => (like[place] = sorted[rank] ?? 0));
    return bestOf(search, search.left(like), buffers).score;
  });
}

/** To a step of a geometric scale. */
function scaled(value: number, perE: number): number {
  return Math.exp(Math.round(Math.log(value) * perE) / perE);
}

/** Searches of one length and with the same cycles, with the draws for each memory, which are the same for every series. */
export class Searches {
  private readonly known = new Map<string, StepSearch>();
  private readonly draws = new Map<string, Draws>();

  of(length: number, cycles: readonly number[]): StepSearch {
    const key = `${length} ${cycles.join()}`;
    const known = this.known.get(key);
    if (known) return known;
    const search = new StepSearch(length, cycles);
    this.known.set(key, search);
    return search;
  }

  /** `memory`: values that make one. Scores of lengths, cycles and memories that are nearly the same are drawn once. */
  drawsOf(length: number, cycles: readonly number[], memory: number): Draws {
    const time = scaled(memory, PER_E);
    const likeLength = Math.round(scaled(length, PER_E));
    const search = this.of(
      likeLength,
      cycles.map((turns) => Math.round(turns * PER_E) / PER_E),
    );
    const key = `${likeLength} ${cycles.map((turns) => Math.round(turns * PER_E)).join()} ${time}`;
    const known = this.draws.get(key);
    if (known) return known;
    const buffers = buffersFor(search);
    const found = [...drawnSeries(likeLength, time)].map((one) => bestOf(search, search.left(one), buffers));
    const made = {
      scores: found.map(({ score }) => score),
      toldMemory: found.reduce((sum, one) => sum + one.memory, 0) / DRAWS,
    };
    this.draws.set(key, made);
    return made;
  }
}
