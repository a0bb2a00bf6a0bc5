// Where the victim's wall time went: exclusive states that sum to it. From kernel events where there are any (every switch of the
// thread), otherwise from samples of /proc (exact CPU and run-queue time from schedstat, the rest by wait channel).

import type { Segment } from '../../model/segment.js';
import type { VictimAccount, VictimDisk } from '../../model/account.js';
import { PAGE_WAITS, sleepsBelow, WRITEBACK_WAITS } from './calls.js';
import { isForUnseenChild } from './children.js';
import type { Case } from '../../model/case.js';
import type { Topology } from '../machine/topology.js';
import { eventLines, hasSwitches, movedLines, sampledLines, type Scope, type Traced } from './lines.js';
import { withHolders } from './lock-owners.js';
import { total } from '../../base/intervals.js';
import { isQueuedForAnother, linkWakes, ownRequests, splitWaits } from './own-requests.js';
import type { Owners } from '../attribution/owners.js';
import type { Requests } from '../requests/requests.js';
import { pauseDisks } from './pauses.js';
import { diskIdled } from './surroundings.js';
import { isForked, scopeOf } from './scope.js';
import { isKernelThread, threadName } from '../machine/processes.js';
import { diskWaitedFor } from './disk.js';
import { foremost, livedOf, type Lived } from './foremost.js';

/**
 * How a process lived, by its foremost thread; undefined where nothing tells of it. A shell that waits for commands too short to be sampled is
 * not held up by what nobody saw: others that waited for something known come before it.
 */
export function lifeOf(
  input: Case,
  pid: number,
  requests: Requests | undefined,
  owners: Owners | undefined,
): Lived | undefined {
  const scope = scopeOf(input, pid);
  const lines = hasSwitches(input)
    ? eventLines(input, scope, undefined, requests, owners)
    : sampledLines(input, scope, undefined);
  const [, line] = foremost(lines);
  if (!line) return undefined;
  const { heldUp, atWork, whole } = livedOf(line);
  const unseen = total(line.timesOf(isForUnseenChild));
  return { heldUp: heldUp - unseen, atWork: atWork - unseen, whole };
}

/** The victim's account; undefined where nothing tells of it. `known` is its disk as far as it is known without its waits. */
export function accountFor(
  input: Case,
  pid: number,
  requests: Requests | undefined,
  owners: Owners | undefined,
  known: VictimDisk,
  topology: Topology,
): VictimAccount | undefined {
  const scope = scopeOf(input, pid);
  const told =
    hasSwitches(input) && requests && owners ? fromEvents(input, scope, requests, owners, known, topology) : undefined;
  return told ?? fromSamples(input, scope, known, requests?.length ?? 0);
}

function fromEvents(
  input: Traced,
  scope: Scope,
  requests: Requests,
  owners: Owners,
  known: VictimDisk,
  topology: Topology,
): VictimAccount | undefined {
  const { pid, threads } = scope;
  const lines = eventLines(input, scope, known.disk, requests, owners);
  const [thread, raw] = foremost(lines, (other) => isForked(input, pid, other));
  if (thread === undefined || raw === undefined) return undefined;
  const { line, holders } = withHolders(
    raw.filter((segment) => segment.state !== 'ended'),
    threads,
    movedLines(input),
  );
  const kernel = (other: number) => isKernelThread(input, other);
  const expected = requests.disks.indexOf(known.disk ?? '');
  const expectedWakes = linkWakes(line, requests, expected, kernel);
  const isChosen = input.manifest.plan?.directory !== undefined;
  const pausedFor = pauseDisks(input, topology, thread);
  const nameOf = (other: number) => threadName(input, other);
  const waitedFor = isChosen
    ? undefined
    : diskWaitedFor(line, expectedWakes, requests, known, topology, pausedFor, nameOf);
  const disk = waitedFor ?? known;
  const index = requests.disks.indexOf(disk.disk ?? '');
  const wakes = index === expected ? expectedWakes : linkWakes(line, requests, index, kernel);
  // Of a holder's requests those are the victim's that it waited for, as their completions tell; the rest are another process's.
  const own = ownRequests(requests, owners, threads, wakes);
  const segments = splitWaits(line, {
    requests,
    own,
    wakes,
    disk: index,
    isKernelThread: kernel,
    isPassedOn: (row) => isQueuedForAnother(owners, row),
    isWriteback: sleepsBelow(input.events, WRITEBACK_WAITS),
    isServed: servedPages(input, threads),
    isIdle: (wait) => diskIdled(input, disk.disk, wait),
  });
  // What a command forks is a process of its own, with its own name.
  const isChild = isForked(input, pid, thread);
  return {
    pid: isChild ? thread : pid,
    thread,
    name: threadName(input, isChild ? thread : pid),
    threads,
    from: segments.at(0)?.from ?? scope.life.from,
    to: segments.at(-1)?.to ?? scope.life.to,
    disk,
    source: 'events',
    segments,
    lines,
    holders,
    ms: segments.sums(),
    own,
  };
}

/** Tells of waits for a page that another program's thread let go, and no interrupt: it comes from a filesystem that this one serves (FUSE). */
function servedPages(input: Traced, threads: ReadonlySet<number>): (wait: Segment) => boolean {
  const isPageWait = sleepsBelow(input.events, PAGE_WAITS);
  return ({ wokenBy = 0, byInterrupt, ...segment }) =>
    byInterrupt === false &&
    wokenBy > 0 &&
    !threads.has(wokenBy) &&
    !isKernelThread(input, wokenBy) &&
    isPageWait(segment);
}

function fromSamples(input: Case, scope: Scope, known: VictimDisk, requests: number): VictimAccount | undefined {
  const lines = sampledLines(input, scope, known.disk);
  const [thread, segments] = foremost(lines);
  if (thread === undefined || segments === undefined) return undefined;
  return {
    pid: scope.pid,
    thread,
    name: threadName(input, scope.pid),
    threads: scope.threads,
    from: segments.at(0)?.from ?? scope.life.from,
    to: segments.at(-1)?.to ?? scope.life.to,
    disk: known,
    source: 'samples',
    segments,
    lines,
    holders: new Map(),
    ms: segments.sums(),
    own: new Uint8Array(requests),
  };
}
