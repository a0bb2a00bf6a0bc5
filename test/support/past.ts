// Made-up counters of a disk with a known latency, and a made-up past of one, for tests of what is learnt from the first and judged by the second.

import type { Series } from '../../src/model/counters.js';
import type { DevicePast, Past, PastChapter, UsualAtLoad } from '../../src/model/past.js';
import { series } from './case.js';

const DAY_MS = 86_400_000;
/** 2026-11-01, noon. */
export const NOON = Date.UTC(2026, 10, 1, 12);

/** What a disk does in a step of time. */
export interface Step {
  readonly writes?: number;
  readonly writeMs?: number;
  readonly reads?: number;
  readonly readMs?: number;
  readonly flushes?: number;
  readonly flushMs?: number;
  readonly bytes?: number;
  /** Requests at once; one after the other unless told. */
  readonly depth?: number;
}

/** Counters of /proc/diskstats, a row each `stepMs`: each step's requests take as long as it says. */
export function diskOf(steps: readonly Step[], stepMs = 1000): Series {
  const rows = { t: [0] };
  const columns: Record<string, number[]> = {};
  const add = (name: string, by: number) => {
    const column = (columns[name] ??= [0]);
    column.push((column.at(-1) ?? 0) + by);
  };
  steps.forEach((step, at) => {
    const { writes = 0, writeMs = 0, reads = 0, readMs = 0, flushes = 0, flushMs = 0, bytes = 4096, depth = 1 } = step;
    rows.t.push((at + 1) * stepMs);
    const queueMs = writes * writeMs + reads * readMs + flushes * flushMs;
    add('rd_ios', reads);
    add('rd_sectors', (reads * bytes) / 512);
    add('rd_ticks', reads * readMs);
    add('wr_ios', writes);
    add('wr_sectors', (writes * bytes) / 512);
    add('wr_ticks', writes * writeMs);
    add('io_ticks', queueMs / depth);
    add('time_in_queue', queueMs);
    add('fl_ios', flushes);
    add('fl_ticks', flushes * flushMs);
  });
  return series(rows.t, columns);
}

/** So many steps that are all alike. */
export function steady(steps: number, step: Step): Step[] {
  return Array.from({ length: steps }, () => step);
}

/** Writes of up to 16 KiB one at a time, unless told otherwise. */
export function usual(different: Partial<UsualAtLoad> = {}): UsualAtLoad {
  const usualMs = different.usualMs ?? 0.1;
  return {
    does: 'write',
    upToBytes: 16_384,
    depth: 1,
    usualMs,
    mostMs: usualMs,
    stretches: 1000,
    days: 1,
    ...different,
  };
}

export function chapter(loads: readonly UsualAtLoad[], different: Partial<PastChapter> = {}): PastChapter {
  return {
    sinceMs: NOON - 10 * DAY_MS,
    untilMs: NOON,
    usual: [...loads],
    best: { operationsPerSecond: 10_000, bytesPerSecond: 1e8, days: 1 },
    writers: [],
    ...different,
  };
}

/** Of loop0, 7:0. */
export function pastOf(different: Omit<DevicePast, 'id' | 'knownBy'>): Past {
  return { version: 1, devices: [{ id: '7:0', knownBy: 'serial', ...different }] };
}
