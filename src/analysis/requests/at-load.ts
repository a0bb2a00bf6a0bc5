// A disk's counters → stretches of time, each with what its requests took at which load. Learnt from and judged by alike, so that what is held against the
// past is measured as that was; counters alone are enough, as a recorder that runs for months has no more. A request's time is from when it was made to its
// completion (rd_ticks, wr_ticks: Documentation/admin-guide/iostats.rst), the wait in a scheduler's queue included.

import type { Interval } from '../../base/intervals.js';
import type { Series } from '../../model/counters.js';
import type { Load } from '../../model/past.js';
import { STRETCHES } from '../../model/thresholds/past.js';

/** What requests of one kind took in a stretch of time. */
export interface LoadStretch extends Interval {
  readonly load: Load;
  readonly requests: number;
  /** On average, each. */
  readonly ms: number;
}

/** What a disk did in a stretch as a whole. */
export interface Pace extends Interval {
  readonly operationsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** A reading may come a little early. */
const EARLY = 0.95;
const SECTOR = 512;
/** Sizes four times apart; the largest class has no bound. */
const SIZES = [16, 64, 256].map((kib) => kib * 1024);

const KINDS = [
  { does: 'read', ios: 'rd_ios', ticks: 'rd_ticks', sectors: 'rd_sectors' },
  { does: 'write', ios: 'wr_ios', ticks: 'wr_ticks', sectors: 'wr_sectors' },
  { does: 'flush', ios: 'fl_ios', ticks: 'fl_ticks', sectors: undefined },
] as const;

type Kind = (typeof KINDS)[number];

function sizeClass(bytes: number): number {
  return SIZES.find((bound) => bytes <= bound) ?? 0;
}

/** The growth of a counter; NaN where it is not there, or was begun anew. */
function grown(disk: Series, name: string, from: number, to: number): number {
  const column = disk.columns.get(name);
  const by = (column?.[to] ?? NaN) - (column?.[from] ?? NaN);
  return by >= 0 ? by : NaN;
}

function stretchOf(
  disk: Series,
  { does, ios, ticks, sectors }: Kind,
  from: number,
  to: number,
): LoadStretch | undefined {
  const { exactTicks, exactRequests } = STRETCHES;
  const requests = grown(disk, ios, from, to);
  const tookMs = grown(disk, ticks, from, to);
  if (!(requests > 0) || !(tookMs >= exactTicks || requests >= exactRequests)) return undefined;
  const bytes = sectors === undefined ? NaN : (grown(disk, sectors, from, to) * SECTOR) / requests;
  const atOnce = grown(disk, 'time_in_queue', from, to) / grown(disk, 'io_ticks', from, to);
  return {
    from: disk.t[from] ?? NaN,
    to: disk.t[to] ?? NaN,
    load: {
      does,
      upToBytes: sectors === undefined ? 0 : sizeClass(bytes),
      // Ticks of a disk that is hardly used are too coarse to tell less than one, or are none.
      depth: atOnce > 1 && Number.isFinite(atOnce) ? 2 ** Math.round(Math.log2(atOnce)) : 1,
    },
    requests,
    ms: tookMs / requests,
  };
}

function* rowsWithin({ t }: Series, { from, to }: Interval): Generator<number> {
  for (let row = 0; row < t.length; row += 1) if ((t[row] ?? NaN) >= from && (t[row] ?? NaN) <= to) yield row;
}

/** The stretches of one disk, of each kind of requests one after the other. Readings may be any time apart below the longest stretch. */
export function stretchesAtLoad(disk: Series, within: Interval): LoadStretch[] {
  const { leastMs, mostMs } = STRETCHES;
  return KINDS.flatMap((kind) => {
    const found: LoadStretch[] = [];
    let begin: number | undefined;
    for (const row of rowsWithin(disk, within)) {
      if (begin === undefined) begin = row;
      const ms = (disk.t[row] ?? NaN) - (disk.t[begin] ?? NaN);
      if (ms < EARLY * leastMs) continue;
      const stretch = ms <= mostMs ? stretchOf(disk, kind, begin, row) : undefined;
      if (stretch) found.push(stretch);
      if (stretch || ms >= mostMs) begin = row;
    }
    return found;
  });
}

/** What the disk did in each stretch of the least length. */
export function pacesOf(disk: Series, within: Interval): Pace[] {
  const found: Pace[] = [];
  let begin: number | undefined;
  for (const row of rowsWithin(disk, within)) {
    if (begin === undefined) begin = row;
    const ms = (disk.t[row] ?? NaN) - (disk.t[begin] ?? NaN);
    if (ms < EARLY * STRETCHES.leastMs) continue;
    const [from, to] = [begin, row];
    const sum = (...names: string[]) => names.reduce((all, name) => all + grown(disk, name, from, to), 0);
    const pace = {
      from: disk.t[from] ?? NaN,
      to: disk.t[to] ?? NaN,
      operationsPerSecond: (sum('rd_ios', 'wr_ios') * 1000) / ms,
      bytesPerSecond: (sum('rd_sectors', 'wr_sectors') * SECTOR * 1000) / ms,
    };
    if (ms <= STRETCHES.mostMs && pace.operationsPerSecond >= 0) found.push(pace);
    begin = row;
  }
  return found;
}
