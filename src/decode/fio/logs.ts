// The logs of one run → what each job measured: latencies from the log of whole ones, or else from that of completions; bytes and operations from
// whichever log has an entry for each of them, or else from the windows of the logs of bandwidth and IOPS.

import { medianOf, quantilesOf } from '../../base/median.js';
import {
  MEASURED_KINDS,
  type EachMeasured,
  type Measured,
  type MeasuredIo,
  type MeasuredKind,
  type MeasuredLatency,
} from '../../model/measured.js';
import type { Series } from '../../model/counters.js';
import { Growth } from '../statistics/growth.js';
import type { FioLog, LogEntries } from './log.js';
import type { LogKind, LogName } from './log-line.js';

export interface NamedLog {
  readonly name: LogName;
  readonly log: FioLog;
}

const KIB = 1024;
/** ms since 1970 have passed this in 1973, and no run takes so long. */
const EPOCH_MS = 1e11;

export interface FioRun extends Measured {
  /** ms since 1970 at time 0, where the logs tell it. */
  readonly wallMs?: number;
  readonly durationMs: number;
}

/** One job's entries of one kind, by what was logged. */
type Logged = Partial<Record<LogKind, LogEntries>>;

function isEach({ bytes, longest }: LogEntries): boolean {
  return longest === undefined && bytes.every((size) => size > 0);
}

/** Every job's logs, by a name of the job. */
function byJob(logs: readonly NamedLog[]): Map<string, Map<MeasuredKind, Logged>> {
  const jobs = new Map<string, Map<MeasuredKind, Logged>>();
  for (const { name, log } of logs) {
    for (const [index, entries] of log.jobs.entries()) {
      const job = name.job > 0 ? name.job : index + 1;
      const part = name.job > 0 && index > 0 ? `, ${index + 1}` : '';
      const title = `${name.prefix} ${job}${part}`;
      const kinds = jobs.get(title) ?? new Map<MeasuredKind, Logged>();
      jobs.set(title, kinds);
      for (const [kind, one] of entries) kinds.set(kind, { ...kinds.get(kind), [name.kind]: one });
    }
  }
  return jobs;
}

/** In so few ms no operation ends that would be as many µs as it takes ns. */
const TELLING_MS = 5;

/**
 * Before 3.20 nothing in a log tells µs from ns. No operation takes longer than the time since its job began, so a log of single ones that fit is
 * taken for µs; a mean may be of either, and is taken for ns, as only old versions log µs.
 */
function unitOf(
  logs: readonly NamedLog[],
  baseMs: number,
): { readonly perMs: number; readonly concluded?: 'µs' | 'ns' } {
  const latencies = logs.filter(({ name }) => name.kind === 'lat' || name.kind === 'clat');
  const all = latencies.flatMap(({ log }) => log.jobs.flatMap((job) => [...job.values()]));
  if (all.length === 0 || latencies.some(({ log }) => log.hasPriority)) return { perMs: 1e6 };
  const fits = ({ t, value }: LogEntries): boolean =>
    value.every((one, row) => one <= 1000 * ((t[row] ?? 0) - baseMs + 1));
  // Behind a ramp, or of a part, any number fits.
  const isFromBegin = all.some(({ t }) => (t[0] ?? Infinity) - baseMs <= TELLING_MS);
  return isFromBegin && all.every((entries) => isEach(entries) && fits(entries))
    ? { perMs: 1e3, concluded: 'µs' }
    : { perMs: 1e6, concluded: 'ns' };
}

function eachOf(entries: LogEntries, baseMs: number, perMs: number | undefined): EachMeasured {
  return {
    t: entries.t.map((t) => t - baseMs),
    ...(perMs !== undefined && { latencyMs: entries.value.map((value) => value / perMs) }),
    bytes: entries.bytes,
  };
}

/** A window that is longer than this many usual ones is a usual one behind a time in which nothing ended. */
const USUAL_WINDOWS = 1.5;

