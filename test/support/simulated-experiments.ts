// Experiments with a known truth, run by run, for tests by simulation and for bench/experiments.ts: how fast a run is, when it degrades, how it bursts, with
// a machine that drifts, has days, carries over from one run to the next, and hiccups now and then. The same seed gives the same experiment.

import type { Made } from '../../src/experiment/compare-arms.js';
import { drawOrder, usualBlock } from '../../src/experiment/order.js';
import { generator } from '../../src/base/random.js';
import { normals } from './simulated.js';

export interface Truth {
  readonly arms: readonly string[];
  readonly repeats: number;
  readonly perBlock?: number;
  /** How an arm differs from the first: times the throughput, times the time until it degrades, times the bursts. */
  readonly effects?: Readonly<
    Record<string, { readonly rate?: number; readonly onset?: number; readonly bursts?: number }>
  >;
  /** Of a run's throughput, and of its time until it degrades: standard deviations of logarithms. */
  readonly spread?: number;
  readonly onsetSpread?: number;
  /** Seconds until half of the first arm's runs have degraded; Infinity for never. */
  readonly onset?: number;
  /** Bursts a minute. */
  readonly bursts?: number;
  /** Times the throughput from the first run to the last. */
  readonly drift?: number;
  /** Times, up and down, over the whole experiment. */
  readonly cycle?: number;
  /** How much of what one run was faster than usual the next one is. */
  readonly carry?: number;
  /** The share of runs that are ten times slower. */
  readonly outliers?: number;
}

/** A run goes on for so long where it does not degrade. */
export const RUN_SECONDS = 600;

export function simulate(truth: Truth, seed: number): Made[] {
  const { arms, repeats, effects = {}, spread = 0.2, onsetSpread = 0.25, onset = Infinity, bursts = 0 } = truth;
  const { drift = 1, cycle = 1, carry = 0, outliers = 0 } = truth;
  const order = drawOrder(arms, repeats, truth.perBlock ?? usualBlock(repeats, false), seed);
  const normal = normals(seed + 17);
  const random = generator(seed + 29);
  const phase = random() * 2 * Math.PI;
  let before = 0;
  return order.map(({ number, block, arm }) => {
    const effect = effects[arm] ?? {};
    const place = number / order.length;
    const machine = place * Math.log(drift) + Math.log(cycle) * Math.sin(phase + 2 * Math.PI * 1.5 * place);
    const own = carry * before + Math.sqrt(1 - carry * carry) * normal();
    before = own;
    const slow = random() < outliers ? 0.1 : 1;
    const rate = 1e8 * (effect.rate ?? 1) * Math.exp(machine + spread * own) * slow;
    const onsetAt = onset * (effect.onset ?? 1) * Math.exp(machine + onsetSpread * normal());
    const degraded = onsetAt < RUN_SECONDS;
    const seconds = degraded ? onsetAt + 30 : RUN_SECONDS;
    // Poisson's, by its normal approximation or by counting.
    const expected = (bursts * (effect.bursts ?? 1) * seconds) / 60;
    const count = Math.max(0, Math.round(expected + Math.sqrt(expected) * normal()));
    const figures = { mean: rate, p5: rate * 0.8, p50: rate, p95: rate * 1.2 };
    return {
      number,
      block,
      arm,
      outcome: {
        seconds,
        because: degraded ? 'degraded' : 'time',
        onsetSeconds: degraded ? onsetAt : null,
        rate: figures,
        rateSince: degraded ? rate / 10 : null,
        iops: { mean: rate / 4096, p5: rate / 5000, p50: rate / 4096, p95: rate / 4000 },
        series: { stepSeconds: seconds, rate: [rate], iops: [rate / 4096] },
        bursts: count > 0 ? [{ disk: 'sda', count, operations: 100, bytes: 4e6, periodMs: null }] : [],
        cause: degraded ? 'dev.slow' : 'healthy',
        sentence: '',
        reset: { dirtyBytes: 0, isTrimmed: true },
        recording: `runs/${number}.iow`,
      },
    };
  });
}

/** Machines on which no arm may be blamed that does not differ. */
export const MACHINES: Readonly<Record<string, Omit<Truth, 'arms' | 'repeats' | 'effects'>>> = {
  steady: { bursts: 5 },
  'degrading runs': { onset: 300, bursts: 5 },
  drift: { onset: 400, drift: 3, bursts: 5 },
  'daily cycle': { onset: 400, cycle: 1.5, bursts: 5 },
  'carry-over': { carry: 0.7, onset: 400, bursts: 5 },
  outliers: { outliers: 0.1, onset: 400, bursts: 5 },
};
