// A block trace on disk → a case: its records as the kernel's own block events, its names, its clock. What such a trace does not hold
// (the machine, its settings, its counters, whoever was watched) is absent from the case.

import type { Case } from '../model/case.js';
import { deviceId } from '../analysis/machine/topology.js';
import { UserError } from '../base/errors.js';
import { diskOfFiles, noRecords, traceFilesAt } from '../decode/blktrace/files.js';
import { openTrace } from '../decode/blktrace/recognised.js';
import { siftedRecords } from '../decode/blktrace/sift.js';
import { TraceTables, type BlockTrace } from '../decode/blktrace/tables.js';
import type { Loss } from '../model/losses.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';
import { emptyCase, sameNames, victimOf } from './foreign-case.js';

/** Opens and decodes a block trace. Throws a UserError where it is none; damage becomes losses. */
export async function openBlockTrace(path: string, pid?: number, progress?: ReadingProgress): Promise<Case> {
  const losses: Loss[] = [];
  const tables = new TraceTables();
  const files = (await traceFilesAt(path)).map((file) => file.path);
  const readTo = meterOf(files, progress);
  for (const file of files) {
    const source = await openTrace(file, (loss) => losses.push(loss), readTo);
    for await (const batch of siftedRecords(source, (loss) => losses.push(loss))) tables.add(batch);
  }
  if (tables.records === 0) throw new UserError(noRecords(path, files, losses));
  const trace = tables.finish((loss) => losses.push(loss));
  const empty = emptyCase(path, 'block-trace');
  return {
    ...empty,
    counters: { ...empty.counters, diskNames: namesOf(trace, files) },
    manifest: {
      ...(trace.wallMs !== undefined && {
        start: { monotonicNs: trace.startNs.toString(), wallMs: trace.wallMs },
      }),
    },
    complete: !losses.some(({ code }) => code === 'blktrace-truncated' || code === 'blktrace-unreadable'),
    durationMs: trace.durationMs,
    events: trace.events,
    victims: pid === undefined ? [] : [victimOf(path, trace.events, pid)],
    threads: sameNames(trace.events, pid),
    remapped: remappedIn(trace),
    losses,
  };
}

/** A record has its device's number alone; of a trace of one device the files may have its name. */
function namesOf({ devices }: BlockTrace, files: readonly string[]): Map<string, string> {
  const [only] = devices;
  const name = diskOfFiles(files);
  return only === undefined || devices.size > 1 || name === undefined ? new Map() : new Map([[deviceId(only), name]]);
}

function remappedIn({ beneath }: BlockTrace): Map<string, string[]> {
  return new Map([...beneath].map(([upper, lower]) => [deviceId(upper), [...lower].map(deviceId)]));
}
