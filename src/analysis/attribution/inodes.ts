// Inodes by the two names that kernel events give them: 'BDI INODE' where pages are dirtied and the flusher writes, device and inode where
// a filesystem maps blocks. A partition shares its disk's bdi; btrfs has a bdi of its own ('btrfs-1'), which stands on several disks, and
// events that name no bdi at all: there the bdi is the one on which that inode was seen, and of several the one that stands on the disk.

import type { DeviceId } from '../../model/counters.js';
import type { Events, EventTable } from '../../model/events.js';
import { deviceId, type Topology } from '../machine/topology.js';
import { column } from '../machine/time-walk.js';

/** Who made which page dirty. Before folios (Linux 5.18) the event was named after pages. */
export function dirtiedTable(events: Events): EventTable | undefined {
  return events.tables.get('writeback_dirty_folio') ?? events.tables.get('writeback_dirty_page');
}

export class Inodes {
  /** 'BDI INODE' by index. */
  readonly keys: string[] = [];
  private readonly byBdi = new Map<string, Map<number, number>>();
  private readonly byDev = new Map<number, string>();
  /** The disks that a bdi which is no device's was seen to write to. */
  private readonly disks = new Map<string, Set<DeviceId>>();
  private readonly topology: Topology;

  constructor(topology: Topology) {
    this.topology = topology;
  }

  /** Knows the inodes of which pages were made dirty in these events. */
  learn(events: Events): void {
    const dirtied = dirtiedTable(events);
    const name = column(dirtied, 'name');
    const inode = column(dirtied, 'ino');
    for (let row = 0; row < (dirtied?.length ?? 0); row += 1)
      this.of(events.strings.get(name[row] ?? 0), inode[row] ?? 0);
  }

  of(bdi: string, inode: number): number {
    let inodes = this.byBdi.get(bdi);
    if (!inodes) this.byBdi.set(bdi, (inodes = new Map()));
    let index = inodes.get(inode);
    if (index === undefined) inodes.set(inode, (index = this.keys.push(`${bdi} ${inode}`) - 1));
    return index;
  }

  /** An inode by the device of its filesystem, as an event carries it. */
  ofDevice(dev: number, inode: number): number {
    let bdi = this.byDev.get(dev);
    if (bdi === undefined) this.byDev.set(dev, (bdi = this.topology.disk(deviceId(dev))));
    // Without a major number the filesystem stands on no single device (get_anon_bdev() in fs/super.c).
    return bdi.startsWith('0:') ? this.ofNoDevice(inode) : this.of(bdi, inode);
  }

  /** An inode of a filesystem whose bdi is not told; -1 where it was never seen. */
  ofNoDevice(inode: number, disk?: DeviceId): number {
    let found = -1;
    for (const [bdi, inodes] of this.byBdi) {
      const index = inodes.get(inode);
      if (index === undefined || isDevice(bdi)) continue;
      if (disk !== undefined && this.disks.get(bdi)?.has(disk) === true) return index;
      found = index;
    }
    return found;
  }

  inodeOf(index: number): number {
    return Number(this.keys[index]?.split(' ')[1]);
  }

  bdiOf(index: number): string {
    return this.keys[index]?.split(' ')[0] ?? '';
  }

  /** Learns that an inode's bytes went to a disk. */
  seenOn(index: number, disk: DeviceId): void {
    const bdi = this.bdiOf(index);
    if (isDevice(bdi)) return;
    const known = this.disks.get(bdi);
    if (known) known.add(disk);
    else this.disks.set(bdi, new Set([disk]));
  }

  /** The bdis that stand on a disk: its own, and those of filesystems that were seen to write to it. */
  bdisOn(disk: DeviceId): string[] {
    return [disk, ...[...this.disks].flatMap(([bdi, disks]) => (disks.has(disk) ? [bdi] : []))];
  }
}

/** True for a device's number; btrfs and network filesystems have a name there. */
export function isDevice(bdi: string): boolean {
  return /^\d+:\d+$/.test(bdi);
}
