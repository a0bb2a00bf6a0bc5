// What fio measured → a case without a victim: its result as JSON, or the logs of a run, of which one file stands for all with its prefix.

import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../base/errors.js';
import type { ReadTo } from '../base/read-to.js';
import { openSource } from '../decode/blktrace/source.js';
import { LogReader, MOST_ENTRIES } from '../decode/fio/log.js';
import { parseLogName, type LogName } from '../decode/fio/log-line.js';
import { runOf, type NamedLog } from '../decode/fio/logs.js';
import { parseFioResult } from '../decode/fio/result.js';
import type { Case } from '../model/case.js';
import type { Loss } from '../model/losses.js';
import { emptyCase } from './foreign-case.js';
import { eachLine } from './lines.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';
import { wholeText } from './whole-text.js';

/** Opens a result. Throws a UserError where it holds none that is whole. */
export async function openFioResult(path: string, progress?: ReadingProgress): Promise<Case> {
  const result = parseFioResult(await wholeText(path, 'give a result of one run', progress));
  if (!result)
    throw new UserError(
      `${path} begins as fio’s JSON and is cut or none: write it again with \`fio --output-format=json --output=FILE\`.`,
    );
  if (result.jobs.length === 0)
    throw new UserError(
      result.isMixed
        ? `${path} tells reads and writes as one (unified_rw_reporting=mixed): run it with unified_rw_reporting=none.`
        : `${path} tells of no job that read or wrote anything.`,
    );
  const { durationMs, startMs } = result;
  const losses: Loss[] = [];
  if (result.cut > 0) losses.push({ code: 'text-cut', where: `${path}: results`, count: result.cut });
  if (result.passedOver > 0)
    losses.push({ code: 'beyond-bounds', where: `${path}: further jobs`, count: result.passedOver });
  const none = emptyCase(path, 'benchmark');
  return {
    ...none,
    manifest: { ...(!Number.isNaN(startMs) && { start: { monotonicNs: '0', wallMs: startMs } }) },
    durationMs,
    counters: {
      ...none.counters,
      disks: result.disks,
      diskNames: new Map([...result.disks.keys()].map((name) => [name, name])),
    },
    measured: { jobs: result.jobs },
    losses,
  };
}

interface LogFile {
  readonly path: string;
  readonly name: LogName;
}

/** The logs of the same run. */
function logsBeside(path: string, prefix: string): LogFile[] {
  const folder = dirname(path);
  return readdirSync(folder)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .flatMap((file) => {
      const name = parseLogName(file);
      const beside = join(folder, file);
      // What only has such a name may be a pipe that nobody writes to.
      const isFile = name?.prefix === prefix && statSync(beside, { throwIfNoEntry: false })?.isFile() === true;
      return name && isFile ? [{ path: beside, name }] : [];
    });
}

const MOST_LINE = 4096;

/** Reads one log; `room` is how many entries may be kept. */
async function readLog({ path, name }: LogFile, room: number, readTo: ReadTo | undefined): Promise<NamedLog> {
  const reader = new LogReader(room);
  const source = openSource(path, readTo);
  await eachLine(source, MOST_LINE, (line) => reader.take(line));
  if (source.refusal !== undefined) throw new UserError(`${path} can’t be read (${source.refusal}).`);
  return { name, log: reader.finish() };
}

/** Opens the logs of the run that one of them is of. */
export async function openFioLogs(path: string, progress?: ReadingProgress): Promise<Case> {
  const own = parseLogName(basename(path));
  if (!own)
    throw new UserError(
      `${path} holds lines as fio logs them, and only its name can tell of what they are: name it as fio does, NAME_lat.1.log, NAME_bw.1.log or NAME_iops.1.log.`,
    );
  const losses: Loss[] = [];
  const logs: NamedLog[] = [];
  let room = MOST_ENTRIES;
  const files = logsBeside(path, own.prefix);
  const readTo = meterOf(
    files.map((file) => file.path),
    progress,
  );
  for (const file of files) {
    const log = await readLog(file, room, readTo);
    room -= log.log.entries;
    logs.push(log);
    if (log.log.cut > 0) losses.push({ code: 'text-cut', where: file.path, count: log.log.cut });
    if (log.log.passedOver > 0)
      losses.push({ code: 'beyond-bounds', where: `${file.path}: entries`, count: log.log.passedOver });
  }
  const run = runOf(logs);
  const { jobs, concludedUnit, durationMs, wallMs } = run;
  if (jobs.length === 0)
    throw new UserError(
      `${path} tells of nothing but submissions: give a log of latencies (lat, clat), bandwidth or IOPS.`,
    );
  return {
    ...emptyCase(path, 'benchmark'),
    manifest: { ...(wallMs !== undefined && { start: { monotonicNs: '0', wallMs } }) },
    durationMs,
    measured: { jobs, ...(concludedUnit && { concludedUnit }) },
    losses,
  };
}
