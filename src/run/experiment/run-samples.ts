// What a run does over time, from its workload's progress and the counters of disks: throughput and requests by interval, whether throughput has fallen for good, and the bursts
// of disks. In bounded memory, however long it runs.

import { findFall, type Fall, type Stretch } from '../../analysis/victim/fall.js';
import { LiveBursts, type Burst } from '../../analysis/requests/live-bursts.js';
import { entry } from '../../base/maps.js';
import { medianOf } from '../../base/median.js';
import { DISK_FIELDS, parseDiskstats } from '../../base/procfs/diskstats.js';
import { OpenFiles, readWhole } from '../../capture/files.js';
import type { DeviceId } from '../../model/counters.js';
import type { BurstsOfDisk, RunOutcome } from '../../model/experiment.js';
import { DiskSamples } from '../bursts/disk-samples.js';
import { RateHistory } from '../dd/rate-history.js';
import type { Progress } from './workload.js';

/** Disks are looked at this often for bursts, ms. */
const LOOK_MS = 50;
/** What bursts are held against, ms; and how often those that are over are taken. */
const BURST_INTERVAL_MS = 1000;
/** Bursts of a disk that are kept for medians. */
const MOST_BURSTS = 10_000;
/** Points of the series that stays in the result. */
const MOST_POINTS = 300;

interface Disk {
  readonly live: LiveBursts;
  readonly bursts: Pick<Burst, 'operations' | 'bytes'>[];
  count: number;
}

type Figures = Pick<RunOutcome, 'onsetSeconds' | 'rate' | 'rateSince' | 'iops' | 'series' | 'bursts'>;

/** Requests that a disk has completed; undefined where it is not there. */
function completed(device: DeviceId): number | undefined {
  const disk = [...parseDiskstats(readWhole('/proc/diskstats') ?? '')].find((one) => one.id === device);
  if (!disk) return undefined;
  const at = (field: (typeof DISK_FIELDS)[number]) => disk.values[DISK_FIELDS.indexOf(field)] ?? 0;
  return at('rd_ios') + at('wr_ios');
}

