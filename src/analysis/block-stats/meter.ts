// The block layer's events, in order of time → the figures of `blkstats`. Whoever has the events calls one method an event, with times
// in ns since the first; nothing is kept of a request once it has ended, so a trace of any length takes the same memory.

import { RequestFollower } from '../requests/follower.js';
import { NONE } from '../../base/slot-index.js';
import { diskOfLane, KIND, laneOf } from '../requests/requests.js';
import { DeviceMeter } from './device.js';
import { Arrivals, Scopes, stageNumber } from './scopes.js';
import { Slowest } from './slowest.js';

const Q2G = stageNumber('Q2G');
const Q2M = stageNumber('Q2M');
const G2I = stageNumber('G2I');
const I2D = stageNumber('I2D');
const M2D = stageNumber('M2D');
const Q2D = stageNumber('Q2D');
const D2C = stageNumber('D2C');
const Q2C = stageNumber('Q2C');

export class BlockMeter {
  readonly follower = new RequestFollower();
  readonly scopes = new Scopes();
  readonly slowest = new Slowest(this.follower);
  readonly devices: DeviceMeter[] = [];
  private readonly numbers = new Map<string, number>();
  /** Of all devices but those that are known to stand on others. */
  readonly arrivals = new Arrivals();
  /** The last record's time, ns since the first. */
  lastNs = 0;
  /** The latest dispatch that was answered, by lane. */
  private readonly answered: number[] = [];

  /** The number of a device ('MAJOR:MINOR'), for the calls below. */
  disk(id: string): number {
    const known = this.numbers.get(id);
    if (known !== undefined) return known;
    const number = this.devices.push(new DeviceMeter(id, this.devices.length)) - 1;
    this.numbers.set(id, number);
    return number;
  }

  private device(disk: number, t: number): DeviceMeter {
    const device = this.devices[disk];
    if (!device) throw new RangeError(`no device ${disk}`);
    device.seen(t);
    this.lastNs = t;
    return device;
  }

  queue(disk: number, kind: number, sector: number, sectors: number, t: number, pid: number): void {
    const device = this.device(disk, t);
    const scope = this.scopes.of(disk, kind, pid);
    const counts = this.scopes.list[scope];
    if (counts) {
      counts.bios += 1;
      counts.arrivalsOfKind.at(t);
      counts.arrivalsOfProcess.at(t);
    }
    this.follower.queue(laneOf(disk, kind), sector, sectors, t, pid, scope);
    device.queue(t, sector, sectors);
    if (device.standsOn.size === 0) this.arrivals.at(t);
  }

  getRequest(disk: number, kind: number, sector: number, t: number): void {
    this.device(disk, t);
    const bio = this.follower.getRequest(laneOf(disk, kind), sector, t);
    if (bio !== NONE) this.record(Q2G, bio, this.follower.queued[bio] ?? NaN, t);
  }

  merge(disk: number, kind: number, sector: number, t: number, front: boolean): void {
    this.device(disk, t).merge(t, front);
    const bio = this.follower.merge(laneOf(disk, kind), sector, t);
    if (bio === NONE) return;
    this.record(Q2M, bio, this.follower.queued[bio] ?? NaN, t);
    const counts = this.scopes.list[this.follower.tag[bio] ?? NONE];
    if (counts) counts.merged += 1;
  }

  insert(disk: number, kind: number, sector: number, sectors: number, t: number): void {
    this.device(disk, t);
    const bio = this.follower.insert(laneOf(disk, kind), sector, sectors, t);
    if (bio !== NONE) this.record(G2I, bio, this.follower.gotRequest[bio] ?? NaN, t);
  }

  dispatch(disk: number, kind: number, sector: number, sectors: number, t: number): void {
    this.device(disk, t).dispatch(t, sector, sectors);
    const { follower } = this;
    const flight = follower.dispatch(laneOf(disk, kind), sector, sectors, t);
    for (let bio = follower.first(flight); bio !== NONE; bio = follower.next(bio)) {
      const inserted = follower.inserted[bio] ?? NaN;
      if (Number.isNaN(inserted)) this.record(M2D, bio, follower.merged[bio] ?? NaN, t);
      else this.record(I2D, bio, inserted, t);
    }
  }

  requeue(disk: number, kind: number, sector: number, t: number): void {
    const lane = laneOf(disk, kind);
    const dispatched = this.follower.dispatched[this.follower.flightAt(lane, sector)] ?? t;
    this.device(disk, t).requeue(t, dispatched);
    this.follower.requeue(lane, sector);
  }

