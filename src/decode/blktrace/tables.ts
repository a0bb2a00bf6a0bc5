// Records of a block trace → the tables that the kernel's own block events make, so that every measure of requests works on both.
// Times become ms since the trace's first moment; only the differences are taken from the record's nanoseconds, so nothing is rounded off.

import { ACTION, CATEGORY, CGROUP_FLAG, nsSince, remapOf, sectorOf } from '../../model/blktrace.js';
import type { Moment, RecordBatch } from '../../model/blktrace.js';
import type { Events, EventTable } from '../../model/events.js';
import type { Loss } from '../../model/losses.js';
import { finishTable } from '../../model/columns.js';
import { TraceClock } from './clock.js';
import { KnownDevices } from '../known-devices.js';
import { Company } from './company.js';
import { EventRows } from './event-rows.js';
import { notificationOf, processName } from './meaning.js';
import { OldFlushes } from './old-flushes.js';
import { SequenceWatch } from './sequences.js';

/** A clock of one machine's trace does not leap so far; a damaged record's may. ms. */
const FARTHEST_MS = 31 * 24 * 3600 * 1000;

export interface BlockTrace {
  readonly events: Events;
  /** The trace clock at the beginning, ns. */
  readonly startNs: bigint;
  /** The wall clock at the beginning, ms since 1970; absent where the trace holds no time stamp. */
  readonly wallMs?: number;
  readonly durationMs: number;
  /** Devices on which requests of the device named first were sent on to, where both are in the trace: dev_t numbers. */
  readonly beneath: ReadonlyMap<number, ReadonlySet<number>>;
  /** Devices that the records are of. */
  readonly devices: ReadonlySet<number>;
}

/** Collects the records of all files of one trace. */
export class TraceTables {
  private readonly rows = new EventRows();
  private readonly comms = new Map<number, string>();
  private readonly oldFlushes = new OldFlushes();
  private readonly remaps = new Map<number, Set<number>>();
  private readonly sequences = new SequenceWatch();
  private readonly clock = new TraceClock();
  private readonly company = new Company();
  private readonly devices = new KnownDevices();
  /** The first I/O record's time: notifications may be of another clock (clock.ts). */
  private base: Moment | undefined;
  /** I/O records and notifications seen. */
  records = 0;
  private notifications = 0;

  add(batch: RecordBatch): void {
    for (let row = 0; row < batch.length; row += 1) this.addRow(batch, row);
    this.records += batch.length;
  }

  private addRow(batch: RecordBatch, row: number): void {
    const category = batch.category[row] ?? 0;
    this.sequences.see(batch, row);
    if ((category & CATEGORY.notify) !== 0) {
      this.notifications += 1;
      this.addNotification(batch, row);
      return;
    }
    this.base ??= { high: batch.timeHigh[row] ?? 0, low: batch.timeLow[row] ?? 0 };
    const action = (batch.action[row] ?? 0) & ~CGROUP_FLAG;
    if (action === ACTION.remap) this.addRemap(batch, row);
    if (action === ACTION.insert && (category & CATEGORY.flush) !== 0) this.addPreflush(batch, row);
    // A command that is passed through (SCSI, NVMe admin) moves no data of a file.
    const target = (category & CATEGORY.pc) === 0 ? this.rows.targetOfAction(action) : undefined;
    if (!target || !this.devices.takes(batch.device[row] ?? 0)) return;
    const t = nsSince(batch, row, this.base) / 1e6;
    this.company.add(t);
    this.rows.add(target, t, batch, row);
  }

  private addNotification(batch: RecordBatch, row: number): void {
    this.clock.take(batch, row);
    if (notificationOf(batch, row) !== 'process') return;
    this.comms.set(batch.pid[row] ?? 0, Buffer.from(processName(batch, row)).toString('utf8'));
  }

  private addPreflush(batch: RecordBatch, row: number): void {
    this.oldFlushes.insert({
      t: nsSince(batch, row, this.base ?? { high: 0, low: 0 }) / 1e6,
      cpu: batch.cpu[row] ?? 0,
      pid: batch.pid[row] ?? 0,
      dev: batch.device[row] ?? 0,
      sector: sectorOf(batch, row),
      sectors: (batch.size[row] ?? 0) >>> 9,
      rwbs: this.rows.rwbsOf(batch, row),
    });
  }

  private addRemap(batch: RecordBatch, row: number): void {
    const from = remapOf(batch, row)?.deviceFrom;
    const to = batch.device[row] ?? 0;
    if (from === undefined || from === to) return;
    const beneath = this.remaps.get(from);
    if (beneath) beneath.add(to);
    else this.remaps.set(from, new Set([to]));
  }

