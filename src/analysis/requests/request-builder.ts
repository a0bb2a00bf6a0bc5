// Requests → rows, as they end: when each was queued, dispatched and completed, and which parts of it belong to which tag. What completes is told of on
// the way, bio by bio.

import { NONE } from '../../base/slot-index.js';
import { FractionList, NumberList } from '../../base/number-list.js';
import type { DeviceId } from '../../model/counters.js';
import { deviceId, type Topology } from '../machine/topology.js';
import { FromBefore, type Before } from './before.js';
import type { BioWatch } from './bio-watch.js';
import { RequestFollower } from './follower.js';
import { LostEnds } from './lost-ends.js';
import { diskOfLane, kindOfLane, type Requests } from './requests.js';
import type { Weights } from './sampling.js';

/** Requests by disk, kind and time, as they end. */
export class RequestBuilder {
  readonly disks: DeviceId[] = [];
  /** A row a request, the unanswered last. */
  private readonly disk = new NumberList();
  private readonly kind = new NumberList();
  private readonly weight = new NumberList();
  private readonly passedOn = new NumberList();
  private readonly cpu = new NumberList();
  private readonly pid = new NumberList();
  private readonly sector = new FractionList();
  private readonly bytes = new FractionList();
  private readonly queued = new FractionList();
  private readonly dispatched = new FractionList();
  private readonly completed = new FractionList();
  readonly firstPart = new NumberList();
  readonly tags = new NumberList();
  readonly shares = new FractionList();
  readonly follower = new RequestFollower();
  errors = 0;
  requeues = 0;
  readonly lostEnds: LostEnds;
  private readonly diskByDev = new Map<number, number>();
  private readonly diskIndex = new Map<DeviceId, number>();
  private readonly topology: Topology;
  private readonly watch: BioWatch | undefined;
  private readonly sampling: Weights;
  private readonly fromBefore: FromBefore | undefined;

  constructor(topology: Topology, sampling: Weights, watch: BioWatch | undefined, before: Before | undefined) {
    this.topology = topology;
    this.sampling = sampling;
    this.watch = watch;
    this.lostEnds = new LostEnds(sampling.times);
    this.fromBefore = before && new FromBefore(before);
  }

  get length(): number {
    return this.completed.length;
  }

  diskOf(dev: number): number {
    let index = this.diskByDev.get(dev);
    if (index === undefined) {
      const id = this.topology.disk(deviceId(dev));
      index = this.diskIndex.get(id) ?? this.disks.push(id) - 1;
      this.diskIndex.set(id, index);
      this.diskByDev.set(dev, index);
    }
    return index;
  }

  complete(lane: number, sector: number, sectors: number, t: number, cpu: number): void {
    const { follower } = this;
    const flight = follower.flightAt(lane, sector);
    if (flight === NONE) {
      this.completeUnseen(lane, sector, sectors, t);
      return;
    }
    const dispatched = follower.dispatched[flight] ?? NaN;
    if (this.lostEnds.isLost(lane, dispatched, t)) {
      follower.release(follower.complete(lane, sector, 0));
      this.completeUnseen(lane, sector, sectors, t);
      return;
    }
    const left = follower.leftOf(flight);
    this.tell(flight, lane, (follower.sectors[flight] ?? 0) - left, sectors > 0 ? sectors : left, t);
    if (follower.complete(lane, sector, sectors) === NONE) return;
    this.lostEnds.answer(lane, dispatched);
    this.add(flight, lane, t, cpu);
    follower.release(flight);
  }

  /** A bio of a device that has no requests and passes it on. One whose queueing was not seen is told of and makes no row. */
  completePassed(lane: number, sector: number, sectors: number, t: number, cpu: number): void {
    const { follower } = this;
    const flight = follower.passOn(lane, sector, sectors);
    this.tell(flight, lane, 0, sectors, t);
    if (follower.first(flight) !== NONE) this.add(flight, lane, t, cpu, true);
    follower.release(flight);
  }

  /** What was dispatched unseen is told of and makes no row. The end of a write with a flush is told once more, without sectors. */
  private completeUnseen(lane: number, sector: number, sectors: number, t: number): void {
    if (sectors === 0) return;
    const disk = diskOfLane(lane);
    if (this.lostEnds.hasAllUntil(t)) this.fromBefore?.complete(disk, this.disks[disk] ?? '', t);
    const { follower } = this;
    const flight = follower.dispatch(lane, sector, sectors, NaN);
    this.tell(flight, lane, 0, sectors, t);
    follower.complete(lane, sector, sectors);
    follower.release(flight);
  }

