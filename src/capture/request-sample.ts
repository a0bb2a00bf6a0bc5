// Which of the requests are traced. Where they come so fast that three events for each would be felt by those who wait for them, one small
// request of several is, chosen by its sector, so that the kernel keeps all its events or none; large ones are few, and flushes have no
// sector that means anything: they are all kept. How fast requests come is counted by the kernel whether they are traced or not.

import { DISK_FIELDS, parseDiskstats } from '../base/procfs/diskstats.js';
import { readWhole } from './files.js';
import type { TraceInstance } from './tracefs.js';
import { WholeDisks } from './whole-disks.js';

/** Requests a second from which on one of `of` is traced, and below which all are again, so that a rate near it does not switch all the time. */
const SAMPLE = { from: 50_000, until: 30_000, of: 16 } as const;
/** Requests of up to 128 KiB are small. */
export const SMALL_SECTORS = 256;
/** Sectors are told apart by which MiB they lie in: neighbours in a file are chosen together, and merge with each other. */
const REGION_BIT = 11;

/** The events that are filtered, in the order of a request's life. */
const SAMPLED_EVENTS = [
  'block/block_bio_queue',
  'block/block_rq_issue',
  'block/block_rq_complete',
  'block/block_bio_complete',
];

/**
 * Which file a direct call is for is not traced meanwhile: a bio that is kept may be another call's, and these calls are as many as the requests.
 */
const NOT_SAMPLED = 'iomap/iomap_dio_rw_begin';

/** The filter by which the kernel keeps one of so many (Documentation/trace/events.rst, event filtering); '0' takes a filter away. */
export function sampleFilter(of: number): string {
  return of === 1 ? '0' : `nr_sector == 0 || nr_sector > ${SMALL_SECTORS} || !(sector & ${(of - 1) << REGION_BIT})`;
}

/** A filter that holds where both do; '0' is none, which every event passes. */
export function bothFilters(one: string, other: string): string {
  if (one === '0' || other === '0') return one === '0' ? other : one;
  return `(${one}) && (${other})`;
}

/** What of an instance filters them. */
export type FilteredInstance = Pick<TraceInstance, 'enabled' | 'filterEvent' | 'switchEvent'>;

/** Which requests an instance has the kernel keep. */
export class RequestFilter {
  private readonly instance: FilteredInstance;
  private kept = 1;
  /** Holds for what is traced at all. */
  private where = '0';
  /** What is not traced meanwhile was switched off for it. */
  private hidesCalls = false;

  constructor(instance: FilteredInstance) {
    this.instance = instance;
  }

  /** One request of so many is traced. */
  get of(): number {
    return this.kept;
  }

  /**
   * Has the kernel keep one of so many: one event after the other, so that what is followed from its beginning is followed to its end. Throws the
   * system's error.
   */
  async keepOneOf(of: number): Promise<void> {
    for (const event of SAMPLED_EVENTS)
      if (this.instance.enabled.has(event))
        await this.instance.filterEvent(event, bothFilters(sampleFilter(of), this.where));
    this.kept = of;
  }

  /** Has the kernel keep those alone for which a filter holds; '0' for all again. Throws the system's error. */
  async keepWhere(filter: string): Promise<void> {
    this.where = filter;
    await this.keepOneOf(this.kept);
  }

  /** The same as requests come fast, or no longer do; `wantsCalls`: whether calls are traced where all requests are. Throws the system's error. */
  async sampleOneOf(of: number, wantsCalls = true): Promise<void> {
    await this.keepOneOf(of);
    if (of > 1 && this.instance.enabled.has(NOT_SAMPLED)) {
      await this.instance.switchEvent(NOT_SAMPLED, false);
      this.hidesCalls = true;
    } else if (of === 1 && this.hidesCalls && wantsCalls) {
      await this.instance.switchEvent(NOT_SAMPLED, true);
      this.hidesCalls = false;
    }
  }
}

/** One of how many is to be traced at this rate, requests a second, where one of `now` is. */
export function sampleAt(rate: number, now: number): number {
  return rate >= (now === 1 ? SAMPLE.from : SAMPLE.until) ? SAMPLE.of : 1;
}

const COUNTED = ['rd_ios', 'wr_ios', 'dc_ios'].map((name) => DISK_FIELDS.findIndex((field) => field === name));

/** How many requests all disks complete in a second; partitions count with their disk. */
export class RequestRate {
  private readonly root: string;
  private readonly disks: WholeDisks;
  private before: { readonly ns: bigint; readonly count: number } | undefined;

  constructor(root = '') {
    this.root = root;
    this.disks = new WholeDisks(root);
  }

  /** Since the last call; undefined at the first. */
  look(nowNs: bigint): number | undefined {
    let count = 0;
    for (const { name, values } of parseDiskstats(readWhole(`${this.root}/proc/diskstats`) ?? ''))
      if (this.disks.has(name)) for (const field of COUNTED) count += values[field] ?? 0;
    const { before } = this;
    this.before = { ns: nowNs, count };
    return before && nowNs > before.ns ? ((count - before.count) * 1e9) / Number(nowNs - before.ns) : undefined;
  }
}
