// All measures of one recording, made once, in the order in which they build on each other. Causes read them and compute little.

import type { VictimAccount, VictimDisk } from '../model/account.js';
import { remembered } from '../base/remember.js';
import type { DeviceId } from '../model/counters.js';
import { pastOf } from '../model/past.js';
import type { State } from '../model/states.js';
import { accountFor, lifeOf } from './victim/account.js';
import { mostHeldUp } from './victim/foremost.js';
import { leavesChildrenAlone } from './victim/own-children.js';
import type { Case } from '../model/case.js';
import { findConvoy, type Convoy } from './victim/convoy.js';
import { findJavaDeadlock, type JavaDeadlock } from './victim/java-deadlock.js';
import { findJavaLock, withoutLock, type JavaLock } from './victim/java-lock.js';
import { Topology } from './machine/topology.js';
import { loadOf, type DiskLoad } from './requests/disk-load.js';
import type { ServiceNorm } from './requests/norm.js';
import { againstPast, type AgainstPast } from './requests/past.js';
import { slowStretches } from './requests/counted-slowness.js';
import { slowTimes } from './requests/slowness.js';
import { futexCalls } from './victim/futexes.js';
import { type Interval, type Intervals, NO_INTERVALS, union } from '../base/intervals.js';
import { findNeighbours, type Neighbourhood, type NeighbourMeasures } from './victim/neighbours.js';
import { OWN, Usage, type Users } from './victim/users.js';
import { attribute, type Owners } from './attribution/owners.js';
import type { Portions } from './attribution/portions.js';
import type { Requests } from './requests/requests.js';
import { withStagesOfOwn } from './victim/of-kernel-trace.js';
import { accountFromRequests, subjectOf, synchronous } from './victim/of-block-trace.js';
import { syncsOn, type Syncs } from './victim/syncs.js';
import { threadName, threadsOf } from './machine/processes.js';
import { diskOf } from './victim/disk.js';
import { dirtiedSeries, measureThrottle, pausedBeneath, type ThrottleMeasures } from './victim/pauses.js';
import { DOUBTS } from '../model/thresholds/judging.js';
import { NORMS } from '../model/thresholds/requests.js';
import { countedLayers } from './victim/counted-beneath.js';
import { tracedUntil } from './requests/traced-until.js';

export interface Measures {
  readonly input: Case;
  readonly topology: Topology;
  /** Absent without kernel events of the block layer. */
  readonly requests?: Requests;
  /** Whose each request is, in shares. */
  readonly owners?: Owners;
  /** The bytes of every device by who is behind them. */
  readonly portions?: Portions;
  /** Absent where no victim was watched or nothing tells of it. */
  readonly account?: VictimAccount;
  /** The disk under the victim's files. */
  readonly disk?: DeviceId;
  /** True where something of the victim's own tells that disk; otherwise it is the busiest one. */
  readonly diskIsOwn: boolean;
  readonly load?: DiskLoad;
  /** When that disk was slower than its norm while the victim lived, by its requests or else by its counters. */
  readonly slow: Intervals;
  readonly norm: ServiceNorm;
  /** How that disk did against its own past; absent where none was known, or nothing that is like it. */
  readonly past?: AgainstPast;
  /** Whose the requests of that disk are. */
  readonly users?: Users;
  readonly neighbours?: NeighbourMeasures;
  readonly throttle?: ThrottleMeasures;
  /** When the workers of that disk were paused by the dirty throttle beneath it. */
  readonly pausedBeneath: Intervals;
  /** Who asked for durability on the victim's disk; absent where that was not recorded. */
  readonly syncs?: Syncs;
  readonly convoy?: Convoy;
  /** The lock of the victim's JVM that most of its threads waited for; absent where no dump shows one. */
  readonly javaLock?: JavaLock;
  /** Threads of the victim's JVM that wait for each other; absent where its dumps show none. */
  readonly javaDeadlock?: JavaDeadlock;
  /**
   * The same with each device beneath the disk in its place, as far as its requests were recorded, the deepest first: its load, whose requests
   * it served, and which were the victim's. Empty in themselves.
   */
  readonly beneath: readonly Measures[];
  /** The victim's own disk, where `disk` is one beneath it. */
  readonly top?: DeviceId;
}

