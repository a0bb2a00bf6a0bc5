// Whose the bytes of each device are in one step: the events of the step through the attribution, held against what the device counted. The two
// are cut at one moment: events at `t`, before /proc/diskstats is read, and the counters set back to `t` by the completions that came between.
// What no event tells of is nobody's, so that processes, the kernel's own work and nobody are the device's bytes.

import { KIND } from '../../analysis/requests/requests.js';
import { addToList } from '../../base/maps.js';
import type { DeviceId } from '../../model/counters.js';
import type { Writer } from '../../model/diagnosis.js';
import type { TopDevice, TopKernel, TopProcess } from '../../model/top.js';
import { isCompletion, walkCompletions } from '../owners/completions.js';
import type { LiveOwners } from '../owners/live-owners.js';
import type { DiskStretch } from './disks.js';

export type Caused = TopProcess['caused'][number];
type Parts = NonNullable<TopDevice['parts']>;

const SECTOR = 512;

/** One that did something in the step: by events, not by its own counters. */
export interface Owner {
  readonly pid: number;
  /** As the events have it; it may have ended. */
  readonly name: string;
  readonly caused: Caused[];
}

export interface Told {
  /** In the order of the disks, with the bytes at the moment of the cut. */
  readonly devices: readonly Pick<TopDevice, 'readBytes' | 'writeBytes' | 'parts' | 'layer'>[];
  readonly owners: ReadonlyMap<number, Owner>;
  readonly kernel: readonly TopKernel[];
  readonly note: string | undefined;
}

interface Sides {
  read: number;
  write: number;
}

export class Bytes {
  private readonly owners: LiveOwners;
  /** What was counted before the last cut's moment by the counters, and is told by events since. */
  private early = new Map<DeviceId, Sides>();

  constructor(owners: LiveOwners) {
    this.owners = owners;
  }

  /** One step: `readDisks` reads the counters; open files are noted of the `watched`. */
  step(
    readDisks: () => readonly DiskStretch[],
    watched: readonly number[],
    byThread: boolean,
  ): { readonly disks: readonly DiskStretch[]; readonly told: Told } {
    const { owners } = this;
    const read = () => {
      const disks = readDisks();
      return {
        disks,
        names: disks.map(({ name }) => name),
        operations: disks.reduce((sum, { figures }) => sum + figures.operations, 0),
      };
    };
    const { counted } = owners.step(read, () => watched);
    const told = this.told(counted.disks, owners.take(byThread), this.completedSince());
    owners.tidy();
    return { disks: counted.disks, told };
  }

  /** The completions behind the cut, by disk, in order of time. */
  private completedSince(): ReadonlyMap<DeviceId, Sides[]> {
    const { events, facts } = this.owners;
    const found = new Map<DeviceId, Sides[]>();
    walkCompletions(events.peek(isCompletion), facts.topology, (disk, kind, sectors) => {
      if (kind !== KIND.read && kind !== KIND.write) return;
      const bytes = sectors * SECTOR;
      const sides = { read: kind === KIND.read ? bytes : 0, write: kind === KIND.write ? bytes : 0 };
      addToList(found, disk, sides);
    });
    return found;
  }

  private told(disks: readonly DiskStretch[], writers: readonly Writer[], later: ReadonlyMap<DeviceId, Sides[]>): Told {
    const owners = new Map<number, Owner>();
    const kernel: TopKernel[] = [];
    const early = new Map<DeviceId, Sides>();
    const devices = disks.map((disk) => {
      const own = writers.filter(({ device }) => device === disk.name);
      const parts = { processes: 0, kernel: 0, nobody: 0 };
      const seen: Sides = { read: 0, write: 0 };
      for (const writer of own) {
        seen.read += writer.readBytes;
        seen.write += writer.writeBytes;
        parts[give(writer, owners, kernel)] += writer.readBytes + writer.writeBytes;
      }
      const before = this.early.get(disk.id) ?? { read: 0, write: 0 };
      const { readBytes, writeBytes } = disk.figures;
      const counted = { read: readBytes + before.read, write: writeBytes + before.write };
      const ahead = bestCut(counted, seen, later.get(disk.id) ?? []);
      early.set(disk.id, ahead);
      // What was completed before our first look was seen by no event.
      const bytes = {
        read: Math.max(seen.read, counted.read - ahead.read),
        write: Math.max(seen.write, counted.write - ahead.write),
      };
      const rest = bytes.read - seen.read + bytes.write - seen.write;
      parts[partOfRest(parts, rest)] += rest;
      return {
        readBytes: bytes.read,
        writeBytes: bytes.write,
        parts,
        layer: this.owners.facts.topology.layer(disk.id),
      };
    });
    this.early = early;
    return { devices, owners, kernel, note: this.owners.events.takeNote() };
  }
}

/** Devices count in sectors, so what is less is left of rounding the shares of a request, and nobody's is only what is more. */
export function partOfRest({ processes, kernel }: Parts, rest: number): keyof Parts {
  if (rest >= SECTOR) return 'nobody';
  return kernel > processes ? 'kernel' : 'processes';
}

/** Gives a writer's bytes to whom they are, and says which part of the device's they are. */
function give(writer: Writer, owners: Map<number, Owner>, kernel: TopKernel[]): keyof Parts {
  const { device, process, pid, via, readBytes, writeBytes } = writer;
  if (pid !== null) {
    let owner = owners.get(pid);
    if (!owner) owners.set(pid, (owner = { pid, name: process, caused: [] }));
    const same = owner.caused.findIndex((one) => one.device === device && one.via === via);
    const before = owner.caused[same];
    const sum = {
      device,
      via,
      readBytes: readBytes + (before?.readBytes ?? 0),
      writeBytes: writeBytes + (before?.writeBytes ?? 0),
    };
    if (same < 0) owner.caused.push(sum);
    else owner.caused[same] = sum;
    return 'processes';
  }
  if (via === 'unattributed' && process === 'unknown') return 'nobody';
  const work = workOf(writer);
  const at = kernel.findIndex((one) => one.work === work && one.device === device);
  const before = kernel[at];
  const sum = {
    work,
    device,
    readBytes: readBytes + (before?.readBytes ?? 0),
    writeBytes: writeBytes + (before?.writeBytes ?? 0),
  };
  if (at < 0) kernel.push(sum);
  else kernel[at] = sum;
  return 'kernel';
}

/** What the kernel did, in words. */
function workOf({ process, via, file }: Writer): string {
  if (via === 'stacked') return `for ${process} above`;
  if (via !== 'unattributed') return process;
  if (process === 'flusher' || process === 'kernel')
    return `${process}, owner not known${file === null ? '' : ` (${file})`}`;
  return process === 'others' ? 'many small ones together' : process;
}

/** How many of the completions behind the cut the counters had in them already: as many as fit best. */
function bestCut(counted: Sides, seen: Sides, later: readonly Sides[]): Sides {
  const excess = { read: counted.read - seen.read, write: counted.write - seen.write };
  const distance = (sum: Sides) => Math.abs(excess.read - sum.read) + Math.abs(excess.write - sum.write);
  let best: Sides = { read: 0, write: 0 };
  const sum: Sides = { read: 0, write: 0 };
  for (const { read, write } of later) {
    sum.read += read;
    sum.write += write;
    if (distance(sum) < distance(best)) best = { ...sum };
  }
  return best;
}
