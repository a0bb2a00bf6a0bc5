// The victim's slowest requests, each with what its thread did around it and what else the disk had meanwhile: where a single latency comes from.

import { Largest } from '../../base/largest.js';
import { KINDS } from '../../model/block-stats.js';
import type { Flight, Waterfall } from '../../model/charts.js';
import { threadName } from '../machine/processes.js';
import type { Measures } from '../measures.js';
import { beganAt, type Requests } from '../requests/requests.js';
import { OWN } from '../victim/users.js';

const MOST_REQUESTS = 20;
const MOST_COMPANY = 16;
/** How much is shown before and behind a request, as parts of its life. */
const BEFORE = 0.2;
const BEHIND = 0.05;

function whoseOf({ users, owners, account, input, requests }: Measures, row: number): string {
  const only = users?.wholly(row);
  if (only === OWN) return account?.name ?? '';
  const owner = only === undefined ? undefined : owners?.list[only];
  // Several may be behind it: who queued it is seen.
  return owner?.name ?? threadName(input, requests?.pid[row] ?? 0);
}

function flightOf(m: Measures, requests: Requests, row: number): Flight {
  const queued = requests.queued[row] ?? NaN;
  return {
    who: whoseOf(m, row),
    kind: KINDS[requests.kind[row] ?? -1] ?? 'other',
    bytes: requests.bytes[row] ?? 0,
    ...(!Number.isNaN(queued) && { queued }),
    dispatched: requests.dispatched[row] ?? NaN,
    completed: requests.completed[row] ?? NaN,
  };
}

/** Rows of the victim's own requests that took longest. */
function slowestRows({ load, account }: Measures, requests: Requests): number[] {
  const took = (row: number) => (requests.completed[row] ?? 0) - beganAt(requests, row);
  const slowest = new Largest(MOST_REQUESTS);
  for (const row of load?.rows ?? []) if ((account?.own[row] ?? 0) !== 0) slowest.offer(row, took(row));
  return slowest.rows();
}

/** Other rows of the disk that were under way at the same time: those that overlap longest, and how many there are. */
function companyOf({ load }: Measures, requests: Requests, own: number): Largest {
  const [from, to] = [beganAt(requests, own), requests.completed[own] ?? 0];
  const longest = new Largest(MOST_COMPANY);
  for (const row of load?.rows ?? []) {
    const overlap = Math.min(to, requests.completed[row] ?? 0) - Math.max(from, beganAt(requests, row));
    if (row !== own && overlap > 0) longest.offer(row, overlap);
  }
  return longest;
}

function waterfall(m: Measures, requests: Requests, row: number): Waterfall {
  const { account } = m;
  const [began, completed] = [beganAt(requests, row), requests.completed[row] ?? 0];
  const [from, to] = [began - BEFORE * (completed - began), completed + BEHIND * (completed - began)];
  const company = companyOf(m, requests, row);
  const shown = company.rows().sort((a, b) => (requests.dispatched[a] ?? 0) - (requests.dispatched[b] ?? 0));
  const segments = account?.source === 'events' ? account.segments.within(from, to) : [];
  return {
    device: m.topology.name(m.load?.disk ?? ''),
    request: flightOf(m, requests, row),
    isAnswered: row < requests.answered,
    from,
    to,
    victim: Array.from(segments, (one) => ({ state: one.state, from: one.from, to: one.to })),
    company: shown.map((other) => flightOf(m, requests, other)),
    more: company.offered - shown.length,
  };
}

export function slowestOf(m: Measures): Waterfall[] {
  const { requests } = m;
  return requests ? slowestRows(m, requests).map((row) => waterfall(m, requests, row)) : [];
}
