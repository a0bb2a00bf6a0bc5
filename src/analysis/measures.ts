// All measures of one recording, made once, in the order in which they build on each other. Causes read them and compute little.

import { remembered } from '../base/remember.js';
import type { DeviceId } from '../model/counters.js';
import type { State } from '../model/states.js';
import { accountFor, waitedMs, type VictimAccount } from './accounting.js';
import type { Portions } from './bios.js';
import type { Case } from './case.js';
import { findConvoy, type Convoy } from './convoy.js';
import { Topology } from './devices.js';
import { loadOf, NORMS, slowTimes, type DiskLoad, type ServiceNorm } from './disk-load.js';
import { futexWords } from './futexes.js';
import { union, type Interval } from './intervals.js';
import { findNeighbours, type NeighbourMeasures } from './neighbours.js';
import { findOrigins, type Origins } from './origins.js';
import { followRequests, type Requests } from './requests.js';
import { accountFromRequests, subjectOf, synchronous } from './subject.js';
import { syncsOn, type Syncs } from './syncs.js';
import { threadsOf } from './threads.js';
import { dirtiedSeries, measureThrottle, type ThrottleMeasures } from './throttle.js';
import { portionsOf } from './writers.js';

export interface Measures {
  readonly input: Case;
  readonly topology: Topology;
  /** Absent without kernel events of the block layer. */
  readonly requests?: Requests;
  readonly origins?: Origins;
  /** The bytes of every device by who is behind them. */
  readonly portions?: Portions;
  /** Absent where no victim was watched or nothing tells of it. */
  readonly account?: VictimAccount;
  /** The disk under the victim's files. */
  readonly disk?: DeviceId;
  readonly load?: DiskLoad;
  /** When that disk was slower than its norm while the victim lived; empty without its requests. */
  readonly slow: readonly Interval[];
  readonly norm: ServiceNorm;
  readonly neighbours?: NeighbourMeasures;
  readonly throttle?: ThrottleMeasures;
  /** Who asked for durability on the victim's disk; absent where that was not recorded. */
  readonly syncs?: Syncs;
  readonly convoy?: Convoy;
}

/** The disk that a victim is to be judged by: under the checked folder, else the one that served most of its bytes, else the busiest. */
function diskOf(
  input: Case,
  topology: Topology,
  requests: Requests | undefined,
  origins: Origins | undefined,
  pid: number,
): DeviceId | undefined {
  const directory = input.manifest.plan?.directory;
  if (directory !== undefined) return topology.diskOfPath(directory);
  const bytes = new Map<DeviceId, number>();
  const threads = threadsOf(input, pid);
  if (requests && origins) {
    for (let row = 0; row < requests.length; row += 1) {
      const mine = threads.has(requests.pid[row] ?? 0) || threads.has(origins.list[origins.of[row] ?? 0]?.pid ?? -1);
      const disk = requests.disks[requests.disk[row] ?? 0] ?? '';
      // Its own requests decide; others' only where it has none at all.
      bytes.set(disk, (bytes.get(disk) ?? 0) + (requests.bytes[row] ?? 0) * (mine ? 1 : 1e-9));
    }
    if ([...bytes.values()].every((sum) => sum < 1)) return diskOfOpenFiles(input, topology, pid) ?? mostOf(bytes);
  } else {
    const open = diskOfOpenFiles(input, topology, pid);
    if (open !== undefined) return open;
    for (const [disk, series] of input.counters.disks) {
      if (topology.disk(disk) !== disk) continue;
      const sectors = (name: string) => (series.columns.get(name)?.at(-1) ?? 0) - (series.columns.get(name)?.[0] ?? 0);
      bytes.set(disk, sectors('rd_sectors') + sectors('wr_sectors'));
    }
  }
  return mostOf(bytes);
}

