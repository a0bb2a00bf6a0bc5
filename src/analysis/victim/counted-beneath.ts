// What the devices beneath the victim’s disk did for it, by counters alone: no request is seen, so a layer is its own where most of what that moved
// is what the disk above was given, with what the filesystems between add. Where it is others’, nobody knows whose requests took how long there.

import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import { BENEATH } from '../../model/thresholds/device.js';
import { diskWork } from '../machine/counted-work.js';
import type { Topology } from '../machine/topology.js';
import type { Interval } from '../../base/intervals.js';

export interface CountedLayer {
  readonly disk: DeviceId;
  /** The share of its bytes that did not come from the victim’s disk; 0 where it moved none. */
  readonly others: number;
}

/** Each device beneath a disk of which counters were recorded, the deepest first. */
export function countedLayers({ counters }: Case, topology: Topology, top: DeviceId, within: Interval): CountedLayer[] {
  const { bytes, flushes } = diskWork(counters.disks.get(top), within);
  return topology
    .beneath(top)
    .map((disk, above) => {
      const moved = diskWork(counters.disks.get(disk), within).bytes;
      // Each filesystem on the way commits for a flush.
      const passedOn = bytes + (above + 1) * flushes * BENEATH.commitBytes;
      return { disk, others: moved === 0 ? 0 : Math.max(0, 1 - passedOn / moved) };
    })
    .filter(({ others }) => !Number.isNaN(others))
    .toReversed();
}
