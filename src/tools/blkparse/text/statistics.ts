// The figures after the last line: per process with `-s`, then per device its CPUs, their total, throughput and skips.
// The layout, the names cut to their columns and the arithmetic (divisions, units that stop at P) are blkparse 1.2.0's.

import type { DeviceState } from '../devices.js';
import { IoStats, type Direction, type Figure } from '../io-stats.js';
import type { ProcessStats, ProcessTable } from '../processes.js';
import type { Time } from '../track-memory.js';
import { compareVersions } from './version-order.js';
import { fixed } from '../../fixed.js';

const UNITS = ['', 'K', 'M', 'G', 'P'] as const;
const GAP = ' '.repeat(8);

/** Figures are unsigned 64-bit numbers: what falls below zero wraps. */
function unsigned(value: Time): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

export class Statistics {
  private readonly group: (digits: string) => string;
  private readonly lines: string[] = [];

  /** `grouped`: whether thousands are separated, which blkparse does where the locale en_US is installed. */
  constructor(grouped: boolean) {
    this.group = grouped ? (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ',') : (digits) => digits;
  }

  /** Everything as text of characters below 256. `complain` gets the skipped ranges, where they are asked for. */
  render(
    devices: readonly DeviceState[],
    processes: ProcessTable | undefined,
    perDevice: boolean,
    complain: ((message: string) => void) | undefined,
  ): string {
    if (processes) this.processes(processes);
    if (perDevice) {
      for (const [index, device] of devices.entries()) {
        if (index > 0) this.lines.push('\n');
        this.device(device, complain);
      }
    }
    return this.lines.join('');
  }

  private processes(table: ProcessTable): void {
    const rows = table.list.toSorted(
      (a, b) => compareVersions(a.process.key, b.process.key) || (a.process.pid | 0) - (b.process.pid | 0),
    );
    for (const row of rows) {
      const { key, pid } = row.process;
      this.block(`${key} (${pid}${row.moreThanOne ? ', ...' : ''})`, row.stats);
      this.waits(row);
    }
    this.lines.push('\n');
  }

  private device(device: DeviceState, complain: ((message: string) => void) | undefined): void {
    const name = device.name ?? device.numberText;
    const total = new IoStats();
    const cpus = device.allCpus().filter(({ seen }) => seen > 0);
    for (const { cpu, stats } of cpus) {
      total.addAll(stats);
      this.block(`CPU${cpu} (${name.slice(0, 31)}):`, stats, device.maxDepth);
    }
    if (cpus.length > 1) {
      this.lines.push('\n');
      this.block(`Total (${name.slice(0, 31)}):`, total);
    }
    const milliseconds = BigInt.asUintN(64, device.lastTime - device.firstTime) / 1_000_000n;
    const rate = (direction: Direction) => this.rate(total, direction, milliseconds);
    this.lines.push(`\nThroughput (R/W): ${rate(0)}KiB/s / ${rate(1)}KiB/s\n`);
    this.lines.push(`Events (${name.slice(0, 47)}): ${this.plain(device.events)} entries\n`);
    this.skips(device, complain);
  }

  /** The bytes below one KiB count as if there were a thousand of them in a KiB·s/ms: blkparse's own formula. */
  private rate(total: IoStats, direction: Direction, milliseconds: bigint): string {
    if (milliseconds === 0n) return '0';
    const whole = unsigned(total.get('completedKib', direction));
    const rest = unsigned(total.get('completedRest', direction));
    return this.group((BigInt.asUintN(64, 1000n * whole + rest) / milliseconds).toString());
  }

  private skips(device: DeviceState, complain: ((message: string) => void) | undefined): void {
    const ranges = device.allCpus().flatMap(({ skips }) => skips.ranges);
    let lost = 0;
    for (const { start, end } of ranges) {
      lost += end - start + 1;
      complain?.(`(${device.number >>> 20},${device.number & 0xfffff}): skipping ${start} -> ${end}`);
    }
    // A range that blkparse has halved may count -1, which makes an unsigned number that wraps.
    const all = Number(unsigned(device.events + lost));
    const share = ranges.length === 0 && device.events === 0 ? 0 : 100 * (Number(unsigned(lost)) / all);
    this.lines.push(
      `Skips: ${this.plain(ranges.length)} forward (${this.plain(lost)} - ${fixed(share, 1).padStart(5)}%)\n`,
    );
  }

