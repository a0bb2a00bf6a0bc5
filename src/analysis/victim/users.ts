// Whose a disk's requests are, seen from the victim: its own, or others' by owner. What a disk does for a device that stands on it belongs to
// that device's users in the proportion of their bytes; for a device between the victim and the disk it is the victim's own way to it.

import { addTo, entry } from '../../base/maps.js';
import type { DeviceId } from '../../model/counters.js';
import type { Owners } from '../attribution/owners.js';
import type { Requests } from '../requests/requests.js';

/** Stands for the victim among the indexes of owners. */
export const OWN = -1;

/** By index of owner, or OWN. */
export interface Users {
  /** The only one behind a request; undefined where several are. */
  readonly wholly: (row: number) => number | undefined;
  readonly sharesOf: (row: number) => ReadonlyMap<number, number>;
}

/** Shares by index of owner that sum to 1. */
type Shares = ReadonlyMap<number, number>;

/** Who uses what, for one victim. */
export class Usage {
  private readonly requests: Requests;
  private readonly owners: Owners;
  private readonly threads: ReadonlySet<number>;
  /** Bytes by device and source: made when something is done for a device above, which is seldom. */
  private bytes: ReadonlyMap<DeviceId, ReadonlyMap<number, number>> | undefined;

  constructor(requests: Requests, owners: Owners, threads: ReadonlySet<number>) {
    this.requests = requests;
    this.owners = owners;
    this.threads = threads;
  }

  /** The users of a disk; `way` are the devices through which the victim comes to it. `own` marks requests that are the victim's for other reasons. */
  of(way: readonly DeviceId[], own: Uint8Array | undefined): Users {
    const { first, source, share } = this.owners;
    const bySource: (Shares | undefined)[] = [];
    const behind = (one: number) => (bySource[one] ??= this.behind(one, way, []));
    const sharesOf = (row: number): Shares => {
      const shares = new Map<number, number>();
      for (let at = first[row] ?? 0; at < (first[row + 1] ?? 0); at += 1)
        addShares(shares, behind(source[at] ?? 0), share[at] ?? 0);
      return shares;
    };
    return {
      wholly: (row) => {
        if (own?.[row] === 2) return OWN;
        const at = first[row] ?? 0;
        if (first[row + 1] !== at + 1) return undefined;
        const shares = behind(source[at] ?? 0);
        return shares.size === 1 ? [...shares.keys()][0] : undefined;
      },
      sharesOf,
    };
  }

  /** `below` are the devices that are being asked for, so that a circle in damaged facts ends. */
  private behind(one: number, way: readonly DeviceId[], below: readonly DeviceId[]): Shares {
    const { sources, ownerOf, list } = this.owners;
    const index = ownerOf[one] ?? 0;
    const { pid = null, above = [] } = list[index] ?? {};
    if (this.threads.has(sources[one]?.queuer ?? -1) || this.threads.has(pid ?? -1)) return new Map([[OWN, 1]]);
    const devices = above
      .filter((device) => !below.includes(device))
      .map((device) => ({ device, bytes: this.bytesOf(device) }));
    const all = devices.reduce((sum, { bytes }) => sum + bytes, 0);
    if (all === 0) return new Map([[above.some((device) => way.includes(device)) ? OWN : index, 1]]);
    const shares = new Map<number, number>();
    for (const { device, bytes } of devices)
      if (bytes > 0) addShares(shares, this.usersOf(device, way, [...below, device]), bytes / all);
    return shares;
  }

  private usersOf(device: DeviceId, way: readonly DeviceId[], below: readonly DeviceId[]): Shares {
    if (way.includes(device)) return new Map([[OWN, 1]]);
    const all = this.bytesOf(device);
    const shares = new Map<number, number>();
    for (const [one, bytes] of this.bySource(device))
      if (bytes > 0) addShares(shares, this.behind(one, way, below), bytes / all);
    return shares;
  }

  private bytesOf(device: DeviceId): number {
    let sum = 0;
    for (const bytes of this.bySource(device).values()) sum += bytes;
    return sum;
  }

  private bySource(device: DeviceId): ReadonlyMap<number, number> {
    this.bytes ??= bytesBySource(this.requests, this.owners);
    return this.bytes.get(device) ?? new Map<number, number>();
  }
}

function bytesBySource({ length, disk, disks, bytes }: Requests, { first, source, share }: Owners) {
  const found = new Map<DeviceId, Map<number, number>>();
  for (let row = 0; row < length; row += 1) {
    const sums = entry(found, disks[disk[row] ?? 0] ?? '', () => new Map<number, number>());
    for (let at = first[row] ?? 0; at < (first[row + 1] ?? 0); at += 1)
      addTo(sums, source[at] ?? 0, (share[at] ?? 0) * (bytes[row] ?? 0));
  }
  return found;
}

function addShares(sums: Map<number, number>, shares: Shares, part: number): void {
  for (const [of, share] of shares) addTo(sums, of, part * share);
}
