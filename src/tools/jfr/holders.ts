// The waits for one monitor → who had it while they waited. An event names who had the monitor just before its thread got it. Where that one had waited for
// it as well, and got it meanwhile, whom that wait names had it before, and so on back to the first wait's beginning. An owner that did not wait may
// have got the monitor at any time before it gave it up: its part is all that is left of the wait.

import { IntervalList, union, type Intervals } from '../../base/intervals.js';
import { NumberList } from '../../base/number-list.js';
import { NOBODY } from './interned.js';
import type { WaitColumns } from './waits.js';

/** As many threads in a row are followed back; the rest of such a wait is nobody's. */
const MOST_STEPS = 1000;
/** With so many stretches of time, of all owners together, those of each are joined: in a queue each wait is a stretch for everybody before it. */
const JOIN_AT = 2 ** 18;

export interface Holder {
  readonly thread: number;
  /** Waits whose event names it, and waits that name others, which had got it after this one. */
  waits: number;
  behind: number;
  /** Of the waited time, all threads together. */
  ns: number;
  /** When at least one thread waited for it, in ns. */
  during: Intervals;
}

/** Each thread's waits, by their ends. */
function rowsByThread({ thread }: WaitColumns): ReadonlyMap<number, NumberList> {
  const rows = new Map<number, NumberList>();
  thread.forEach((of, row) => {
    const own = rows.get(of) ?? new NumberList();
    own.push(row);
    rows.set(of, own);
  });
  return rows;
}

/** The last of these waits that ended between the two moments; undefined where none did. */
function lastWithin(
  rows: NumberList | undefined,
  { to }: WaitColumns,
  after: number,
  before: number,
): number | undefined {
  if (!rows) return undefined;
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((to[rows.at(middle)] ?? Infinity) < before) low = middle + 1;
    else high = middle;
  }
  const found = low > 0 ? rows.at(low - 1) : -1;
  return (to[found] ?? -Infinity) > after ? found : undefined;
}

interface OpenHolder extends Omit<Holder, 'during'> {
  readonly parts: IntervalList;
  /** The last of the parts. */
  from: number;
  to: number;
}

/** Joins what each had; tells how many stretches there are now. */
function join(holders: Iterable<OpenHolder>): number {
  let stretches = 0;
  for (const { parts } of holders) {
    const { from, to, length } = union(parts.take());
    for (let at = 0; at < length; at += 1) parts.push(from[at] ?? NaN, to[at] ?? NaN);
    stretches += length;
  }
  return stretches;
}

function opened(thread: number): OpenHolder {
  return { thread, waits: 0, behind: 0, ns: 0, parts: new IntervalList(), from: Infinity, to: -Infinity };
}

/**
 * `waits`: all of one monitor that were kept. The one that most time was waited for first. `least`: how many stretches there are before
 * they are joined, for tests.
 */
export function holdersOf(waits: WaitColumns, least = JOIN_AT): Holder[] {
  const own = rowsByThread(waits);
  const holders = new Map<number, OpenHolder>();
  let [stretches, joinAt] = [0, least];
  const add = (thread: number, from: number, to: number, isNamed: boolean): void => {
    let holder = holders.get(thread);
    if (!holder) holders.set(thread, (holder = opened(thread)));
    if (isNamed) holder.waits += 1;
    else holder.behind += 1;
    holder.ns += to - from;
    // Who waited together in a queue waited for the same one at the same time.
    if (from >= holder.from && to <= holder.to) return;
    [holder.from, holder.to] = [from, to];
    holder.parts.push(from, to);
    stretches += 1;
    if (stretches < joinAt) return;
    stretches = join(holders.values());
    joinAt = Math.max(least, 2 * stretches);
  };
  for (let wait = 0; wait < waits.to.length; wait += 1) {
    const begin = waits.from[wait] ?? NaN;
    let [owner, to] = [waits.owner[wait] ?? NOBODY, waits.to[wait] ?? NaN];
    for (let step = 0; to > begin; step += 1) {
      const before = owner === NOBODY ? undefined : lastWithin(own.get(owner), waits, begin, to);
      const from = before === undefined ? begin : (waits.to[before] ?? begin);
      add(step < MOST_STEPS ? owner : NOBODY, from, to, step === 0);
      if (before === undefined || step >= MOST_STEPS) break;
      owner = waits.owner[before] ?? NOBODY;
      to = from;
    }
  }
  return [...holders.values()]
    .map(({ thread, waits: named, behind, ns, parts }) => ({
      thread,
      waits: named,
      behind,
      ns,
      during: union(parts.take()),
    }))
    .sort((a, b) => b.ns - a.ns);
}
