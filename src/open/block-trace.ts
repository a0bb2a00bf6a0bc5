// A block trace on disk → a case: its records as the kernel's own block events, its names, its clock. What such a trace does not hold
// (the machine, its settings, its counters, whoever was watched) is absent from the case.

import { addToList } from '../base/maps.js';
import type { Case } from '../model/case.js';
import { deviceId } from '../analysis/machine/topology.js';
import { isKernelName } from '../analysis/machine/kernel-names.js';
import { UserError } from '../base/errors.js';
import { neither, traceFilesAt } from '../decode/blktrace/files.js';
import { siftedRecords } from '../decode/blktrace/sift.js';
import { openSource } from '../decode/blktrace/source.js';
import { TraceTables, type BlockTrace } from '../decode/blktrace/tables.js';
import { CounterDecoder } from '../decode/counters.js';
import type { Events } from '../model/events.js';
import type { Loss } from '../model/losses.js';

/** Opens and decodes a block trace. Throws a UserError where it is none; damage becomes losses. */
export async function openBlockTrace(path: string, pid?: number): Promise<Case> {
  const losses: Loss[] = [];
  const tables = new TraceTables();
  for (const file of await traceFilesAt(path)) {
    for await (const batch of siftedRecords(openSource(file.path), (loss) => losses.push(loss))) tables.add(batch);
  }
  if (tables.records === 0) throw new UserError(refusal(path, losses));
  const trace = tables.finish((loss) => losses.push(loss));
  return {
    path,
    source: 'block-trace',
    manifest: {
      ...(trace.wallMs !== undefined && {
        start: { monotonicNs: trace.startNs.toString(), wallMs: trace.wallMs },
      }),
    },
    pageBytes: NaN,
    ticksPerSecond: NaN,
    complete: !losses.some(({ code }) => code === 'blktrace-truncated' || code === 'blktrace-unreadable'),
    durationMs: trace.durationMs,
    facts: [],
    changes: [],
    counters: new CounterDecoder().within({ from: 0, to: Infinity }),
    events: trace.events,
    victims: pid === undefined ? [] : [victim(path, trace.events, pid)],
    threads: sameNames(trace.events, pid),
    attached: [],
    probe: [],
    recorder: [],
    trace: [],
    space: [],
    files: [],
    savedNames: new Map(),
    remapped: remappedIn(trace),
    losses,
  };
}

function refusal(path: string, losses: readonly Loss[]): string {
  if (losses.some(({ code }) => code === 'blktrace-version'))
    return `${path} is a block trace of a version that this program can’t read: it reads versions 7 and 8.`;
  const refused = losses.find(({ code }) => code === 'blktrace-unreadable');
  if (refused) return `${path} can’t be read (${refused.where}).`;
  return neither(path);
}

function remappedIn({ beneath }: BlockTrace): Map<string, string[]> {
  return new Map([...beneath].map(([upper, lower]) => [deviceId(upper), [...lower].map(deviceId)]));
}

function queuers(events: Events): Set<number> {
  return new Set(events.tables.get('block_bio_queue')?.pid);
}

function victim(path: string, events: Events, pid: number): Case['victims'][number] {
  const known = queuers(events);
  if (known.has(pid)) return { pid, comm: events.comms.get(pid) ?? '', role: 'pid' };
  const some = [...known].slice(0, 8).map((one) => `${events.comms.get(one) ?? 'unnamed'} (${one})`);
  throw new UserError(
    `No request of ${path} was queued by process ${pid}: give one of those that queued some${some.length > 0 ? `, such as ${some.join(', ')}` : ''}.`,
  );
}

/**
 * Records carry thread ids, not process ids. Threads of one name count as one program; the kernel's own threads, those without a name,
 * and the one that the user chose stand for themselves.
 */
function sameNames(events: Events, chosen: number | undefined): Map<number, number[]> {
  const byName = new Map<string, number[]>();
  for (const pid of [...queuers(events)].sort((a, b) => a - b)) {
    const name = events.comms.get(pid) ?? '';
    if (name === '' || pid === chosen || isKernelName(name)) continue;
    addToList(byName, name, pid);
  }
  return new Map([...byName.values()].map((pids) => [pids[0] ?? 0, pids]));
}
