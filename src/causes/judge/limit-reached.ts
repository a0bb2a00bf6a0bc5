// How near what was done came to a cgroup's I/O limit: of the victim's requests or its own counters, and, in version 2, of the cgroup as a whole, which the
// limit binds together. And the limit that holds a writer up in the page cache: what its cgroup made dirty is written back at the limit's pace.
// Source: Documentation/admin-guide/cgroup-v2.rst (io.stat; Writeback); block/blk-throttle.c; mm/page-writeback.c (cgroup writeback).

import { dirname, join } from 'node:path';
import { lastAtOrBefore, rateWithin, valueAt } from '../../analysis/machine/series.js';
import type { Measures } from '../../analysis/measures.js';
import { KIND } from '../../analysis/requests/requests.js';
import { vmstatDirtyLimit } from '../../analysis/victim/pauses.js';
import { intersect, type Interval, type Intervals } from '../../base/intervals.js';
import type { CgroupLimit } from '../../model/facts.js';
import { CGROUP_LIMIT } from '../../model/thresholds/block.js';
import { limitsOn, utilisation } from './judgements.js';
import { isGiven, type Given } from './needs.js';

type Victim = Given<'victim' | 'disk'>;

/** A limit with what was got under it. */
export interface Reached {
  readonly limit: CgroupLimit;
  /** True where the victim's requests were counted, false where the process's own counters tell. */
  readonly isCounted: boolean;
  /** What the victim got, in the limit's own unit; NaN where that is not known. */
  readonly rate: number;
  /** What all in the limit's cgroup got; NaN in version 1, which counts each cgroup by itself, and where it was not recorded. */
  readonly groupRate: number;
  /** That, or else what the victim got, as a part of the limit; NaN where neither is known. */
  readonly of: number;
}

/** What version 2 counts of what a limit is on. */
const IO_STAT: Readonly<Record<string, string>> = { rbps: 'rbytes', wbps: 'wbytes', riops: 'rios', wiops: 'wios' };

/** What /proc/diskstats counts in. */
const SECTOR_BYTES = 512;

/** The most that one bio holds where memory is in pieces, pages (include/linux/bio.h: BIO_MAX_VECS). */
const BIO_PAGES = 256;

/**
 * What all in a limit's cgroup did on the device within a time, a second; NaN where that was not recorded. A cgroup that has done nothing on a device yet
 * has no line of it.
 */
function groupRateOf({ input }: Victim, { file, device, what }: CgroupLimit, { from, to }: Interval): number {
  const series = input.counters.cgroups.get(join(dirname(file), 'io.stat'));
  if (!series) return NaN;
  const column = series.columns.get(`${device} ${IO_STAT[what]}`);
  const [first, last] = [from, to].map((t) => Math.max(0, lastAtOrBefore(series.t, t)));
  if (first === undefined || last === undefined || first >= last) return NaN;
  const done = (at: number) => {
    const value = column?.[at] ?? NaN;
    return Number.isNaN(value) ? 0 : value;
  };
  return ((done(last) - done(first)) * 1000) / (valueAt(series.t, last) - valueAt(series.t, first));
}

/** Where some requests were left out, those that a limit had held back are not known as the victim's. */
function countsRequests(m: Victim, span: Interval): m is Victim & Given<'sleeps' | 'requests'> {
  return isGiven(m, ['sleeps', 'requests']) && intersect([span], m.requests.sampled).length === 0;
}

