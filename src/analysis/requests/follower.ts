// From the events of the block layer to requests: bios wait until a dispatch takes them, requests are in flight until a completion
// takes them. Bios are matched by lane (disk and kind) and sector, as blktrace's btt does; of several that could be meant the latest is:
// one whose end was lost would otherwise pass its age on to all that follow.
//
// Whoever feeds it chooses the unit of time and what a bio's tag means. Everything is kept in columns and reused, because a trace has
// millions of bios: a bio and a flight are numbers (slots), valid until they are released.

import { NONE, SlotIndex, widened } from '../../base/slot-index.js';

/** More bios than a machine can have waiting: what is older than so many was dispatched unseen, and is forgotten. */
const MOST_WAITING = 1 << 20;

export class RequestFollower {
  private readonly waiting = new SlotIndex();
  private readonly flights = new SlotIndex();
  /** Bios that were forgotten because too many waited. */
  forgotten = 0;

  // Columns of bios.
  private bioSectors = new Float64Array(0);
  /** When each bio was queued, got a request, was merged into one, was inserted into the scheduler; NaN for what was not seen. */
  queued = new Float64Array(0);
  gotRequest = new Float64Array(0);
  merged = new Float64Array(0);
  inserted = new Float64Array(0);
  pid = new Int32Array(0);
  tag = new Int32Array(0);
  private nextBio = new Int32Array(0);

  // Columns of flights.
  dispatched = new Float64Array(0);
  /** Where it begins on its device; this and its size stay when a part completes. */
  sector = new Float64Array(0);
  /** The whole request's size. */
  sectors = new Float64Array(0);
  private leftSectors = new Float64Array(0);
  private firstBio = new Int32Array(0);

  /** A bio arrives (Q). Returns its slot. */
  queue(lane: number, sector: number, sectors: number, t: number, pid: number, tag: number): number {
    if (this.waiting.count >= MOST_WAITING) this.forgotten += this.waiting.clear();
    const bio = this.newBio();
    this.bioSectors[bio] = sectors;
    this.queued[bio] = t;
    this.gotRequest[bio] = NaN;
    this.merged[bio] = NaN;
    this.inserted[bio] = NaN;
    this.pid[bio] = pid;
    this.tag[bio] = tag;
    this.waiting.add(bio, lane, sector);
    return bio;
  }

  /** A bio is cut (X): its rest waits by itself, as old as it is. */
  split(lane: number, sector: number, newSector: number): void {
    const bio = this.waiting.find(lane, sector);
    if (bio !== NONE) this.cut(bio, newSector);
  }

  /** The bio that got a request of its own (G), or NONE. */
  getRequest(lane: number, sector: number, t: number): number {
    const bio = this.waiting.find(lane, sector);
    if (bio !== NONE) this.gotRequest[bio] = t;
    return bio;
  }

  /** The bio that was merged into a request (M, F), or NONE. */
  merge(lane: number, sector: number, t: number): number {
    const bio = this.waiting.find(lane, sector);
    if (bio !== NONE) this.merged[bio] = t;
    return bio;
  }

  /** A request goes to the scheduler (I): the bio that it was made for, which need not be its first, or NONE. */
  insert(lane: number, sector: number, sectors: number, t: number): number {
    let at = sector;
    const end = sector + sectors;
    do {
      const bio = this.waiting.find(lane, at);
      if (bio === NONE) return NONE;
      const merged = this.merged[bio] ?? NaN;
      if (Number.isNaN(merged)) {
        this.inserted[bio] = t;
        return bio;
      }
      at += this.bioSectors[bio] ?? 0;
    } while (at < end);
    return NONE;
  }

  /**
   * A request goes to the device (D) and takes its bios along; one that reaches beyond it leaves its rest. A request without sectors is
   * a flush: it serves everybody who waits for one (block/blk-flush.c). Returns the flight.
   */
  dispatch(lane: number, sector: number, sectors: number, t: number): number {
    let first = NONE;
    let last = NONE;
    let at = sector;
    const end = sector + sectors;
    for (;;) {
      const bio = this.waiting.remove(lane, at);
      if (bio === NONE) break;
      const size = this.bioSectors[bio] ?? 0;
      if (sectors > 0 && at + size > end) this.cut(bio, end);
      if (last === NONE) first = bio;
      else this.nextBio[last] = bio;
      last = bio;
      this.nextBio[bio] = NONE;
      at += size;
      if (sectors > 0 && (at >= end || size === 0)) break;
    }
    const flight = this.fly(sector, sectors, first, t);
    this.flights.add(flight, lane, sector);
    return flight;
  }

  /**
   * A bio ends on a device without requests (C): it was with the device from its queueing on. Its flight has ended, and is to be released; a bio
   * that was not seen has none of its own.
   */
  passOn(lane: number, sector: number, sectors: number): number {
    if (sectors > 0) {
      const flight = this.dispatch(lane, sector, sectors, NaN);
      this.dispatched[flight] = this.queued[this.earliest(flight)] ?? NaN;
      this.flights.remove(lane, sector);
      return flight;
    }
    // A flush is answered by itself here.
    const bio = this.completeBio(lane, sector);
    return this.fly(sector, 0, bio, this.queued[bio] ?? NaN);
  }

