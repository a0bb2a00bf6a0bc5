// Waiting for a free request of a queue, from block events alone: a bio is queued (Q) and gets no request (G) while as many are in use
// as ever were. A queue whose requests are all taken shows as a flat top of the number in use with bios waiting below it.
// Source: block/blk-mq.c (blk_mq_get_new_requests), which traces block_getrq when the bio has its request.

import { deviceId, type Topology } from '../machine/topology.js';
import { type Interval, type Intervals, union } from '../../base/intervals.js';
import { column, walkByTime } from '../machine/time-walk.js';
import type { DeviceId } from '../../model/counters.js';
import type { Events } from '../../model/events.js';

export interface TagWaits {
  /** The most requests that were in use at once. */
  readonly most: number;
  /** When one of these threads waited for a request. */
  readonly waits: Intervals;
  /** Those waits that began when all requests were in use. */
  readonly whileFull: Intervals;
}

/** Undefined where the trace does not tell when bios get their requests. */
export function tagWaits(
  events: Events,
  topology: Topology,
  disk: DeviceId,
  threads: ReadonlySet<number>,
): TagWaits | undefined {
  // Of equal times a completion comes first: what it gives back may be taken at once.
  const tables = ['block_rq_complete', 'block_bio_queue', 'block_getrq'].map((name) => events.tables.get(name));
  if ((tables[2]?.length ?? 0) === 0) return undefined;
  const fields = tables.map((table) => ({ dev: column(table, 'dev'), sectors: column(table, 'nr_sector') }));
  const waiting = new Map<number, { readonly from: number; readonly inUse: number }>();
  const waits: (Interval & { readonly inUse: number })[] = [];
  let inUse = 0;
  let most = 0;
  walkByTime(tables, (index, row) => {
    const table = tables[index];
    const field = fields[index];
    // Flushes complete in parts, and without a size: their requests are few and are left out.
    if (!table || !field || !((field.sectors[row] ?? 0) > 0)) return;
    if (topology.disk(deviceId(field.dev[row] ?? 0)) !== disk) return;
    const t = table.t[row] ?? 0;
    const pid = table.pid[row] ?? 0;
    if (index === 1) {
      if (threads.has(pid)) waiting.set(pid, { from: t, inUse });
      return;
    }
    if (index === 2) {
      const since = waiting.get(pid);
      if (since !== undefined) waits.push({ ...since, to: t });
      waiting.delete(pid);
    }
    inUse = Math.max(0, inUse + (index === 2 ? 1 : -1));
    most = Math.max(most, inUse);
  });
  return { most, waits: union(waits), whileFull: union(waits.filter((wait) => wait.inUse === most)) };
}
