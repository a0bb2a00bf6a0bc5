// Hosts, their stalls and their loads → which of them stalled, which did not, and which others each is to be compared with. A host of which nobody knows
// whether it stalled is on neither side: one that was not watched, or whose stall has no verdict.

import { isNoStall, NO_CAUSE } from '../model/diagnosis.js';
import type { HostState } from '../model/fleet-rows.js';
import { FLEET } from '../model/thresholds/fleet.js';
import type { HostLoad, HostStall, Period } from './port.js';

/** A host that is on a side. */
export interface SidedHost {
  readonly host: string;
  readonly stalls: boolean;
  /** The moment whose facts count: of a stall its beginning, else the period's end. */
  readonly atMs: number;
  /** Its class of load, from 0. */
  readonly stratum: number;
}

export interface Sides {
  readonly hosts: readonly SidedHost[];
  readonly unknown: number;
  readonly strata: number;
}

interface Seen {
  readonly hosts: readonly HostState[];
  readonly stalls: readonly HostStall[];
  readonly loads: readonly HostLoad[];
}

/** When each host stalled so, at first; NaN where it is not known whether it did. */
function firstStalls(stalls: readonly HostStall[], cause: string | undefined): Map<string, number> {
  const first = new Map<string, number>();
  for (const one of stalls) {
    const before = first.get(one.host) ?? NaN;
    const isIt = cause === undefined ? !isNoStall(one) : one.cause === cause;
    if (one.cause === '' || one.cause === NO_CAUSE) first.set(one.host, before);
    else if (isIt) first.set(one.host, Number.isNaN(before) ? one.firstMs : Math.min(before, one.firstMs));
  }
  return first;
}

/** The class of each load, of `count` that hold as many hosts; hosts without a known load are a class of their own. */
function strataOf(loads: readonly (number | undefined)[], count: number): number[] {
  const order = loads
    .map((load, at) => ({ load, at }))
    .filter((one): one is { load: number; at: number } => one.load !== undefined)
    .sort((a, b) => a.load - b.load);
  const strata = loads.map(() => count);
  order.forEach(({ load, at }, rank) => {
    // Hosts of one load are of one class.
    const before = order[rank - 1];
    strata[at] = before?.load === load ? (strata[before.at] ?? 0) : Math.floor((rank * count) / order.length);
  });
  return strata;
}

export function sidesOf(
  { hosts, stalls: all, loads }: Seen,
  { fromMs, toMs }: Period,
  cause: string | undefined,
): Sides {
  const stalls = firstStalls(all, cause);
  const loadOf = new Map(loads.map(({ host, requestsPerSecond }) => [host, requestsPerSecond]));
  const heard = hosts.filter(({ receivedMs }) => receivedMs >= fromMs).map(({ host }) => host);
  const watched = new Set([...heard, ...loadOf.keys(), ...stalls.keys()]);
  const known = [...watched].filter((host) => !Number.isNaN(stalls.get(host) ?? 0)).sort();
  const stalling = known.filter((host) => stalls.has(host)).length;
  const count = Math.max(1, Math.min(FLEET.strata, Math.floor(stalling / FLEET.stallingOfStratum)));
  const strata = strataOf(
    known.map((host) => loadOf.get(host)),
    count,
  );
  const ever = new Set([...hosts.map(({ host }) => host), ...watched]);
  return {
    hosts: known.map((host, at) => ({
      host,
      stalls: stalls.has(host),
      atMs: stalls.get(host) ?? toMs,
      stratum: strata[at] ?? 0,
    })),
    unknown: ever.size - known.length,
    strata: new Set(strata).size,
  };
}
