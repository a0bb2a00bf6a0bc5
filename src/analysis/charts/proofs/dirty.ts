// Dirty bytes of the victim's own device against that device's own share of the limit, as the kernel told them at each pause; the pauses as ticks.
// The share is not printed, but its centre is: wb_setpoint = setpoint × share / (limit …), so share = wb_setpoint × limit / setpoint
// (mm/page-writeback.c, wb_calc_thresh, wb_position_ratio). Under a strict limit of its own the kernel leaves setpoint and wb_dirty 0, and the
// device's statistics tell both (mm/backing-dev.c, bdi_debug_stats_show). Without events the machine's figures have to do.

import { addTo, sharedBy } from '../../../base/maps.js';
import type { Chart } from '../../../model/charts.js';
import { column } from '../../machine/time-walk.js';
import type { Series } from '../../../model/counters.js';
import type { Measures } from '../../measures.js';
import { isDevice } from '../../attribution/inodes.js';
import { dirtyColumns } from '../../victim/pauses.js';
import { gaugeLine, level, valuePerBin, type Axis } from '../axis.js';
import type { Shown } from '../../shown.js';

const MIB = 1024 * 1024;
const KIB_PER_MIB = 1024;

export function dirtyProof(shown: Shown, axis: Axis): Chart[] {
  return ofDevice(shown, axis) ?? ofMachine(shown, axis);
}

/** What the kernel told at the pauses of the device that the victim was paused for most; undefined where nothing was told. */
function ofDevice({ at }: Shown, axis: Axis): Chart[] | undefined {
  const { events, pageBytes } = at.input;
  const table = events?.tables.get('balance_dirty_pages');
  if (!events || !table || table.length === 0) return undefined;
  const bdis = column(table, 'bdi');
  const bdi = mostPaused(at);
  const rows: number[] = [];
  for (let row = 0; row < table.length; row += 1) if (bdis[row] === bdi) rows.push(row);
  if (rows.length === 0) return undefined;
  const { dirty, setpoint: centre } = dirtyColumns(table);
  const [limit, setpoint, pause] = [column(table, 'limit'), column(table, 'setpoint'), column(table, 'pause')];
  const times = rows.map((row) => table.t[row] ?? 0);
  const scale = pageBytes / MIB;
  const share = rows.map((row) => ((centre[row] ?? NaN) * (limit[row] ?? NaN)) / (setpoint[row] ?? NaN));
  const id = events.strings.get(bdi);
  // The setpoint lies above half the limit and is never 0: where it is, the field was not kept, as in copies that earlier versions cut.
  const counted = share.some(Number.isFinite) ? undefined : ofStatistics(axis, at.input.counters.bdi.get(id));
  if (!counted && !share.some(Number.isFinite)) return undefined;
  const name = isDevice(id) ? at.topology.name(id) : id;
  const isPause = (row: number) => (pause[row] ?? 0) > 0;
  return [
    {
      id: 'proof-dirty',
      title: `Dirty bytes of ${name} against its share of the limit`,
      unit: 'MiB',
      logarithmic: true,
      lines: linesOf(name, counted, () => ({
        dirty: valuePerBin(
          axis,
          times,
          rows.map((row) => dirty[row] ?? NaN),
          scale,
        ),
        share: valuePerBin(axis, times, share, scale),
      })),
      ticks: { name: 'pauses', t: Float64Array.from(rows.filter(isPause), (row) => table.t[row] ?? 0) },
    },
  ];
}

interface DirtyAndShare {
  readonly dirty: Float64Array;
  readonly share: Float64Array;
}

/** What a device's statistics tell, in MiB; undefined where they were not recorded. */
function ofStatistics(axis: Axis, series: Series | undefined): DirtyAndShare | undefined {
  const { t, columns } = series ?? {};
  const [reclaimable, underWay, threshold] = ['BdiReclaimable', 'BdiWriteback', 'BdiDirtyThresh'].map((name) =>
    columns?.get(name),
  );
  if (!t || !reclaimable || !underWay || !threshold) return undefined;
  const dirty = reclaimable.map((kib, at) => kib + (underWay[at] ?? NaN));
  return {
    dirty: valuePerBin(axis, t, dirty, 1 / KIB_PER_MIB),
    share: valuePerBin(axis, t, threshold, 1 / KIB_PER_MIB),
  };
}

function linesOf(name: string, told: DirtyAndShare | undefined, ofEvents: () => DirtyAndShare): Chart['lines'] {
  const { dirty, share } = told ?? ofEvents();
  return [
    { name: `dirty for ${name}`, subject: name, values: dirty },
    { name: `its share of the limit`, role: 'limit', values: share },
  ];
}

/** The device, as an index of a text, at whose throttle the victim's threads, or else anybody's, were seen most. */
function mostPaused({ input, account }: Measures): number {
  const table = input.events?.tables.get('balance_dirty_pages');
  const bdis = column(table, 'bdi');
  const counts = new Map<number, number>();
  const countOf = (isMeant: (row: number) => boolean) => {
    for (let row = 0; row < (table?.length ?? 0); row += 1) if (isMeant(row)) addTo(counts, bdis[row] ?? 0, 1);
  };
  countOf((row) => account?.threads.has(table?.pid[row] ?? 0) === true);
  if (counts.size === 0) countOf(() => true);
  return sharedBy(counts)?.most ?? 0;
}

/** All dirty pages against the limit of the machine, or of the device where that has one of its own. */
function ofMachine({ at, limit }: Shown, axis: Axis): Chart[] {
  const line = (gauge: string, name: string, role?: 'limit') =>
    gaugeLine(axis, at.input.counters.vmstat, gauge, at.input.pageBytes / MIB, { name, ...(role && { role }) });
  return [
    {
      id: 'proof-dirty',
      title: 'Dirty pages of the machine against the limit in force',
      unit: 'MiB',
      logarithmic: true,
      lines: [
        ...line('nr_dirty', 'dirty'),
        ...line('nr_writeback', 'being written back'),
        ...(limit
          ? [{ name: 'limit in force', role: 'limit' as const, values: level(axis, limit.value / MIB) }]
          : line('nr_dirty_threshold', 'limit of the machine', 'limit')),
      ],
    },
  ];
}