/** Of stretches by their intervals. */
function spreadOf(stretches: readonly Stretch[]): RunOutcome['rate'] {
  const sorted = stretches.toSorted((a, b) => a.rate - b.rate);
  const all = sorted.reduce((sum, { intervals }) => sum + intervals, 0);
  const at = (share: number) => {
    let left = share * all;
    return (sorted.find(({ intervals }) => (left -= intervals) < 0) ?? sorted.at(-1))?.rate ?? 0;
  };
  const sum = stretches.reduce((total, { rate, intervals }) => total + rate * intervals, 0);
  return { mean: all > 0 ? sum / all : 0, p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}

/** As few points, each the mean of a stretch of the run. */
function drawnTogether(stretches: readonly Stretch[]): number[] {
  const each = Math.max(1, Math.ceil(stretches.reduce((sum, { intervals }) => sum + intervals, 0) / MOST_POINTS));
  const points: { sum: number; intervals: number }[] = [];
  for (const { rate, intervals } of stretches) {
    const last = points.at(-1);
    if (last && last.intervals < each) {
      last.sum += rate * intervals;
      last.intervals += intervals;
    } else points.push({ sum: rate * intervals, intervals });
  }
  return points.map(({ sum, intervals }) => sum / intervals);
}

export class RunSamples {
  private readonly options: {
    readonly device: DeviceId;
    readonly intervalMs: number;
    readonly disks?: readonly string[];
  };
  private readonly progress: () => Progress;
  private readonly files = new OpenFiles();
  private readonly disks = new Map<string, Disk>();
  private readonly samples: DiskSamples;
  private readonly rates = new RateHistory();
  private readonly iops = new RateHistory();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly begunMs = performance.now();
  private before: { readonly atMs: number; readonly progress: Progress; readonly requests: number | undefined };
  private lookedMs = 0;
  private fallen: Fall | undefined;
  /** Called once, when throughput has fallen for good. */
  onFall: () => void = () => {};

  constructor(progress: () => Progress, options: RunSamples['options']) {
    this.options = options;
    this.progress = progress;
    const { disks } = options;
    this.samples = new DiskSamples(this.files, '', disks ? new Set(disks) : null);
    this.samples.look();
    this.before = { atMs: 0, progress: progress(), requests: completed(options.device) };
    this.timers.push(
      setInterval(() => this.look(), LOOK_MS),
      setInterval(() => this.takeBursts(), BURST_INTERVAL_MS),
      setInterval(() => this.pass(), options.intervalMs),
    );
  }

  get seconds(): number {
    return (performance.now() - this.begunMs) / 1000;
  }

  private look(): void {
    const atMs = performance.now() - this.begunMs;
    const forMs = atMs - this.lookedMs;
    if (forMs <= 0) return;
    for (const { name, ...moved } of this.samples.look()) {
      const disk = entry(this.disks, name, () => ({ live: new LiveBursts(BURST_INTERVAL_MS), bursts: [], count: 0 }));
      disk.live.take({ atMs, forMs, ...moved });
    }
    for (const { live } of this.disks.values()) live.pass(atMs);
    this.lookedMs = atMs;
  }

  private takeBursts(isEnd = false): void {
    for (const disk of this.disks.values()) {
      for (const { operations, bytes } of disk.live.over(isEnd)) {
        disk.count += 1;
        if (disk.bursts.length < MOST_BURSTS) disk.bursts.push({ operations, bytes });
      }
    }
  }

  private pass(): void {
    const atMs = performance.now() - this.begunMs;
    const [progress, requests] = [this.progress(), completed(this.options.device)];
    const ms = atMs - this.before.atMs;
    const beginMs = Date.now() - ms;
    if (requests !== undefined && this.before.requests !== undefined)
      this.iops.add((Math.max(0, requests - this.before.requests) * 1000) / ms, beginMs);
    const activeMs = progress.activeMs === undefined ? ms : progress.activeMs - (this.before.progress.activeMs ?? 0);
    // Between two of its turns a workload is slow by its own choice, and such intervals tell nothing.
    if (activeMs > 0)
      this.rates.add((Math.max(0, progress.bytes - this.before.progress.bytes) * 1000) / activeMs, beginMs);
    this.before = { atMs, progress, requests };
    if (this.fallen) return;
    this.fallen = findFall(this.rates.stretches);
    if (this.fallen) this.onFall();
  }

  /** Ends it, and tells what was seen. */
  end(): Figures {
    for (const timer of this.timers) clearInterval(timer);
    this.look();
    this.takeBursts(true);
    this.files.closeAll();
    const { stretches } = this.rates;
    const fall = findFall(stretches);
    const beginMs = fall && stretches[fall.at]?.beginMs;
    const startedMs = Date.now() - this.seconds * 1000;
    const iops = this.iops.stretches.filter((one) => beginMs === undefined || one.beginMs < beginMs);
    return {
      onsetSeconds: beginMs === undefined ? null : Math.max(0, (beginMs - startedMs) / 1000),
      rate: spreadOf(fall ? stretches.slice(0, fall.at) : stretches),
      rateSince: fall?.since ?? null,
      iops: iops.length > 0 ? spreadOf(iops) : null,
      series: {
        stepSeconds: this.seconds / Math.max(1, drawnTogether(stretches).length),
        rate: drawnTogether(stretches),
        iops: drawnTogether(this.iops.stretches),
      },
      bursts: [...this.disks].flatMap(([disk, one]): BurstsOfDisk[] =>
        one.count === 0
          ? []
          : [
              {
                disk,
                count: one.count,
                operations: medianOf(one.bursts.map(({ operations }) => operations)),
                bytes: medianOf(one.bursts.map(({ bytes }) => bytes)),
                periodMs: one.live.period?.period ?? null,
              },
            ],
      ),
    };
  }
}
