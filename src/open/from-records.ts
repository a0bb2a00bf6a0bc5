// Records of a block trace, in order of time → the meter; with the names of processes and the time of day that they tell.

import {
  ACTION,
  CATEGORY,
  CGROUP_FLAG,
  payloadNumber,
  remapOf,
  sectorOf,
  type Moment,
  type RecordBatch,
} from '../model/blktrace.js';
import { TraceClock } from '../decode/blktrace/clock.js';
import { notificationOf, processName } from '../decode/blktrace/meaning.js';
import { KnownDevices } from '../decode/known-devices.js';
import { SequenceWatch } from '../decode/blktrace/sequences.js';
import { rwbsKey, rwbsText } from '../model/rwbs.js';
import { deviceId } from '../analysis/machine/topology.js';
import { KIND, kindOf } from '../analysis/requests/requests.js';
import type { BlockMeter } from '../analysis/block-stats/meter.js';

export class RecordTaker {
  private readonly meter: BlockMeter;
  private readonly disks = new Map<number, number>();
  /** Most records are of the same device as the one before. */
  private lastDevice = -1;
  private lastDisk = -1;
  private readonly names = new Map<number, string>();
  /** Kinds by the letters of a record, as a number; most records are of the same letters as the one before. */
  private readonly kinds = new Map<number, number>();
  private lastKey = -1;
  private lastKind: number = KIND.other;
  readonly sequences = new SequenceWatch();
  readonly devices = new KnownDevices();
  records = 0;
  /** When the first I/O was, ns since the trace's first record: time is counted from there, because notifications may be older. */
  firstNs = NaN;
  readonly clock = new TraceClock();

  constructor(meter: BlockMeter) {
    this.meter = meter;
  }

  processName(pid: number): string | undefined {
    return this.names.get(pid);
  }

  private diskOf(device: number): number {
    if (device === this.lastDevice) return this.lastDisk;
    let disk = this.disks.get(device);
    if (disk === undefined) this.disks.set(device, (disk = this.meter.disk(deviceId(device))));
    this.lastDevice = device;
    this.lastDisk = disk;
    return disk;
  }

  private kindOf(category: number, size: number): number {
    // A command that is passed through (SCSI, NVMe admin) is neither a read nor a write.
    if ((category & CATEGORY.pc) !== 0) return KIND.other;
    const key = rwbsKey(category, size);
    if (key === this.lastKey) return this.lastKind;
    let kind = this.kinds.get(key);
    if (kind === undefined) this.kinds.set(key, (kind = kindOf(rwbsText(category, size), size)));
    this.lastKey = key;
    this.lastKind = kind;
    return kind;
  }

  /** Takes row `row` of a batch, at `at` ns since the trace's first record. */
  take(batch: RecordBatch, row: number, at: number): void {
    this.records += 1;
    this.sequences.see(batch, row);
    const category = batch.category[row] ?? 0;
    if ((category & CATEGORY.notify) !== 0) {
      this.notify(batch, row);
      return;
    }
    const { meter } = this;
    if (!this.devices.takes(batch.device[row] ?? 0)) return;
    if (Number.isNaN(this.firstNs)) this.firstNs = at;
    const t = at - this.firstNs;
    const action = (batch.action[row] ?? 0) & ~CGROUP_FLAG;
    const disk = this.diskOf(batch.device[row] ?? 0);
    const size = batch.size[row] ?? 0;
    const kind = this.kindOf(category, size);
    const sectors = size >>> 9;
    const sector = kind === KIND.flush ? 0 : sectorOf(batch, row);
    switch (action) {
      case ACTION.queue:
        meter.queue(disk, kind, sector, sectors, t, batch.pid[row] ?? 0);
        break;
      case ACTION.getRequest:
        meter.getRequest(disk, kind, sector, t);
        break;
      case ACTION.backMerge:
      case ACTION.frontMerge:
        meter.merge(disk, kind, sector, t, action === ACTION.frontMerge);
        break;
      case ACTION.insert:
        meter.insert(disk, kind, sector, sectors, t);
        break;
      case ACTION.issue:
        meter.dispatch(disk, kind, sector, sectors, t);
        break;
      case ACTION.requeue:
        meter.requeue(disk, kind, sector, t);
        break;
      case ACTION.complete:
        meter.complete(disk, kind, sector, sectors, t, batch.error[row] ?? 0);
        break;
      case ACTION.plug:
        meter.plug(disk, t);
        break;
      case ACTION.unplug:
      case ACTION.unplugTimer:
        meter.unplug(disk, t, numberOf(payloadNumber(batch, row)) ?? 0, action === ACTION.unplugTimer);
        break;
      case ACTION.split: {
        const rest = numberOf(payloadNumber(batch, row));
        if (rest !== undefined) meter.split(disk, kind, sector, rest, t);
        break;
      }
      case ACTION.remap:
        this.remap(batch, row, disk);
        break;
    }
  }

  /** A device above counts only where it was traced itself: partitions are not. */
  private remap(batch: RecordBatch, row: number, disk: number): void {
    const above = this.disks.get(remapOf(batch, row)?.deviceFrom ?? -1);
    if (above !== undefined) this.meter.remap(above, disk);
  }

  private notify(batch: RecordBatch, row: number): void {
    this.clock.take(batch, row);
    if (notificationOf(batch, row) !== 'process') return;
    this.names.set(batch.pid[row] ?? 0, Buffer.from(processName(batch, row)).toString('utf8'));
  }
}

function numberOf(value: Moment | undefined): number | undefined {
  return value && value.high * 0x1_0000_0000 + value.low;
}
