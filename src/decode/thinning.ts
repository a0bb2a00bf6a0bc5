// Which readings of a long tape are decoded: a night at ten a second has a hundred times more counters than any measure or chart can show.
// Facts and what the recorder says are always taken; of a counter at most one reading in each stretch of time, the first, so that a state
// that is sampled stays a fair sample and figures that only grow lose nothing but detail in time. The newest part of a finished recording
// is no more telling than its middle, so all of it is thinned alike, and a part that is asked for has its full rate.

import type { Interval } from '../base/intervals.js';
import { SAVED_NAMES, SOURCE } from '../model/recording.js';

/** Rows that a series may have before readings are left out: a quarter of an hour at ten a second. */
const MOST_ROWS = 9000;

/** Paths that are thinned out: more than any machine has. What else there is, whoever takes readings has a bound for. */
const MOST_PATHS = 2 ** 18;

/** Asked once for each reading of the tape, in its order; times in ns since the recording's start. */
export function thinned({ from, to }: Interval, hz: number): (path: string, atNs: number) => boolean {
  const rows = ((to - from) / 1000) * hz;
  const everyNs = rows > MOST_ROWS ? ((to - from) * 1e6) / MOST_ROWS : 0;
  const latest = new Map<string, number>();
  let factsNs: number | undefined;
  return (path, atNs) => {
    if (path === SOURCE.facts) factsNs = atNs;
    if (atNs === factsNs || isTakenAlways(path)) return true;
    if (atNs < from * 1e6 || atNs > to * 1e6) return false;
    if (everyNs === 0) return true;
    const stretch = Math.floor(atNs / everyNs);
    if (latest.get(path) === stretch) return false;
    if (latest.size < MOST_PATHS) latest.set(path, stretch);
    return true;
  };
}

function isTakenAlways(path: string): boolean {
  return path.startsWith('iowitness:') || path.endsWith('/task/') || path === SAVED_NAMES;
}
