// What other tools recorded, as a case: everything that only a recording of ours holds is absent.

import { isKernelName } from '../analysis/machine/kernel-names.js';
import { addToList } from '../base/maps.js';
import { UserError } from '../base/errors.js';
import { CounterDecoder } from '../decode/counters.js';
import type { Case } from '../model/case.js';
import type { Events } from '../model/events.js';

/** A case without anything but its path and its kind. */
export function emptyCase(path: string, source: Case['source']): Case {
  return {
    path,
    source,
    manifest: {},
    pageBytes: NaN,
    ticksPerSecond: NaN,
    complete: true,
    durationMs: 0,
    facts: [],
    changes: [],
    counters: new CounterDecoder().within({ from: 0, to: Infinity }),
    victims: [],
    threads: new Map(),
    attached: [],
    stopped: [],
    chains: [],
    probe: [],
    recorder: [],
    trace: [],
    space: [],
    files: [],
    savedNames: new Map(),
    losses: [],
  };
}

function queuers(events: Events): Set<number> {
  return new Set(events.tables.get('block_bio_queue')?.pid);
}

/** The process that the user asks for. Throws a UserError where it queued no request. */
export function victimOf(path: string, events: Events, pid: number): Case['victims'][number] {
  const known = queuers(events);
  if (known.has(pid)) return { pid, comm: events.comms.get(pid) ?? '', role: 'pid' };
  const some = [...known].slice(0, 8).map((one) => `${events.comms.get(one) ?? 'unnamed'} (${one})`);
  throw new UserError(
    `No request of ${path} was queued by process ${pid}: give one of those that queued some${some.length > 0 ? `, such as ${some.join(', ')}` : ''}.`,
  );
}

/**
 * Events carry thread ids, not process ids. Threads of one name count as one program; the kernel's own threads, those without a name,
 * and the one that the user chose stand for themselves.
 */
export function sameNames(events: Events, chosen: number | undefined): Map<number, number[]> {
  const byName = new Map<string, number[]>();
  for (const pid of [...queuers(events)].sort((a, b) => a - b)) {
    const name = events.comms.get(pid) ?? '';
    if (name === '' || pid === chosen || isKernelName(name)) continue;
    addToList(byName, name, pid);
  }
  return new Map([...byName.values()].map((pids) => [pids[0] ?? 0, pids]));
}
