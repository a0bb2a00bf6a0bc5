// `-t`: requests that are under way on one device, by their first sector, and the time between their stages.
// blkparse leaves the times of a fresh request uninitialised; where it would compute with such a time the result here is UNKNOWN.

import type { RecordBatch } from '../../model/blktrace.js';
import type { Process, ProcessNames } from './processes.js';

/** Nothing is printed. blkparse takes a difference of -1 for this too. */
export const NO_ELAPSED = -1;
/** blkparse prints what happened to be in memory. */
export const UNKNOWN_ELAPSED = NaN;

interface Track {
  readonly process: Process;
  /** Nanoseconds; NaN as long as that stage was not seen. */
  allocated: number;
  queued: number;
  dispatched: number;
}

/** A number where it is exact as one, so that equal sectors are equal keys. */
type Sector = number | bigint;

/** The sector that lies `further` ones behind a record's first, as an unsigned number of 64 bits. */
export function sectorKey(batch: RecordBatch, row: number, further = 0): Sector {
  const high = batch.sectorHigh[row] ?? 0;
  const low = batch.sectorLow[row] ?? 0;
  if (high < 0x1f_ffff) return high * 0x1_0000_0000 + low + further;
  const sector = BigInt.asUintN(64, ((BigInt(high) << 32n) | BigInt(low)) + BigInt(further));
  return sector <= Number.MAX_SAFE_INTEGER ? Number(sector) : sector;
}

/** A record's time as a signed number: exact within 104 days of zero. */
function timeOf(batch: RecordBatch, row: number): number {
  return ((batch.timeHigh[row] ?? 0) | 0) * 0x1_0000_0000 + (batch.timeLow[row] ?? 0);
}

export class Tracks {
  private readonly names: ProcessNames;
  private readonly complain: (message: string) => void;
  private readonly bySector = new Map<Sector, Track>();

  constructor(names: ProcessNames, complain: (message: string) => void) {
    this.names = names;
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
  insert(batch: RecordBatch, row: number): { elapsed: number; process: Process } | undefined {
    const track = this.findOrAdd(batch, row);
    track.queued = timeOf(batch, row);
    const { allocated, process } = track;
    return allocated === 0 ? undefined : { process, elapsed: track.queued - allocated };
  }

  /** D: the time since I; undefined where the request is not known. */
  dispatch(batch: RecordBatch, row: number): { elapsed: number; process: Process } | undefined {
    const track = this.bySector.get(sectorKey(batch, row));
    if (!track) return undefined;
    track.dispatched = timeOf(batch, row);
    return { process: track.process, elapsed: track.dispatched - track.queued };
  }

  /** C: the time since D; the request is over. */
  complete(batch: RecordBatch, row: number): { elapsed: number; process: Process } | undefined {
    const sector = sectorKey(batch, row);
    const track = this.bySector.get(sector);
    if (!track) return undefined;
    this.bySector.delete(sector);
    return { process: track.process, elapsed: timeOf(batch, row) - track.dispatched };
  }

  /** F: a request grows at its front; false where the one behind is not known. `device` is for the complaint. */
  frontMerge(batch: RecordBatch, row: number, device: string): boolean {
    const sector = sectorKey(batch, row);
    const behind = sectorKey(batch, row, (batch.size[row] ?? 0) >>> 9);
    const track = this.bySector.get(behind);
    if (!track) return false;
    this.bySector.delete(behind);
    if (this.bySector.has(sector)) this.complain(`sector alias (${sector}) on device ${device}!`);
    else this.bySector.set(sector, track);
    return true;
  }

  private findOrAdd(batch: RecordBatch, row: number): Track {
    const sector = sectorKey(batch, row);
    let track = this.bySector.get(sector);
    if (!track) {
      const process = this.names.add(batch.pid[row] ?? 0);
      track = { process, allocated: UNKNOWN_ELAPSED, queued: UNKNOWN_ELAPSED, dispatched: UNKNOWN_ELAPSED };
      this.bySector.set(sector, track);
    }
    return track;
  }
}