  /** The block of one CPU, process or total; the depth stands with a CPU only. */
  private block(title: string, stats: IoStats, depth?: readonly number[]): void {
    const count = (figure: Figure, direction: Direction) => this.size(stats.get(figure, direction), 0);
    const amount = (figure: Figure, direction: Direction) => `${this.size(kib(stats, figure, direction), 1)}iB`;
    const both = (name: string, figure: Figure, direction: Direction, kibOf: Figure = figure) =>
      `${name}${count(figure, direction)}, ${amount(kibOf, direction)}`;
    const { lines } = this;
    lines.push(`${title}\n`);
    lines.push(`${both(' Reads Queued:    ', 'queued', 0)}\t${both(' Writes Queued:    ', 'queued', 1)}\n`);
    lines.push(`${both(' Read Dispatches: ', 'issued', 0)}\t${both(' Write Dispatches: ', 'issued', 1)}\n`);
    lines.push(` Reads Requeued:  ${count('requeued', 0)}\t\t Writes Requeued:  ${count('requeued', 1)}\n`);
    lines.push(`${both(' Reads Completed: ', 'completed', 0)}\t${both(' Writes Completed: ', 'completed', 1)}\n`);
    lines.push(`${both(' Read Merges:     ', 'merged', 0)}\t${both(' Write Merges:     ', 'merged', 1)}\n`);
    if (depth) {
      lines.push(
        ` Read depth:      ${this.plain(depth[0] ?? 0, 8)}${GAP}\t Write depth:      ${this.plain(depth[1] ?? 0, 8)}\n`,
      );
    }
    if (hasCommands(stats)) {
      lines.push(`${both(' PC Reads Queued: ', 'pcQueued', 0)}\t${both(' PC Writes Queued: ', 'pcQueued', 1)}\n`);
      lines.push(`${both(' PC Read Disp.:   ', 'pcIssued', 0)}\t${both(' PC Write Disp.:   ', 'pcIssued', 1)}\n`);
      lines.push(` PC Reads Req.:   ${count('pcRequeued', 0)}\t\t PC Writes Req.:   ${count('pcRequeued', 1)}\n`);
      lines.push(` PC Reads Compl.: ${count('pcCompleted', 0)}\t\t PC Writes Compl.: ${count('pcCompleted', 1)}\n`);
    }
    lines.push(
      ` IO unplugs:      ${this.plain(stats.unplugs(0), 8)}${GAP}\t Timer unplugs:    ${this.plain(stats.unplugs(1), 8)}\n`,
    );
  }

  private waits({ allocation, dispatch, completion }: ProcessStats): void {
    for (const [name, waits] of [
      ['Allocation wait:', allocation],
      ['Dispatch wait:', dispatch],
      ['Completion wait:', completion],
    ] as const) {
      const reads = this.microseconds(waits[0] ?? 0);
      const writes = this.microseconds(waits[1] ?? 0);
      this.lines.push(` ${name.padEnd(17)}${reads}${GAP}\t ${name.padEnd(18)}${writes}\n`);
    }
  }

  private microseconds(nanoseconds: Time): string {
    if (Number.isNaN(nanoseconds)) return '?'.padStart(8);
    return this.group((unsigned(nanoseconds) / 1000n).toString()).padStart(8);
  }

  private plain(value: number, width = 0): string {
    return this.group(unsigned(value).toString()).padStart(width);
  }

  /** At most 1,000,000 of its unit: beyond, a thousand becomes one of the next. */
  private size(value: number, unit: number): string {
    let rest = unsigned(value);
    let index = unit;
    while (rest > 1_000_000n && index < UNITS.length - 1) {
      rest /= 1000n;
      index += 1;
    }
    return `${this.group(rest.toString()).padStart(8)}${UNITS[index] ?? ''}`;
  }
}

const KIB: Readonly<Partial<Record<Figure, readonly [kib: Figure, rest: Figure]>>> = {
  queued: ['queuedKib', 'queuedRest'],
  issued: ['issuedKib', 'issuedRest'],
  completed: ['completedKib', 'completedRest'],
  merged: ['mergedKib', 'mergedRest'],
  pcQueued: ['pcQueuedKib', 'pcQueuedRest'],
  pcIssued: ['pcIssuedKib', 'pcIssuedRest'],
};

/** Whole KiB, with those that the remainders make together. A negative remainder wraps before it is divided. */
function kib(stats: IoStats, figure: Figure, direction: Direction): number {
  const [whole, rest] = KIB[figure] ?? ['queuedKib', 'queuedRest'];
  return stats.get(whole, direction) + Number(unsigned(stats.get(rest, direction)) >> 10n);
}

function hasCommands(stats: IoStats): boolean {
  return (['pcQueued', 'pcIssued', 'pcRequeued', 'pcCompleted'] as const).some(
    (figure) => stats.get(figure, 0) > 0 || stats.get(figure, 1) > 0,
  );
}
