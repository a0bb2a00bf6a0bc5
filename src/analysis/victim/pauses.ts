// The dirty throttle as the kernel tells it: limits, pauses, and how they compare with what the machine's memory allows.
// Source: mm/page-writeback.c (balance_dirty_pages, domain_dirty_limits); Documentation/admin-guide/sysctl/vm.rst.

import type { DeviceId, Series } from '../../model/counters.js';
import type { Case } from '../../model/case.js';
import type { Column, EventTable } from '../../model/events.js';
import type { Topology } from '../machine/topology.js';
import { IntervalList, type Intervals, NO_INTERVALS, union } from '../../base/intervals.js';
import { medianOf } from '../../base/median.js';
import { isDevice } from '../attribution/inodes.js';
import { lastAtOrBefore } from '../machine/series.js';
import { column } from '../machine/time-walk.js';
import { addTo, entry, sharedBy } from '../../base/maps.js';
import { isKernelThread, processesOf } from '../machine/processes.js';

export interface ThrottleMeasures {
  /** Pauses of the victim's threads that the event tells, ms each. */
  readonly pauses: number;
  readonly pausedMs: number;
  /** Global dirty limit during the pauses, bytes: the median. */
  readonly limitBytes: number;
  /** What the device's own share of the limit is centred on, bytes: the median of wb_setpoint. */
  readonly deviceSetpointBytes: number;
  /** Dirty bytes of the machine at the pauses: the median. */
  readonly dirtyBytes: number;
}

/** What the kernel calls a device's own dirty pages and what they are centred on: from some 6.x on, and before. */
const DIRTY = ['wb_dirty', 'bdi_dirty'] as const;
const SETPOINT = ['wb_setpoint', 'bdi_setpoint'] as const;

function eitherOf(table: EventTable, names: readonly string[]): Column {
  return names.map((name) => table.fields.get(name)).find((values) => values !== undefined) ?? new Float64Array(0);
}

/** A device's own dirty pages and what they are centred on, by row; empty where a kernel tells neither. */
export function dirtyColumns(table: EventTable): { readonly dirty: Column; readonly setpoint: Column } {
  return { dirty: eitherOf(table, DIRTY), setpoint: eitherOf(table, SETPOINT) };
}

/** Of what the events tell; a kernel may lack a field. */
function median(values: readonly number[]): number {
  return medianOf(values.filter((value) => Number.isFinite(value)));
}

/** The pauses of these threads; undefined where the event was not recorded. */
export function measureThrottle(input: Case, threads: ReadonlySet<number>): ThrottleMeasures | undefined {
  const table = input.events?.tables.get('balance_dirty_pages');
  if (!table) return undefined;
  const rows: number[] = [];
  for (let row = 0; row < table.length; row += 1) if (threads.has(table.pid[row] ?? 0)) rows.push(row);
  const setpoints = dirtyColumns(table).setpoint;
  const pick = (field: string) => rows.map((row) => column(table, field)[row] ?? NaN);
  // `pause` is in ms and negative where the task may go on at once.
  const pauses = pick('pause').filter((pause) => pause > 0);
  return {
    pauses: pauses.length,
    pausedMs: pauses.reduce((a, b) => a + b, 0),
    limitBytes: median(pick('limit')) * input.pageBytes,
    deviceSetpointBytes: median(rows.map((row) => setpoints[row] ?? NaN)) * input.pageBytes,
    dirtyBytes: median(pick('dirty')) * input.pageBytes,
  };
}

/**
 * Tells of a time, ms, whose dirty pages a thread was last paused for by then: the kernel says so right before it puts the thread to sleep.
 * Undefined before its first pause, and for a filesystem whose pages count for no device of its own (btrfs, NFS).
 */
export function pauseDisks({ events }: Case, topology: Topology, thread: number): (at: number) => DeviceId | undefined {
  const table = events?.tables.get('balance_dirty_pages');
  if (!events || !table) return () => undefined;
  const bdis = column(table, 'bdi');
  const rows: number[] = [];
  for (let row = 0; row < table.length; row += 1) if (table.pid[row] === thread) rows.push(row);
  const times = Float64Array.from(rows, (row) => table.t[row] ?? NaN);
  return (at) => {
    const row = rows[lastAtOrBefore(times, at)];
    const bdi = row === undefined ? '' : events.strings.get(bdis[row] ?? 0);
    return isDevice(bdi) ? topology.disk(bdi) : undefined;
  };
}

/**
 * When the workers of a loop device were paused as writers themselves: what they write goes into the page cache of what the device stands
 * on (drivers/block/loop.c, lo_rw_aio without direct I/O), and the device answers nothing meanwhile. Empty for any other device.
 */