function mostOf(bytes: ReadonlyMap<DeviceId, number>): DeviceId | undefined {
  return [...bytes].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** The disk of the first file that a process has open; its program, pipes and devices don't count. */
function diskOfOpenFiles(input: Case, topology: Topology, pid: number): DeviceId | undefined {
  const files = input.facts.flatMap((facts) => facts.processes.find((one) => one.pid === pid)?.openFiles ?? []);
  for (const file of files) {
    const disk = /^\/(dev|proc|sys|run)\//.test(file) ? undefined : topology.diskOfPath(file);
    if (disk !== undefined) return disk;
  }
  return undefined;
}

/** The victim: the probe or the command; of several watched processes the one that lost most time to waiting. */
function chooseAccount(
  input: Case,
  topology: Topology,
  requests: Requests | undefined,
  origins: Origins | undefined,
): { readonly disk: DeviceId | undefined; readonly account: VictimAccount | undefined } | undefined {
  if (input.source === 'block-trace') {
    if (!requests) return undefined;
    const marks = synchronous(input, requests);
    const pid = input.victims[0]?.pid ?? subjectOf(input, requests, topology, marks);
    if (pid === undefined) return undefined;
    const disk = diskOf(input, topology, requests, origins, pid);
    return { disk, account: accountFromRequests(input, pid, requests, marks) };
  }
  const candidates = input.victims.map((victim) => {
    const disk = diskOf(input, topology, requests, origins, victim.pid);
    return { disk, account: accountFor(input, victim.pid, requests, origins, disk) };
  });
  const waited = (account: VictimAccount | undefined) => (account ? waitedMs(account.segments) : -1);
  return candidates.sort((a, b) => waited(b.account) - waited(a.account))[0];
}

/** The times at which the victim was in one of these states. */
export const timesIn = remembered(
  (account: VictimAccount, states: readonly State[]): readonly Interval[] =>
    union(account.segments.filter((segment) => states.includes(segment.state))),
  (states) => states.join(),
);

/** The share of the victim's wall time in these states. */
export function shareOf(account: VictimAccount, states: readonly State[]): number {
  const wall = account.to - account.from;
  return wall > 0 ? states.reduce((sum, state) => sum + (account.ms.get(state) ?? 0), 0) / wall : 0;
}

export function measure(input: Case): Measures {
  const topology = new Topology(input.facts[0], input.counters.diskNames, input.remapped);
  const requests =
    input.events?.tables.has('block_rq_complete') === true ? followRequests(input.events, topology) : undefined;
  const origins = requests && findOrigins(input, requests, topology);
  const portions = portionsOf(input, topology);
  const chosen = chooseAccount(input, topology, requests, origins);
  const account = chosen?.account;
  const disk = chosen?.disk;
  const index = disk === undefined ? -1 : (requests?.disks.indexOf(disk) ?? -1);
  const load = requests && index >= 0 ? loadOf(requests, index) : undefined;
  // Of a disk without facts nobody knows whether it spins: it gets the benefit of the doubt.
  const spins = disk !== undefined && (topology.facts === undefined || topology.spins(disk));
  const neighbours =
    load && requests && origins && account && account.source !== 'samples'
      ? findNeighbours(
          load,
          requests,
          origins,
          account.own,
          timesIn(account, ['block-device', 'block-queue']),
          input.durationMs,
          (pid, binMs) => dirtiedSeries(input, threadsOf(input, pid), binMs),
        )
      : undefined;
  const norm = spins ? NORMS.spinning : NORMS.solid;
  const syncs =
    account && disk !== undefined
      ? syncsOn(input, topology, disk, account.threads, account.from, account.to)
      : undefined;
  const convoy = account?.source === 'events' ? findConvoy(account.lines, futexWords(input.events)) : undefined;
  const throttle = account && measureThrottle(input, account.threads);
  return {
    input,
    topology,
    norm,
    slow: load && requests && account ? slowTimes(load, requests, norm, account) : [],
    ...(requests && { requests }),
    ...(origins && { origins }),
    ...(portions && { portions }),
    ...(account && { account }),
    ...(disk !== undefined && { disk }),
    ...(load && { load }),
    ...(neighbours && { neighbours }),
    ...(throttle && { throttle }),
    ...(syncs && { syncs }),
    ...(convoy && { convoy }),
  };
}
