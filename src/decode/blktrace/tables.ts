// Records of a block trace → the tables that the kernel's own block events make, so that every measure of requests works on both.
// What is kept of each event is what decode/ftrace/fields.ts keeps; names of fields are those of the kernel's format files.
// Times become ms since the trace's first moment; only the differences are taken from the record's nanoseconds, so nothing is rounded off.

import { ACTION, CATEGORY, CGROUP_FLAG, nsSince, payloadNumber, remapOf, sectorOf } from '../../model/blktrace.js';
import type { Moment, RecordBatch } from '../../model/blktrace.js';
import { Strings, type Events, type EventTable } from '../../model/events.js';
import type { Loss } from '../../model/losses.js';
import { rwbsKey, rwbsText } from '../../model/rwbs.js';
import { KEPT_FIELDS } from '../ftrace/fields.js';
import { finishTable, TableBuilder } from '../../model/columns.js';
import { TraceClock } from './clock.js';
import { KnownDevices } from '../known-devices.js';
import { Company } from './company.js';
import { notificationOf, processName } from './meaning.js';
import { OldFlushes } from './old-flushes.js';
import { SequenceWatch } from './sequences.js';

/** What the kernel's event has and blktrace's record has not. */
const NOT_IN_TRACES: ReadonlySet<string> = new Set(['ioprio']);

/** The tracepoint (include/trace/events/block.h) at which the kernel writes each action's record (kernel/trace/blktrace.c). */
const EVENT_OF: Readonly<Record<number, string>> = {
  [ACTION.queue]: 'block_bio_queue',
  [ACTION.backMerge]: 'block_bio_backmerge',
  [ACTION.frontMerge]: 'block_bio_frontmerge',
  [ACTION.getRequest]: 'block_getrq',
  [ACTION.requeue]: 'block_rq_requeue',
  [ACTION.issue]: 'block_rq_issue',
  [ACTION.complete]: 'block_rq_complete',
  [ACTION.plug]: 'block_plug',
  [ACTION.unplug]: 'block_unplug',
  [ACTION.insert]: 'block_rq_insert',
  [ACTION.split]: 'block_split',
  [ACTION.remap]: 'block_bio_remap',
};

/** A clock of one machine's trace does not leap so far; a damaged record's may. ms. */
const FARTHEST_MS = 31 * 24 * 3600 * 1000;

