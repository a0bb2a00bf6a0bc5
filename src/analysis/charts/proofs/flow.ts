// What the victim got of its disk against what limits it: bytes or requests a second, the size of requests, or how many at once.

import type { Chart, ChartLine, Direction } from '../../../model/charts.js';
import type { Shown } from '../../shown.js';
import { level, quantilePerBin, type Axis } from '../axis.js';
import { linesOfOwnDisk } from '../disks.js';
import { samplesPerBin } from '../request-lines.js';

const KIB = 1024;

function limitLine(axis: Axis, { limit }: Shown, scale: number, name: string): ChartLine[] {
  return limit ? [{ name, role: 'limit', values: level(axis, limit.value * scale) }] : [];
}

/** Throughput, or requests a second where that is what the limit counts. */
export function rateProof(shown: Shown, axis: Axis): Chart[] {
  const { at, limit, limits } = shown;
  const inBytes = limit?.unit === 'bytes/s';
  const limited: readonly Direction[] = limits === undefined ? ['reads', 'writes'] : [limits];
  const { throughput, operations } = linesOfOwnDisk(at, axis);
  // The title names the disk, and no limit counts flushes. What is not limited may be a thousand times as much, and would leave nothing to see.
  const lines = (inBytes ? throughput : operations).flatMap((line): ChartLine[] =>
    line.direction !== undefined && limited.includes(line.direction) ? [{ ...line, name: line.direction }] : [],
  );
  const name = at.disk === undefined ? 'the disk' : at.topology.name(at.disk);
  return [
    {
      id: 'proof-rate',
      title: `What ${name} was let to do against the limit`,
      unit: inBytes ? 'MB/s' : 'IOPS',
      lines: [...lines, ...limitLine(axis, shown, inBytes ? 1e-6 : 1, 'limit')],
    },
  ];
}

export function sizesProof(shown: Shown, axis: Axis): Chart[] {
  const { requests, load } = shown.at;
  if (!requests || !load) return [];
  // A flush has no size.
  const samples = samplesPerBin(shown.at, axis, (row) => requests.bytes[row] || NaN);
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
  const { at } = shown;
  if (!at.requests || !at.load) return [];
  const lines = linesOfOwnDisk(at, axis).depth.map((line) => ({ ...line, name: 'with the device' }));
  return [
    {
      id: 'proof-depth',
      title: `Requests at once on ${at.topology.name(at.load.disk)}`,
      unit: 'requests',
      lines: [...lines, ...limitLine(axis, shown, 1, 'as many as it has')],
    },
  ];
}
