// `iowitness who`: for a while everything that one disk is asked for, by program and file, from the kernel's events, or without them what counters tell;
// beside it what programs wrote and read by their calls.

import { Topology } from '../../analysis/machine/topology.js';
import { DISK_FIELDS, parseDiskstats } from '../../base/procfs/diskstats.js';
import { parseKeyValues } from '../../base/procfs/key-values.js';
import { UserError } from '../../base/errors.js';
import type { OpenFiles } from '../../capture/files.js';
import type { Case } from '../../model/case.js';
import type { Writer } from '../../model/diagnosis.js';
import type { Who, WhoProgram } from '../../model/who.js';
import { LOSS_KINDS } from '../../model/losses.js';
import type { LiveEvents } from '../live-events.js';
import { amplificationOf } from '../../analysis/attribution/amplification.js';
import { isIn, type Place } from './place.js';
import { ProcessIoWatch, type ProcessIo } from './process-io.js';

export interface WhoRun {
  readonly tool: string;
  readonly path: string;
  readonly place: Place;
  readonly forMs: number;
  readonly files: OpenFiles;
  /** Absent where the kernel's events can't be read, because of `why`. */
  readonly events: LiveEvents | undefined;
  readonly why: string;
  readonly clockNs: () => bigint;
  /** Settles at this time of that clock; with true where it is to stop. */
  readonly waitUntil: (ns: bigint) => Promise<boolean>;
  readonly tick: (seconds: number) => void;
}

const SECTOR = 512;
const SECOND_NS = 1_000_000_000n;
/** The recorder reads the kernel's events ten times a second: what is asked about has to have come, ns. */
const SETTLE_NS = 300_000_000n;

/** Of a disk since it was there; throws a UserError where it is gone. */
function counted({ files, place }: WhoRun): ReadonlyMap<string, number> {
  const text = files.read('/proc/diskstats').toString('latin1');
  for (const { id, values } of parseDiskstats(text))
    if (id === place.device)
      return new Map(DISK_FIELDS.flatMap((field, at) => (values[at] === undefined ? [] : [[field, values[at]]])));
  throw new UserError(`${place.name} is no longer there: /proc/diskstats does not list it.`);
}

/** Looks for the time that is given, or until it is stopped. */
export async function watchWho(run: WhoRun): Promise<Omit<Who, 'notUndone'>> {
  const { clockNs, waitUntil, files, place, events } = run;
  const io = new ProcessIoWatch(files);
  io.look();
  const before = counted(run);
  const startNs = clockNs();
  const endNs = startNs + BigInt(Math.round(run.forMs * 1e6));
  for (let isStopped = false, next = startNs; !isStopped && clockNs() < endNs;) {
    next += SECOND_NS;
    isStopped = await waitUntil(next < endNs ? next : endNs);
    io.look();
    run.tick(Number(clockNs() - startNs) / 1e9);
  }
  const after = counted(run);
  const untilNs = clockNs();
  const seconds = Number(untilNs - startNs) / 1e9;
  const growth = (field: string): number => Math.max(0, (after.get(field) ?? 0) - (before.get(field) ?? 0));
  const shared = {
    schema: 'iowitness.who/1' as const,
    tool: run.tool,
    path: run.path,
    seconds,
    counted: {
      writeBytes: growth('wr_sectors') * SECTOR,
      readBytes: growth('rd_sectors') * SECTOR,
      writes: growth('wr_ios'),
      reads: growth('rd_ios'),
      flushes: after.has('fl_ios') ? growth('fl_ios') : null,
    },
  };
  const refused = io.refused.size;
  if (!events) return { ...shared, ...byCounters(run, io.grown(), refused) };
  // A stop comes at once the second time it is waited for, and what was recorded has to be read first all the same.
  await new Promise((settle) => setTimeout(settle, Number(SETTLE_NS / 1_000_000n)));
  const { writers, case: input } = events.within(startNs, untilNs);
  return { ...shared, ...byEvents(place, writers, input, io.grown()) };
}

type Told = Pick<
  Who,
  | 'device'
  | 'layer'
  | 'folder'
  | 'isFile'
  | 'source'
  | 'writers'
  | 'elsewhere'
  | 'programs'
  | 'amplification'
  | 'waiting'
  | 'hasLost'
  | 'limits'
>;

