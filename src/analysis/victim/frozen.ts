// Threads that their cgroup's freezer holds where they sleep: since Linux 6.1 it needs not wake them (TASK_FREEZABLE), so no event and no stack tells of
// it, and the sleep only lasts. A file of its own because a thread's life from events and one from samples both take it from here: from the letter that
// /proc/PID/stat shows meanwhile. Source: kernel/freezer.c; include/linux/sched.h (__task_state_index(): TASK_FROZEN is reported as D).

import type { ProcessCounters } from '../../model/counters.js';
import type { Segment } from '../../model/segment.js';
import type { Timeline } from '../../model/timeline.js';
import { AT_EASE } from '../../model/states.js';
import { growthWithin, lastAtOrBefore, valueAt } from '../machine/series.js';

/** Sleeps that can be frozen in their place, in which a thread's letter is S unless it is. */
const IN_PLACE = /^(hrtimer_nanosleep|do_nanosleep|futex_(do_)?wait|do_sigtimedwait|unix_stream_data_wait)/;

/** Sleeps of threads that were woken to be frozen (kernel/freezer.c, kernel/cgroup/freezer.c). */
export const FREEZER = /^(do_freezer_trap|__refrigerator|cgroup_enter_frozen)/;

/** Where a thread that is stopped sleeps if it is frozen: what a signal stops sleeps elsewhere. */
export const FROZEN = new RegExp(`${IN_PLACE.source}|${FREEZER.source}`);

/** True where a sample shows the letter D and such a sleep. The two are read at two moments, so that alone may be of two sleeps. */
function seemsFrozen({ stat, state, wchan }: ProcessCounters, index: number): boolean {
  if (state[index] !== 'D' || !wchan) return false;
  return IN_PLACE.test(wchan.name[lastAtOrBefore(wchan.t, valueAt(stat.t, index))] ?? '');
}

/** True where a sample met a thread that was frozen where it slept: the one before it or behind it shows the same, and it was on no CPU in between. */
export function isFrozenInPlace(samples: ProcessCounters, index: number): boolean {
  const { stat, schedstat } = samples;
  if (!schedstat || !seemsFrozen(samples, index)) return false;
  const isOne = (one: number, other: number) =>
    seemsFrozen(samples, one) &&
    seemsFrozen(samples, other) &&
    growthWithin(schedstat, 'slices', valueAt(stat.t, one), valueAt(stat.t, other)) === 0;
  return isOne(index - 1, index) || isOne(index, index + 1);
}

/** A sleep cut where its samples begin or cease to show it frozen, half-way between two of them; the first stands for its beginning, the last for its end. */
function cut(sleep: Segment, samples: ProcessCounters): readonly Segment[] {
  const { t } = samples.stat;
  const parts: Segment[] = [];
  let [from, was] = [sleep.from, undefined as boolean | undefined];
  const close = (to: number) => {
    parts.push({ ...sleep, from, to, ...(was === true && { state: 'stopped' }) });
    from = to;
  };
  for (let at = lastAtOrBefore(t, sleep.from) + 1; valueAt(t, at) < sleep.to; at += 1) {
    const is = isFrozenInPlace(samples, at);
    if (was !== undefined && is !== was) close((valueAt(t, at - 1) + valueAt(t, at)) / 2);
    was = is;
  }
  close(sleep.to);
  return parts;
}

/** A thread's life from events, with the times in which its samples show that it was frozen where it slept. */
export function withFrozen(line: Timeline, samples: ProcessCounters | undefined): Timeline {
  if (!samples?.state.some((_, index) => isFrozenInPlace(samples, index))) return line;
  return line.flatMap((segment) =>
    AT_EASE.has(segment.state) && segment.state !== 'running' ? cut(segment, samples) : [segment],
  );
}