  private fly(sector: number, sectors: number, first: number, t: number): number {
    const flight = this.newFlight();
    this.dispatched[flight] = t;
    this.sector[flight] = sector;
    this.sectors[flight] = sectors;
    this.leftSectors[flight] = sectors;
    this.firstBio[flight] = first;
    return flight;
  }

  /** A request comes back unserved (R): its bios wait again. False where none was in flight. */
  requeue(lane: number, sector: number): boolean {
    const flight = this.flights.remove(lane, sector);
    if (flight === NONE) return false;
    let at = sector;
    for (let bio = this.firstBio[flight] ?? NONE; bio !== NONE;) {
      const next = this.nextBio[bio] ?? NONE;
      this.waiting.add(bio, lane, at);
      at += this.bioSectors[bio] ?? 0;
      bio = next;
    }
    this.flights.give(flight);
    return true;
  }

  /** The flight that waits for an answer at a sector, or NONE. */
  flightAt(lane: number, sector: number): number {
    return this.flights.find(lane, sector);
  }

  /** Sectors of a flight that the device has not answered. */
  leftOf(flight: number): number {
    return this.leftSectors[flight] ?? 0;
  }

  /** The device answers (C). Returns the flight that ends, to be released; NONE where it is unknown or only a part of it ends. */
  complete(lane: number, sector: number, sectors: number): number {
    const flight = this.flights.remove(lane, sector);
    if (flight === NONE) return NONE;
    const left = this.leftSectors[flight] ?? 0;
    if (sectors === 0 || sectors >= left) return flight;
    this.leftSectors[flight] = left - sectors;
    this.flights.add(flight, lane, sector + sectors);
    return NONE;
  }

  /** A bio ends without a request: devices that stand on others pass bios on. Returns the bio, to be released, or NONE. */
  completeBio(lane: number, sector: number): number {
    const bio = this.waiting.remove(lane, sector);
    if (bio !== NONE) this.nextBio[bio] = NONE;
    return bio;
  }

  /** The first bio of a flight, in order of sectors, or NONE. */
  first(flight: number): number {
    return this.firstBio[flight] ?? NONE;
  }

  /** The bio behind another of the same flight, or NONE. */
  next(bio: number): number {
    return this.nextBio[bio] ?? NONE;
  }

  sectorsOf(bio: number): number {
    return this.bioSectors[bio] ?? 0;
  }

  /** The earliest queued of a flight's bios, or NONE. */
  earliest(flight: number): number {
    let earliest = this.first(flight);
    for (let bio = earliest; bio !== NONE; bio = this.next(bio)) {
      if ((this.queued[bio] ?? 0) < (this.queued[earliest] ?? 0)) earliest = bio;
    }
    return earliest;
  }

  /** Forgets a flight that has ended, with its bios. */
  release(flight: number): void {
    for (let bio = this.first(flight); bio !== NONE;) {
      const next = this.next(bio);
      this.waiting.give(bio);
      bio = next;
    }
    this.flights.give(flight);
  }

  releaseBio(bio: number): void {
    this.waiting.give(bio);
  }

  /** Flights that have not ended. */
  get inFlight(): number {
    return this.flights.count;
  }

  /** Every flight that has not ended, with its lane. */
  *flying(): Generator<{ readonly flight: number; readonly lane: number }> {
    for (const flight of this.flights.all()) yield { flight, lane: this.flights.lane[flight] ?? 0 };
  }

  private cut(bio: number, sector: number): void {
    const from = this.waiting.sector[bio] ?? 0;
    const rest = from + (this.bioSectors[bio] ?? 0) - sector;
    if (sector <= from || rest <= 0) return;
    this.bioSectors[bio] = sector - from;
    const lane = this.waiting.lane[bio] ?? 0;
    this.queue(lane, sector, rest, this.queued[bio] ?? NaN, this.pid[bio] ?? 0, this.tag[bio] ?? 0);
  }

  private newBio(): number {
    const bio = this.waiting.take();
    const { capacity } = this.waiting;
    if (this.queued.length < capacity) {
      this.bioSectors = widened(this.bioSectors, capacity);
      this.queued = widened(this.queued, capacity);
      this.gotRequest = widened(this.gotRequest, capacity);
      this.merged = widened(this.merged, capacity);
      this.inserted = widened(this.inserted, capacity);
      this.pid = widened(this.pid, capacity);
      this.tag = widened(this.tag, capacity);
      this.nextBio = widened(this.nextBio, capacity);
    }
    return bio;
  }

  private newFlight(): number {
    const flight = this.flights.take();
    const { capacity } = this.flights;
    if (this.dispatched.length < capacity) {
      this.dispatched = widened(this.dispatched, capacity);
      this.sectors = widened(this.sectors, capacity);
      this.sector = widened(this.sector, capacity);
      this.leftSectors = widened(this.leftSectors, capacity);
      this.firstBio = widened(this.firstBio, capacity);
    }
    return flight;
  }
}
