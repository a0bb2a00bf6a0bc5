// The distributions of `blkstats` as CSV (RFC 4180): one row a stage, for all devices, each device, each kind and each process.

import { csvCell } from '../csv-cell.js';
import type { BlockStats, StageTimes } from '../../model/block-stats.js';

const HEAD = [
  'scope',
  'device',
  'kind',
  'pid',
  'process',
  'stage',
  'count',
  'min_ns',
  'mean_ns',
  'p50_ns',
  'p90_ns',
  'p99_ns',
  'p99.9_ns',
  'max_ns',
  'total_ns',
];

function rows(scope: string, whose: readonly (string | number)[], stages: readonly StageTimes[]): string[] {
  return stages.map((one) =>
    [
      scope,
      ...whose,
      one.stage,
      one.count,
      one.minNs,
      Math.round(one.meanNs),
      Math.round(one.p50Ns),
      Math.round(one.p90Ns),
      Math.round(one.p99Ns),
      Math.round(one.p999Ns),
      one.maxNs,
      one.totalNs,
    ]
      .map(csvCell)
      .join(','),
  );
}

export function renderCsv({ overall, devices, processes }: BlockStats): string {
  return [
    HEAD.join(','),
    ...rows('all', ['', '', '', ''], overall),
    ...devices.flatMap((device) => rows('device', [device.device, '', '', ''], device.stages)),
    ...devices.flatMap((device) =>
      device.kinds.flatMap((kind) => rows('kind', [device.device, kind.kind, '', ''], kind.stages)),
    ),
    ...processes.flatMap((one) => rows('process', [one.device, '', one.pid, one.name], one.stages)),
  ].join('\n');
}
