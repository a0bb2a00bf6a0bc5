// The text of batch mode: a summary, the names of the columns and a line a process or thread, laid out as iotop-c 1.23 does it, with the columns that it
// has not behind IO. What is not known is '-', where iotop prints 0.00.

import { pad } from '../../present/text-layout.js';
import { harmless } from '../../base/format.js';
import type { TopSample } from '../../model/top.js';
import type { TopOptions } from './options.js';
import { isAsked } from './options.js';
import { rowsOf, type Row } from './rows.js';
import { activityOf, type Totals } from './totals.js';

const UNITS = ['B', 'K', 'M', 'G', 'T'];
/** iotop goes to the next unit when a figure would have five digits before the point. */
const STEP = 10_000;

/** '930.84 K/s', in powers of 1024 as iotop counts. */
function amount(bytes: number | null, { kilobytes, accumulated }: TopOptions, isRate = !accumulated): string {
  const suffix = isRate ? '/s' : '  ';
  if (bytes === null) return '-';
  if (kilobytes) return `${(bytes / 1024).toFixed(2)} K${suffix}`;
  let value = bytes;
  let unit = 0;
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(2)} ${UNITS[unit]}${suffix}`;
}

function share(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : `${(value * 100).toFixed(2)} %`;
}

const HEAD =
  ' PRIO     USER   DISK READ  DISK WRITE   CANCELLED SWAPIN     IO WAITS FOR           CAUSED                         COMMAND';

export class BatchText {
  private readonly options: TopOptions;
  private readonly byThread: boolean;
  private samples = 0;

  constructor(options: TopOptions) {
    this.options = options;
    this.byThread = options.processes !== true;
  }

  /** One sample with its heads, a line break behind each line. */
  text(sample: TopSample, totals: Totals): string {
    const { quiet, time } = this.options;
    const isFirst = this.samples === 0;
    this.samples += 1;
    const rows = this.rows(sample, totals);
    const lines: string[] = [];
    if (quiet < 3) lines.push(...this.summary(sample, rows));
    if (quiet === 0 || (quiet === 1 && isFirst)) lines.push(pad(this.byThread ? 'TID' : 'PID', 6, 'right') + HEAD);
    for (const row of rows) lines.push(this.line(row));
    const stamp = time ? `${sample.at.slice(11, 19)} ` : '';
    return lines.map((line) => `${stamp}${harmless(line).trimEnd()}\n`).join('');
  }

  private rows(sample: TopSample, totals: Totals): Row[] {
    const { accumulated, only } = this.options;
    const isFiltered = this.options.pids.length + this.options.users.length > 0;
    return (accumulated ? totals.rows() : rowsOf(sample, true))
      .filter((row) => (row.process ? isAsked(this.options, row.process) : !isFiltered))
      .filter((row) => !only || activityOf(row) > 0)
      .toSorted((a, b) => activityOf(b) - activityOf(a) || (a.process?.pid ?? 0) - (b.process?.pid ?? 0));
  }

  private summary(sample: TopSample, rows: readonly Row[]): string[] {
    const { options } = this;
    const sum = (of: (row: Row) => number | null): number => rows.reduce((all, row) => all + (of(row) ?? 0), 0);
    const devices = (of: 'readBytes' | 'writeBytes'): number =>
      sample.devices.reduce((all, device) => all + device[of], 0) / sample.seconds;
    const field = (text: string): string => pad(text, 12, 'right');
    const note = sample.attribution.note;
    return [
      `  Total DISK READ:${field(
        amount(
          sum(({ read }) => read),
          options,
        ),
      )} |   Total DISK WRITE:${field(
        amount(
          sum(({ write }) => write),
          options,
        ),
      )}`,
      `Current DISK READ:${field(amount(devices('readBytes'), options, true))} | Current DISK WRITE:${field(amount(devices('writeBytes'), options, true))}`,
      ...(note === null ? [] : [`Note: ${note}`]),
    ];
  }

  private line({ process, name, read, write, cancelled, caused }: Row): string {
    const { options } = this;
    const field = (value: number | null): string => pad(amount(value, options), 11, 'right');
    const waits = process?.waits ? `${process.waits.state} ${Math.round(process.waits.share * 100)}%` : '-';
    const moved = caused.map((one) => `${one.device} ${amount(one.bytes, options).trimEnd()}`).join(', ');
    return [
      pad(process ? String(process.tid ?? process.pid) : '-', 6, 'right'),
      pad(process?.priority ?? '-', 4),
      pad(process?.user ?? '-', 8),
      field(read),
      field(write),
      field(cancelled),
      pad(share(process?.swapIn), 6, 'right'),
      pad(share(process?.blockIo), 6, 'right'),
      pad(waits, 19),
      pad(moved === '' ? '-' : moved, 30),
      process?.ended === true ? `${name} (ended)` : name,
    ].join(' ');
  }
}
