// Series with a known truth, for tests of statistics by simulation: noise with a memory, drift, a day's cycle, outliers and rare events, and changes that
// are planted into it. The same seed gives the same series.

import { generator } from '../../src/base/random.js';

/** Draws from the standard normal distribution (Box & Muller, Ann. Math. Statist. 29, 1958). */
export function normals(seed: number): () => number {
  const random = generator(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface Noise {
  /** How much of a value stays in the next: 0 for none. */
  readonly memory?: number;
  /** By how many times the noise the level moves from the first to the last value. */
  readonly drift?: number;
  /** How far a day's cycle goes up and down, of which the series spans `cycles`. */
  readonly cycle?: number;
  readonly cycles?: number;
  /** The share of values that lie twenty times the noise above. */
  readonly outliers?: number;
  /** Values below this many times the noise are 0: a counter that seldom moves. */
  readonly quietBelow?: number;
}

/** Noise of variance 1 before whatever is added. */
export function noise(
  length: number,
  seed: number,
  { memory = 0, drift = 0, cycle = 0, cycles = 1, outliers = 0, quietBelow = -Infinity }: Noise = {},
): Float64Array {
  const draw = normals(seed);
  const random = generator(seed + 0x5eed);
  const phase = random() * 2 * Math.PI;
  let last = draw();
  return Float64Array.from({ length }, (_, at) => {
    last = memory * last + Math.sqrt(1 - memory * memory) * draw();
    const x = at / length;
    const smooth = drift * x + cycle * Math.sin(phase + 2 * Math.PI * cycles * x);
    const value = last + smooth + (random() < outliers ? 20 : 0);
    return value < quietBelow ? 0 : value;
  });
}

/** Kinds of noise on which no test may find what is not there. */
export const NOISES: Readonly<Record<string, Noise>> = {
  white: {},
  'memory of 0.5': { memory: 0.5 },
  'memory of 0.8': { memory: 0.8 },
  'memory of 0.9': { memory: 0.9 },
  drift: { drift: 3 },
  'drift with memory': { drift: 3, memory: 0.6 },
  'daily cycle': { cycle: 2, cycles: 1 },
  'daily cycle with memory': { cycle: 2, cycles: 1.5, memory: 0.6 },
  outliers: { outliers: 0.01, memory: 0.5 },
  'seldom moves': { quietBelow: 1.5 },
};
