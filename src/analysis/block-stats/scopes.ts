// The times between stages, by whose they are: one scope a disk, kind and process. Each time is recorded once, in its scope; figures of
// a disk, a kind or a process are the sum over scopes.

import { entry } from '../../base/maps.js';
import { Histogram } from '../../base/histogram.js';
import type { Stage, StageTimes } from '../../model/block-stats.js';

const STAGE_NAMES: readonly Stage[] = ['Q2Q', 'Q2G', 'Q2M', 'G2I', 'I2D', 'M2D', 'Q2D', 'D2C', 'Q2C'];

const WHOLE = STAGE_NAMES.indexOf('Q2C');

/** A stage's number in the calls below. */
export function stageNumber(stage: Stage): number {
  return STAGE_NAMES.indexOf(stage);
}

/** Processes beyond so many are counted together, as process −1. */
const MOST_PROCESSES = 4096;
const OTHER_PROCESSES = -1;
/** A power of two. */
const RECENT = 256;

/** Times from one arrival to the next. */
export class Arrivals {
  readonly times = new Histogram();
  private last = NaN;

  at(t: number): void {
    if (!Number.isNaN(this.last)) this.times.record(t - this.last);
    this.last = t;
  }
}

export interface Scope {
  readonly disk: number;
  readonly kind: number;
  readonly pid: number;
  bios: number;
  merged: number;
  /** Completed requests, by their earliest bio, and completed sectors, bio by bio. */
  requests: number;
  sectors: number;
  readonly times: (Histogram | undefined)[];
  /** Shared with the other scopes of the same disk and kind, and of the same disk and process. */
  readonly arrivalsOfKind: Arrivals;
  readonly arrivalsOfProcess: Arrivals;
}

const newArrivals = () => new Arrivals();

export class Scopes {
  readonly list: Scope[] = [];
  private readonly byKey = new Map<number, number>();
  private readonly pids = new Set<number>();
  private readonly ofKind = new Map<number, Arrivals>();
  private readonly ofProcess = new Map<number, Arrivals>();

  /** The scopes that were asked for last, so that most lookups need no map. */
  private readonly recent = new Int32Array(RECENT).fill(-1);

  /** The scope's number. */
  of(disk: number, kind: number, pid: number): number {
    const place = (pid * 31 + disk * 8 + kind) & (RECENT - 1);
    const recent = this.recent[place] ?? -1;
    const known = this.list[recent];
    if (known?.pid === pid && known.kind === kind && known.disk === disk) return recent;
    const key = (disk * 8 + kind) * 2 ** 32 + (pid >>> 0);
    const number = this.byKey.get(key) ?? this.make(disk, kind, pid, key);
    this.recent[place] = number;
    return number;
  }

  private make(disk: number, kind: number, pid: number, key: number): number {
    if (pid !== OTHER_PROCESSES && !this.pids.has(pid)) {
      if (this.pids.size >= MOST_PROCESSES) return this.of(disk, kind, OTHER_PROCESSES);
      this.pids.add(pid);
    }
    const scope: Scope = {
      disk,
      kind,
      pid,
      bios: 0,
      merged: 0,
      requests: 0,
      sectors: 0,
      times: STAGE_NAMES.map(() => undefined),
      arrivalsOfKind: entry(this.ofKind, disk * 8 + kind, newArrivals),
      arrivalsOfProcess: entry(this.ofProcess, disk * 2 ** 32 + (pid >>> 0), newArrivals),
    };
    const number = this.list.push(scope) - 1;
    this.byKey.set(key, number);
    return number;
  }

  record(scope: number, stage: number, ns: number): void {
    const times = this.list[scope]?.times;
    if (times) (times[stage] ??= new Histogram()).record(ns);
  }

  /** The distributions over some scopes, in the order of the stages; stages without any time are left out. */
  stages(scopes: readonly Scope[], arrivals: Arrivals): StageTimes[] {
    // What was never seen to arrive has a scope of its own, and no whole time.
    const arrived = scopes.filter(({ times }) => times[WHOLE] !== undefined);
    const totalOf = (index: number) => arrived.reduce((sum, { times }) => sum + (times[index]?.sum ?? 0), 0);
    const wholeNs = totalOf(WHOLE);
    return STAGE_NAMES.flatMap((stage, index) => {
      if (stage === 'Q2Q') return summarise(stage, arrivals.times);
      const sum = new Histogram();
      for (const { times } of scopes) if (times[index]) sum.add(times[index]);
      return summarise(stage, sum).map((one) => (wholeNs > 0 ? { ...one, ofWhole: totalOf(index) / wholeNs } : one));
    });
  }
}

/** Nothing for a stage that was never seen. */
function summarise(stage: Stage, times: Histogram): StageTimes[] {
  if (times.count === 0) return [];
  return [
    {
      stage,
      count: times.count,
      minNs: times.min,
      meanNs: times.mean(),
      p50Ns: times.quantile(0.5),
      p90Ns: times.quantile(0.9),
      p99Ns: times.quantile(0.99),
      p999Ns: times.quantile(0.999),
      maxNs: times.max,
      totalNs: times.sum,
      histogram: times.parts(8).map(({ from, to, count }) => ({ fromNs: from, toNs: to, count })),
    },
  ];
}
