// Who asked which filesystem for durability, from the filesystems' own events of fsync: ext4 and XFS tell the device, btrfs does not.

import type { Case } from '../../model/case.js';
import { deviceId, type Topology } from '../machine/topology.js';
import type { DeviceId } from '../../model/counters.js';
import { column } from '../machine/time-walk.js';

const EVENTS = ['ext4_sync_file_enter', 'xfs_file_fsync', 'btrfs_sync_file'] as const;

/** Calls for durability on one disk. */
export interface Syncs {
  /** When the victim asked, ms since the start. */
  readonly own: readonly number[];
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
  const own: number[] = [];
  const others = new Map<number, number>();
  for (const table of tables) {
    const dev = column(table, 'dev');
    for (let row = 0; row < table.length; row += 1) {
      const t = table.t[row] ?? 0;
      const on = dev[row];
      if (t < from || t > to || (on !== undefined && topology.disk(deviceId(on)) !== disk)) continue;
      const pid = table.pid[row] ?? 0;
      if (threads.has(pid)) own.push(t);
      else others.set(pid, (others.get(pid) ?? 0) + 1);
    }
  }
  return { own, others };
}