  complete(disk: number, kind: number, sector: number, sectors: number, t: number, error: number): void {
    const device = this.device(disk, t);
    if (error !== 0) device.errors += 1;
    const { follower } = this;
    const lane = laneOf(disk, kind);
    const flight = follower.complete(lane, sector, sectors);
    // Nothing was sent to this device under that sector, so the bio itself has ended: devices that stand on others pass bios on.
    if (flight === NONE) {
      if (device.dispatches === 0 || kind === KIND.flush) this.completeBio(device, lane, sector, sectors, t);
      return;
    }
    const whole = follower.sectors[flight] ?? 0;
    const dispatched = follower.dispatched[flight] ?? NaN;
    device.complete(t, whole, dispatched);
    this.answered[lane] = Math.max(this.answered[lane] ?? -Infinity, dispatched);
    for (let bio = follower.first(flight); bio !== NONE; bio = follower.next(bio)) {
      // A request that came back has several dispatches: the last one is where its time before the device ends.
      this.record(Q2D, bio, follower.queued[bio] ?? NaN, dispatched);
      this.record(D2C, bio, dispatched, t);
      this.endBio(bio, whole === 0 ? 0 : follower.sectorsOf(bio), t);
    }
    const earliest = follower.earliest(flight);
    const counts = this.scopes.list[earliest === NONE ? this.scopes.of(disk, kind, 0) : (follower.tag[earliest] ?? 0)];
    if (counts) counts.requests += 1;
    if (earliest === NONE) {
      // Its arrival was not traced: it counts for the device, under process 0.
      this.scopes.record(this.scopes.of(disk, kind, 0), D2C, t - dispatched);
      if (counts) counts.sectors += whole;
    }
    const pid = earliest === NONE ? 0 : (follower.pid[earliest] ?? 0);
    const queued = earliest === NONE ? NaN : (follower.queued[earliest] ?? NaN);
    this.slowest.end(lane, flight, sector + sectors - whole, pid, queued, t);
    follower.release(flight);
  }

  /**
   * How many requests each device has not answered. It was at work on them until the end; one older than the last of its kind that was
   * answered has lost its completion.
   */
  finish(): number[] {
    const unfinished = this.devices.map(() => 0);
    for (const { flight, lane } of this.follower.flying()) {
      const disk = diskOfLane(lane);
      unfinished[disk] = (unfinished[disk] ?? 0) + 1;
      const dispatched = this.follower.dispatched[flight] ?? NaN;
      const device = this.devices[disk];
      if (device && dispatched >= (this.answered[lane] ?? -Infinity)) device.busy.cover(dispatched, device.lastNs);
    }
    return unfinished;
  }

  private completeBio(device: DeviceMeter, lane: number, sector: number, sectors: number, t: number): void {
    const bio = this.follower.completeBio(lane, sector);
    if (bio === NONE) return;
    device.answer(t, sectors);
    this.endBio(bio, sectors, t);
    const counts = this.scopes.list[this.follower.tag[bio] ?? NONE];
    if (counts) counts.requests += 1;
    this.follower.releaseBio(bio);
  }

  private endBio(bio: number, sectors: number, t: number): void {
    this.record(Q2C, bio, this.follower.queued[bio] ?? NaN, t);
    const counts = this.scopes.list[this.follower.tag[bio] ?? NONE];
    if (counts) counts.sectors += sectors;
  }

  split(disk: number, kind: number, sector: number, newSector: number, t: number): void {
    this.device(disk, t).splits += 1;
    this.follower.split(laneOf(disk, kind), sector, newSector);
  }

  plug(disk: number, t: number): void {
    this.device(disk, t).plugs.plug(t);
  }

  unplug(disk: number, t: number, ios: number, byTimer: boolean): void {
    this.device(disk, t).plugs.unplug(t, ios, byTimer);
  }

  /** I/O that arrived at one device goes on to another. */
  remap(from: number, to: number): void {
    const above = this.devices[from];
    const below = this.devices[to];
    if (above && below && from !== to) above.standsOn.add(below.id);
  }

  private record(stage: number, bio: number, from: number, to: number): void {
    if (Number.isNaN(from)) return;
    this.scopes.record(this.follower.tag[bio] ?? NONE, stage, to - from);
  }
}
