// Made-up counters with a truth planted into them, and recordings of such compared with each other: a disk that becomes slow at a moment, a counter that moves
// before it, a setting that changes then, and the same disk asked for more.

import { measure } from '../../src/analysis/measures.js';
import { chartsOf } from '../../src/differences/charts.js';
import { compareAll, extractOf, FEW, type Extract } from '../../src/differences/compare.js';
import type { Side } from '../../src/differences/separate.js';
import type { Case } from '../../src/model/case.js';
import type { Charts } from '../../src/model/charts.js';
import type { Differences } from '../../src/model/differences.js';
import { aCase, NO_COUNTERS, series } from './case.js';
import { bursts, normals } from './simulated.js';

export const STEP_MS = 100;

export interface Planted {
  readonly seed: number;
  readonly seconds?: number;
  /** When the disk becomes slow, ms; never where it is absent. */
  readonly slowFrom?: number;
  /** When a counter of memory moves, ms. */
  readonly reclaimFrom?: number;
  /** So many times the requests, and the queue with them. */
  readonly asked?: number;
  /** Requests take so many times as long. */
  readonly slower?: number;
  /** The flusher writes every so many seconds, and from `slowFrom` on the disk takes half as much, from it and from others, each request in the same time. */
  readonly flusherEvery?: number;
  readonly changes?: Case['changes'];
}

/** Sums of what each step adds. */
function grown(steps: readonly number[]): number[] {
  let sum = 0;
  return [0, ...steps].map((one) => (sum += one));
}

/** A disk that makes about 200 writes of 64 KiB a second, each in 2 ms, and 30 of them, each in 20 ms, once it is slow. */
export function planted({
  seed,
  seconds = 60,
  slowFrom = Infinity,
  reclaimFrom = Infinity,
  asked = 1,
  slower = 1,
  flusherEvery,
  changes = [],
}: Planted): Case {
  const draw = normals(seed);
  const steps = Array.from({ length: (seconds * 1000) / STEP_MS }, (_, at) => (at + 1) * STEP_MS);
  const flushed =
    flusherEvery === undefined
      ? undefined
      : bursts(steps.length, seed, {
          every: (flusherEvery * 1000) / STEP_MS,
          lasts: (flusherEvery * 200) / STEP_MS,
          high: 6,
          slowFrom: slowFrom / STEP_MS,
        });
  const writes = steps.map((t, at) =>
    flushed
      ? Math.round(20 * (flushed[at] ?? 0))
      : Math.max(1, Math.round((t > slowFrom ? 3 : 20 * asked) * (1 + 0.2 * draw()))),
  );
  const takesMs = (t: number) => (t > slowFrom && !flushed ? 20 : 2 * slower);
  const ticks = writes.map((count, at) => count * takesMs(steps[at] ?? 0) * Math.max(0.2, 1 + 0.15 * draw()));
  const scans = steps.map((t) => Math.max(0, Math.round((t > reclaimFrom ? 400 : 10) * (1 + 0.3 * draw()))));
  const idle = steps.map(() => Math.max(0, 50 + 10 * draw()));
  const t = [0, ...steps];
  const zero = t.map(() => 0);
  return aCase({
    durationMs: seconds * 1000,
    changes,
    counters: {
      ...NO_COUNTERS,
      disks: new Map([
        [
          '7:0',
          series(t, {
            rd_ios: zero,
            rd_sectors: zero,
            rd_ticks: zero,
            wr_ios: grown(writes),
            wr_sectors: grown(writes.map((count) => count * 128)),
            wr_ticks: grown(ticks),
            io_ticks: grown(ticks.map((ms) => Math.min(STEP_MS, ms))),
            time_in_queue: grown(ticks),
            fl_ios: zero,
            fl_ticks: zero,
          }),
        ],
      ]),
      vmstat: series(t, { pgscan_direct: grown(scans), nr_free_pages: t.map(() => 1e6 + 1e4 * draw()) }),
      cpu: series(t, {
        user: grown(steps.map(() => 5)),
        nice: zero,
        system: zero,
        idle: grown(idle),
        iowait: zero,
        irq: zero,
        softirq: zero,
        steal: zero,
      }),
    },
  });
}

interface Compared {
  readonly differences: Differences;
  readonly charts: Charts;
}

/** `sideOf`: the side that somebody says a recording is on. */
export function comparedBySide(cases: readonly Case[], sideOf: (place: number) => Side | undefined): Compared {
  const extracts = cases.map((input, place): Extract => {
    // Nobody is watched: the disk is known from the facts.
    const m = { ...measure(input), disk: '7:0' };
    return extractOf(m, { side: sideOf(place), verdict: undefined, place, isOfFew: cases.length <= FEW });
  });
  const differences = compareAll(extracts, 'test');
  return { differences, charts: chartsOf(extracts, differences) };
}

export function compared(...cases: readonly Case[]): Differences {
  return comparedBySide(cases, () => undefined).differences;
}
