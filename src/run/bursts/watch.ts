// `iowitness iostat --bursts`: all disks at 10 ms, each burst told when it is over, with who moved it where events tell, and a period as soon as it is
// clear. Counters find bursts, whether anybody may read events or not; events name who.

import { BIN_MS, LiveBursts, type Burst } from '../../analysis/requests/live-bursts.js';
import { latestPeriod, type Period } from '../../analysis/requests/regularity.js';
import { monotonicNs } from '../../base/clock.js';
import { sleepHere } from '../../base/sleep.js';
import { entry } from '../../base/maps.js';
import type { OpenFiles } from '../../capture/files.js';
import type { BurstEvent, BurstTold, Culprit, DiskBursts, PeriodTold } from '../../model/bursts.js';
import { LIVE_BURSTS } from '../../model/thresholds/requests.js';
import { DiskSamples } from './disk-samples.js';

export interface BurstWatch {
  /** Null for all. */
  readonly disks: ReadonlySet<string> | null;
  /** Of the averages that bursts are held against. */
  readonly intervalMs: number;
  /** How many of those it takes; Infinity: until it is stopped. */
  readonly count: number;
  readonly files: OpenFiles;
  readonly root: string;
  /** Ends it when it settles. */
  readonly stopped: Promise<unknown>;
  /** Who moved the most on a disk between two times of CLOCK_MONOTONIC. */
  readonly whoMoved: (device: string, fromNs: bigint, toNs: bigint) => Culprit | undefined;
  readonly nobodyBecause: string | undefined;
  readonly tell: (event: BurstEvent) => void;
}

/** Bursts of a disk that are kept for the end. */
const MOST_KEPT = 10_000;
/** What is over is looked for this often, ms: on a disk that is always busy that goes through all that is kept. */
const LOOK_EVERY_MS = 1000;

/** Looks without a turn of the event loop, which costs as much as a look: a tenth of a second of them. */
const LOOKS_IN_ROW = 10;

interface Disk {
  readonly live: LiveBursts;
  readonly bursts: BurstTold[];
  count: number;
  /** By whose they are; '' for the disk. */
  readonly periods: Map<string, PeriodTold>;
  readonly startsOf: Map<string, number[]>;
}

class Watching {
  private readonly watch: BurstWatch;
  private readonly samples: DiskSamples;
  private readonly startNs: bigint;
  private readonly startWallMs: number;
  private readonly disks = new Map<string, Disk>();
  /** Of performance.now(), which a hundred looks a second cost less than one in ns. */
  private readonly begunMs = performance.now();
  private beforeMs = 0;
  private latestMs = 0;
  private nextLookMs = LOOK_EVERY_MS;
  private isStopped = false;

  constructor(watch: BurstWatch) {
    this.watch = watch;
    this.samples = new DiskSamples(watch.files, watch.root, watch.disks);
    this.startNs = monotonicNs();
    this.startWallMs = Date.now();
    this.samples.look();
  }

  async run(): Promise<void> {
    const { intervalMs, count, stopped } = this.watch;
    const endMs = count * intervalMs;
    void stopped.then(() => (this.isStopped = true));
    while (!this.isStopped && this.beforeMs < endMs) {
      for (let look = 0; look < LOOKS_IN_ROW && this.beforeMs < endMs; look += 1) {
        // Looks stand on the grid of the bins; what was missed is not made up for.
        const nowMs = performance.now() - this.begunMs;
        sleepHere((Math.floor(nowMs / BIN_MS) + 1) * BIN_MS - nowMs);
        this.step();
      }
      // Signals, and whoever reads events beside it, have their turn.
      await new Promise((settle) => setTimeout(settle, 0));
    }
    this.tellEnd();
  }

  private step(): void {
    this.look(performance.now() - this.begunMs);
    if (this.beforeMs < this.nextLookMs) return;
    this.nextLookMs = this.beforeMs + LOOK_EVERY_MS;
    this.tellWhatIsOver();
  }

