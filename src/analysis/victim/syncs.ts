// Who asked which filesystem for durability, from the filesystems' own events of fsync. ext4 and XFS tell the device; btrfs does not
// (include/trace/events/btrfs.h), so its syncs count for a disk only where that holds the one btrfs that is mounted: somebody else's
// filesystem is nobody's journal.

import { addTo } from '../../base/maps.js';
import type { Case } from '../../model/case.js';
import { deviceId, type Topology } from '../machine/topology.js';
import type { DeviceId } from '../../model/counters.js';
import { column } from '../machine/time-walk.js';

const BTRFS = 'btrfs_sync_file';
const EVENTS = ['ext4_sync_file_enter', 'xfs_file_fsync', BTRFS] as const;

/** Calls for durability on one disk. */
export interface Syncs {
  /** When the victim asked, ms since the start. */
  readonly own: readonly number[];
  /** How often of those by the inode of the file. */
  readonly inodes: ReadonlyMap<number, number>;
  /** How often others asked, by thread. */
  readonly others: ReadonlyMap<number, number>;
}

/** The syncs on a disk within a stretch of time; undefined where no such event was recorded. */
export function syncsOn(
  input: Case,
  topology: Topology,
  disk: DeviceId,
  threads: ReadonlySet<number>,
  from: number,
  to: number,
): Syncs | undefined {
  const enabled = input.trace.some((state) =>
    state.enabled.some((event) => EVENTS.some((one) => event.endsWith(`/${one}`))),
  );
  const tables = EVENTS.flatMap((name) => input.events?.tables.get(name) ?? []);
  if (!enabled && tables.length === 0) return undefined;
  const btrfs = new Set(topology.facts?.mounts.flatMap(({ type, source }) => (type === 'btrfs' ? [source] : [])));
  const [only] = btrfs;
  const isOnlyBtrfs = btrfs.size === 1 && only !== undefined && topology.diskOfSource(only) === disk;
  const own: number[] = [];
  const inodes = new Map<number, number>();
  const others = new Map<number, number>();
  for (const table of tables) {
    const [dev, ino] = [column(table, 'dev'), column(table, 'ino')];
    const isHere = (row: number) => {
      const on = dev[row];
      return table.name === BTRFS ? isOnlyBtrfs : on === undefined || topology.disk(deviceId(on)) === disk;
    };
    for (let row = 0; row < table.length; row += 1) {
      const t = table.t[row] ?? 0;
      const pid = table.pid[row] ?? 0;
      // What the victim asks for it asks of its own filesystem.
      if (t < from || t > to || !(isHere(row) || (table.name === BTRFS && threads.has(pid)))) continue;
      if (threads.has(pid)) {
        own.push(t);
        addTo(inodes, ino[row] ?? 0, 1);
      } else addTo(others, pid, 1);
    }
  }
  return { own, inodes, others };
}

/** When these threads asked any filesystem for durability, in order of time. */
export function syncTimes({ events }: Case, threads: ReadonlySet<number>): number[] {
  const times: number[] = [];
  for (const name of EVENTS) {
    const table = events?.tables.get(name);
    for (let row = 0; row < (table?.length ?? 0); row += 1)
      if (threads.has(table?.pid[row] ?? 0)) times.push(table?.t[row] ?? 0);
  }
  return times.sort((a, b) => a - b);
}
