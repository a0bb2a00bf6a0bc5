// Where the victim's wall time went: exclusive states that sum to it. From kernel events where there are any (every switch of the
// thread), otherwise from samples of /proc (exact CPU and run-queue time from schedstat, the rest by wait channel).

import type { DeviceId } from '../model/counters.js';
import type { State } from '../model/states.js';
import type { Events } from '../model/events.js';
import { sleepsBelow, WRITEBACK_WAITS } from './calls.js';
import { withChildren, withSampledChildren } from './children.js';
import type { Case } from './case.js';
import type { Topology } from './devices.js';
import type { Interval } from './intervals.js';
import { kernelThreadTest, linkWakes, ownRequests, splitWaits } from './own.js';
import type { Origins } from './origins.js';
import type { Requests } from './requests.js';
import { sampledLine, sleptIn } from './samples.js';
import { births, threadName, threadsOf } from './threads.js';
import { diskWaitedFor, type VictimDisk } from './victim-disk.js';
import { timelines, type Segment } from './timeline.js';

/** The account of one victim: of the thread of it that was held up most. */
export interface VictimAccount {
  readonly pid: number;
  readonly thread: number;
  readonly name: string;
  readonly threads: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
  readonly disk: VictimDisk;
  /** 'requests': a block trace, which shows nothing of it but its requests. */
  readonly source: 'events' | 'samples' | 'requests';
  readonly segments: readonly Segment[];
  /** All its threads, waits not split into stages. */
  readonly lines: ReadonlyMap<number, readonly Segment[]>;
  readonly ms: ReadonlyMap<State, number>;
  /** By request: 1 = the victim's, 2 = told by its wake-up; empty without events. */
  readonly own: Uint8Array;
}

/** States in which a thread is held up: they choose the thread to account for. */
export const WAITING: ReadonlySet<State> = new Set<State>([
  'runnable',
  'cpu-wakeup',
  'dirty-throttle',
  'block-held',
  'block-queue',
  'block-device',
  'block-finish',
  'journal',
  'fs-lock',
  'fs-frozen',
  'reclaim',
  'swap',
  'cgroup-cpu',
  'stopped',
  'unexplained',
]);

function sumByState(segments: readonly Segment[]): Map<State, number> {
  const sums = new Map<State, number>();
  for (const { state, from, to } of segments) sums.set(state, (sums.get(state) ?? 0) + to - from);
  return sums;
}

/** ms in which a thread was held up. */
export function waitedMs(segments: readonly Segment[]): number {
  let sum = 0;
  for (const { state, from, to } of segments) if (WAITING.has(state)) sum += to - from;
  return sum;
}

/** When the kernel's events were recorded: tracing begins behind the recording's start, and what is read last is read after its end. */
function traced(input: Case): { from: number; to: number } {
  const state = input.trace.find(({ instance }) => instance === 'victim');
  // The last sample is taken when tracing ends.
  const last = Math.max(...[...input.counters.disks.values()].map(({ t }) => t.at(-1) ?? -Infinity));
  return { from: state?.atMs ?? 0, to: last > 0 ? last : input.durationMs };
}

/** The victim's own time within the recording: the probe's from its first operation, anybody else's while it lived. */
function lifetime(input: Case, pid: number): { from: number; to: number } {
  const mark = input.victims.find((victim) => victim.pid === pid);
  if (mark?.role === 'probe' && input.probe.length > 0) {
    const last = input.probe.at(-1);
    const finished = input.probe.some((slice) => slice.phase === 'end');
    return { from: input.probe[0]?.fromMs ?? 0, to: finished ? (last?.toMs ?? input.durationMs) : input.durationMs };
  }
  const stat = input.counters.processes.get(pid)?.stat.t;
  const gone = input.losses.some((loss) => loss.code === 'victim-gone' && loss.where.includes(`(${pid})`));
  const from = mark?.role === 'command' ? (stat?.[0] ?? 0) : 0;
  return { from, to: gone ? (stat?.at(-1) ?? input.durationMs) : input.durationMs };
}

