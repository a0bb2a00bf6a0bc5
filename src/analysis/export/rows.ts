// Measures → rows for other tools: each request with who is behind it, and each stretch of the time of the victim's threads. Columns that
// are measures already are handed on as they are.

import { KINDS } from '../../model/block-stats.js';
import { Strings } from '../../model/events.js';
import type { RequestRows, Rows, StateRows } from '../../model/rows.js';
import type { Segment } from '../../model/segment.js';
import type { Owners } from '../attribution/owners.js';
import { threadName } from '../machine/processes.js';
import type { Measures } from '../measures.js';
import type { Requests } from '../requests/requests.js';

export function rowsOf(m: Measures): Rows {
  const { start } = m.input.manifest;
  const { requests } = m;
  const states = statesOf(m);
  return {
    ...(start && { startNs: BigInt(start.monotonicNs), wallMs: start.wallMs }),
    ...(requests && { requests: requestsOf(m, requests) }),
    ...(states && { states }),
  };
}

function requestsOf(m: Measures, requests: Requests): RequestRows {
  const names = new Strings();
  const { length } = requests;
  const devices = requests.disks.map((id) => names.intern(m.topology.name(id)));
  const nameOf = new Map<number, number>();
  const threadNames = Uint32Array.from(requests.pid, (thread) => {
    let name = nameOf.get(thread);
    if (name === undefined) {
      name = thread === 0 ? 0 : names.intern(threadName(m.input, thread));
      nameOf.set(thread, name);
    }
    return name;
  });
  const own = m.account?.own;
  return {
    length,
    names: names.values,
    device: Uint32Array.from(requests.disk, (disk) => devices[disk] ?? 0),
    kind: Array.from(requests.kind, (kind) => KINDS[kind] ?? 'other'),
    sector: requests.sector,
    bytes: requests.bytes,
    weight: requests.weight,
    queuedMs: requests.queued,
    dispatchedMs: requests.dispatched,
    completedMs: requests.completed,
    answered: Math.min(requests.answered, length),
    thread: requests.pid,
    threadName: threadNames,
    ...ownersOf(length, names, m.owners),
    victims: Uint8Array.from({ length }, (_, row) => ((own?.[row] ?? 0) > 0 ? 1 : 0)),
  };
}

type OwnerColumns = Pick<RequestRows, 'owner' | 'ownerPid' | 'ownerShare' | 'via'>;

/** Of each request the one who is behind the greatest part, with all its shares added up. */
function ownersOf(length: number, names: Strings, owners: Owners | undefined): OwnerColumns {
  const columns = {
    owner: new Uint32Array(length),
    ownerPid: new Int32Array(length),
    ownerShare: new Float64Array(length),
    via: new Uint32Array(length),
  };
  if (!owners) return columns;
  const texts = owners.list.map(({ name, via }) => ({ name: names.intern(name), via: names.intern(via) }));
  const shares = new Map<number, number>();
  for (let row = 0; row < length; row += 1) {
    shares.clear();
    for (let part = owners.first[row] ?? 0; part < (owners.first[row + 1] ?? 0); part += 1) {
      const one = owners.ownerOf[owners.source[part] ?? -1] ?? -1;
      shares.set(one, (shares.get(one) ?? 0) + (owners.share[part] ?? 0));
    }
    let most = -1;
    for (const [one, share] of shares) if (share > (shares.get(most) ?? 0)) most = one;
    columns.owner[row] = texts[most]?.name ?? 0;
    columns.via[row] = texts[most]?.via ?? 0;
    columns.ownerPid[row] = owners.list[most]?.pid ?? 0;
    columns.ownerShare[row] = Math.min(1, shares.get(most) ?? 0);
  }
  return columns;
}

/** The victim's threads, the one accounted for first and with its waits in stages. */
function linesOf({ account }: Measures): [thread: number, line: readonly Segment[]][] {
  if (!account) return [];
  const others = [...account.lines].filter(([thread]) => thread !== account.thread);
  return [[account.thread, account.segments], ...others];
}

function statesOf(m: Measures): StateRows | undefined {
  const { account, input } = m;
  if (!account) return undefined;
  const lines = linesOf(m);
  const segments = lines.flatMap(([, line]) => line);
  const told = input.events?.stacks.stacks ?? [];
  // A sample tells the one function that it slept in.
  const stacks = [...told];
  const sampled = new Map<string, number>();
  const stackOf = ({ stack, wchan }: Segment) => {
    if (stack !== undefined || wchan === undefined) return stack ?? -1;
    let place = sampled.get(wchan);
    if (place === undefined) sampled.set(wchan, (place = stacks.push([wchan]) - 1));
    return place;
  };
  return {
    length: segments.length,
    pid: account.pid,
    threads: new Map(lines.map(([thread]) => [thread, threadName(input, thread) || account.name])),
    thread: Int32Array.from(lines.flatMap(([thread, line]) => line.map(() => thread))),
    fromMs: Float64Array.from(segments, ({ from }) => from),
    toMs: Float64Array.from(segments, ({ to }) => to),
    state: segments.map(({ state }) => state),
    stack: Int32Array.from(segments, stackOf),
    stacks,
    wokenBy: Int32Array.from(segments, ({ wokenBy }) => wokenBy ?? 0),
  };
}
