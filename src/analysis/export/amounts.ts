// A case or an account → what came to its end within a stretch of it. Each request counts in the stretch in which it was complete and each
// state in those that it lasts through, so nothing is counted twice where stretches follow each other.

import type { Interval } from '../../base/intervals.js';
import { addTo } from '../../base/maps.js';
import type { VictimAccount } from '../../model/account.js';
import type { Amounts, RequestTimes } from '../../model/amounts.js';
import { KINDS } from '../../model/block-stats.js';
import type { Case } from '../../model/case.js';
import type { Writer } from '../../model/diagnosis.js';
import { attribute } from '../attribution/owners.js';
import { writersOf } from '../attribution/writers.js';
import { Topology } from '../machine/topology.js';
import { tracedUntil } from '../requests/traced-until.js';
import type { Requests } from '../requests/requests.js';

export interface RequestsWithin {
  /** The table of writers of that stretch. */
  readonly writers: readonly Writer[];
  /** Absent without completions of requests. */
  readonly requests?: RequestTimes;
}

/** The requests that were complete after `from` and up to `to`, ms since the case's beginning, and whose their bytes are. */
export function requestsWithin(input: Case, stretch: Interval): RequestsWithin {
  const topology = new Topology(input.facts[0], input.counters.diskNames, input.remapped);
  // Everything before it is followed too: it tells who is behind what is written now.
  const { requests, portions } = attribute(input, topology, tracedUntil(input), stretch);
  return {
    writers: writersOf({ input, topology, ...(portions && { portions }) }),
    ...(requests && { requests: timesWithin(requests, topology, stretch) }),
  };
}

function timesWithin(requests: Requests, topology: Topology, stretch: Interval): RequestTimes {
  const rows: number[] = [];
  for (let row = 0; row < Math.min(requests.answered, requests.length); row += 1) {
    const t = requests.completed[row] ?? NaN;
    if (t > stretch.from && t <= stretch.to) rows.push(row);
  }
  return {
    names: requests.disks.map((id) => topology.name(id)),
    device: Uint32Array.from(rows, (row) => requests.disk[row] ?? 0),
    kind: rows.map((row) => KINDS[requests.kind[row] ?? -1] ?? 'other'),
    weight: Uint8Array.from(rows, (row) => requests.weight[row] ?? 1),
    dispatchedMs: Float64Array.from(rows, (row) => requests.dispatched[row] ?? NaN),
    completedMs: Float64Array.from(rows, (row) => requests.completed[row] ?? NaN),
    answered: rows.length,
  };
}

/** The victim's time within the stretch, by state. */
export function statesWithin({ segments }: VictimAccount, stretch: Interval): NonNullable<Amounts['states']> {
  const sums = new Map<string, number>();
  for (const { state, from, to } of segments) {
    const ms = Math.min(to, stretch.to) - Math.max(from, stretch.from);
    if (ms > 0) addTo(sums, state, ms);
  }
  return [...sums].map(([state, ms]) => ({ state, ms }));
}
