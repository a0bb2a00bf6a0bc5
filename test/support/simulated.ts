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

/** What goes by bursts, as a disk under a flusher: a background, and every so many values a burst of a given volume above it. */
export interface Bursts {
  /** Values from the end of a burst to the next, as the flusher's timer counts them (mm/page-writeback.c, dirty_writeback_interval). */
  readonly every: number;
  /** How long a burst takes, values. */
  readonly lasts: number;
  /** By so many times the background it lies above it. */
  readonly high: number;
  /** The background; 0 for a disk that has nothing to do in between. */
  readonly background?: number;
  /** By how much a burst's volume varies, as a part of it. */
  readonly varies?: number;
  /** From this value on all is slower by `slower`: the background is lower, and bursts are lower and as much longer. */
  readonly slowFrom?: number;
  readonly slower?: number;
}

/** Noise of a fifth of what it lies about. */
const NOISE_PART = 0.2;

export function bursts(
  length: number,
  seed: number,
  { every, lasts, high, background = 1, varies = 0.2, slowFrom = Infinity, slower = 2 }: Bursts,
): Float64Array {
  const draw = normals(seed);
  const noisy = (value: number) => Math.max(0, value * (1 + NOISE_PART * draw()));
  let next = generator(seed + 0x5eed)() * every;
  let left = 0;
  return Float64Array.from({ length }, (_, at) => {
    const pace = at >= slowFrom ? 1 / slower : 1;
    let value = noisy(background * pace);
    if (at >= next && left <= 0) left = high * lasts * Math.max(0.1, 1 + varies * draw());
    if (left <= 0) return value;
    const moved = Math.min(left, noisy(high * pace));
    value += moved;
    left -= moved;
    if (left <= 0) next = at + every;
    return value;
  });
}

/** Bursts of several periods, lengths, heights and sizes, on which no test may find what is not there. */
export const BURSTS: Readonly<Record<string, Bursts>> = {
  'every 5 s, 10 a second': { every: 50, lasts: 10, high: 6 },
  'every 5 s, 1 a second': { every: 5, lasts: 1, high: 8 },
  'every 5 s, short and high': { every: 50, lasts: 2, high: 40 },
  'every 2 s': { every: 20, lasts: 4, high: 6 },
  'every 10 s': { every: 100, lasts: 15, high: 6 },
  'every 5 s, of any size': { every: 50, lasts: 10, high: 6, varies: 0.5 },
  'every 5 s, low': { every: 50, lasts: 10, high: 3 },
  'every 5 s, nothing in between': { every: 50, lasts: 10, high: 6, background: 0 },
};