/** The victim's account; undefined where nothing tells of it. `known` is its disk as far as it is known without its waits. */
export function accountFor(
  input: Case,
  pid: number,
  requests: Requests | undefined,
  origins: Origins | undefined,
  known: VictimDisk,
  topology: Topology,
): VictimAccount | undefined {
  const { from, to } = lifetime(input, pid);
  // The probe does all its work in one thread; its other ones are idle workers of the language's runtime.
  const isProbe = input.victims.some((victim) => victim.pid === pid && victim.role === 'probe');
  const threads = isProbe ? new Set([pid]) : threadsOf(input, pid);
  const name = threadName(input, pid);
  if (input.events?.tables.get('sched_switch') && requests && origins) {
    const lines = eventLines(input, input.events, threads, { from, to }, known.disk);
    const [thread, raw] = mostHeldUp(lines);
    if (thread !== undefined && raw !== undefined) {
      const living = raw.filter((segment) => segment.state !== 'ended');
      const kernel = kernelThreadTest(input.events.comms);
      const expected = requests.disks.indexOf(known.disk ?? '');
      const expectedWakes = linkWakes(living, requests, expected, kernel);
      const isChosen = input.manifest.plan?.directory !== undefined;
      const disk = (isChosen ? undefined : diskWaitedFor(living, expectedWakes, requests, known, topology)) ?? known;
      const index = requests.disks.indexOf(disk.disk ?? '');
      const wakes = index === expected ? expectedWakes : linkWakes(living, requests, index, kernel);
      const own = ownRequests(requests, origins, threads, wakes);
      // A worker of the kernel that queues a bio for nobody known passes on what a throttle had held back.
      const passedOn = (row: number) =>
        origins.list[origins.of[row] ?? 0]?.via === 'unattributed' && requests.inode[row] === -1;
      const segments = splitWaits(
        living,
        requests,
        own,
        wakes,
        index,
        kernel,
        passedOn,
        sleepsBelow(input.events, WRITEBACK_WAITS),
      );
      // What a command forks is a process of its own, with its own name.
      const isChild = thread !== pid && input.threads.get(pid)?.includes(thread) !== true;
      return {
        pid: isChild ? thread : pid,
        thread,
        name: isChild ? threadName(input, thread) : name,
        threads,
        from: segments[0]?.from ?? from,
        to: segments.at(-1)?.to ?? to,
        disk,
        source: 'events',
        segments,
        lines,
        ms: sumByState(segments),
        own,
      };
    }
  }
  const lines = sampledLines(input, threads, known.disk, { from, to });
  const [thread, segments] = mostHeldUp(lines);
  if (thread === undefined || segments === undefined) return undefined;
  return {
    pid,
    thread,
    name,
    threads,
    from: segments[0]?.from ?? from,
    to: segments.at(-1)?.to ?? to,
    disk: known,
    source: 'samples',
    segments,
    lines,
    ms: sumByState(segments),
    own: new Uint8Array(requests?.length ?? 0),
  };
}

/** The threads' lives from samples; the waits of the first for what it has started are filled in. */
function sampledLines(
  input: Case,
  threads: ReadonlySet<number>,
  disk: DeviceId | undefined,
  { from, to }: Interval,
): Map<number, readonly Segment[]> {
  const lineOf = (thread: number) => sampledLine(input, thread, disk, from, to);
  const children = input.victims.filter(({ pid, role }) => role === 'child' && !threads.has(pid));
  const isParent = input.victims.some(({ pid, role }) => role !== 'child' && threads.has(pid));
  const started = isParent ? children.map(({ pid }) => lineOf(pid)) : [];
  const lines = [...threads].map((thread) => [thread, withSampledChildren(lineOf(thread), started)] as const);
  return new Map(lines.filter(([, line]) => line.length > 0));
}

/** The thread that was held up longest; of equals the first. */
function mostHeldUp(lines: ReadonlyMap<number, readonly Segment[]>): [number, readonly Segment[]] | [] {
  return [...lines].sort((a, b) => waitedMs(b[1]) - waitedMs(a[1]))[0] ?? [];
}

/** The threads' lives from kernel events, and from samples for a thread that never moved. */
function eventLines(
  input: Case,
  events: Events,
  threads: ReadonlySet<number>,
  life: Interval,
  disk: DeviceId | undefined,
): Map<number, readonly Segment[]> {
  const watched = traced(input);
  const from = Math.max(life.from, watched.from);
  const to = Math.min(life.to, watched.to);
  const moved = timelines(events, threads, from, to, births(input), (thread, a, b) => sleptIn(input, thread, a, b));
  const lines = new Map<number, readonly Segment[]>();
  for (const thread of threads) {
    const line = moved.get(thread) ?? sampledLine(input, thread, disk, from, to);
    if (line.length > 0) lines.set(thread, line);
  }
  return withChildren(lines, events);
}
