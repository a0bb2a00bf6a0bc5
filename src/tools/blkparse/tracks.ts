// `-t`: requests that are under way on one device, by their first sector, and the time between their stages.
// blkparse leaves the times of a fresh request as it finds them in memory (track-memory.ts).

import { sectorOf, type RecordBatch } from '../../model/blktrace.js';
import type { Process, ProcessNames } from './processes.js';
import { elapsedBetween, type Time, type Times, type TrackMemory } from './track-memory.js';

/** Nothing is printed. blkparse takes a difference of -1 for this too. */
export const NO_ELAPSED = -1;

interface Track extends Times {
  readonly process: Process;
}

/** Sectors from this upper half on are kept as bigints: as numbers some of them would be the same. */
const FAR_HIGH = 0x1f_ffff;

/** The sector that lies `further` ones behind a record's first, as an unsigned number of 64 bits. */
export function sectorBehind(batch: RecordBatch, row: number, further: number): bigint {
  const first = (BigInt(batch.sectorHigh[row] ?? 0) << 32n) | BigInt(batch.sectorLow[row] ?? 0);
  return BigInt.asUintN(64, first + BigInt(further));
}

/** A record's time as a signed number: exact within 104 days of zero. */
function timeOf(batch: RecordBatch, row: number): number {
  return ((batch.timeHigh[row] ?? 0) | 0) * 0x1_0000_0000 + (batch.timeLow[row] ?? 0);
}

/** Requests by their first sector. Those of the first 4 ZiB, all but those of damaged traces, are found by a plain number. */
class BySector {
  private readonly near = new Map<number, Track>();
  private readonly far = new Map<bigint, Track>();

  /** The request of row `row`. */
  get(batch: RecordBatch, row: number): Track | undefined {
    if ((batch.sectorHigh[row] ?? 0) >= FAR_HIGH) return this.far.get(sectorBehind(batch, row, 0));
    return this.near.get(sectorOf(batch, row));
  }

  set(batch: RecordBatch, row: number, track: Track): void {
    if ((batch.sectorHigh[row] ?? 0) >= FAR_HIGH) this.far.set(sectorBehind(batch, row, 0), track);
    else this.near.set(sectorOf(batch, row), track);
  }

  delete(batch: RecordBatch, row: number): void {
    if ((batch.sectorHigh[row] ?? 0) >= FAR_HIGH) this.far.delete(sectorBehind(batch, row, 0));
    else this.near.delete(sectorOf(batch, row));
  }

  /** Takes out the request at a sector. */
  take(sector: bigint): Track | undefined {
    const isNear = sector >> 32n < FAR_HIGH;
    const track = isNear ? this.near.get(Number(sector)) : this.far.get(sector);
    if (isNear) this.near.delete(Number(sector));
    else this.far.delete(sector);
    return track;
  }
}

export class Tracks {
  private readonly names: ProcessNames;
  private readonly complain: (message: string) => void;
  private readonly memory: TrackMemory;
  private readonly bySector = new BySector();

  constructor(names: ProcessNames, memory: TrackMemory, complain: (message: string) => void) {
    this.names = names;
    this.memory = memory;
    this.complain = complain;
  }

  /** G */
  allocate(batch: RecordBatch, row: number): void {
    this.findOrAdd(batch, row).allocated = timeOf(batch, row);
  }

  /** Q of a device-mapper or md device, whose requests have no dispatch. */
  startRemapped(batch: RecordBatch, row: number): void {
    this.findOrAdd(batch, row).dispatched = timeOf(batch, row);
  }

  /** I: the time since G, and whose request it is; undefined where G was at time 0, which to blkparse is none. */
  insert(batch: RecordBatch, row: number): { elapsed: Time; process: Process } | undefined {
    const track = this.findOrAdd(batch, row);
    track.queued = timeOf(batch, row);
    const { allocated, process } = track;
    return allocated === 0 ? undefined : { process, elapsed: elapsedBetween(allocated, track.queued) };
  }

  /** D: the time since I; undefined where the request is not known. */
  dispatch(batch: RecordBatch, row: number): { elapsed: Time; process: Process } | undefined {
    const track = this.bySector.get(batch, row);
    if (!track) return undefined;
    track.dispatched = timeOf(batch, row);
    return { process: track.process, elapsed: elapsedBetween(track.queued, track.dispatched) };
  }

  /** C: the time since D; the request is over. */
  complete(batch: RecordBatch, row: number): { elapsed: Time; process: Process } | undefined {
    const track = this.bySector.get(batch, row);
    if (!track) return undefined;
    this.bySector.delete(batch, row);
    this.memory.give(track);
    return { process: track.process, elapsed: elapsedBetween(track.dispatched, timeOf(batch, row)) };
  }

  /** F: a request grows at its front; false where the one behind is not known. `device` is for the complaint. */
  frontMerge(batch: RecordBatch, row: number, device: string): boolean {
    const track = this.bySector.take(sectorBehind(batch, row, (batch.size[row] ?? 0) >>> 9));
    if (!track) return false;
    if (this.bySector.get(batch, row))
      this.complain(`sector alias (${sectorBehind(batch, row, 0)}) on device ${device}!`);
    else this.bySector.set(batch, row, track);
    return true;
  }

  private findOrAdd(batch: RecordBatch, row: number): Track {
    let track = this.bySector.get(batch, row);
    if (!track) {
      const process = this.names.add(batch.pid[row] ?? 0);
      track = { process, ...this.memory.take() };
      this.bySector.set(batch, row, track);
    }
    return track;
  }
}
