// A version 2 cgroup's io.stat, io.max and io.latency: a line a device, 'MAJ:MIN key=value key=value …'.
// Source: Documentation/admin-guide/cgroup-v2.rst, IO Interface Files. In io.max the word 'max' means no limit.

import { toInteger } from '../../base/procfs/numbers.js';
import type { DeviceId } from '../../model/counters.js';

export interface DeviceValues {
  readonly device: DeviceId;
  /** Bytes, operations, bytes/s or operations/s as the key says; a word such as 'max' is absent. */
  readonly values: ReadonlyMap<string, number>;
}

export function parseIoStat(text: string): DeviceValues[] {
  const lines: DeviceValues[] = [];
  for (const line of text.split('\n')) {
    const [device, ...pairs] = line.trim().split(/\s+/);
    if (!device || !/^\d+:\d+$/.test(device)) continue;
    const values = new Map<string, number>();
    for (const pair of pairs) {
      const equals = pair.indexOf('=');
      const value = toInteger(pair.slice(equals + 1));
      if (equals > 0 && value !== undefined) values.set(pair.slice(0, equals), value);
    }
    lines.push({ device, values });
  }
  return lines;
}
