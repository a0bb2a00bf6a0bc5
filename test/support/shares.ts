// The invariant of attribution: per device, what the shares of its requests give to each source is what the table of writers is made of.
// What completed without its dispatch seen is in the table alone, and nobody is behind it.

import type { Measures } from '../../src/analysis/measures.js';
import { KIND } from '../../src/analysis/requests/requests.js';

/** Sums of shares end in other digits than sums of bytes, bytes. */
const ROUNDING = 1;

/** Where shares and table differ, as sentences; empty where they say the same. */
export function differences({
  requests,
  owners,
  portions,
}: Pick<Measures, 'requests' | 'owners' | 'portions'>): string[] {
  if (!requests || !owners || !portions) return ['nothing to compare'];
  const byRequests = new Map<string, number>();
  const keyOf = (disk: string, queuer: number, rest: unknown) => `${disk} ${queuer} ${JSON.stringify(rest)}`;
  for (let row = 0; row < requests.answered; row += 1) {
    const kind = requests.kind[row];
    if (kind !== KIND.read && kind !== KIND.write) continue;
    const disk = requests.disks[requests.disk[row] ?? 0] ?? '';
    for (let at = owners.first[row] ?? 0; at < (owners.first[row + 1] ?? 0); at += 1) {
      const source = owners.sources[owners.source[at] ?? -1];
      if (!source) return [`request ${row} has a share of no source`];
      const key = keyOf(disk, source.queuer, [source.device, source.dirtier, source.inode, source.meta]);
      // Of a sample each stands for as many as were left out.
      const bytes = (requests.weight[row] ?? 1) * (requests.bytes[row] ?? 0);
      byRequests.set(key, (byRequests.get(key) ?? 0) + bytes * (owners.share[at] ?? 0));
    }
  }
  const byTable = new Map(
    portions.list.map(({ disk, queuer, device, dirtier, inode, meta, readBytes, writeBytes }) => [
      keyOf(disk, queuer, [device, dirtier, inode, meta]),
      readBytes + writeBytes,
    ]),
  );
  return [...new Set([...byRequests.keys(), ...byTable.keys()])].flatMap((key) => {
    const [requested, told] = [byRequests.get(key) ?? 0, byTable.get(key) ?? 0];
    const isNobody = key.split(' ')[1] === '0';
    return Math.abs(told - requested) <= ROUNDING || (isNobody && told > requested)
      ? []
      : [`${key}: ${requested} bytes by its requests, ${told} in the table`];
  });
}
