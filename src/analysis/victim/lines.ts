// The lives of a process's threads, each a timeline of states: from kernel events, from samples where these were not kept, and with what a parent waited
// for filled in by what its children did.

import type { Interval } from '../../base/intervals.js';
import { remembered } from '../../base/remember.js';
import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import type { Events } from '../../model/events.js';
import { Timeline } from '../../model/timeline.js';
import type { Owners } from '../attribution/owners.js';
import { births, isKernelThread, threadName, threadsOf } from '../machine/processes.js';
import type { Requests } from '../requests/requests.js';
import { withIdleWaits } from './async-waits.js';
import { ASYNC_WAITS, sleepsBelow } from './calls.js';
import { withChildren, withSampledChildren } from './children.js';
import { withFrozen } from './frozen.js';
import { keptSleeps, traced, withoutHoles } from './kept-sleeps.js';
import { sampledLine, samplesOf, sleptIn } from './samples.js';
import { timelines } from './timeline.js';

/** Whose time a process's account may be: its threads, and when it lived within the recording. */
export interface Scope {
  readonly pid: number;
  readonly threads: ReadonlySet<number>;
  readonly life: Interval;
}

/** A case whose switches were recorded. */
export type Traced = Case & { readonly events: Events };

export function hasSwitches(input: Case): input is Traced {
  return input.events?.tables.has('sched_switch') === true;
}

/** The lives of all watched threads from kernel events, which are walked once for all of them; they lack the times in which these were not kept. */
export const movedLines = remembered(
  (input: Traced): ReadonlyMap<number, Timeline> => {
    const lines = timelines(input.events, {
      threads: threadsOf(input, ...input.victims.map(({ pid }) => pid)),
      kept: keptSleeps(input),
      births: births(input),
      sampled: (thread, from, to) => sleptIn(input, thread, from, to),
    });
    return new Map([...lines].map(([thread, line]) => [thread, withFrozen(line, samplesOf(input, thread))]));
  },
  () => '',
);

/** The threads' lives from kernel events, and from samples where these were not kept and for a thread that never moved. */
export function eventLines(
  input: Traced,
  { threads, life }: Scope,
  disk: DeviceId | undefined,
  requests: Requests | undefined,
  owners: Owners | undefined,
): ReadonlyMap<number, Timeline> {
  const watched = traced(input);
  const from = Math.max(life.from, watched.from);
  const to = Math.min(life.to, watched.to);
  const moved = movedLines(input);
  const lines = new Map<number, Timeline>();
  for (const thread of threads) {
    const kept = moved.get(thread)?.within(from, to) ?? Timeline.of([]);
    const line = withoutHoles(kept, { from, to }, (hole) => sampledLine(input, thread, disk, hole.from, hole.to));
    if (line.length > 0) lines.set(thread, line);
  }
  const all = withChildren(lines, input.events);
  if (!requests || !owners) return all;
  return withIdleWaits(all, {
    requests,
    owners,
    threads,
    isAsync: sleepsBelow(input.events, ASYNC_WAITS),
    isKernelThread: (thread) => isKernelThread(input, thread),
    isWorker: (thread) => threadName(input, thread).startsWith('iou-wrk'),
  });
}

/** The threads' lives from samples; the waits of the first for what it has started are filled in. */
export function sampledLines(
  input: Case,
  { threads, life: { from, to } }: Scope,
  disk: DeviceId | undefined,
): Map<number, Timeline> {
  const lineOf = (thread: number) => sampledLine(input, thread, disk, from, to);
  const children = input.victims.filter(({ pid, role }) => role === 'child' && !threads.has(pid));
  const isParent = input.victims.some(({ pid, role }) => role !== 'child' && threads.has(pid));
  const started = isParent ? children.map(({ pid }) => lineOf(pid)) : [];
  const lines = [...threads].map((thread) => [thread, withSampledChildren(lineOf(thread), started)] as const);
  return new Map(lines.filter(([, line]) => line.length > 0));
}
