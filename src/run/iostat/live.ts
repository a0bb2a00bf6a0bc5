// `iowitness iostat` while it runs: a sample at each step of time, the report of it at once, and a proper end whenever it is stopped. Steps are
// counted from the beginning, so they don't drift; one that could not be kept is left out.

import { nextStep } from '../../base/steps.js';
import { readWhole, listFolder, type OpenFiles } from '../../capture/files.js';
import { UserError } from '../../base/errors.js';
import { parseCpuLine } from '../../decode/procfs/stat.js';
import { parseUptime } from '../../decode/procfs/uptime.js';
import type { DiskInterval } from '../../model/disk-interval.js';
import { cpuShares } from '../../tools/iostat/cpu.js';
import { isFine, isSysstats, type IostatOptions } from '../../tools/iostat/options.js';
import type { Machine, Report, Shown } from '../../tools/iostat/report.js';
import { Disks } from './disks.js';

export interface IostatRun {
  readonly options: IostatOptions;
  readonly report: Report;
  /** What the head of the report says of the machine, but for its CPUs. */
  readonly machine: Omit<Machine, 'cpus'>;
  readonly files: OpenFiles;
  /** Put in front of every path of /proc, /sys and /dev. */
  readonly root: string;
  readonly print: (text: string) => void;
  readonly now: () => Date;
  /** Nanoseconds of a clock that only goes forward. */
  readonly clockNs: () => bigint;
  /** Settles at this time of that clock; with true where it is to stop. */
  readonly waitUntil: (ns: bigint) => Promise<boolean>;
  /** What events tell between two times of that clock; absent where they are not asked for or can't be read. */
  readonly events?: (fromNs: bigint, toNs: bigint) => ReadonlyMap<string, DiskInterval>;
}

interface Sample {
  readonly atNs: bigint;
  /** When the disks were read: on a busy machine later than the rest. */
  readonly disksNs: bigint;
  readonly uptime: number;
  readonly cpu: readonly number[];
}

/** Until all reports are made or it is to stop. Throws a UserError where the machine can't be read. */
export async function runIostat(run: IostatRun): Promise<void> {
  const { options, report, print } = run;
  const disks = new Disks(run.files, run.root, options);
  print(report.begin({ ...run.machine, cpus: countCpus(run.root) }, run.now()));
  const stepNs = BigInt(Math.round(options.intervalMs * 1e6));
  const omitFirst = options.intervalMs > 0 && (options.omitSinceBoot || options.wide !== undefined || options.plot);
  let startNs: bigint | undefined;
  let before: Sample | undefined;
  for (let left = options.count; left > 0;) {
    const sample = readSample(run, disks);
    const shown = shownOf(run, disks, before, sample);
    const isShown = before !== undefined || !omitFirst;
    if (isShown) {
      print(report.sample(shown));
      left -= 1;
    }
    before = sample;
    startNs ??= sample.atNs;
    if (left > 0 && (await run.waitUntil(nextStep(startNs, stepNs, run.clockNs())))) left = 0;
    print(report.between(isShown, left === 0));
  }
  print(report.end());
}

function readSample({ files, clockNs }: IostatRun, disks: Disks): Sample {
  const atNs = clockNs();
  const uptime = parseUptime(files.readOnce('/proc/uptime').toString('latin1'));
  const cpu = parseCpuLine(files.readOnce('/proc/stat').toString('latin1'));
  if (uptime === undefined || cpu === undefined)
    throw new UserError('/proc/uptime or /proc/stat is not as the kernel prints it: is /proc mounted?');
  return { atNs, disksNs: disks.read(clockNs), uptime, cpu };
}

function shownOf({ options, now, events }: IostatRun, disks: Disks, before: Sample | undefined, sample: Sample): Shown {
  const fine = isFine(options) && before !== undefined;
  // Figures that stand beside those of events are of the same stretch of time.
  const isExact = before !== undefined && (fine || events !== undefined);
  const passed = isExact ? Number(sample.disksNs - before.disksNs) / 1e7 : sample.uptime - (before?.uptime ?? 0);
  return {
    at: now(),
    isSinceBoot: before === undefined,
    // As sysstat does, which divides by it.
    centiseconds: passed === 0 ? 1 : passed,
    cpu: cpuShares(before?.cpu ?? [], sample.cpu, fine),
    rows: disks.list.rows({ ...options, meetsOldCounts: isSysstats(options) }),
    ...(events && before && { events: events(before.disksNs, sample.disksNs) }),
  };
}

/** As sysstat counts them: those of sysfs, offline ones too; without it those of /proc/stat. */
function countCpus(root: string): number {
  const listed = listFolder(`${root}/sys/devices/system/cpu`).filter((name) => /^cpu\d+$/.test(name)).length;
  return listed > 0 ? listed : ((readWhole(`${root}/proc/stat`) ?? '').match(/^cpu\d+/gm)?.length ?? 0);
}