function byEvents(place: Place, all: readonly Writer[], input: Case, grown: readonly ProcessIo[]): Told {
  const topology = new Topology(input.facts[0], input.counters.diskNames, input.remapped);
  const disk = topology.disk(place.device);
  const device = topology.name(disk);
  const rows = all.filter((row) => row.device === device);
  const { folder, isFile } = place;
  const isHere = ({ file }: Writer): boolean => isIn(place, file);
  const here = rows.filter(isHere);
  const programs = programsOf(here, grown);
  const waiting = waitingOn(input, disk);
  const limits = limitsOf(input);
  const hasLost = limits.length > 0;
  if (folder !== undefined && here.some(({ file }) => file === null))
    limits.push(`Rows without a file may be of other ${isFile ? 'files' : 'folders'} on ${device}.`);
  limits.push(...partitionLimit(place));
  return {
    device,
    layer: topology.layer(disk),
    folder: folder ?? null,
    isFile,
    source: 'events',
    writers: here,
    elsewhere: folder === undefined ? null : sumOf(rows.filter((row) => !isHere(row))),
    programs,
    amplification: amplificationOf(
      rows,
      folder === undefined ? programs : programsOf(rows, grown),
      waiting?.of === 'disk' ? waiting.bytes : undefined,
      hasLost,
    ),
    waiting,
    hasLost,
    limits,
  };
}

function sumOf(rows: readonly Writer[]): { writeBytes: number; readBytes: number } {
  return {
    writeBytes: rows.reduce((sum, row) => sum + row.writeBytes, 0),
    readBytes: rows.reduce((sum, row) => sum + row.readBytes, 0),
  };
}

/** The processes among the rows, with what they called for. */
function programsOf(rows: readonly Writer[], grown: readonly ProcessIo[]): WhoProgram[] {
  const pids = [...new Set(rows.flatMap(({ pid }) => (pid === null ? [] : [pid])))];
  return pids.map((pid) => {
    const own = rows.filter((row) => row.pid === pid);
    const calls = grown.find((one) => one.pid === pid);
    return {
      process: own[0]?.process ?? '',
      pid,
      calledWriteBytes: calls?.calledWriteBytes ?? null,
      calledReadBytes: calls?.calledReadBytes ?? null,
      // What was dirtied before the recording began, nobody called for within it.
      ...sumOf(own.filter(({ via }) => via !== 'holder')),
    };
  });
}

/** What is dirty or being written at the end. */
function waitingOn(input: Case, disk: string): Who['waiting'] {
  const { bdi, meminfo } = input.counters;
  const kB = (series: Case['counters']['meminfo'] | undefined, names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (series?.columns.get(name)?.at(-1) ?? NaN), 0) * 1024;
  const ofDisk = kB(bdi.get(disk), ['BdiReclaimable', 'BdiWriteback']);
  if (!Number.isNaN(ofDisk)) return { bytes: ofDisk, of: 'disk' };
  const ofMachine = kB(meminfo, ['Dirty', 'Writeback']);
  return Number.isNaN(ofMachine) ? null : { bytes: ofMachine, of: 'machine' };
}

function limitsOf({ losses }: Case): string[] {
  const told = new Set([
    'events-overrun',
    'events-shed',
    'requests-sampled',
    'event-missing',
    'page-malformed',
    'window-short',
  ]);
  return [
    ...new Set(
      losses.filter(({ code }) => told.has(code)).map(({ code, where }) => `${LOSS_KINDS[code].sentence} (${where}).`),
    ),
  ];
}

/** Of a partition that is mounted nowhere nothing tells it from the rest. */
function partitionLimit({ partition, folder, name }: Place): string[] {
  if (partition === undefined || folder !== undefined) return [];
  return [`${partition} is mounted nowhere, so these are the figures of all of ${name}, of which it is a part.`];
}

/** Without root: what processes of this user asked of all disks. */
function byCounters({ files, place, why }: WhoRun, grown: readonly ProcessIo[], refused: number): Told {
  const meminfo = parseKeyValues(files.read('/proc/meminfo').toString('latin1'));
  const dirty = (meminfo.get('Dirty') ?? NaN) + (meminfo.get('Writeback') ?? NaN);
  return {
    device: place.name,
    layer: 'disk',
    folder: place.folder ?? null,
    isFile: place.isFile,
    source: 'counters',
    writers: [],
    elsewhere: null,
    programs: grown
      .filter(({ writeBytes, readBytes }) => writeBytes + readBytes > 0)
      .map(({ pid, comm, ...io }) => ({ process: comm, pid, ...io }))
      .toSorted((a, b) => b.writeBytes + b.readBytes - a.writeBytes - a.readBytes),
    amplification: null,
    waiting: Number.isNaN(dirty) ? null : { bytes: dirty * 1024, of: 'machine' },
    hasLost: false,
    limits: [
      `Which program wrote what on ${place.name}, to which file, and what its journal took is not known: ${why}.`,
      ...partitionLimit(place),
      'Programs are listed with what they asked of all disks; what they made dirty may be written up to half a minute later.',
      ...(refused > 0 ? [`${refused} processes of other users don’t show what they do.`] : []),
    ],
  };
}