/**
 * Windows as a counter. An entry stands at the end of its window; for a window in which nothing ended there is none, so that the next entry's, too,
 * is as long as most are. `idle` is what the counter grew by in between: NaN where that is not known. Nothing where each was logged.
 */
function windowsOf(entries: LogEntries | undefined, baseMs: number, scale: number, idle: number): Series | undefined {
  if (!entries || isEach(entries)) return undefined;
  const ends = entries.t.map((t) => t - baseMs);
  const usualMs = medianOf(ends.map((to, row) => to - (ends[row - 1] ?? 0)));
  const growth = new Growth();
  let before = 0;
  for (const [row, to] of ends.entries()) {
    if (to <= before) continue;
    const from = to - before > USUAL_WINDOWS * usualMs ? to - usualMs : before;
    const grown = (value: number | undefined) => ((value ?? NaN) * scale * (to - from)) / 1000;
    if (from > before && !Number.isNaN(idle)) growth.add({ from: before, to: from }, { sum: idle });
    growth.add({ from, to }, { sum: grown(entries.value[row]), longest: grown(entries.longest?.[row]) });
    before = to;
  }
  return growth.finish();
}

function sumOf(series: Series | undefined): number {
  return series?.columns.get('sum')?.at(-1) ?? NaN;
}

function measuredOf(job: string, kind: MeasuredKind, logged: Logged, baseMs: number, perMs: number): MeasuredIo {
  const latencies = logged.lat ?? logged.clat;
  const single = [latencies, logged.bw, logged.iops].find((entries) => entries !== undefined && isEach(entries));
  const each = single && eachOf(single, baseMs, single === latencies ? perMs : undefined);
  const windows = {
    latency: windowsOf(latencies, baseMs, 1 / perMs, NaN),
    bytes: windowsOf(logged.bw, baseMs, KIB, 0),
    operations: windowsOf(logged.iops, baseMs, 1, 0),
  };
  const ends = Object.values(logged).map(({ t }) => (t.at(-1) ?? baseMs) - baseMs);
  const latency = each?.latencyMs && latencyOf(each.latencyMs);
  return {
    job,
    kind,
    ms: Math.max(0, ...ends),
    operations: each ? each.t.length : sumOf(windows.operations),
    bytes: each ? each.bytes.reduce((a, b) => a + b, 0) : sumOf(windows.bytes),
    ...(latency && { latency }),
    ...(each && { each }),
    windows: {
      ...(windows.latency && { latency: windows.latency }),
      ...(windows.bytes && !each && { bytes: windows.bytes }),
      ...(windows.operations && !each && { operations: windows.operations }),
    },
  };
}

function latencyOf(latencyMs: Float64Array): MeasuredLatency {
  const [p50 = NaN, p99 = NaN, p999 = NaN, max = NaN] = quantilesOf(latencyMs, 0.5, 0.99, 0.999, 1);
  return { p50, p99, p999, max };
}

export function runOf(logs: readonly NamedLog[]): FioRun {
  const all = logs.flatMap(({ log }) => log.jobs.flatMap((job) => [...job.values()]));
  const first = all.reduce((least, { t }) => Math.min(least, t[0] ?? Infinity), Infinity);
  const baseMs = first > EPOCH_MS && first < Infinity ? first : 0;
  const { perMs, concluded } = unitOf(logs, baseMs);
  const jobs = [...byJob(logs)].flatMap(([job, kinds]) =>
    MEASURED_KINDS.flatMap((kind) => {
      const logged = kinds.get(kind);
      const isOfUse = logged?.lat ?? logged?.clat ?? logged?.bw ?? logged?.iops;
      return logged && isOfUse ? [measuredOf(job, kind, logged, baseMs, perMs)] : [];
    }),
  );
  return {
    jobs,
    durationMs: jobs.reduce((most, { ms }) => Math.max(most, ms), 0),
    ...(concluded && { concludedUnit: concluded }),
    ...(baseMs > 0 && { wallMs: baseMs }),
  };
}