/** The victim: the probe or the command; of several watched processes the one that lost most time to waiting. */
function chooseAccount(
  input: Case,
  topology: Topology,
  requests: Requests | undefined,
  owners: Owners | undefined,
): { readonly disk: VictimDisk; readonly account: VictimAccount | undefined } | undefined {
  if (input.source === 'block-trace' || input.source === 'kernel-trace') {
    if (!requests || !owners) return undefined;
    const marks = synchronous(input, requests);
    const pid = input.victims[0]?.pid ?? subjectOf(input, requests, topology, marks);
    if (pid === undefined) return undefined;
    const disk = diskOf(input, topology, requests, owners, pid);
    const told =
      input.source === 'kernel-trace' ? accountOfTrace(input, pid, requests, owners, disk, topology) : undefined;
    return { disk, account: told ?? accountFromRequests(input, pid, requests, owners, marks, disk) };
  }
  const candidates = input.victims.flatMap(({ pid, role }) => {
    const life = lifeOf(input, pid, requests, owners);
    return life ? [{ pid, isChild: role === 'child', ...life }] : [];
  });
  // One that is held up itself and waits for no child is the victim, and its children work beside it.
  const beside = candidates.find(({ pid, isChild, heldUp }) => !isChild && leavesChildrenAlone(input, pid, heldUp));
  // A parent waits for its child as long as that does for its disk, but what was read and written is on the child's account.
  const chosen = beside ?? mostHeldUp(candidates, ({ isChild }) => isChild) ?? input.victims[0];
  if (!chosen) return undefined;
  const disk = diskOf(input, topology, requests, owners, chosen.pid);
  return { disk, account: accountFor(input, chosen.pid, requests, owners, disk, topology) };
}

/** The account of a thread whose switches somebody else traced; undefined where nobody did. */
function accountOfTrace(
  input: Case,
  pid: number,
  requests: Requests,
  owners: Owners,
  disk: VictimDisk,
  topology: Topology,
): VictimAccount | undefined {
  const watched: Case = { ...input, victims: [{ pid, comm: threadName(input, pid), role: 'pid' }] };
  const account = accountFor(watched, pid, requests, owners, disk, topology);
  const hasStacks = (input.events?.stacks.length ?? 0) > 0;
  return account && !hasStacks ? withStagesOfOwn(account, requests) : account;
}

/** The times at which the victim was in one of these states. */
export const timesIn = remembered(
  (account: VictimAccount, states: readonly State[]): Intervals => union(account.segments.timesIn(states)),
  (states) => states.join(),
);

/** The share of the victim's wall time in these states. */
export function shareOf(account: VictimAccount, states: readonly State[]): number {
  const wall = account.to - account.from;
  return wall > 0 ? states.reduce((sum, state) => sum + (account.ms.get(state) ?? 0), 0) / wall : 0;
}

function slowBy(
  input: Case,
  account: VictimAccount,
  norm: ServiceNorm,
  disk: DeviceId | undefined,
  load: DiskLoad | undefined,
  requests: Requests | undefined,
): Intervals {
  if (load && requests) return slowTimes(load, requests, norm, account);
  const series = disk === undefined ? undefined : input.counters.disks.get(disk);
  return series && account.source === 'samples' ? union(slowStretches(series, norm, account)) : NO_INTERVALS;
}

export function measure(input: Case): Measures {
  const topology = new Topology(input.facts[0], input.counters.diskNames, input.remapped);
  const { requests, owners, portions } = attribute(input, topology, tracedUntil(input));
  const chosen = chooseAccount(input, topology, requests, owners);
  const account = chosen?.account;
  const { disk, isOwn } = account?.disk ?? chosen?.disk ?? { disk: undefined, isOwn: false };
  const index = disk === undefined ? -1 : (requests?.disks.indexOf(disk) ?? -1);
  const load = requests && index >= 0 ? loadOf(requests, index) : undefined;
  const norm = normOf(topology, disk);
  const served =
    requests && owners && account && account.source !== 'samples'
      ? servedOf(input, requests, owners, account)
      : undefined;
  const past = account && pastFor(input, disk, account);
  const users = account && served?.usage.of([], account.own);
  const neighbours = load && account && users && served?.neighbours({ load, users, own: account.own });
  const syncs =
    account && disk !== undefined
      ? syncsOn(input, topology, disk, account.threads, account.from, account.to)
      : undefined;
  const convoy =
    account?.source === 'events'
      ? findConvoy(account.lines, futexCalls(input.events), withoutLock(account, input))
      : undefined;
  const javaLock = account && findJavaLock(account, input, convoy);
  const javaDeadlock = account && findJavaDeadlock(account, input);
  const throttle = account && measureThrottle(input, account.threads);
  const measures: Measures = {
    input,
    topology,
    norm,
    slow: account ? slowBy(input, account, norm, disk, load, requests) : NO_INTERVALS,
    ...(requests && { requests }),
    ...(owners && { owners }),
    ...(portions && { portions }),
    ...(account && { account }),
    ...(disk !== undefined && { disk }),
    diskIsOwn: isOwn,
    ...(load && { load }),
    ...(past && { past }),
    ...(users && { users }),
    ...(neighbours && { neighbours }),
    ...(throttle && { throttle }),
    pausedBeneath: disk === undefined ? NO_INTERVALS : pausedBeneath(input, topology, disk),
    ...(syncs && { syncs }),
    ...(convoy && { convoy }),
    ...(javaLock && { javaLock }),
    ...(javaDeadlock && { javaDeadlock }),
    beneath: [],
  };
  return { ...measures, beneath: served ? layersBeneath(measures, served) : layersCounted(measures) };
}

