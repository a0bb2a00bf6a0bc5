// Which devices have nothing to do with the disks that are asked about, as filters by which the kernel tells nothing of them: following what others do
// costs more than all the rest. They name what is left out and not what is kept, so that a device that comes is told of from its first request on.
// Source: Documentation/trace/events.rst, event filtering; include/trace/events/block.h and writeback.h.

import type { Topology } from '../../analysis/machine/topology.js';
import type { BlockDevice } from '../../model/facts.js';

export interface Unrelated {
  /** Of events of requests and bios; '0' where nothing is left out. */
  readonly requests: string;
  /** Of events of pages made dirty, which name the disk of their filesystem, or the filesystem itself where that has no disk of its own. */
  readonly pages: string;
}

/** A filter is a page of text at most (trace_events_filter.c), and a device takes twenty characters of it. */
const MOST_DEVICES = 100;

/** All but these disks, with their partitions, and whatever stands on them. Nothing is left out where the facts do not know one of them. */
export function unrelatedTo(disks: ReadonlySet<string>, topology: Topology): Unrelated {
  const devices = [...(topology.facts?.devices.values() ?? [])];
  const asked = devices.filter(({ name }) => disks.has(name)).map(({ id }) => topology.disk(id));
  const related = new Set(asked.flatMap((id) => [id, ...topology.above(id)]));
  const isOther = ({ id, backingFile, beneath }: BlockDevice): boolean =>
    // What a loop device stands on may be hidden from us.
    !related.has(id) && !related.has(topology.disk(id)) && (backingFile === undefined || beneath.length > 0);
  const others = asked.length < disks.size ? [] : devices.filter(isOther).slice(0, MOST_DEVICES);
  const filter = (conditions: readonly string[]): string => (conditions.length === 0 ? '0' : conditions.join(' && '));
  return {
    requests: filter(others.map(({ id }) => `dev != ${kernelNumber(id)}`)),
    pages: filter(others.filter(({ id }) => topology.disk(id) === id).map(({ id }) => `name != "${id}"`)),
  };
}

/** Of 'MAJOR:MINOR': 12 bits and 20 (include/linux/kdev_t.h). */
function kernelNumber(id: string): number {
  const [major = 0, minor = 0] = id.split(':').map(Number);
  return major * 0x10_0000 + minor;
}
