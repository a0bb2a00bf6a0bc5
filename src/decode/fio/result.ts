// fio's result as JSON (--output-format=json and json+) → what it measured of each job, and what the disks beneath counted meanwhile. Lines before
// and behind it are passed over; of several results, as --status-interval prints them, the last whole one counts, as each is of the whole run.
//
//   {"fio version", "timestamp_ms", "jobs": [{"jobname", "error", "job_runtime", "read": {"total_ios", "io_bytes", "runtime", "clat_ns": {…}}, …}],
//    "disk_util": [{"name", "read_ios", "write_ios", "read_ticks", "write_ticks", "in_queue", "util"}]}
//
// Source: fio's HOWTO.rst, 'JSON output', and stat.c (3.33; 2.21, which counts latencies in µs and names them without _ns).

import type { Series } from '../../model/counters.js';
import type { MeasuredIo, MeasuredKind, MeasuredLatency } from '../../model/measured.js';
import { figure, listOf, objectOf, parsedJson, textOf, type Fields } from '../statistics/fields.js';
import { Growth } from '../statistics/growth.js';

const BEGINNING = /(?:^|\n)\{\s*"fio version"\s*:/;
const KINDS: readonly (readonly [field: string, kind: MeasuredKind])[] = [
  ['read', 'reads'],
  ['write', 'writes'],
  ['trim', 'trims'],
  ['sync', 'syncs'],
];
/** The latency as a whole before that from submission on; the older field is in µs. */
const LATENCIES = [
  ['lat_ns', 1e6],
  ['clat_ns', 1e6],
  ['lat', 1e3],
  ['clat', 1e3],
] as const;
/** A client's sum over its servers, which are told one by one as well. */
const SUM = 'All clients';
/** Whole seconds since fio began are told, and it takes some to begin. */
const STARTING_MS = 2000;
/** More jobs, and more disks, than a run has are not kept. */
const MOST_JOBS = 4096;
const MOST_DISKS = 4096;

export interface FioResult {
  readonly version: string;
  readonly jobs: readonly MeasuredIo[];
  /** By the names of devices; empty where it is not known how long the jobs took together. */
  readonly disks: ReadonlyMap<string, Series>;
  /** ms since 1970 at its beginning; NaN where it does not tell. Before 3.38 that is when it was printed, less the run's length. */
  readonly startMs: number;
  readonly durationMs: number;
  /** True where reads and writes are told as one (unified_rw_reporting=mixed). */
  readonly isMixed: boolean;
  /** Results that are cut or no JSON. */
  readonly cut: number;
  readonly passedOver: number;
}

export function holdsFioResult(beginning: string): boolean {
  return BEGINNING.test(beginning);
}

/** The last whole result; undefined where there is none. */
export function parseFioResult(text: string): FioResult | undefined {
  const starts = [...text.matchAll(new RegExp(BEGINNING, 'g'))].map(({ index }) => index);
  let cut = 0;
  for (const [last, start] of [...starts.entries()].toReversed()) {
    const part = text.slice(start, starts[last + 1] ?? text.length);
    const document = objectOf(parsedJson(part.slice(0, part.lastIndexOf('}') + 1)));
    const version = textOf(document, 'fio version');
    if (version === undefined) cut += 1;
    else return resultOf(document, version, cut);
  }
  return undefined;
}

function resultOf(document: Fields, version: string, cut: number): FioResult {
  const told = [...listOf(document['jobs']), ...listOf(document['client_stats'])];
  const jobs = told.filter((job) => textOf(job, 'jobname') !== SUM || told.length === 1);
  const byJob = jobs.slice(0, MOST_JOBS).map((job) => ({ job, measured: measuredOf(job) }));
  const measured = byJob.flatMap((one) => one.measured);
  const longestMs = measured.reduce((most, { ms }) => Math.max(most, ms), 0);
  const printed = figure(document, 'timestamp_ms');
  const printedMs = Number.isNaN(printed) ? figure(document, 'timestamp') * 1000 : printed;
  const starts = told.map((job) => figure(job, 'job_start')).filter((start) => start > 0);
  const startMs = starts.reduce((least, start) => Math.min(least, start), Infinity);
  const ends = byJob.map((one) => figure(one.job, 'job_start') + Math.max(0, ...one.measured.map(({ ms }) => ms)));
  // Jobs may run one behind the other; older versions don't tell when each began.
  const isTold = starts.length > 0 && ends.every(Number.isFinite);
  const elapsedMs = told.reduce((most, job) => Math.max(most, figure(job, 'elapsed') * 1000 || 0), 0);
  const untoldMs = elapsedMs > longestMs + STARTING_MS ? elapsedMs : longestMs;
  const durationMs = isTold ? ends.reduce((most, end) => Math.max(most, end), startMs) - startMs : untoldMs;
  return {
    version,
    jobs: measured,
    disks: isTold || elapsedMs > 0 || jobs.length <= 1 ? disksOf(listOf(document['disk_util']), durationMs) : new Map(),
    startMs: isTold ? startMs : printedMs - durationMs,
    isMixed: jobs.some((job) => job['mixed'] !== undefined),
    durationMs,
    cut,
    passedOver: Math.max(0, jobs.length - MOST_JOBS),
  };
}

function measuredOf(job: Fields): MeasuredIo[] {
  const error = figure(job, 'error');
  return KINDS.flatMap(([field, kind]) => {
    const told = objectOf(job[field]);
    const operations = figure(told, 'total_ios');
    // A kind of which the job did nothing is there with zeros.
    if (!(operations > 0)) return [];
    const latency = latencyOf(told);
    return [
      {
        job: textOf(job, 'jobname') ?? '',
        kind,
        ms: Math.max(0, figure(told, 'runtime') || figure(job, 'job_runtime') || 0),
        operations,
        bytes: kind === 'syncs' ? NaN : bytesOf(told),
        ...(latency && { latency }),
        ...(error > 0 && { error }),
      },
    ];
  });
}

/** Before `io_kbytes` was there, `io_bytes` counted KiB. */
function bytesOf(told: Fields): number {
  return figure(told, 'io_bytes') * (told['io_kbytes'] === undefined ? 1024 : 1);
}

function latencyOf(told: Fields): MeasuredLatency | undefined {
  const found = LATENCIES.flatMap(([field, perMs]) =>
    told[field] === undefined ? [] : [{ fields: objectOf(told[field]), perMs }],
  );
  const whole = found.find(({ fields }) => figure(fields, 'max') > 0);
  if (!whole) return undefined;
  const max = figure(whole.fields, 'max') / whole.perMs;
  const spread = found.find(({ fields }) => fields['percentile'] !== undefined);
  const within = (share: number) => {
    const value = figure(objectOf(spread?.fields['percentile']), share.toFixed(6));
    // fio's percentiles are those of classes, whose middle may lie beyond the longest.
    return Math.min(max, value / (spread?.perMs ?? 1));
  };
  return { p50: within(50), p99: within(99), p999: within(99.9), max };
}

/** What fio read of /proc/diskstats before and after the run. */
function disksOf(disks: readonly Fields[], durationMs: number): Map<string, Series> {
  const found = new Map<string, Series>();
  for (const disk of disks.slice(0, MOST_DISKS)) {
    const name = textOf(disk, 'name');
    if (name === undefined || durationMs === 0) continue;
    const growth = new Growth();
    growth.add(
      { from: 0, to: durationMs },
      {
        rd_ios: figure(disk, 'read_ios'),
        rd_ticks: figure(disk, 'read_ticks'),
        rd_sectors: figure(disk, 'read_sectors'),
        wr_ios: figure(disk, 'write_ios'),
        wr_ticks: figure(disk, 'write_ticks'),
        wr_sectors: figure(disk, 'write_sectors'),
        time_in_queue: figure(disk, 'in_queue'),
        io_ticks: (figure(disk, 'util') / 100) * durationMs,
      },
    );
    found.set(name, growth.finish());
  }
  return found;
}
