// `iowitness iostat --bursts`: all disks at 10 ms, each burst told when it is over, with who moved it where events tell, and a period as soon as it is
// clear. Counters find bursts, whether anybody may read events or not; events name who.

import { BIN_MS, LiveBursts, type Burst } from '../../analysis/requests/live-bursts.js';
import { latestPeriod, type Period } from '../../analysis/requests/regularity.js';
import { monotonicNs } from '../../base/clock.js';
import { entry } from '../../base/maps.js';
import type { BurstEvent, BurstTold, Culprit, DiskBursts, PeriodTold } from '../../model/bursts.js';
import { LIVE_BURSTS } from '../../model/thresholds/requests.js';
import type { Look, Looks } from './looks.js';

export interface BurstWatch {
  /** Of the averages that bursts are held against. */
  readonly intervalMs: number;
  /** How many of those it takes; Infinity: until it is stopped. */
  readonly count: number;
  readonly looks: Looks;
  /** Ends it when it settles. */
  readonly stopped: Promise<unknown>;
  /** Who moved the most on a disk between two times, ms since the looks began. */
  readonly whoMoved: (device: string, fromMs: number, toMs: number) => Culprit | undefined;
  readonly nobodyBecause: string | undefined;
  readonly tell: (event: BurstEvent) => void;
}

/** Bursts of a disk that are kept for the end. */
const MOST_KEPT = 10_000;
/** What is over is looked for this often, ms: on a disk that is always busy that goes through all that is kept. */
const LOOK_EVERY_MS = 1000;

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
  private readonly startWallMs: number;
  private readonly disks = new Map<string, Disk>();
  private beforeMs = 0;
  private latestMs = 0;
  private nextLookMs = LOOK_EVERY_MS;
  private isStopped = false;

  constructor(watch: BurstWatch) {
    this.watch = watch;
    this.startWallMs = Date.now() - Number(monotonicNs() - watch.looks.startNs) / 1e6;
  }

  async run(): Promise<void> {
    const { intervalMs, count, stopped, looks } = this.watch;
    const endMs = count * intervalMs;
    void stopped.then(() => (this.isStopped = true));
    while (!this.isStopped && this.beforeMs < endMs) {
      for (const look of await looks.next(endMs - this.beforeMs)) if (this.beforeMs < endMs) this.take(look);
      this.step();
    }
    this.tellEnd();
  }

  private step(): void {
    if (this.beforeMs < this.nextLookMs) return;
    this.nextLookMs = this.beforeMs + LOOK_EVERY_MS;
    this.tellWhatIsOver();
  }

  private take({ atMs, forMs, disks }: Look): void {
    for (const { name, ...moved } of disks) {
      const disk = entry(this.disks, name, () => ({
        live: new LiveBursts(this.watch.intervalMs),
        bursts: [],
        count: 0,
        periods: new Map(),
        startsOf: new Map(),
      }));
      disk.live.take({ atMs, forMs, ...moved });
      if (moved.operations > 0) this.latestMs = Math.max(this.latestMs, forMs);
    }
    for (const { live } of this.disks.values()) live.pass(atMs);
    this.beforeMs = atMs;
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
    // Counters tell to a bin when it was.
    const culprit = this.watch.whoMoved(device, fromMs - BIN_MS, toMs + BIN_MS);
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
