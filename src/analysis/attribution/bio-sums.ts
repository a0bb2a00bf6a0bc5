// What `bios.ts` keeps while it walks: bios that are under way, the bytes by who is behind them, and the direct I/O whose file was told.

import type { DeviceId } from '../../model/counters.js';
import { KIND } from '../requests/requests.js';

/** What is behind some bytes: one for each combination that occurred. */
export interface Source {
  /** The device that the bio named, which may be a partition; '' where no bio was seen. */
  readonly device: DeviceId;
  /** The thread that queued it; 0 where that was not seen. */
  readonly queuer: number;
  /** The thread that made the pages dirty; UNKNOWN where nobody was seen to, undefined where no page was written back. */
  readonly dirtier: number | undefined;
  /** Index into Inodes.keys; -1 for none. */
  readonly inode: number;
  /** The filesystem marked it as its own structure: REQ_META, the M in rwbs. */
  readonly meta: boolean;
}

export interface Portion extends Source {
  readonly disk: DeviceId;
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** Direct I/O of a thread on a disk of which the file was told, scaled up to what it stands for. */
export interface DirectSample {
  readonly queuer: number;
  readonly disk: DeviceId;
  readonly inode: number;
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** A queued bio: its sectors, and its bytes by source index where more than one is behind it. */
export interface Queued {
  readonly sectors: number;
  readonly shares: readonly { readonly source: number; readonly share: number }[];
}

export class Sums {
  readonly sources: Source[] = [];
  private readonly index = new Map<string, number>();
  private last: Source | undefined;
  private lastIndex = 0;
  private readonly bytes = new Map<DeviceId, { read: number[]; write: number[] }>();

  /** The source's index; runs of one source are the rule, so the last one is tried first. */
  of(source: Source): number {
    const { last } = this;
    if (
      last?.device === source.device &&
      last.queuer === source.queuer &&
      last.dirtier === source.dirtier &&
      last.inode === source.inode &&
      last.meta === source.meta
    )
      return this.lastIndex;
    const key = `${source.device} ${source.queuer} ${source.dirtier} ${source.inode} ${source.meta}`;
    let index = this.index.get(key);
    if (index === undefined) this.index.set(key, (index = this.sources.push(source) - 1));
    this.last = source;
    this.lastIndex = index;
    return index;
  }

  add(disk: DeviceId, kind: number, source: number, bytes: number): void {
    let sums = this.bytes.get(disk);
    if (!sums) this.bytes.set(disk, (sums = { read: [], write: [] }));
    const into = kind === KIND.read ? sums.read : sums.write;
    into[source] = (into[source] ?? 0) + bytes;
  }

  portions(): Portion[] {
    return [...this.bytes].flatMap(([disk, { read, write }]) =>
      this.sources.flatMap((source, index) => {
        const [readBytes, writeBytes] = [read[index] ?? 0, write[index] ?? 0];
        return readBytes + writeBytes > 0 ? [{ ...source, disk, readBytes, writeBytes }] : [];
      }),
    );
  }
}

export class Samples {
  private readonly sums = new Map<string, { -readonly [key in keyof DirectSample]: DirectSample[key] }>();

  add(queuer: number, disk: DeviceId, inode: number, kind: number, bytes: number): void {
    const key = `${queuer} ${disk} ${inode}`;
    let sum = this.sums.get(key);
    if (!sum) this.sums.set(key, (sum = { queuer, disk, inode, readBytes: 0, writeBytes: 0 }));
    if (kind === KIND.read) sum.readBytes += bytes;
    else sum.writeBytes += bytes;
  }

  get list(): DirectSample[] {
    return [...this.sums.values()];
  }
}

export const NOBODY: Source = { device: '', queuer: 0, dirtier: undefined, inode: -1, meta: false };

/** Bios by the sector that they begin at, of one disk and direction, until the device has completed them. */
export class UnderWay {
  private readonly bySector = new Map<number, Queued>();

  add(sector: number, bio: Queued): void {
    this.bySector.set(sector, bio);
  }

  /** Cuts the bio that goes on behind a request's end: its parts may complete in any order. */
  cut(sector: number, sectors: number): void {
    const end = sector + sectors;
    for (let at = sector; at < end;) {
      const bio = this.bySector.get(at);
      if (!bio) return;
      const stop = at + bio.sectors;
      if (stop > end) {
        this.bySector.set(at, { ...bio, sectors: end - at });
        this.bySector.set(end, { ...bio, sectors: stop - end });
      }
      at = stop;
    }
  }

  /** Passes on what completes, bio by bio; what is left of one goes on waiting. */
  complete(sector: number, sectors: number, visit: (bio: Queued | undefined, sectors: number) => void): void {
    const end = sector + sectors;
    let at = sector;
    while (at < end) {
      const bio = this.bySector.get(at);
      if (!bio) break;
      this.bySector.delete(at);
      const stop = Math.min(end, at + bio.sectors);
      if (stop < at + bio.sectors) this.bySector.set(stop, { ...bio, sectors: at + bio.sectors - stop });
      visit(bio, stop - at);
      at = stop;
    }
    if (at < end) visit(undefined, end - at);
  }
}