/** What the victim did on its disk between two times, in the limit's own unit; NaN where that is not known. */
function rateOf(m: Victim, limit: CgroupLimit, { from, to }: Interval): number {
  const isRead = limit.what.startsWith('r');
  const inBytes = limit.what.endsWith('bps');
  if (!countsRequests(m, { from, to })) {
    const io = m.input.counters.processes.get(m.account.pid)?.io;
    const [bytes, calls] = isRead ? ['read_bytes', 'syscr'] : ['write_bytes', 'syscw'];
    return rateWithin(io, inBytes ? bytes : calls, from, to);
  }
  const { account, load, requests } = m;
  let sum = 0;
  for (const row of load.rows) {
    const completed = valueAt(requests.completed, row);
    if (account.own[row] === 0 || completed < from || completed > to) continue;
    if ((requests.kind[row] === KIND.read) === isRead)
      sum += (requests.weight[row] ?? 1) * (inBytes ? valueAt(requests.bytes, row) : 1);
  }
  return to > from ? (sum * 1000) / (to - from) : NaN;
}

function spanOf(times: Intervals): Interval {
  return { from: times.from[0] ?? NaN, to: times.to.at(-1) ?? NaN };
}

function reachedIn(m: Victim, limit: CgroupLimit, span: Interval): Reached {
  const rate = rateOf(m, limit, span);
  const groupRate = groupRateOf(m, limit, span);
  const of = (Number.isNaN(groupRate) ? rate : groupRate) / limit.value;
  return { limit, rate, groupRate, of, isCounted: countsRequests(m, span) };
}

/** The limit that was come nearest to while the victim was held back: it need not have been felt before or after. */
export function nearest(m: Victim, limits: readonly CgroupLimit[], held: Intervals): Reached | undefined {
  const rank = ({ of }: Reached) => (Number.isNaN(of) ? -1 : of);
  return limits.map((limit) => reachedIn(m, limit, spanOf(held))).toSorted((a, b) => rank(b) - rank(a))[0];
}

export function isNear({ of }: Reached): boolean {
  return of >= CGROUP_LIMIT.reached.least && of < CGROUP_LIMIT.reached.most;
}

/** What everybody wrote to the victim's disk, a second, in the limit's own unit: the most that the cgroup can have written. */
function diskRateOf({ input, disk }: Victim, { what }: CgroupLimit, { from, to }: Interval): number {
  const series = input.counters.disks.get(disk);
  return what === 'wbps'
    ? rateWithin(series, 'wr_sectors', from, to) * SECTOR_BYTES
    : rateWithin(series, 'wr_ios', from, to);
}

/** A limit at whose pace the victim's cgroup's dirty pages are written. */
export interface HeldWriteback {
  readonly reached: Reached;
  /** The share of the pauses in which the device worked. */
  readonly busy: number;
}

/**
 * The limit that keeps the pages dirty for which the victim is paused. A limit of version 2 holds what the flusher writes for the cgroup as well, and the
 * device idles meanwhile. What is let through comes a bio at a time: of a low limit none need have come within the time, or one for which was saved up
 * before, so that one is granted either way, but none larger than what may be dirty at all.
 */
export function heldWriteback(m: Measures, pauses: Intervals): HeldWriteback | undefined {
  if (!isGiven(m, ['victim', 'disk', 'facts']) || m.top !== undefined || pauses.length === 0) return undefined;
  const span = spanOf(pauses);
  const busy = utilisation(m, pauses);
  if (!(busy < CGROUP_LIMIT.busy.from)) return undefined;
  const dirtyLimit = m.throttle?.limitBytes ?? vmstatDirtyLimit(m.input);
  const largest = Math.min(BIO_PAGES * m.input.pageBytes, Number.isFinite(dirtyLimit) ? dirtyLimit : Infinity);
  const [reached] = limitsOn(m, 'io', m.disk)
    .filter(({ file, what }) => file.endsWith('io.max') && what.startsWith('w'))
    .map((limit) => reachedIn(m, limit, span))
    .filter(({ limit, groupRate }) => {
      const got = Number.isNaN(groupRate) ? diskRateOf(m, limit, span) : groupRate;
      const another = ((limit.what === 'wbps' ? largest : 1) * 1000) / (span.to - span.from);
      const { least, most } = CGROUP_LIMIT.reached;
      return got + another >= least * limit.value && got - another < most * limit.value;
    });
  return reached && { reached, busy };
}
