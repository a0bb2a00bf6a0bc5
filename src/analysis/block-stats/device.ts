// What is counted of one device while the records pass.

import type { DepthSeries } from '../../model/block-stats.js';
import { DepthBins } from './depth-bins.js';
import { Activity, BusyMeter } from './periods.js';
import { PlugMeter } from './plugs.js';
import { Arrivals } from './scopes.js';
import { SeekMeter } from './seeks.js';

export class DeviceMeter {
  readonly id: string;
  readonly index: number;
  readonly standsOn = new Set<string>();
  readonly arrivals = new Arrivals();
  readonly queueSeeks = new SeekMeter();
  readonly dispatchSeeks = new SeekMeter();
  readonly plugs = new PlugMeter();
  readonly busy = new BusyMeter();
  readonly queueActivity = new Activity();
  readonly completeActivity = new Activity();
  private readonly bins = new DepthBins();
  bios = 0;
  backMerges = 0;
  frontMerges = 0;
  splits = 0;
  dispatches = 0;
  requeues = 0;
  errors = 0;
  firstNs = NaN;
  lastNs = 0;
  /** Bios that wait for dispatch, as far as their sizes show it: flushes have none. */
  private waiting = 0;
  private waitingSum = 0;
  private waitingSamples = 0;
  private leastSectors = Infinity;
  private mostSectors = 0;
  private totalSectors = 0;
  private sized = 0;

  constructor(id: string, index: number) {
    this.id = id;
    this.index = index;
  }

  /** Every record of the device goes through here first. */
  seen(t: number): void {
    if (Number.isNaN(this.firstNs)) this.firstNs = t;
    this.lastNs = t;
  }

  /** Brings the sums over time up to now; called before anything that they sum changes. */
  private advance(t: number): void {
    this.bins.advance(t, this.busy.depth, this.waiting);
  }

  queue(t: number, sector: number, sectors: number): void {
    this.bios += 1;
    this.arrivals.at(t);
    this.queueActivity.add(t);
    if (sectors > 0) {
      this.queueSeeks.add(sector, sectors);
      this.wait(t);
    }
  }

  /** One more waits; those that it finds are averaged. */
  private wait(t: number): void {
    this.advance(t);
    this.waitingSum += this.waiting;
    this.waitingSamples += 1;
    this.waiting += 1;
  }

  merge(t: number, front: boolean): void {
    if (front) this.frontMerges += 1;
    else this.backMerges += 1;
    this.advance(t);
    if (this.waiting > 0) this.waiting -= 1;
  }

  dispatch(t: number, sector: number, sectors: number): void {
    this.dispatches += 1;
    this.advance(t);
    if (sectors > 0) {
      this.dispatchSeeks.add(sector, sectors);
      if (this.waiting > 0) this.waiting -= 1;
    }
    this.busy.start();
    this.bins.reach(this.busy.depth);
  }

  /** What was dispatched at `dispatched` has come back unserved. */
  requeue(t: number, dispatched: number): void {
    this.requeues += 1;
    this.wait(t);
    this.busy.end(dispatched, t);
  }

  /** A whole request of the device, dispatched at `dispatched`, has ended. */
  complete(t: number, sectors: number, dispatched: number): void {
    this.answer(t, sectors);
    this.busy.end(dispatched, t);
  }

  /** I/O has ended, with a request or without one. */
  answer(t: number, sectors: number): void {
    this.advance(t);
    this.completeActivity.add(t);
    this.bins.complete(sectors * 512);
    if (sectors === 0) return;
    this.sized += 1;
    this.totalSectors += sectors;
    this.leastSectors = Math.min(this.leastSectors, sectors);
    this.mostSectors = Math.max(this.mostSectors, sectors);
  }

  get requestSectors() {
    const { sized, totalSectors } = this;
    if (sized === 0) return undefined;
    return { min: this.leastSectors, mean: totalSectors / sized, max: this.mostSectors, total: totalSectors };
  }

  get activeAtQueue(): number {
    return this.waitingSamples === 0 ? 0 : this.waitingSum / this.waitingSamples;
  }

  get series(): DepthSeries {
    return this.bins.result();
  }
}