  finish(loss: (loss: Loss) => void): BlockTrace {
    const middle = this.rows.medianTime();
    const alone = this.company.strays();
    let first = Infinity;
    let last = -Infinity;
    let strays = 0;
    for (const { rows } of this.rows.targets.values()) {
      strays += rows.keep((t) => Math.abs(t - middle) <= FARTHEST_MS && !alone.has(t));
      for (let row = 0; row < rows.length; row += 1) {
        const t = rows.t[row] ?? 0;
        if (t < first) first = t;
        if (t > last) last = t;
      }
    }
    if (!(last >= first)) first = last = 0;
    const base = this.base ?? { high: 0, low: 0 };
    const stamp = this.clock.before(momentAfter(base, first), (last - first) * 1e6);
    let wallMs = stamp && stamp.wallMs + stamp.ns / 1e6;
    // The trace begins when it was switched on, which may be some time before its first request.
    if (stamp && stamp.ns > 0) {
      first -= stamp.ns / 1e6;
      wallMs = stamp.wallMs;
    }
    if (strays > 0) loss({ code: 'blktrace-stray', where: 'block trace', count: strays });
    const { passedOver } = this.devices;
    if (passedOver > 0) loss({ code: 'beyond-bounds', where: 'records of further devices', count: passedOver });
    const { gaps } = this.sequences;
    if (gaps > 0) loss({ code: 'blktrace-gaps', where: 'block trace', count: gaps });
    this.addOldFlushes();
    this.dispatchBios();
    const tables = new Map<string, EventTable>();
    for (const [name, { rows, fields }] of this.rows.targets) {
      for (let row = 0; row < rows.length; row += 1) rows.t[row] = (rows.t[row] ?? 0) - first;
      tables.set(name, finishTable(name, fields, rows));
    }
    this.reportMissingStages(tables, loss);
    return {
      events: {
        strings: this.rows.strings,
        tables,
        stacks: NO_STACKS,
        comms: this.comms,
        count: this.records - this.notifications,
        gaps: [],
      },
      startNs: nsAfter(base, first),
      ...(wallMs !== undefined && { wallMs }),
      durationMs: last - first,
      beneath: this.stackedDevices(tables),
      devices: this.devices.all,
    };
  }

  private addOldFlushes(): void {
    const [queue, issue, complete] = (['block_bio_queue', 'block_rq_issue', 'block_rq_complete'] as const).map(
      (event) => this.rows.targetOf(event),
    );
    if (queue && issue && complete) this.oldFlushes.addTo({ queue, issue, complete, strings: this.rows.strings });
  }

  /**
   * A device without requests (device-mapper, md, zram) has its bios from the moment they are queued: that is their dispatch. Where the
   * device beneath was traced as well, its requests tell more.
   */
  private dispatchBios(): void {
    const queue = this.rows.targets.get('block_bio_queue');
    const issue = this.rows.targetOf('block_rq_issue');
    if (!queue || !issue) return;
    const withRequests = new Set(['block_getrq', 'block_rq_issue'].flatMap((name) => this.rows.devicesIn(name)));
    const isBioBased = (dev: number) =>
      !withRequests.has(dev) && ![...(this.remaps.get(dev) ?? [])].some((below) => withRequests.has(below));
    const bioBased = new Set(this.rows.devicesIn('block_bio_queue').filter(isBioBased));
    const from = issue.fields.map((field) => queue.rows.columns[queue.fields.indexOf(field)]);
    const devs = queue.rows.columns[queue.fields.indexOf('dev')];
    for (let row = 0; bioBased.size > 0 && row < queue.rows.length; row += 1) {
      if (!bioBased.has(devs?.[row] ?? NaN)) continue;
      const { t, cpu, pid } = queue.rows;
      const at = issue.rows.add(t[row] ?? 0, cpu[row] ?? 0, pid[row] ?? 0);
      issue.rows.columns.forEach((values, index) => (values[at] = from[index]?.[row] ?? NaN));
    }
  }

  /** A partition is remapped as well, but has no records of its own: only devices with some stand on another. */
  private stackedDevices(tables: ReadonlyMap<string, EventTable>): Map<number, Set<number>> {
    const queued = new Set(tables.get('block_bio_queue')?.fields.get('dev'));
    return new Map([...this.remaps].filter(([from]) => queued.has(from)));
  }

  /** A mask, of the recorder or of blkparse's dump, leaves whole stages out, and with them every time that they begin or end. */
  private reportMissingStages(tables: ReadonlyMap<string, EventTable>, loss: (loss: Loss) => void): void {
    if (tables.size === 0) return;
    for (const [event, stage] of STAGES) {
      if ((tables.get(event)?.length ?? 0) === 0) loss({ code: 'blktrace-no-stage', where: stage });
    }
  }
}

function nsAfter(base: Moment, ms: number): bigint {
  return (BigInt(base.high) << 32n) + BigInt(base.low) + BigInt(Math.round(ms * 1e6));
}

function momentAfter(base: Moment, ms: number): Moment {
  const ns = nsAfter(base, ms);
  return { high: Number(ns >> 32n), low: Number(ns & 0xffff_ffffn) };
}

const STAGES = [
  ['block_bio_queue', 'queue (Q)'],
  ['block_rq_issue', 'issue (D)'],
  ['block_rq_complete', 'completion (C)'],
] as const;

const NO_STACKS = {
  length: 0,
  t: new Float64Array(0),
  cpu: new Uint16Array(0),
  pid: new Int32Array(0),
  stack: new Int32Array(0),
  stacks: [],
};
