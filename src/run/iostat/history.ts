// What a run of iostat has shown of each disk, as lines over time: requests, bytes, waits and queue depth. It stays of one size however long the run is:
// when it is full, each two steps become one.

import type { Chart, ChartLine, Charts } from '../../model/charts.js';
import { meanWait, operations, queueLength, rate, type Stretch } from '../../tools/iostat/figures.js';
import type { Shown } from '../../tools/iostat/report.js';

export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** What a value of it is called where there is room for little. */
  readonly short: string;
  readonly of: (stretch: Stretch) => number;
}

/** Sectors of 512 bytes in a MB of 1000 kB. */
const SECTORS_A_MB = 1e6 / 512;

export const MEASURES: readonly Measure[] = [
  { id: 'iops', title: 'Requests', unit: 'IOPS', short: 'IOPS', of: operations },
  {
    id: 'throughput',
    title: 'Throughput',
    unit: 'MB/s',
    short: 'MB/s',
    of: (stretch) => (rate(stretch, 'rd_sectors') + rate(stretch, 'wr_sectors')) / SECTORS_A_MB,
  },
  // Of no request there is no wait.
  {
    id: 'await',
    title: 'Wait of a request',
    unit: 'ms',
    short: 'ms',
    of: (stretch) => (operations(stretch) > 0 ? meanWait(stretch) : NaN),
  },
  { id: 'depth', title: 'Queue depth', unit: 'requests', short: 'queued', of: queueLength },
];

/** Steps that are kept: more than a wide screen has dots, and half of what a picture has pixels. */
const MOST_STEPS = 2400;

/** By measure, the values of each step. */
export type Lines = readonly number[][];

/** The mean of what is known of two. */
function meanOf(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : (a + b) / 2;
}

export class History {
  /** Of one of the steps that are kept. */
  stepMs: number;
  /** Steps that make one of those kept, and how many of the latest one have come. */
  private each = 1;
  private part = 0;
  private steps = 0;
  private readonly disks = new Map<string, Lines>();

  constructor(intervalMs: number) {
    this.stepMs = intervalMs;
  }

  add({ rows, centiseconds }: Shown): void {
    if (this.part === 0) this.begin();
    const at = this.steps - 1;
    for (const row of rows) {
      const lines = this.linesOf(row.label);
      MEASURES.forEach(({ of }, index) => {
        const line = lines[index];
        const value = of({ ...row, centiseconds });
        const before = line?.[at] ?? NaN;
        // The mean of those that have come: n of them weigh n.
        const weighed =
          Number.isNaN(before) || Number.isNaN(value)
            ? meanOf(before, value)
            : before + (value - before) / (this.part + 1);
        if (line) line[at] = weighed;
      });
    }
    this.part = (this.part + 1) % this.each;
  }

  private begin(): void {
    if (this.steps === MOST_STEPS) this.halve();
    this.steps += 1;
    for (const lines of this.disks.values()) for (const line of lines) line.push(NaN);
  }

  private halve(): void {
    for (const lines of this.disks.values())
      for (const line of lines) {
        for (let at = 0; at < MOST_STEPS / 2; at += 1) line[at] = meanOf(line[2 * at] ?? NaN, line[2 * at + 1] ?? NaN);
        line.length = MOST_STEPS / 2;
      }
    this.steps = MOST_STEPS / 2;
    this.each *= 2;
    this.stepMs *= 2;
  }

  private linesOf(label: string): Lines {
    let lines = this.disks.get(label);
    if (!lines) {
      lines = MEASURES.map(() => Array.from<number>({ length: this.steps }).fill(NaN));
      this.disks.set(label, lines);
    }
    return lines;
  }

  /** By the disk's name, in the order in which they came. */
  get all(): ReadonlyMap<string, Lines> {
    return this.disks;
  }

  /** The same without disks that did nothing. */
  get active(): ReadonlyMap<string, Lines> {
    return new Map([...this.disks].filter(([, lines]) => lines.some((line) => line.some((value) => value > 0))));
  }

  /** One chart a measure, a line a disk. */
  charts(disks: ReadonlyMap<string, Lines>): Charts {
    const { stepMs, steps } = this;
    const charts = MEASURES.map(({ id, title, unit }, index): Chart => {
      const lines = [...disks].map(([name, all]): ChartLine => ({
        name,
        subject: name,
        values: Float64Array.from(all[index] ?? []),
      }));
      return { id, title, unit, lines };
    });
    return {
      t: Float64Array.from({ length: steps }, (_, at) => (at + 0.5) * stepMs),
      binMs: stepMs,
      proof: [],
      charts,
      bands: [],
      heatmaps: [],
      slowest: [],
      stacks: [],
    };
  }
}
