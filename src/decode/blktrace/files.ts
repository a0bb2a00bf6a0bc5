// Which files make up a recorded trace: BASE.blktrace.0, BASE.blktrace.1 … (a file a CPU, each perhaps with .gz or .zst), or one
// file that holds everything: as `blkparse -d` writes it, or blkparse's text.

import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unreadable, UserError } from '../../base/errors.js';
import type { Loss } from '../../model/losses.js';
import { traceFormAt } from './recognised.js';

/** Endings of files that are decompressed while they are read; a plain file goes before them. */
export const ENDINGS = ['', '.gz', '.zst'] as const;

export interface TraceFile {
  readonly path: string;
  /** Absent for a file that holds several CPUs. */
  readonly cpu?: number;
}

const OF_ONE_CPU = /^(.*)\.blktrace\.(\d+)(\.gz|\.zst)?$/;

/**
 * The files of the trace that `path` names: by BASE, by one of its files, or by a merged file; in the order of CPUs. Gaps in the
 * numbers are passed over: the CPU was offline. Throws a UserError where there is none.
 */
export function findTraceFiles(path: string): TraceFile[] {
  const name = OF_ONE_CPU.exec(basename(path))?.[1] ?? basename(path);
  const folder = dirname(path);
  const found = new Map<number, string>();
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const match = OF_ONE_CPU.exec(file);
    const cpu = Number(match?.[2]);
    if (match?.[1] === name && (match[3] === undefined || !found.has(cpu))) found.set(cpu, join(folder, file));
  }
  if (found.size > 0) return [...found].map(([cpu, file]) => ({ cpu, path: file })).sort((a, b) => a.cpu - b.cpu);
  if (existsSync(path)) return [{ path }];
  throw new UserError(`There is no block trace ${path}: neither that file nor ${name}.blktrace.0 beside it.`);
}

/** How the kernel calls disks and their partitions. */
const DISK = /^(?:(?:sd|vd|hd|xvd)[a-z]+\d*|(?:nvme\d+n|mmcblk|loop|nbd|md|zram|pmem)\d+(?:p\d+)?|dm-\d+)$/;

/** The disk that a trace's files are named after, as blktrace names them unless it is told otherwise; undefined where they are not. */
export function diskOfFiles([first]: readonly string[]): string | undefined {
  const name = OF_ONE_CPU.exec(basename(first ?? ''))?.[1];
  return name !== undefined && DISK.test(name) ? name : undefined;
}

/** What may be named instead. */
const READ =
  'read are recordings (folders NAME.iow), block traces (BASE of BASE.blktrace.0 …), and trace.dat, perf.data, fio’s, sysstat’s and atop’s JSON and text of blkparse, ftrace or perf script';

/** The files of the trace at a path that may be anything a user has typed. Throws a UserError where there is none. */
export async function traceFilesAt(path: string): Promise<TraceFile[]> {
  let files: TraceFile[];
  try {
    files = findTraceFiles(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `There is no ${path}, and no ${basename(path)}.blktrace.0 …: \`iowitness ls\` lists recordings.`,
    );
  }
  for (const file of files) {
    if (!statSync(file.path).isFile()) throw new UserError(neither(path));
  }
  const [first] = files;
  if (first && first.cpu === undefined && (await traceFormAt(first.path)) === undefined)
    throw new UserError(neither(path));
  return files;
}

function areEmpty(files: readonly string[]): boolean {
  return files.every((file) => statSync(file).size === 0);
}

/** The sentence for a trace of which no record could be read, by what was lost of it. */
export function noRecords(path: string, files: readonly string[], losses: readonly Loss[]): string {
  if (areEmpty(files))
    return `${path} is empty: it holds no record, so nothing was asked of the disk meanwhile, or nothing was recorded of it.`;
  if (losses.some(({ code }) => code === 'blktrace-version'))
    return `${path} is a block trace of a version that this program can’t read: it reads versions 7 and 8.`;
  const refused = losses.find(({ code }) => code === 'blktrace-unreadable');
  return refused ? `${path} can’t be read (${refused.where}).` : neither(path);
}

/** The sentence for a path where there is something, but nothing of ours. */
function neither(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  const isFolder = stat?.isDirectory() === true;
  try {
    accessSync(path, isFolder ? constants.R_OK | constants.X_OK : constants.R_OK);
  } catch (error) {
    return unreadable(path, error, READ).message;
  }
  if (isFolder)
    return `${path} is a folder, and no recording, as there is no manifest.json in it: \`iowitness ls ${path}\` lists the recordings in it.`;
  if (stat?.isFile() === true && stat.size === 0) return `${path} is an empty file: ${READ}.`;
  return `${path} is nothing that is read here: ${READ}.`;
}
