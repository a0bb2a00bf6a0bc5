// Which device is which: partitions belong to a disk, loop and dm devices stand on others, a path lies on one of them.

import { entry } from '../../base/maps.js';
import { MountIndex } from '../../base/procfs/mountinfo.js';
import type { DeviceId } from '../../model/counters.js';
import type { BlockDevice, Facts, Mount } from '../../model/facts.js';

/** The kernel's dev_t in trace events (20 bits of minor) as 'MAJOR:MINOR'. */
export function deviceId(dev: number): DeviceId {
  return `${Math.floor(dev / 0x10_0000)}:${dev & 0xf_ffff}`;
}

/** No machine stacks more devices on each other; what claims to may be a ring or have no end. */
const MOST_STACKED = 32;

/** What stands on what, as the facts have it. */
export class Topology {
  private readonly disks = new Map<DeviceId, DeviceId>();
  /** What was looked up before: a machine may have thousands of devices. */
  private standing: Map<DeviceId, DeviceId[]> | undefined;
  private byName: Map<string, DeviceId> | undefined;
  private members: Map<DeviceId, DeviceId> | undefined;
  private mounts: MountIndex<Mount> | undefined;

  readonly facts: Facts | undefined;
  private readonly names: ReadonlyMap<DeviceId, string>;
  private readonly remapped: ReadonlyMap<DeviceId, readonly DeviceId[]>;

  /** `remapped` is what requests tell of devices on others, for want of facts. */
  constructor(
    facts: Facts | undefined,
    names: ReadonlyMap<DeviceId, string>,
    remapped: ReadonlyMap<DeviceId, readonly DeviceId[]> = new Map(),
  ) {
    this.facts = facts;
    this.names = names;
    this.remapped = remapped;
    for (const device of facts?.devices.values() ?? []) {
      const parent = device.beneath[0];
      if (device.queue.size === 0 && parent !== undefined && device.beneath.length === 1)
        this.disks.set(device.id, parent);
    }
  }

  device(id: DeviceId): BlockDevice | undefined {
    return this.facts?.devices.get(id);
  }

  name(id: DeviceId): string {
    return this.device(id)?.name ?? this.names.get(id) ?? id;
  }

  /** The disk of a partition, and every other device itself: requests are counted per disk. */
  disk(id: DeviceId): DeviceId {
    return this.disks.get(id) ?? id;
  }

  /** All devices under this one, nearest first, each once. */
  beneath(id: DeviceId): DeviceId[] {
    const found = new Set<DeviceId>();
    const visit = (device: DeviceId, depth: number) => {
      for (const below of this.device(device)?.beneath ?? this.remapped.get(device) ?? []) {
        const disk = this.disk(below);
        if (disk === device || found.has(disk)) continue;
        found.add(disk);
        if (depth < MOST_STACKED) visit(disk, depth + 1);
      }
    };
    visit(id, 1);
    return [...found];
  }

  /** All devices that stand on this disk; its partitions are the disk itself. */
  above(id: DeviceId): readonly DeviceId[] {
    this.standing ??= this.whatStandsOn();
    return this.standing.get(id) ?? [];
  }

  private whatStandsOn(): Map<DeviceId, DeviceId[]> {
    const standing = new Map<DeviceId, DeviceId[]>();
    for (const other of this.facts?.devices.keys() ?? this.remapped.keys()) {
      for (const below of this.beneath(other)) {
        if (below === this.disk(other)) continue;
        entry(standing, below, (): DeviceId[] => []).push(other);
      }
    }
    return standing;
  }

  private mountOf(path: string): Mount | undefined {
    this.mounts ??= new MountIndex(this.facts?.mounts ?? []);
    return this.mounts.of(path);
  }

  /** Where the filesystem of a path is mounted; undefined where no mount is known. */
  mountPointOf(path: string): string | undefined {
    return this.mountOf(path)?.mountPoint;
  }

  /** The disk under a path; undefined for memory and network filesystems. btrfs numbers its mounts anonymously, so its source is asked. */
  diskOfPath(path: string): DeviceId | undefined {
    const mount = this.mountOf(path);
    if (!mount) return undefined;
    if (this.device(mount.device)) return this.disk(mount.device);
    return this.diskOfSource(mount.source);
  }

  /** The disk of the log that the filesystem of a path keeps elsewhere, as its mount says (XFS, logdev=); undefined where it keeps none there. */
  logOfPath(path: string): DeviceId | undefined {
    const log = /(?:^|,)logdev=([^,]+)/.exec(this.mountOf(path)?.options ?? '')?.[1];
    return log === undefined ? undefined : this.diskOfSource(log);
  }

  /** The disk that a mount's source or a device node names: '/dev/sda1', '/dev/mapper/vg-data'. */
  diskOfSource(source: string): DeviceId | undefined {
    if (!this.byName) {
      this.byName = new Map();
      for (const { name, mappedName, id } of this.facts?.devices.values() ?? [])
        for (const one of mappedName === undefined ? [name] : [name, `mapper/${mappedName}`])
          if (!this.byName.has(one)) this.byName.set(one, id);
    }
    const id = this.byName.get(source.replace(/^\/dev\//, ''));
    return id === undefined ? undefined : this.disk(id);
  }

  /** The device-mapper or md device that has this disk or partition as a member: all that goes to a member comes from above. */
  memberOf(id: DeviceId): DeviceId | undefined {
    if (!this.members) {
      this.members = new Map();
      for (const device of this.facts?.devices.values() ?? []) {
        if (device.backingFile !== undefined || device.queue.size === 0) continue;
        for (const below of device.beneath) if (!this.members.has(below)) this.members.set(below, device.id);
      }
    }
    return this.members.get(id);
  }

  /** What a device is and stands on, in words: 'disk', 'partition of sda', 'loop on /img', 'dm on sda, sdb'. */
  layer(id: DeviceId): string {
    const device = this.device(id);
    if (!device) return 'device';
    if (device.backingFile !== undefined) return `loop on ${device.backingFile}`;
    const below = device.beneath.map((one) => this.name(one)).join(', ');
    if (below === '') return 'disk';
    if (device.queue.size === 0) return `partition of ${below}`;
    return `${/^[a-z]+/.exec(device.name)?.[0] ?? 'device'} on ${below}`;
  }

  /**
   * True for a spinning disk. virtio and Xen disks call themselves rotational whatever stands behind them
   * (drivers/block/virtio_blk.c leaves the flag at its default), so only a SCSI or ATA disk is believed.
   */
  spins(id: DeviceId): boolean {
    const lowest = this.beneath(id).at(-1) ?? id;
    return /^(sd|hd)/.test(this.name(lowest)) && this.device(lowest)?.rotational === true;
  }
}
