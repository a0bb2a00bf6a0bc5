// Whom a block trace is about: nobody was watched, so it is the program whose own requests kept it waiting longest, and its time is
// split by them alone. Threads of the kernel write on behalf of others and are chosen only where no program waited for requests of its own.

import { addToList, entry } from '../../base/maps.js';
import type { Segment } from '../../model/segment.js';
import { Timeline } from '../../model/timeline.js';
import type { VictimAccount, VictimDisk } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import type { Topology } from '../machine/topology.js';
import { columnsOf, IntervalList, type IntervalSource, total, union, without } from '../../base/intervals.js';
import { column } from '../machine/time-walk.js';
import type { Owners } from '../attribution/owners.js';
import { ownRequests } from './own-requests.js';
import { KIND, type Requests } from '../requests/requests.js';
import { isKernelThread, threadName, threadsOf } from '../machine/processes.js';
import { OF_TRACE } from '../../model/thresholds/victim.js';

interface Waiter {
  readonly pid: number;
  readonly kernel: boolean;
  /** The time with requests under way, divided by how many there were on average: who keeps many in flight waits for none of them. */
  readonly waitedMs: number;
  /** The time with any under way. */
  readonly underWayMs: number;
  readonly bytes: number;
}

/** 1 for requests that somebody may wait for: reads, flushes, and writes that are marked synchronous (S in rwbs). */
export function synchronous(input: Case, requests: Requests): Uint8Array {
  const marks = new Uint8Array(requests.length);
  const { events } = input;
  const table = events?.tables.get('block_bio_queue');
  const rwbs = column(table, 'rwbs');
  if (!events || !table) return marks;
  const isMarked = events.strings.values.map((letters) => letters.includes('S'));
  for (let row = 0; row < requests.length; row += 1) {
    const kind = requests.kind[row];
    if (kind === KIND.read || kind === KIND.flush) marks[row] = 1;
    else {
      const queued = requests.queued[row] ?? NaN;
      let at = lowerBound(table.t, queued);
      while (table.t[at] === queued && table.pid[at] !== requests.pid[row]) at += 1;
      if (table.t[at] === queued && isMarked[rwbs[at] ?? 0] === true) marks[row] = 1;
    }
  }
  return marks;
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows of each thread that are to be waited for; a request that is told again by the device beneath counts once. */
function waitsByThread(
  requests: Requests,
  topology: Topology,
  marks: Uint8Array,
): Map<number, { lives: IntervalList; bytes: number }> {
  const withRequests = new Set<DeviceId>();
  for (const index of new Set(requests.disk)) withRequests.add(requests.disks[index] ?? '');
  const isTold = requests.disks.map((id) => topology.above(id).some((upper) => withRequests.has(upper)));
  const found = new Map<number, { lives: IntervalList; bytes: number }>();
  for (let row = 0; row < requests.length; row += 1) {
    const pid = requests.pid[row] ?? 0;
    if (pid === 0 || isTold[requests.disk[row] ?? 0] === true) continue;
    const sum = entry(found, pid, () => ({ lives: new IntervalList(), bytes: 0 }));
    sum.bytes += requests.bytes[row] ?? 0;
    if (marks[row] === 1) sum.lives.push(requests.queued[row] ?? NaN, requests.completed[row] ?? NaN);
  }
  return found;
}

function waitOf(lives: IntervalSource): { readonly waitedMs: number; readonly underWayMs: number } {
  const { from, to } = columnsOf(lives);
  // One whose begin was not seen does not count.
  const sum = from.reduce((all, begin, at) => all + Math.max(0, (to[at] ?? NaN) - begin || 0), 0);
  const underWayMs = total(union(lives));
  return { underWayMs, waitedMs: sum > 0 ? underWayMs ** 2 / sum : 0 };
}

/** The program that a trace is about; undefined where no request was waited for. */
export function subjectOf(input: Case, requests: Requests, topology: Topology, marks: Uint8Array): number | undefined {
  const leader = new Map(
    [...input.threads].flatMap(([pid, threads]) => threads.map((thread) => [thread, pid] as const)),
  );
  const waiters = new Map<number, Waiter>();
  for (const [thread, { lives, bytes }] of waitsByThread(requests, topology, marks)) {
    const pid = leader.get(thread) ?? thread;
    const before = waiters.get(pid);
    const wait = waitOf(lives);
    waiters.set(pid, {
      pid,
      kernel: isKernelThread(input, pid),
      waitedMs: Math.max(before?.waitedMs ?? 0, wait.waitedMs),
      underWayMs: Math.max(before?.underWayMs ?? 0, wait.underWayMs),
      bytes: (before?.bytes ?? 0) + bytes,
    });
  }
  const all = [...waiters.values()].filter((one) => one.waitedMs > 0);
  const programs = all.filter((one) => !one.kernel && one.underWayMs >= OF_TRACE.leastWaited * input.durationMs);
  const candidates = programs.length > 0 ? programs : all;
  const longest = candidates.reduce((most, one) => Math.max(most, one.waitedMs), 0);
  // Of programs that waited about as long, the one that moved least is held up by the others.
  return candidates.filter((one) => one.waitedMs >= OF_TRACE.asLong * longest).sort((a, b) => a.bytes - b.bytes)[0]
    ?.pid;
}

/**
 * The time of a program from its first request to the end of its last: with the device, queued, or outside the block layer. Of several
 * threads the one that waited longest is accounted for. Undefined where it has no request that is waited for.
 */
export function accountFromRequests(
  input: Case,
  pid: number,
  requests: Requests,
  owners: Owners,
  marks: Uint8Array,
  disk: VictimDisk,
): VictimAccount | undefined {
  const threads = threadsOf(input, pid);
  const own = ownRequests(requests, owners, threads, new Int32Array(0));
  const rows = new Map<number, number[]>();
  for (let row = 0; row < requests.length; row += 1) {
    const thread = requests.pid[row] ?? 0;
    if (!threads.has(thread) || marks[row] !== 1) continue;
    addToList(rows, thread, row);
  }
  const lives = (list: readonly number[]) =>
    list.map((row) => ({ from: requests.queued[row] ?? NaN, to: requests.completed[row] ?? NaN }));
  const [first] = [...rows].sort((a, b) => waitOf(lives(b[1])).waitedMs - waitOf(lives(a[1])).waitedMs);
  if (!first) return undefined;
  const [thread, mine] = first;
  const segments = Timeline.of(segmentsOf(requests, mine));
  const from = segments.at(0)?.from ?? 0;
  const to = segments.at(-1)?.to ?? 0;
  if (!(to > from)) return undefined;
  const name = threadName(input, pid);
  const nobody = { lines: new Map(), holders: new Map() };
  return {
    pid,
    thread,
    name,
    threads,
    from,
    to,
    disk,
    source: 'requests',
    segments,
    ...nobody,
    ms: segments.sums(),
    own,
  };
}

function segmentsOf(requests: Requests, rows: readonly number[]): Segment[] {
  const device = union(
    rows.map((row) => ({ from: requests.dispatched[row] ?? NaN, to: requests.completed[row] ?? NaN })),
  );
  const queue = without(
    union(rows.map((row) => ({ from: requests.queued[row] ?? NaN, to: requests.dispatched[row] ?? NaN }))),
    device,
  );
  const known: Segment[] = [
    ...device.map((one) => ({ ...one, state: 'block-device' as const })),
    ...queue.map((one) => ({ ...one, state: 'block-queue' as const })),
  ].sort((a, b) => a.from - b.from);
  const whole = [{ from: known[0]?.from ?? 0, to: known.reduce((last, one) => Math.max(last, one.to), -Infinity) }];
  const outside = without(whole, union(known)).map((one) => ({ ...one, state: 'outside-block' as const }));
  return [...known, ...outside].sort((a, b) => a.from - b.from);
}
