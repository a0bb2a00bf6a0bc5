// Throughput, requests per second and queue depth of each disk from its requests, for want of the kernel's counters: what completed in
// a bin of time counts there, and the depth is the time that requests spent with the device over the bin's length.

import type { ChartLine } from '../../model/charts.js';
import { addToBins } from '../../base/intervals.js';
import type { Measures } from '../measures.js';
import { KIND, type Requests } from '../requests/requests.js';

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
export function linesOfRequests(m: Measures, requests: Requests, bins: number, binMs: number, most: number): DiskLines {
  const counts = requests.disks.map(() => 0);
  for (const disk of requests.disk) counts[disk] = (counts[disk] ?? 0) + 1;
  const shown = requests.disks
    .map((id, disk) => ({ id, disk, count: counts[disk] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => Number(b.id === m.disk) - Number(a.id === m.disk) || b.count - a.count)
    .slice(0, most);
  const lines = shown.map((one) => linesOfDisk(m, requests, one.disk, bins, binMs));
  return {
    throughput: lines.flatMap((one) => one.throughput),
    operations: lines.flatMap((one) => one.operations),
    depth: lines.flatMap((one) => one.depth),
  };
}

function linesOfDisk(m: Measures, requests: Requests, disk: number, bins: number, binMs: number): DiskLines {
  const empty = () => new Float64Array(bins);
  const operations = new Map<number, Float64Array>(DRAWN.map(([kind]) => [kind, empty()]));
  const throughput = new Map<number, Float64Array>(DRAWN.map(([kind]) => [kind, empty()]));
  const depth = empty();
  for (let row = 0; row < requests.length; row += 1) {
    if (requests.disk[row] !== disk) continue;
    const completed = requests.completed[row] ?? 0;
    addToBins(depth, binMs, requests.dispatched[row] ?? NaN, completed, 1 / binMs);
    if (row >= requests.answered) continue;
    const kind = requests.kind[row] ?? 0;
    const bin = Math.min(bins - 1, Math.floor(completed / binMs));
    const [count, bytes] = [operations.get(kind), throughput.get(kind)];
    if (!count || !bytes) continue;
    count[bin] = (count[bin] ?? 0) + 1000 / binMs;
    bytes[bin] = (bytes[bin] ?? 0) + (requests.bytes[row] ?? 0) / 1e6 / (binMs / 1000);
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
