// The bytes that each device completed, by what is behind them, and the direct I/O whose file was told: what the walk over the bios adds up.

import { addTo } from '../../base/maps.js';
import type { DeviceId } from '../../model/counters.js';
import { KIND } from '../requests/requests.js';
import type { Inodes } from './inodes.js';
import type { Source, Sources } from './sources.js';

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

/** Each device's portions sum to what it completed. */
export interface Portions {
  readonly list: readonly Portion[];
  readonly samples: readonly DirectSample[];
  readonly inodes: Inodes;
}

/** Bytes by disk, direction and tag. */
export class Sums {
  private readonly bytes = new Map<DeviceId, { read: Map<number, number>; write: Map<number, number> }>();

  add(disk: DeviceId, kind: number, tag: number, bytes: number): void {
    let sums = this.bytes.get(disk);
    if (!sums) this.bytes.set(disk, (sums = { read: new Map(), write: new Map() }));
    const into = kind === KIND.read ? sums.read : sums.write;
    addTo(into, tag, bytes);
  }

  /** Adds what others have summed up of the same tags. */
  addAll(others: Sums): void {
    for (const [disk, { read, write }] of others.bytes) {
      for (const [tag, bytes] of read) this.add(disk, KIND.read, tag, bytes);
      for (const [tag, bytes] of write) this.add(disk, KIND.write, tag, bytes);
    }
  }

  portions(sources: Sources): Portion[] {
    const bySource = (sums: ReadonlyMap<number, number>) => {
      const bytes = new Map<number, number>();
      for (const [tag, sum] of sums)
        for (const { source, share } of sources.behind(tag)) addTo(bytes, source, sum * share);
      return bytes;
    };
    return [...this.bytes].flatMap(([disk, sums]) => {
      const [read, written] = [bySource(sums.read), bySource(sums.write)];
      const involved = [...new Set([...read.keys(), ...written.keys()])].sort((a, b) => a - b);
      return involved.flatMap((index) => {
        const source = sources.list[index];
        const [readBytes, writeBytes] = [read.get(index) ?? 0, written.get(index) ?? 0];
        return source && readBytes + writeBytes > 0 ? [{ ...source, disk, readBytes, writeBytes }] : [];
      });
    });
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
