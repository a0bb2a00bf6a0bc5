// What a run does over time, from its workload's progress and the counters of disks: throughput and requests by interval, whether throughput has fallen for
// good, and the bursts of disks. In bounded memory, however long it runs. Figures are made of it in outcome.ts.

import { findFall, type Fall } from '../../onset/fall.js';
import { LiveBursts, type Burst } from '../../analysis/requests/live-bursts.js';
import { entry } from '../../base/maps.js';
import { medianOf } from '../../base/median.js';
import { DISK_FIELDS, parseDiskstats } from '../../base/procfs/diskstats.js';
import { OpenFiles, readWhole } from '../../capture/files.js';
import type { DeviceId } from '../../model/counters.js';
import type { BurstsOfDisk } from '../../model/experiment.js';
import { DiskSamples } from '../bursts/disk-samples.js';
import { RateHistory, type DatedStretch } from '../dd/rate-history.js';
import type { Progress } from './workload.js';

/** Disks are looked at this often for bursts, ms. */
const LOOK_MS = 50;
const LOOK_EMULATED_MS = 250;
/** What bursts are held against, ms; and how often those that are over are taken. */
const BURST_INTERVAL_MS = 1000;
/** Bursts of a disk that are kept for medians. */
const MOST_BURSTS = 10_000;

interface Disk {
  readonly live: LiveBursts;
  readonly bursts: Pick<Burst, 'operations' | 'bytes'>[];
  count: number;
}

/** Requests that a disk has completed; undefined where it is not there. */
function completed(device: DeviceId): number | undefined {
  const disk = [...parseDiskstats(readWhole('/proc/diskstats') ?? '')].find((one) => one.id === device);
  if (!disk) return undefined;
  const at = (field: (typeof DISK_FIELDS)[number]) => disk.values[DISK_FIELDS.indexOf(field)] ?? 0;
  return at('rd_ios') + at('wr_ios');
}

/** What was seen of a run, to make figures of. Plain data. */
export interface Seen {
  readonly seconds: number;
  /** ms since 1970. */
  readonly startedMs: number;
  readonly rates: readonly DatedStretch[];
  readonly iops: readonly DatedStretch[];
  readonly bursts: readonly BurstsOfDisk[];
}

export class RunSamples {
  private readonly options: {
    readonly device: DeviceId;
    readonly intervalMs: number;
    readonly isEmulated: boolean;
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
      setInterval(() => this.look(), options.isEmulated ? LOOK_EMULATED_MS : LOOK_MS),
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
  end(): Seen {
    for (const timer of this.timers) clearInterval(timer);
    this.look();
    this.takeBursts(true);
    this.files.closeAll();
    const { seconds } = this;
    return {
      seconds,
      startedMs: Date.now() - seconds * 1000,
      rates: this.rates.stretches,
      iops: this.iops.stretches,
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
