// A copy watched at a steady pace: what each interval brought, for the log, for what is expected of it, and for the test of whether its throughput
// has fallen for good. Intervals pass also while a call hangs: then nothing was written in them.

import { monotonicMs } from '../../base/clock.js';
import { isoTime } from '../../base/format.js';
import { Histogram } from '../../base/histogram.js';
import { findFall, type Fall } from '../../onset/fall.js';
import { TIMED, type Expectation, type Sample, type Timed } from '../../tools/dd/expectation.js';
import { byTimed, Meter, newMeter, type Latencies, type MeterSetup } from './meter.js';
import { RateHistory } from './rate-history.js';
import type { DdSession } from './session.js';

const NS_PER_MS = 1e6;

export interface WatchPlan {
  readonly intervalMs: number;
  readonly expectations: readonly Expectation[];
  /** Takes a line of the log. */
  readonly log?: (line: string) => void;
  /** Hears once that throughput has fallen for good. */
  readonly onFall?: () => void;
  /** ms since 1970. */
  readonly wallMs: () => number;
}

/** What each block is to be followed by, so that it can be timed. */
export function flushAsked(expectations: readonly Expectation[]): MeterSetup['syncEach'] {
  return (['fdatasync', 'fsync'] as const).find((how) => expectations.some(({ of }) => of === how));
}

export function meterFor(expectations: readonly Expectation[]): MeterSetup {
  const limits = expectations.flatMap(({ of, limit }) => (of === undefined ? [] : [{ of, ns: limit * NS_PER_MS }]));
  return newMeter(limits, flushAsked(expectations));
}

const PER_CALL = ['p50', 'p99', 'max'] as const;

/** The columns of the log, by what is timed. */
function columnsOf(timed: readonly Timed[]): string {
  return [
    'time',
    'seconds',
    'bytes_per_s',
    ...timed.flatMap((name) => [`${name}s_per_s`, ...PER_CALL.map((part) => `${name}_${part}_us`)]),
  ].join(',');
}

/** ns as µs with three digits. */
function microseconds(ns: number): string {
  return Number.isFinite(ns) ? String(Number((ns / 1000).toPrecision(4))) : '';
}

function cellsOf(histogram: Histogram, seconds: number): string[] {
  const { count } = histogram;
  const figures = count === 0 ? [NaN, NaN, NaN] : [histogram.quantile(0.5), histogram.quantile(0.99), histogram.max];
  return [(count / seconds).toFixed(1), ...figures.map(microseconds)];
}

export class Watch {
  private readonly plan: WatchPlan;
  private readonly meter: Meter;
  private readonly session: DdSession;
  private readonly timed: readonly Timed[];
  private readonly all: Record<Timed, Histogram>;
  private readonly history = new RateHistory();
  /** When the last interval ended; of the first when copying began, and undefined before that. */
  private lastMs: number | undefined;
  /** When the interval under way began, ms since 1970. */
  private beginWallMs = 0;
  private lastBytes = 0;
  private readonly timer: NodeJS.Timeout;
  /** `beginMs`: since 1970. */
  fall: (Fall & { readonly beginMs: number }) | undefined;

  constructor(session: DdSession, setup: MeterSetup, plan: WatchPlan) {
    this.session = session;
    this.meter = new Meter(setup);
    this.plan = plan;
    this.timed = ['write', ...(setup.syncEach ? [setup.syncEach] : [])];
    this.all = byTimed(() => new Histogram());
    plan.log?.(`${columnsOf(this.timed)}\n`);
    this.timer = setInterval(() => this.pass(), plan.intervalMs);
  }

  /** An interval has passed. Nothing is told of those before the first copy. */
  private pass(): void {
    const now = monotonicMs();
    const { bytesInAll: bytes, begunMs } = this.session.soFar();
    if (begunMs === undefined) return;
    const wallMs = this.plan.wallMs();
    if (this.lastMs === undefined) this.beginWallMs = wallMs - (now - begunMs);
    const seconds = (now - (this.lastMs ?? begunMs)) / 1000;
    const latencies = this.take();
    const rate = (bytes - this.lastBytes) / seconds;
    this.plan.log?.(
      `${[isoTime(wallMs), seconds.toFixed(3), Math.round(rate), ...this.timed.flatMap((name) => cellsOf(latencies[name], seconds))].join(',')}\n`,
    );
    this.lastMs = now;
    this.lastBytes = bytes;
    this.history.add(rate, this.beginWallMs);
    this.beginWallMs = wallMs;
    if (this.fall || !this.plan.onFall) return;
    const { stretches } = this.history;
    const fall = findFall(stretches);
    if (!fall) return;
    this.fall = { ...fall, beginMs: stretches[fall.at]?.beginMs ?? this.beginWallMs };
    this.plan.onFall();
  }

  get intervals(): number {
    return this.history.intervals;
  }

  /** How long calls took, of all copies, ns. */
  get latencies(): Latencies {
    return this.all;
  }

  private take(): Latencies {
    const latencies = this.meter.empty();
    for (const name of TIMED) this.all[name].add(latencies[name]);
    return latencies;
  }

  /** The rest of the last interval is taken, and no other begins. */
  end(): void {
    clearInterval(this.timer);
    if (monotonicMs() - (this.lastMs ?? 0) > 1) this.pass();
    else this.take();
  }

  /** What was measured for each expectation, in their order; absent for those of the whole. */
  samples(): (Sample | undefined)[] {
    const over = this.meter.overLimits();
    let limit = 0;
    return this.plan.expectations.map(({ of }) => {
      if (of === undefined) return undefined;
      const histogram = this.all[of];
      const sample = {
        count: histogram.count,
        mean: histogram.mean() / NS_PER_MS,
        max: histogram.max / NS_PER_MS,
        quantile: (share: number) => histogram.quantile(share) / NS_PER_MS,
        over: over[limit] ?? 0,
      };
      limit += 1;
      return sample;
    });
  }

  /** Bytes and blocks a second of the time in which copies were made; NaN where none was begun. */
  total(): { readonly bytesPerSecond: number; readonly blocksPerSecond: number } {
    const { bytesInAll, secondsInAll } = this.session.soFar();
    return { bytesPerSecond: bytesInAll / secondsInAll, blocksPerSecond: this.all.write.count / secondsInAll };
  }
}