export function pausedBeneath(input: Case, topology: Topology, disk: DeviceId): Intervals {
  const { events } = input;
  const table = events?.tables.get('balance_dirty_pages');
  const device = topology.device(disk);
  if (!events || !table || device?.backingFile === undefined || device.directIo === true) return NO_INTERVALS;
  const beneath = topology.beneath(disk);
  const [bdi, pause] = [column(table, 'bdi'), column(table, 'pause')];
  const times = new IntervalList();
  for (let row = 0; row < table.length; row += 1) {
    const ms = pause[row] ?? 0;
    const pid = table.pid[row] ?? 0;
    if (!(ms > 0) || pid === 0 || !isKernelThread(input, pid)) continue;
    // btrfs and network filesystems have names there instead of a device's number.
    const id = events.strings.get(bdi[row] ?? 0);
    const from = table.t[row] ?? 0;
    if (!isDevice(id) || beneath.includes(topology.disk(id))) times.push(from, from + ms);
  }
  return union(times);
}

function lastOf(series: Series, name: string): number {
  return series.columns.get(name)?.at(-1) ?? NaN;
}

/** Bytes that could be dirty at most: free and file pages (node_dirtyable_memory counts the same). Counters' last values. */
export function dirtyableBytes(input: Case): number {
  const { meminfo } = input.counters;
  return (lastOf(meminfo, 'MemFree') + lastOf(meminfo, 'Active(file)') + lastOf(meminfo, 'Inactive(file)')) * 1024;
}

/** All of the machine's memory, bytes. */
export function totalBytes(input: Case): number {
  return lastOf(input.counters.meminfo, 'MemTotal') * 1024;
}

/** The dirty limit in force, from /proc/vmstat, bytes; NaN where the kernel does not print it. */
export function vmstatDirtyLimit(input: Case): number {
  return lastOf(input.counters.vmstat, 'nr_dirty_threshold') * input.pageBytes;
}

/** Bytes of the pages that a process made dirty, by bin of time; undefined where the event was not recorded. */
export function dirtiedSeries(
  input: Case,
  threads: ReadonlySet<number>,
  binMs: number,
): Map<number, number> | undefined {
  const table = input.events?.tables.get('writeback_dirty_folio') ?? input.events?.tables.get('writeback_dirty_page');
  if (!table) return undefined;
  const bins = new Map<number, number>();
  for (let row = 0; row < table.length; row += 1) {
    if (!threads.has(table.pid[row] ?? 0)) continue;
    const bin = Math.floor((table.t[row] ?? 0) / binMs);
    if (bin >= 0 && bin * binMs < input.durationMs) addTo(bins, bin, input.pageBytes);
  }
  return bins;
}

/** A device, or a filesystem without one, whose dirty pages count towards the limit for all. */
export interface Filler {
  /** The device's number, or the name of a filesystem without one. */
  readonly bdi: string;
  /** Its dirty bytes: the median of what its own writers' pauses tell. */
  readonly dirtyBytes: number;
  /** The program that was paused there most often, if any was but the kernel's threads. */
  readonly writer?: { readonly name: string; readonly pid: number };
}

/** Where pages are kept dirty that these threads did not write, most first; empty where no pause there was recorded. */
export function fillers(input: Case, threads: ReadonlySet<number>): Filler[] {
  const { events, pageBytes } = input;
  const table = events?.tables.get('balance_dirty_pages');
  if (!events || !table) return [];
  const processes = processesOf(input);
  const bdis = column(table, 'bdi');
  const { dirty } = dirtyColumns(table);
  const own = new Set<number>();
  const found = new Map<number, { dirty: number[]; pauses: Map<number, number> }>();
  for (let row = 0; row < table.length; row += 1) {
    const thread = table.pid[row] ?? 0;
    const bdi = bdis[row] ?? 0;
    if (threads.has(thread)) own.add(bdi);
    const one = entry(found, bdi, () => ({ dirty: [], pauses: new Map<number, number>() }));
    one.dirty.push(dirty[row] ?? NaN);
    if (thread === 0 || isKernelThread(input, thread)) continue;
    addTo(one.pauses, processes.of(thread), 1);
  }
  return [...found]
    .filter(([bdi]) => !own.has(bdi))
    .map(([bdi, one]): Filler => {
      const pid = sharedBy(one.pauses)?.most;
      return {
        bdi: events.strings.get(bdi),
        dirtyBytes: median(one.dirty) * pageBytes,
        ...(pid !== undefined && { writer: { name: processes.name(pid), pid } }),
      };
    })
    .filter(({ dirtyBytes }) => dirtyBytes > 0)
    .sort((a, b) => b.dirtyBytes - a.dirtyBytes);
}