  /** Takes what is still with a device for answered at the end. One older than the last of its kind that was has lost its completion. */
  end(endMs: number): void {
    const { follower, completed } = this;
    const last = completed.length > 0 ? Math.max(endMs, completed.at(completed.length - 1)) : endMs;
    for (const { flight, lane } of follower.flying())
      if (!this.lostEnds.isOvertaken(lane, follower.dispatched[flight] ?? NaN)) this.add(flight, lane, last, 0);
  }

  /** Tells of `sectors` of a flight that are complete, from its sector number `from` on, bio by bio. */
  private tell(flight: number, lane: number, from: number, sectors: number, t: number): void {
    const { follower, watch } = this;
    if (!watch || sectors === 0) return;
    const weight = this.sampling.weightAt(t, follower.sectors[flight] ?? 0);
    const disk = this.disks[diskOfLane(lane)] ?? '';
    const kind = kindOfLane(lane);
    const end = from + sectors;
    let at = 0;
    let told = 0;
    for (let bio = follower.first(flight); bio !== NONE; bio = follower.next(bio)) {
      const next = at + follower.sectorsOf(bio);
      const done = Math.min(next, end) - Math.max(at, from);
      at = next;
      if (done <= 0) continue;
      watch.completed(disk, kind, follower.tag[bio] ?? NONE, done * weight, t);
      told += done;
    }
    if (told < sectors) watch.completed(disk, kind, NONE, (sectors - told) * weight, t);
  }

  private add(flight: number, lane: number, t: number, cpu: number, isPassedOn = false): void {
    const { follower } = this;
    const bio = follower.earliest(flight);
    const sectors = follower.sectors[flight] ?? 0;
    this.disk.push(diskOfLane(lane));
    this.kind.push(kindOfLane(lane));
    this.weight.push(this.sampling.weightAt(t, sectors));
    this.passedOn.push(isPassedOn ? 1 : 0);
    this.cpu.push(cpu);
    this.pid.push(follower.pid[bio] ?? 0);
    this.sector.push(follower.sector[flight] ?? NaN);
    this.bytes.push(sectors * 512);
    this.queued.push(follower.queued[bio] ?? NaN);
    this.dispatched.push(follower.dispatched[flight] ?? NaN);
    this.completed.push(t);
    this.addParts(flight);
  }

  private addParts(flight: number): void {
    const { follower, tags, shares } = this;
    const size = follower.sectors[flight] ?? 0;
    const first = tags.length;
    this.firstPart.push(first);
    let before: number | undefined;
    let sum = 0;
    for (let bio = follower.first(flight); bio !== NONE; bio = follower.next(bio)) {
      const tag = follower.tag[bio] ?? NONE;
      const part = size > 0 ? follower.sectorsOf(bio) : 1;
      sum += part;
      // Bios of one owner follow each other, so equal tags are mostly neighbours.
      if (tag === before) shares.set(shares.length - 1, shares.at(shares.length - 1) + part);
      else {
        tags.push((before = tag));
        shares.push(part);
      }
    }
    if (sum < size || sum === 0) {
      tags.push(NONE);
      shares.push(Math.max(size, 1) - sum);
      sum = Math.max(size, 1);
    }
    if (shares.length === first + 1) shares.set(first, 1);
    else for (let part = first; part < shares.length; part += 1) shares.set(part, shares.at(part) / sum);
  }

  /** All rows; those from `answered` on were not answered. */
  finish(answered: number): Requests {
    const { length } = this;
    this.firstPart.push(this.tags.length);
    return {
      length,
      disk: Uint16Array.from(this.disk.take()),
      disks: this.disks,
      kind: Uint8Array.from(this.kind.take()),
      sector: this.sector.take(),
      bytes: this.bytes.take(),
      queued: this.queued.take(),
      dispatched: this.dispatched.take(),
      weight: Uint8Array.from(this.weight.take()),
      completed: this.completed.take(),
      passedOn: Uint8Array.from(this.passedOn.take()),
      cpu: Uint16Array.from(this.cpu.take()),
      pid: this.pid.take(),
      parts: { first: this.firstPart.take(), tag: this.tags.take(), share: this.shares.take() },
      errors: this.errors,
      requeues: this.requeues,
      answered,
      sampled: this.sampling.times,
      fromBefore: this.fromBefore?.times ?? new Map(),
    };
  }
}
