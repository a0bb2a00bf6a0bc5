// Bytes since the beginning, line by line, for the accumulated table and the lines of history, and which devices are idle: each sample's are added, and who
// has ended stays, of whom the smallest are forgotten where they become too many.

import { addTo } from '../../base/maps.js';
import type { TopSample } from '../../model/top.js';
import { rowsOf, type CausedBytes, type Row } from './rows.js';

const MOST_ROWS = 5000;
/** Samples that a line's history goes back. */
const HISTORY = 120;

/** A device that did nothing in so many samples is idle. */
const IDLE_SAMPLES = 5;

interface Sum {
  row: Row;
  /** Read, written and caused in each of the last samples, a second's bytes. */
  readonly history: number[];
  /** The sample that it was last in. */
  last: number;
}

export class Totals {
  private readonly sums = new Map<string, Sum>();
  /** By device, the last sample in which it did something. */
  private readonly devices = new Map<string, number>();
  private samples = 0;

  add(sample: TopSample): void {
    this.samples += 1;
    for (const { name, operations, busy } of sample.devices)
      if (operations > 0 || busy > 0) this.devices.set(name, this.samples);
    for (const row of rowsOf(sample, false)) {
      const before = this.sums.get(row.key);
      const history = before?.history ?? [];
      for (let missed = Math.min(HISTORY, this.samples - (before?.last ?? this.samples) - 1); missed > 0; missed -= 1)
        history.push(0);
      history.push(activityOf(row) / sample.seconds);
      history.splice(0, history.length - HISTORY);
      this.sums.set(row.key, { row: before ? sumOf(before.row, row) : row, history, last: this.samples });
    }
    if (this.sums.size > MOST_ROWS) this.forgetSmall();
  }

  private forgetSmall(): void {
    const ranked = [...this.sums].sort(([, a], [, b]) => activityOf(b.row) - activityOf(a.row));
    for (const [key] of ranked.slice(MOST_ROWS / 2)) this.sums.delete(key);
  }

  /** True for a device that has done nothing of late. */
  isIdle(device: string): boolean {
    return this.samples - (this.devices.get(device) ?? -Infinity) >= IDLE_SAMPLES;
  }

  rows(): Row[] {
    return [...this.sums.values()].map(({ row }) => row);
  }

  /** A second's bytes in each of the last samples, the latest last. */
  historyOf(key: string): readonly number[] {
    const sum = this.sums.get(key);
    const missed = Array.from({ length: this.samples - (sum?.last ?? this.samples) }, () => 0);
    return [...(sum?.history ?? []), ...missed].slice(-HISTORY);
  }
}

/** The most that one counter tells: what a process writes is counted again where it is caused. */
export function activityOf({ read, write, caused }: Row): number {
  return Math.max((read ?? 0) + (write ?? 0), caused[0]?.bytes ?? 0);
}

export function sumOf(before: Row, now: Row): Row {
  return {
    ...now,
    read: plus(before.read, now.read),
    write: plus(before.write, now.write),
    cancelled: plus(before.cancelled, now.cancelled),
    caused: causedSum(before.caused, now.caused),
  };
}

/** Of what was known for a part of the time that part is known. */
function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : a + b;
}

function causedSum(before: readonly CausedBytes[], now: readonly CausedBytes[]): CausedBytes[] {
  const sums = new Map(before.map(({ device, bytes }) => [device, bytes]));
  for (const { device, bytes } of now) addTo(sums, device, bytes);
  return [...sums].map(([device, bytes]) => ({ device, bytes })).sort((a, b) => b.bytes - a.bytes);
}
