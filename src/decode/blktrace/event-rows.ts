// One record of a block trace → a row of the table that the kernel's own event makes, with the fields that decode/ftrace/fields.ts keeps, named as in the
// kernel's format files. A file of its own, as it knows records and columns, and tables.ts what a whole trace is.

import { ACTION, payloadNumber, sectorOf, type RecordBatch } from '../../model/blktrace.js';
import { TableBuilder } from '../../model/columns.js';
import { Strings } from '../../model/events.js';
import { rwbsKey, rwbsText } from '../../model/rwbs.js';
import { KEPT_FIELDS } from '../ftrace/fields.js';

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

/** What one event's rows are made of: a value of a record for each kept field. */
export interface Target {
  readonly rows: TableBuilder;
  readonly fields: readonly string[];
}

export class EventRows {
  readonly strings = new Strings();
  /** By the event's name. */
  readonly targets = new Map<string, Target>();
  private readonly rwbs = new Map<number, number>();

  /** `t`: ms since the first record. */
  add(target: Target, t: number, batch: RecordBatch, row: number): void {
    const at = target.rows.add(t, batch.cpu[row] ?? 0, batch.pid[row] ?? 0);
    target.fields.forEach((field, index) => {
      const values = target.rows.columns[index];
      if (values) values[at] = this.valueOf(field, batch, row);
    });
  }

  /** Undefined where the action stands for no event that is kept. */
  targetOfAction(action: number): Target | undefined {
    const event = EVENT_OF[action];
    return event === undefined ? undefined : this.targetOf(event);
  }

  /** Undefined where nothing is kept of the event. */
  targetOf(event: string): Target | undefined {
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
        return this.rwbsOf(batch, row);
      case 'error':
        return errorOf(batch.error[row] ?? 0);
      case 'new_sector':
        return newSectorOf(batch, row);
      default:
        return NaN;
    }
  }

  /** The number of the words for what kind of request it is. */
  rwbsOf(batch: RecordBatch, row: number): number {
    const [category, size] = [batch.category[row] ?? 0, batch.size[row] ?? 0];
    const key = rwbsKey(category, size);
    let id = this.rwbs.get(key);
    if (id === undefined) this.rwbs.set(key, (id = this.strings.intern(rwbsText(category, size))));
    return id;
  }

  /** Devices that have rows of the event. */
  devicesIn(event: string): number[] {
    const target = this.targets.get(event);
    if (!target) return [];
    const devs = target.rows.columns[target.fields.indexOf('dev')];
    return [...new Set(devs?.subarray(0, target.rows.length))];
  }

  /** Of the event with the most rows. */
  medianTime(): number {
    const times = [...this.targets.values()].map(({ rows }) => rows.t.subarray(0, rows.length));
    const most = times.reduce((a, b) => (b.length > a.length ? b : a), new Float64Array(0));
    return most.toSorted()[most.length >>> 1] ?? 0;
  }
}

function newSectorOf(batch: RecordBatch, row: number): number {
  const sector = payloadNumber(batch, row);
  return sector ? sector.high * 0x1_0000_0000 + sector.low : NaN;
}

/** The kernel's negative errno, which the record keeps as an unsigned number of 16 bits. */
function errorOf(stored: number): number {
  return stored > 0x7fff ? stored - 0x1_0000 : 0 - stored;
}
