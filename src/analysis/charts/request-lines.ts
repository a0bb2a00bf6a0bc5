// Throughput, requests per second and queue depth of each disk from its requests, for want of the kernel's counters: what completed in
// a bin of time counts there, and the depth is the time that requests spent with the device over the bin's length.

import type { ChartLine } from '../../model/charts.js';
import { addToBins } from '../../base/intervals.js';
import type { Measures } from '../measures.js';
import { KIND, type Requests } from '../requests/requests.js';
import { binAt, type Axis } from './axis.js';

/** Lines of one or several disks. */
export interface DiskLines {
  /** MB/s. */
  readonly throughput: readonly ChartLine[];
  /** Requests a second. */
  readonly operations: readonly ChartLine[];
  readonly depth: readonly ChartLine[];
}

/** Kinds that are drawn, with the word for each. */
const DRAWN = [
  [KIND.write, 'writes'],
  [KIND.read, 'reads'],
  [KIND.flush, 'flushes'],
] as const;

/** Lines of at most `most` disks, the victim's first, then the busiest. */
export function linesOfRequests(m: Measures, requests: Requests, axis: Axis, most: number): DiskLines {
  const counts = requests.disks.map(() => 0);
  for (const disk of requests.disk) counts[disk] = (counts[disk] ?? 0) + 1;
  const shown = requests.disks
    .map((id, disk) => ({ id, disk, count: counts[disk] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => Number(b.id === m.disk) - Number(a.id === m.disk) || b.count - a.count)
    .slice(0, most);
  const lines = shown.map((one) => linesOfDisk(m, requests, one.disk, axis));
  return {
    throughput: lines.flatMap((one) => one.throughput),
    operations: lines.flatMap((one) => one.operations),
    depth: lines.flatMap((one) => one.depth),
  };
}

export function linesOfDisk(m: Measures, requests: Requests, disk: number, axis: Axis): DiskLines {
  const { bins, binMs } = axis;
  const empty = () => new Float64Array(bins);
  const operations = new Map<number, Float64Array>(DRAWN.map(([kind]) => [kind, empty()]));
  const throughput = new Map<number, Float64Array>(DRAWN.map(([kind]) => [kind, empty()]));
  const depth = empty();
  for (let row = 0; row < requests.length; row += 1) {
    if (requests.disk[row] !== disk) continue;
    const completed = requests.completed[row] ?? 0;
    const weight = requests.weight[row] ?? 1;
    addToBins(depth, binMs, requests.dispatched[row] ?? NaN, completed, weight / binMs);
    if (row >= requests.answered) continue;
    const kind = requests.kind[row] ?? 0;
    const bin = binAt(axis, completed);
    const [count, bytes] = [operations.get(kind), throughput.get(kind)];
    if (!count || !bytes) continue;
    count[bin] = (count[bin] ?? 0) + (weight * 1000) / binMs;
    bytes[bin] = (bytes[bin] ?? 0) + (weight * (requests.bytes[row] ?? 0)) / 1e6 / (binMs / 1000);
  }
  const name = m.topology.name(requests.disks[disk] ?? '');
  const named = (values: ReadonlyMap<number, Float64Array>) =>
    DRAWN.flatMap(([kind, word]) => {
      const line = values.get(kind);
      return line?.some((value) => value > 0)
        ? [{ name: `${name} ${word}`, subject: name, direction: word, values: line }]
        : [];
    });
  return {
    throughput: named(throughput),
    operations: named(operations),
    depth: [{ name, subject: name, values: depth }],
  };
}

/** Values of rows by the bin in which each was answered; NaN is left out. */
export function samplesPerBin(m: Measures, axis: Axis, valueOf: (row: number) => number): number[][] {
  const samples = Array.from({ length: axis.bins }, (): number[] => []);
  for (const row of m.load?.rows ?? []) {
    const value = valueOf(row);
    if (!Number.isNaN(value)) samples[binAt(axis, m.requests?.completed[row] ?? 0)]?.push(value);
  }
  return samples;
}
