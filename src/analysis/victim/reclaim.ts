// When each of a victim's threads reclaimed memory itself, from the begin and end events of direct reclaim, the machine's and a cgroup's.
// Reclaim runs on the CPU as much as it sleeps, so stacks at sleeps alone would miss half of it.
// Source: mm/vmscan.c (try_to_free_pages, try_to_free_mem_cgroup_pages).

import { addToList } from '../../base/maps.js';
import type { Timeline } from '../../model/timeline.js';
import type { Events } from '../../model/events.js';
import type { State } from '../../model/states.js';
import { firstEndingAfter, intersect, type Interval, type Intervals, union, without } from '../../base/intervals.js';

const KINDS = ['direct', 'memcg'] as const;

/** Sorted and disjoint, by thread. A reclaim that had not ended by the last event ends there. */
export function reclaimTimes(events: Events, threads: ReadonlySet<number>): Map<number, Intervals> {
  const found = new Map<number, Interval[]>();
  for (const kind of KINDS) {
    const begins = events.tables.get(`mm_vmscan_${kind}_reclaim_begin`);
    const ends = events.tables.get(`mm_vmscan_${kind}_reclaim_end`);
    const open = new Map<number, number>();
    let end = 0;
    for (let begin = 0; begin <= (begins?.length ?? 0); begin += 1) {
      const t = begins?.t[begin] ?? Infinity;
      for (; end < (ends?.length ?? 0) && (ends?.t[end] ?? Infinity) <= t; end += 1) {
        const pid = ends?.pid[end] ?? 0;
        const from = open.get(pid);
        if (from !== undefined) addToList(found, pid, { from, to: ends?.t[end] ?? from });
        open.delete(pid);
      }
      const pid = begins?.pid[begin] ?? 0;
      if (begin < (begins?.length ?? 0) && threads.has(pid)) open.set(pid, t);
    }
    for (const [pid, from] of open) addToList(found, pid, { from, to: Math.max(from, ends?.t.at(-1) ?? from) });
  }
  return new Map([...found].map(([pid, intervals]) => [pid, union(intervals)]));
}

/** States that say more than that memory was being reclaimed meanwhile. */
const STRONGER: readonly State[] = ['runnable', 'cpu-wakeup', 'cgroup-cpu', 'swap', 'stopped', 'ended'];

/** Segments with the times of reclaim cut out of them as a state of their own. */
export function withReclaim(segments: Timeline, reclaims: Intervals): Timeline {
  if (reclaims.length === 0) return segments;
  return segments.flatMap((segment) => {
    if (STRONGER.includes(segment.state)) return [segment];
    const first = firstEndingAfter(reclaims, segment.from);
    let last = first;
    while ((reclaims.from[last] ?? Infinity) < segment.to) last += 1;
    if (first === last) return [segment];
    const whole = [segment];
    const inside = intersect(whole, reclaims.within(first, last));
    return [
      ...inside.map((one) => ({ ...segment, ...one, state: 'reclaim' as State })),
      ...without(whole, inside).map((one) => ({ ...segment, ...one })),
    ].sort((a, b) => a.from - b.from);
  });
}
