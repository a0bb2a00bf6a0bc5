// Whose a disk's requests are, seen from the victim: its own, or others' by owner. What a disk does for a device that stands on it belongs to
// that device's users in the proportion of their bytes; for a device between the victim and the disk it is the victim's own way to it.

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
  private readonly owners: Owners;
  private readonly threads: ReadonlySet<number>;
  /** Bytes by device and source. */
  private readonly bytes = new Map<DeviceId, Map<number, number>>();

  constructor(requests: Requests, owners: Owners, threads: ReadonlySet<number>) {
    this.owners = owners;
    this.threads = threads;
    for (let row = 0; row < requests.length; row += 1) {
      const disk = requests.disks[requests.disk[row] ?? 0] ?? '';
      let sums = this.bytes.get(disk);
      if (!sums) this.bytes.set(disk, (sums = new Map()));
      for (let at = owners.first[row] ?? 0; at < (owners.first[row + 1] ?? 0); at += 1) {
        const source = owners.source[at] ?? 0;
        sums.set(source, (sums.get(source) ?? 0) + (owners.share[at] ?? 0) * (requests.bytes[row] ?? 0));
      }
    }
  }

  /** The users of a disk; `way` are the devices through which the victim comes to it. `own` marks requests that are the victim's for other reasons. */
  of(way: readonly DeviceId[], own: Uint8Array | undefined): Users {
    const { first, source, share } = this.owners;
    const bySource: (Shares | undefined)[] = [];
    const behind = (one: number) => (bySource[one] ??= this.behind(one, way, []));
    const sharesOf = (row: number): Shares => {
      const shares = new Map<number, number>();
      for (let at = first[row] ?? 0; at < (first[row + 1] ?? 0); at += 1)
        addTo(shares, behind(source[at] ?? 0), share[at] ?? 0);
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
      if (bytes > 0) addTo(shares, this.usersOf(device, way, [...below, device]), bytes / all);
    return shares;
  }

  private usersOf(device: DeviceId, way: readonly DeviceId[], below: readonly DeviceId[]): Shares {
    if (way.includes(device)) return new Map([[OWN, 1]]);
    const all = this.bytesOf(device);
    const shares = new Map<number, number>();
    for (const [one, bytes] of this.bytes.get(device) ?? [])
      if (bytes > 0) addTo(shares, this.behind(one, way, below), bytes / all);
    return shares;
  }

  private bytesOf(device: DeviceId): number {
    let sum = 0;
    for (const bytes of this.bytes.get(device)?.values() ?? []) sum += bytes;
    return sum;
  }
}

function addTo(sums: Map<number, number>, shares: Shares, part: number): void {
  for (const [of, share] of shares) sums.set(of, (sums.get(of) ?? 0) + part * share);
}
