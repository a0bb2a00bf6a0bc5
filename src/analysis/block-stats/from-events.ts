// The block layer's events of a recording → the meter. A recording holds queue, dispatch, completion, requeue and split; the stages in
// between are a block trace's (`iowitness trace`).

import type { Stage } from '../../model/block-stats.js';
import type { Events } from '../../model/events.js';
import { deviceId, type Topology } from '../machine/topology.js';
import { column, walkByTime } from '../machine/time-walk.js';
import { KIND, kindsOf } from '../requests/requests.js';
import type { BlockMeter } from './meter.js';

/** What a recording does not tell. */
export const NOT_IN_EVENTS: readonly Stage[] = ['Q2G', 'Q2M', 'G2I', 'I2D', 'M2D'];

const TABLES = ['block_bio_queue', 'block_split', 'block_rq_requeue', 'block_rq_issue', 'block_rq_complete'] as const;

/** Gives all events to the meter. Returns how many they were, and the first one's time, ms since the recording's start. */
export function takeEvents(
  meter: BlockMeter,
  events: Events,
  topology: Topology,
): { records: number; firstMs: number } {
  const tables = TABLES.map((name) => events.tables.get(name));
  const fields = tables.map((table) => ({
    dev: column(table, 'dev'),
    sector: column(table, 'sector'),
    sectors: column(table, 'nr_sector'),
    newSector: column(table, 'new_sector'),
    rwbs: column(table, 'rwbs'),
    error: column(table, 'error'),
  }));
  const firstMs = Math.min(...tables.map((table) => table?.t[0] ?? Infinity));
  const disks = new Map<number, number>();
  const diskOf = (dev: number): number => {
    let disk = disks.get(dev);
    if (disk === undefined) {
      const id = topology.disk(deviceId(dev));
      disk = meter.disk(id);
      disks.set(dev, disk);
    }
    return disk;
  };
  const kindAt = kindsOf(events.strings);
  let records = 0;
  walkByTime(tables, (index, row) => {
    const table = tables[index];
    const field = fields[index];
    if (!table || !field) return;
    records += 1;
    const t = Math.round(((table.t[row] ?? 0) - firstMs) * 1e6);
    const disk = diskOf(field.dev[row] ?? 0);
    const sectors = field.sectors[row] ?? 0;
    // A split tells no size, and is never one of a flush.
    const kind = kindAt(field.rwbs[row] ?? 0, index === 1 ? 1 : sectors);
    const sector = kind === KIND.flush ? 0 : (field.sector[row] ?? 0);
    if (index === 0) meter.queue(disk, kind, sector, sectors, t, table.pid[row] ?? 0);
    else if (index === 1) meter.split(disk, kind, sector, field.newSector[row] ?? 0, t);
    else if (index === 2) meter.requeue(disk, kind, sector, t);
    else if (index === 3) meter.dispatch(disk, kind, sector, sectors, t);
    else meter.complete(disk, kind, sector, sectors, t, field.error[row] ?? 0);
  });
  for (const disk of disks.values()) {
    for (const id of topology.beneath(meter.devices[disk]?.id ?? '')) meter.devices[disk]?.standsOn.add(id);
  }
  return { records, firstMs };
}
