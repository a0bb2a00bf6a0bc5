// One of fio's logs, line by line → its entries in columns, by job and direction. Jobs that share a log stand in it one behind the other: where time
// goes back, the next begins.

import { FractionList } from '../../base/number-list.js';
import { MEASURED_KINDS, type MeasuredKind } from '../../model/measured.js';
import { parseLogLine } from './log-line.js';

/** Entries of one job in one direction, in order of time. */
export interface LogEntries {
  /** ms */
  readonly t: Float64Array;
  readonly value: Float64Array;
  /** The longest of each window; absent where the log does not tell it beside the mean. */
  readonly longest?: Float64Array;
  /** 0 where an entry is of a window of time. */
  readonly bytes: Float64Array;
}

export interface FioLog {
  /** By job, in the order in which they stand there, and kind. */
  readonly jobs: readonly ReadonlyMap<MeasuredKind, LogEntries>[];
  /** Whether its lines have a priority, as those of 3.20 and later. */
  readonly hasPriority: boolean;
  readonly entries: number;
  /** Lines that are none. */
  readonly cut: number;
  /** Entries for which there was no room. */
  readonly passedOver: number;
}

/** An hour of a thousand operations a second, in the logs of one run together: each takes 32 bytes, and as much again while it is put in order. */
export const MOST_ENTRIES = 4_000_000;
const COLUMNS = 4;
/** More jobs than share a log are not told apart: what goes on going back is damaged. */
const MOST_JOBS = 1024;

export class LogReader {
  private readonly columns = Array.from({ length: COLUMNS }, () => new FractionList());
  private length = 0;
  private cut = 0;
  private passedOver = 0;
  private readonly room: number;
  /** Lines that have, in their third column, what can be no direction. */
  private withLongest = 0;
  private hasPriority = true;

  /** `room`: entries that may be kept. */
  constructor(room: number) {
    this.room = room;
  }

  take(text: string): void {
    const line = text.trimEnd();
    const found = line === '' ? undefined : parseLogLine(line);
    if (!found) {
      if (line !== '') this.cut += 1;
      return;
    }
    if (this.length >= this.room) {
      this.passedOver += 1;
      return;
    }
    const [, second = 0] = found.values;
    if (second >= MEASURED_KINDS.length) this.withLongest += 1;
    const { rest } = found;
    if (rest.length === 0 || (rest.length === 1 && !/^(?:0x.*|[01])$/.test(rest[0] ?? ''))) this.hasPriority = false;
    const all = [found.t, ...found.values];
    for (const [index, column] of this.columns.entries()) column.push(all[index] ?? 0);
    this.length += 1;
  }

  finish(): FioLog {
    const [times, first, second, third] = this.columns.map((column) => column.values());
    // A damaged line is no other layout.
    const hasLongest = this.withLongest * 2 > this.length;
    const directions = hasLongest ? third : second;
    const rows = new Map<string, number[]>();
    let job = 0;
    for (let row = 0; row < this.length; row += 1) {
      if (row > 0 && (times?.[row] ?? 0) < (times?.[row - 1] ?? 0) && job < MOST_JOBS - 1) job += 1;
      const key = `${job} ${directions?.[row]}`;
      const list = rows.get(key);
      if (list) list.push(row);
      else rows.set(key, [row]);
    }
    const jobs = Array.from({ length: job + 1 }, () => new Map<MeasuredKind, LogEntries>());
    let { cut } = this;
    for (const [key, list] of rows) {
      const [of = 0, direction = 0] = key.split(' ').map(Number);
      const kind = MEASURED_KINDS[direction];
      if (kind === undefined) {
        cut += list.length;
        continue;
      }
      const pick = (column: Float64Array | undefined) => Float64Array.from(list, (row) => column?.[row] ?? NaN);
      jobs[of]?.set(kind, {
        t: pick(times),
        value: pick(first),
        ...(hasLongest && { longest: pick(second) }),
        bytes: hasLongest ? new Float64Array(list.length) : pick(third),
      });
    }
    return { jobs, hasPriority: this.hasPriority, entries: this.length, cut, passedOver: this.passedOver };
  }
}