  private look(atMs: number): void {
    const forMs = atMs - this.beforeMs;
    if (forMs <= 0) return;
    for (const { name, ...moved } of this.samples.look()) {
      const disk = entry(this.disks, name, () => ({
        live: new LiveBursts(this.watch.intervalMs),
        bursts: [],
        count: 0,
        periods: new Map(),
        startsOf: new Map(),
      }));
      disk.live.take({ atMs, forMs, ...moved });
    }
    for (const { live } of this.disks.values()) live.pass(atMs);
    this.beforeMs = atMs;
    this.latestMs = Math.max(this.latestMs, forMs);
  }

  private tellWhatIsOver(isEnd = false): void {
    const over = [...this.disks].flatMap(([device, disk]) =>
      disk.live.over(isEnd).map((burst) => ({ device, disk, burst })),
    );
    over.sort((a, b) => a.burst.fromMs - b.burst.fromMs);
    for (const { device, disk, burst } of over) this.tellBurst(device, disk, burst);
    const ended = new Map(over.map(({ device, disk }) => [device, disk]));
    for (const [device, disk] of ended) this.tellPeriod(device, disk, '', disk.live.period);
  }

  private tellBurst(device: string, disk: Disk, burst: Burst): void {
    const { fromMs, toMs, ...figures } = burst;
    const ns = (ms: number): bigint => this.startNs + BigInt(Math.round(ms * 1e6));
    // The counters tell to a bin when it was.
    const culprit = this.watch.whoMoved(device, ns(fromMs - BIN_MS), ns(toMs + BIN_MS));
    const told: BurstTold = {
      kind: 'burst',
      device,
      atMs: this.startWallMs + fromMs,
      lengthMs: toMs - fromMs,
      ...figures,
      ...(culprit && { culprit }),
    };
    disk.count += 1;
    if (disk.bursts.length < MOST_KEPT) disk.bursts.push(told);
    this.watch.tell(told);
    if (!culprit) return;
    const starts = entry(disk.startsOf, culprit.process, () => []);
    starts.push(fromMs / BIN_MS);
    if (starts.length > LIVE_BURSTS.mostDistances + 1) starts.shift();
    const found = latestPeriod(starts);
    this.tellPeriod(
      device,
      disk,
      culprit.process,
      found && { ...found, period: found.period * BIN_MS, uncertainty: found.uncertainty * BIN_MS },
    );
  }

  /** Once it is clear, and again where it has become another one; of the whole disk only where no program of it has one. */
  private tellPeriod(device: string, disk: Disk, process: string, found: Period | undefined): void {
    const { periods } = disk;
    const isOfProgram = process === '' && [...periods.keys()].some((name) => name !== '');
    if (!found || isOfProgram) {
      if (!found) periods.delete(process);
      return;
    }
    const before = periods.get(process);
    const told: PeriodTold = {
      kind: 'period',
      device,
      ...(process !== '' && { process }),
      periodMs: found.period,
      uncertaintyMs: found.uncertainty,
      chance: found.chance,
      bursts: found.distances + 1,
    };
    periods.set(process, told);
    const isSame =
      before && Math.abs(before.periodMs - told.periodMs) <= Math.max(before.uncertaintyMs, told.uncertaintyMs);
    if (!isSame) this.watch.tell(told);
  }

  private tellEnd(): void {
    this.tellWhatIsOver(true);
    const { intervalMs, nobodyBecause } = this.watch;
    const disks = [...this.disks].flatMap(([device, { bursts, count, periods }]): DiskBursts[] =>
      count > 0 ? [{ device, bursts, count, periods: [...periods.values()] }] : [],
    );
    this.watch.tell({
      kind: 'end',
      seconds: this.beforeMs / 1000,
      intervalMs,
      disks: disks.sort((a, b) => a.device.localeCompare(b.device)),
      latestMs: this.latestMs,
      ...(nobodyBecause !== undefined && { nobodyBecause }),
    });
  }
}

/** Until it has seen as many intervals as are asked for, or it is to stop. Throws the system's error where /proc/diskstats can't be read. */
export async function watchBursts(watch: BurstWatch): Promise<void> {
  await new Watching(watch).run();
}