/** What one event's rows are made of: a value of a record for each kept field. */
interface Target {
  readonly rows: TableBuilder;
  readonly fields: readonly string[];
}

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
  private readonly strings = new Strings();
  private readonly targets = new Map<string, Target>();
  private readonly rwbs = new Map<number, number>();
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
    const event = EVENT_OF[action];
    // A command that is passed through (SCSI, NVMe admin) moves no data of a file.
    if (event === undefined || (category & CATEGORY.pc) !== 0) return;
    const target = this.targetOf(event);
    if (!target || !this.devices.takes(batch.device[row] ?? 0)) return;
    const t = nsSince(batch, row, this.base) / 1e6;
    this.company.add(t);
    const at = target.rows.add(t, batch.cpu[row] ?? 0, batch.pid[row] ?? 0);
    target.fields.forEach((field, index) => {
      const values = target.rows.columns[index];
      if (values) values[at] = this.valueOf(field, batch, row);
    });
  }

  private targetOf(event: string): Target | undefined {
    const known = this.targets.get(event);
    if (known) return known;
    const fields = KEPT_FIELDS[event]?.filter((field) => !NOT_IN_TRACES.has(field));
    if (!fields) return undefined;
    const target = { rows: new TableBuilder(fields.map(() => 'any')), fields };
    this.targets.set(event, target);
    return target;
  }

  private valueOf(field: string, batch: RecordBatch, row: number): number {
    switch (field) {
      case 'dev':
        return batch.device[row] ?? 0;
      case 'sector':
        return sectorOf(batch, row);
      case 'nr_sector':
        return (batch.size[row] ?? 0) >>> 9;
      case 'rwbs':
        return this.rwbsOf(batch.category[row] ?? 0, batch.size[row] ?? 0);
      case 'error':
        return errorOf(batch.error[row] ?? 0);
      case 'new_sector':
        return newSectorOf(batch, row);
      default:
        return NaN;
    }
  }

  private rwbsOf(category: number, size: number): number {
    const key = rwbsKey(category, size);
    let id = this.rwbs.get(key);
    if (id === undefined) this.rwbs.set(key, (id = this.strings.intern(rwbsText(category, size))));
    return id;
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
      rwbs: this.valueOf('rwbs', batch, row),
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
    const middle = this.medianTime();
    const alone = this.company.strays();
    let first = Infinity;
    let last = -Infinity;
    let strays = 0;
    for (const { rows } of this.targets.values()) {
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
    for (const [name, { rows, fields }] of this.targets) {
      for (let row = 0; row < rows.length; row += 1) rows.t[row] = (rows.t[row] ?? 0) - first;
      tables.set(name, finishTable(name, fields, rows));
    }
    this.reportMissingStages(tables, loss);
    return {
      events: {
        strings: this.strings,
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
      (event) => this.targetOf(event),
    );
    if (queue && issue && complete) this.oldFlushes.addTo({ queue, issue, complete, strings: this.strings });
  }

  /**
   * A device without requests (device-mapper, md, zram) has its bios from the moment they are queued: that is their dispatch. Where the
   * device beneath was traced as well, its requests tell more.
   */
  private dispatchBios(): void {
    const queue = this.targets.get('block_bio_queue');
    const issue = this.targetOf('block_rq_issue');
    if (!queue || !issue) return;
    const withRequests = new Set(['block_getrq', 'block_rq_issue'].flatMap((name) => this.devicesIn(name)));
    const isBioBased = (dev: number) =>
      !withRequests.has(dev) && ![...(this.remaps.get(dev) ?? [])].some((below) => withRequests.has(below));
    const bioBased = new Set(this.devicesIn('block_bio_queue').filter(isBioBased));
    const from = issue.fields.map((field) => queue.rows.columns[queue.fields.indexOf(field)]);
    const devs = queue.rows.columns[queue.fields.indexOf('dev')];
    for (let row = 0; bioBased.size > 0 && row < queue.rows.length; row += 1) {
      if (!bioBased.has(devs?.[row] ?? NaN)) continue;
      const { t, cpu, pid } = queue.rows;
      const at = issue.rows.add(t[row] ?? 0, cpu[row] ?? 0, pid[row] ?? 0);
      issue.rows.columns.forEach((values, index) => (values[at] = from[index]?.[row] ?? NaN));
    }
  }

  private devicesIn(event: string): number[] {
    const target = this.targets.get(event);
    if (!target) return [];
    const devs = target.rows.columns[target.fields.indexOf('dev')];
    return [...new Set(devs?.subarray(0, target.rows.length))];
  }

  private medianTime(): number {
    const times = [...this.targets.values()].map(({ rows }) => rows.t.subarray(0, rows.length));
    const most = times.reduce((a, b) => (b.length > a.length ? b : a), new Float64Array(0));
    return most.toSorted()[most.length >>> 1] ?? 0;
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

function newSectorOf(batch: RecordBatch, row: number): number {
  const sector = payloadNumber(batch, row);
  return sector ? sector.high * 0x1_0000_0000 + sector.low : NaN;
}

/** The kernel's negative errno, which the record keeps as an unsigned number of 16 bits. */
function errorOf(stored: number): number {
  return stored > 0x7fff ? stored - 0x1_0000 : 0 - stored;
}

const NO_STACKS = {
  length: 0,
  t: new Float64Array(0),
  cpu: new Uint16Array(0),
  pid: new Int32Array(0),
  stack: new Int32Array(0),
  stacks: [],
};
