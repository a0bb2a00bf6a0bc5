// A version 1 cgroup's blkio.throttle.* files: what it did by device and operation, and the limits set on it.
// Source: Documentation/admin-guide/cgroup-v1/blkio-controller.rst. Discard is counted since Linux 4.20.
//
//   io_service_bytes, io_serviced: '8:0 Read 4096', '8:0 Write 0', …, 'Total 4096'
//   read_bps_device and its like:  '8:0 1048576', a line for each device with a limit

import { toInteger } from '../../base/procfs/numbers.js';
import type { DeviceId } from '../../model/counters.js';

export interface DeviceFigure {
  readonly device: DeviceId;
  /** 'Read', 'Write', 'Sync', 'Async', 'Discard', 'Total'; '' in a file of limits. */
  readonly operation: string;
  readonly value: number;
}

export function parseBlkioThrottle(text: string): DeviceFigure[] {
  const figures: DeviceFigure[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\d+:\d+)(?: ([A-Za-z]+))? (\d+)$/.exec(line.trim());
    const value = toInteger(match?.[3]);
    if (match?.[1] !== undefined && value !== undefined)
      figures.push({ device: match[1], operation: match[2] ?? '', value });
  }
  return figures;
}
