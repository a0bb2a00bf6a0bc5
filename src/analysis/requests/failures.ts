// Requests that a device failed: when, and which device.

import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import { Strings } from '../../model/events.js';
import { valueAt } from '../machine/series.js';
import { column } from '../machine/time-walk.js';
import { deviceId, type Topology } from '../machine/topology.js';
import { isFailure, kindsOf } from './requests.js';

/** Failed requests of a disk or of what it stands on, ms since the start, and the last device that failed one; undefined where none did. */
export function failedRequests(
  { events }: Case,
  topology: Topology,
  on: DeviceId,
): { readonly times: readonly number[]; readonly disk: DeviceId | undefined } {
  const disks = [on, ...topology.beneath(on)];
  const times: number[] = [];
  let last: DeviceId | undefined;
  const kindAt = kindsOf(events?.strings ?? new Strings());
  for (const name of ['block_rq_complete', 'block_rq_error', 'block_bio_complete']) {
    const table = events?.tables.get(name);
    const dev = column(table, 'dev');
    const rwbs = column(table, 'rwbs');
    const sectors = column(table, 'nr_sector');
    column(table, 'error').forEach((error, row) => {
      if (error === 0 || !isFailure(error, kindAt(valueAt(rwbs, row), valueAt(sectors, row)))) return;
      const disk = topology.disk(deviceId(valueAt(dev, row)));
      if (!disks.includes(disk)) return;
      last = disk;
      times.push(valueAt(table?.t, row));
    });
    // block_rq_error repeats what the completion told already, and a device without requests what one beneath it did; its own failures its bios alone tell.
    if (times.length > 0) break;
  }
  return { times, disk: last };
}