/** The devices beneath that worked for the victim's disk, by counters alone, the deepest first. */
function layersCounted(m: Measures): Measures[] {
  const { account, disk, input, topology } = m;
  if (disk === undefined || account?.source !== 'samples') return [];
  return countedLayers(input, topology, disk, account).flatMap(({ disk: one, others }) => {
    if (others >= DOUBTS.mostlyOthers) return [];
    const norm = normOf(topology, one);
    const { past: _ofDisk, ...all } = m;
    const past = pastFor(input, one, account);
    const slow = slowBy(input, account, norm, one, undefined, undefined);
    return [{ ...all, ...(past && { past }), disk: one, top: disk, norm, slow }];
  });
}

/** How a disk did against what is known of it from before; undefined where nothing is. */
export function pastFor(input: Case, disk: DeviceId | undefined, within: Interval): AgainstPast | undefined {
  const known = pastOf(input.past, disk);
  const series = disk === undefined ? undefined : input.counters.disks.get(disk);
  return known && series && againstPast(series, known, within);
}

/** Of a disk without facts nobody knows whether it spins: it gets the benefit of the doubt. */
export function normOf(topology: Topology, disk: DeviceId | undefined): ServiceNorm {
  const spins = disk !== undefined && (topology.facts === undefined || topology.spins(disk));
  return spins ? NORMS.spinning : NORMS.solid;
}

/** Whom a disk served: what is the same for the victim's own and for those beneath. */
interface Served {
  readonly requests: Requests;
  readonly account: VictimAccount;
  readonly usage: Usage;
  readonly neighbours: (on: Pick<Neighbourhood, 'load' | 'users' | 'own' | 'top'>) => NeighbourMeasures;
}

function servedOf(input: Case, requests: Requests, owners: Owners, account: VictimAccount): Served {
  const shared = {
    requests,
    owners,
    waits: timesIn(account, ['block-device', 'block-queue']),
    durationMs: input.durationMs,
    pagesDirtied: (pids: ReadonlySet<number>, binMs: number) => dirtiedSeries(input, threadsOf(input, ...pids), binMs),
  };
  const usage = new Usage(requests, owners, account.threads);
  return { requests, account, usage, neighbours: (on) => findNeighbours({ ...shared, ...on }) };
}

/** What each device beneath the victim's disk did for it and for others, the deepest first. */
function layersBeneath(m: Measures, { requests, account, usage, neighbours }: Served): Measures[] {
  const { topology, disk } = m;
  if (disk === undefined) return [];
  const below = topology.beneath(disk);
  const top = m.load && { load: m.load, own: account.own };
  return below.toReversed().flatMap((one) => {
    const index = requests.disks.indexOf(one);
    if (index < 0) return [];
    const load = loadOf(requests, index);
    const way = [disk, ...below].filter((other) => topology.beneath(other).includes(one));
    const users = usage.of(way, undefined);
    const own = new Uint8Array(requests.length);
    for (const row of load.rows) {
      const only = users.wholly(row);
      if (only === undefined ? (users.sharesOf(row).get(OWN) ?? 0) > 0 : only === OWN) own[row] = 1;
    }
    const norm = normOf(topology, one);
    const { past: _ofDisk, ...all } = m;
    const past = pastFor(m.input, one, account);
    return [
      {
        ...all,
        ...(past && { past }),
        disk: one,
        top: disk,
        load,
        norm,
        slow: slowTimes(load, requests, norm, account),
        users,
        neighbours: neighbours({ load, users, own, ...(top && { top }) }),
        account: { ...account, own },
      },
    ];
  });
}
