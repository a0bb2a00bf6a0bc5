// Measures → rows for other tools: each request with who is behind it, and each stretch of the time of the victim's threads. Columns that
// are measures already are handed on as they are.

import { KINDS } from '../../model/block-stats.js';
import { entry } from '../../base/maps.js';
import { Strings } from '../../model/events.js';
import type { RequestRows, Rows, StateRows } from '../../model/rows.js';
import type { Segment } from '../../model/segment.js';
import type { Timeline } from '../../model/timeline.js';
import type { State } from '../../model/states.js';
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
function linesOf({ account }: Measures): [thread: number, line: Timeline][] {
  if (!account) return [];
  const others = [...account.lines].filter(([thread]) => thread !== account.thread);
  return [[account.thread, account.segments], ...others];
}

/** Stacks by number: those of the events, and one function alone for each that a sample told. */
class StackList {
  readonly stacks: (readonly string[])[];
  private readonly sampled = new Map<string, number>();

  constructor(told: readonly (readonly string[])[]) {
    this.stacks = [...told];
  }

  numberOf({ stack, wchan }: Segment): number {
    if (stack !== undefined || wchan === undefined) return stack ?? -1;
    return entry(this.sampled, wchan, () => this.stacks.push([wchan]) - 1);
  }
}

function statesOf(m: Measures): StateRows | undefined {
  const { account, input } = m;
  if (!account) return undefined;
  const lines = linesOf(m);
  const length = lines.reduce((sum, [, line]) => sum + line.length, 0);
  const list = new StackList(input.events?.stacks.stacks ?? []);
  const thread = new Int32Array(length);
  const fromMs = new Float64Array(length);
  const toMs = new Float64Array(length);
  const state: State[] = [];
  const stack = new Int32Array(length);
  const wokenBy = new Int32Array(length);
  for (const [number, line] of lines) {
    for (const segment of line) {
      const row = state.push(segment.state) - 1;
      thread[row] = number;
      fromMs[row] = segment.from;
      toMs[row] = segment.to;
      stack[row] = list.numberOf(segment);
      wokenBy[row] = segment.wokenBy ?? 0;
    }
  }
  const threads = new Map(lines.map(([number]) => [number, threadName(input, number) || account.name]));
  const { stacks } = list;
  return { length, pid: account.pid, threads, thread, fromMs, toMs, state, stack, stacks, wokenBy };
}
