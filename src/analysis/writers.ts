// Who wrote and read how much on which disk. What the flusher wrote is split over the processes that made the inode's pages dirty,
// in proportion to their pages; what nobody can be named for stays visible, so that the sum over origins is the disk's bytes.

import type { Writer } from '../model/diagnosis.js';
import type { Measures } from './measures.js';
import { KIND } from './requests.js';

/** Origins below this share of a disk's bytes are left out of the table. */
const LEAST_SHARE = 0.001;

export function writersOf(m: Measures): Writer[] {
  const { requests, origins, topology } = m;
  if (!requests || !origins) return [];
  const sums = new Map<string, { disk: number; origin: number; writeBytes: number; readBytes: number }>();
  const perDisk = new Float64Array(requests.disks.length);
  const add = (disk: number, origin: number, kind: number, bytes: number) => {
    const key = `${disk} ${origin}`;
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = { disk, origin, writeBytes: 0, readBytes: 0 }));
    if (kind === KIND.read) sum.readBytes += bytes;
    else sum.writeBytes += bytes;
    perDisk[disk] = (perDisk[disk] ?? 0) + bytes;
  };
  for (let row = 0; row < requests.length; row += 1) {
    const kind = requests.kind[row] ?? 0;
    if (kind !== KIND.read && kind !== KIND.write) continue;
    const disk = requests.disk[row] ?? 0;
    const bytes = requests.bytes[row] ?? 0;
    const shares = origins.inodeShares.get(requests.inode[row] ?? -1);
    if (shares) for (const { origin, share } of shares) add(disk, origin, kind, bytes * share);
    else add(disk, origins.of[row] ?? 0, kind, bytes);
  }
  return [...sums.values()]
    .map(({ disk, origin, writeBytes, readBytes }) => {
      const from = origins.list[origin];
      return {
        device: topology.name(requests.disks[disk] ?? ''),
        process: from?.name || 'unknown',
        pid: from?.pid ?? null,
        writeBytes: Math.round(writeBytes),
        readBytes: Math.round(readBytes),
        share: (writeBytes + readBytes) / Math.max(1, perDisk[disk] ?? 0),
        via: from?.via ?? ('unattributed' as const),
      };
    })
    .filter((writer) => writer.share >= LEAST_SHARE)
    .sort((a, b) => a.device.localeCompare(b.device) || b.share - a.share);
}
