// The completions among the kernel's events of block devices, for who sums them up by device (top) or by device and time (bursts).

import { column } from '../../analysis/machine/time-walk.js';
import { deviceId, type Topology } from '../../analysis/machine/topology.js';
import { kindsOf } from '../../analysis/requests/requests.js';
import type { DeviceId } from '../../model/counters.js';
import type { Events } from '../../model/events.js';

const COMPLETIONS = ['block_rq_complete', 'block_bio_complete'];

export const isCompletion = (event: string): boolean => COMPLETIONS.includes(event);

/** Calls `visit` for each, those of requests before those of bios, each of them in order of time. `kind` is one of KIND's. */
export function walkCompletions(
  { tables, strings }: Events,
  topology: Topology,
  visit: (disk: DeviceId, kind: number, sectors: number, t: number) => void,
): void {
  const kindAt = kindsOf(strings);
  for (const name of COMPLETIONS) {
    const table = tables.get(name);
    const [dev, sizes, rwbs] = ['dev', 'nr_sector', 'rwbs'].map((field) => column(table, field));
    for (let row = 0; row < (table?.length ?? 0); row += 1) {
      const sectors = sizes?.[row] ?? 0;
      const disk = topology.disk(deviceId(dev?.[row] ?? 0));
      visit(disk, kindAt(rwbs?.[row] ?? 0, sectors), sectors, table?.t[row] ?? 0);
    }
  }
}
