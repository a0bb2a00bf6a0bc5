// What the victim got of its disk against what limits it: bytes or requests a second, the size of requests, or how many at once.

import { addToBins } from '../../../base/intervals.js';
import type { Chart, ChartLine } from '../../../model/charts.js';
import type { Measures } from '../../measures.js';
import { KIND } from '../../requests/requests.js';
import { binAt, level, quantilePerBin, ratePerBin, type Axis } from '../axis.js';
import type { Shown } from '../shown.js';

const KIB = 1024;
const NAMED = [
  [KIND.write, 'writes'],
  [KIND.read, 'reads'],
] as const;

function limitLine(axis: Axis, { limit }: Shown, scale: number, name: string): ChartLine[] {
  return limit ? [{ name, role: 'limit', values: level(axis, limit.value * scale) }] : [];
}

/** Throughput, or requests a second where that is what the limit counts. */
export function rateProof(shown: Shown, axis: Axis): Chart[] {
  const { at, limit } = shown;
  const inBytes = limit?.unit === 'bytes/s';
  const scale = inBytes ? 1e-6 : 1;
  const lines = fromRequests(at, axis, inBytes, scale) ?? fromCounters(at, axis, inBytes, scale);
  const name = at.disk === undefined ? 'the disk' : at.topology.name(at.disk);
  return [
    {
      id: 'proof-rate',
      title: `What ${name} was let to do against the limit`,
      unit: inBytes ? 'MB/s' : 'IOPS',
      lines: [...lines, ...limitLine(axis, shown, scale, 'limit')],
    },
  ];
}

function fromRequests(at: Measures, axis: Axis, inBytes: boolean, scale: number): ChartLine[] | undefined {
  const { requests, load } = at;
  if (!requests || !load) return undefined;
  const subject = at.topology.name(load.disk);
  return NAMED.flatMap(([kind, direction]): ChartLine[] => {
    const values = new Float64Array(axis.bins);
    for (const row of load.rows) {
      if (requests.kind[row] !== kind || row >= requests.answered) continue;
      const bin = binAt(axis, requests.completed[row] ?? 0);
      const amount = (inBytes ? (requests.bytes[row] ?? 0) : 1) * (requests.weight[row] ?? 1);
      values[bin] = (values[bin] ?? 0) + (amount * scale * 1000) / axis.binMs;
    }
    return values.some((value) => value > 0) ? [{ name: direction, subject, direction, values }] : [];
  });
}

function fromCounters(at: Measures, axis: Axis, inBytes: boolean, scale: number): ChartLine[] {
  const series = at.disk === undefined ? undefined : at.input.counters.disks.get(at.disk);
  if (!series || at.disk === undefined) return [];
  const subject = at.topology.name(at.disk);
  const columns = [
    ['writes', inBytes ? 'wr_sectors' : 'wr_ios'],
    ['reads', inBytes ? 'rd_sectors' : 'rd_ios'],
  ] as const;
  return columns.flatMap(([direction, name]): ChartLine[] => {
    const column = series.columns.get(name);
    if (!column || column.at(-1) === column[0]) return [];
    return [
      { name: direction, subject, direction, values: ratePerBin(axis, series, column, scale * (inBytes ? 512 : 1)) },
    ];
  });
}

export function sizesProof(shown: Shown, axis: Axis): Chart[] {
  const { requests, load } = shown.at;
  if (!requests || !load) return [];
  const samples = Array.from({ length: axis.bins }, (): number[] => []);
  for (const row of load.rows)
    if ((requests.bytes[row] ?? 0) > 0)
      samples[binAt(axis, requests.completed[row] ?? 0)]?.push(requests.bytes[row] ?? 0);
  const inKib = (values: Float64Array) => values.map((bytes) => bytes / KIB);
  const subject = shown.at.topology.name(load.disk);
  return [
    {
      id: 'proof-sizes',
      title: `Size of the requests to ${subject}`,
      unit: 'KiB',
      logarithmic: true,
      lines: [
        { name: 'half at most', subject, values: inKib(quantilePerBin(axis, samples, 0.5)) },
        { name: 'the largest', values: inKib(quantilePerBin(axis, samples, 1)) },
        ...limitLine(axis, shown, 1 / KIB, 'the largest that is let through'),
      ],
    },
  ];
}

export function depthProof(shown: Shown, axis: Axis): Chart[] {
  const { requests, load } = shown.at;
  if (!requests || !load) return [];
  const depth = new Float64Array(axis.bins);
  for (const row of load.rows)
    addToBins(
      depth,
      axis.binMs,
      requests.dispatched[row] ?? NaN,
      requests.completed[row] ?? NaN,
      (requests.weight[row] ?? 1) / axis.binMs,
    );
  const subject = shown.at.topology.name(load.disk);
  return [
    {
      id: 'proof-depth',
      title: `Requests at once on ${subject}`,
      unit: 'requests',
      lines: [{ name: 'with the device', subject, values: depth }, ...limitLine(axis, shown, 1, 'as many as it has')],
    },
  ];
}
