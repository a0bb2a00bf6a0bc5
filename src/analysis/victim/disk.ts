// The disk that a victim is to be judged by: the one under the checked folder, or the one that its waits were for, or the one that served
// most of its bytes, or one that its open files lie on; where nothing of its own tells, the busiest.

import { addTo } from '../../base/maps.js';
import type { VictimDisk } from '../../model/account.js';
import type { Timeline } from '../../model/timeline.js';
import type { DeviceId } from '../../model/counters.js';
import type { Case } from '../../model/case.js';
import type { Topology } from '../machine/topology.js';
import { grownItself } from '../machine/counted-work.js';
import { growthOf } from '../machine/series.js';
import { sourcesOf, type Owners } from '../attribution/owners.js';
import type { Requests } from '../requests/requests.js';
import { factsOf, threadsOf } from '../machine/processes.js';
import { VICTIM_DISK } from '../../model/thresholds/victim.js';

/** As far as it is known before the victim's waits are. */
export function diskOf(
  input: Case,
  topology: Topology,
  requests: Requests | undefined,
  owners: Owners | undefined,
  pid: number,
): VictimDisk {
  const directory = input.manifest.plan?.directory;
  if (directory !== undefined) return { disk: topology.diskOfPath(directory), isOwn: true };
  const own = new Map<DeviceId, number>();
  const all = new Map<DeviceId, number>();
  const passedOn = new Map<DeviceId, number>();
  const isOwn = owners ? sourcesOf(owners, threadsOf(input, pid)) : new Uint8Array(0);
  for (let row = 0; row < (requests?.length ?? 0); row += 1) {
    const disk = requests?.disks[requests.disk[row] ?? 0] ?? '';
    const bytes = requests?.bytes[row] ?? 0;
    addTo(all, disk, bytes);
    for (let at = owners?.first[row] ?? 0; at < (owners?.first[row + 1] ?? 0); at += 1) {
      const share = owners?.share[at] ?? 0;
      if (isOwn[owners?.source[at] ?? 0] !== 1) continue;
      addTo(own, disk, share * bytes);
      if (requests?.passedOn[row] === 1) addTo(passedOn, disk, share * bytes);
    }
  }
  // What a device passes on is there once more beneath it, and no choice of the victim's.
  for (const [disk, bytes] of passedOn)
    for (const below of topology.beneath(disk)) if (own.has(below)) addTo(own, below, -bytes);
  const disk = mostOf(own) ?? diskOfFiles(input, topology, pid);
  if (disk !== undefined) return { disk, isOwn: true };
  if (!requests) {
    for (const [id, series] of input.counters.disks)
      if (topology.disk(id) === id) all.set(id, growthOf(series, 'rd_sectors') + growthOf(series, 'wr_sectors'));
  }
  return { disk: mostOf(all), isOwn: false };
}

function mostOf(amounts: ReadonlyMap<DeviceId, number>): DeviceId | undefined {
  return [...amounts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** The disk whose ext4 journal a thread of the kernel commits, by its name, 'jbd2/sda1-8'; undefined for others. */
function diskOfJournal(topology: Topology, thread: string): DeviceId | undefined {
  const name = /^jbd2\/(.+?)(?:-\d*)?$/.exec(thread)?.[1];
  return name === undefined ? undefined : topology.diskOfSource(name.replaceAll('!', '/'));
}

/**
 * The disk that most of a thread's waits were for: whose completions ended them, whose journal's thread did, or whose dirty pages it was paused for. `wakes` are requests by
 * segment; `pausedFor` tells the disk of a pause that begins at a time, ms. What a device beneath its own disk completes is that disk's work: the
 * device above answers only then.
 */
export function diskWaitedFor(
  segments: Timeline,
  wakes: Int32Array,
  requests: Requests,
  known: VictimDisk,
  topology: Topology,
  pausedFor: (at: number) => DeviceId | undefined,
  nameOf: (thread: number) => string,
): VictimDisk | undefined {
  const beneath = new Set(known.isOwn && known.disk !== undefined ? topology.beneath(known.disk) : []);
  const waited = new Map<DeviceId, number>();
  const add = (waitedFor: DeviceId, ms: number) =>
    addTo(waited, beneath.has(waitedFor) ? (known.disk ?? waitedFor) : waitedFor, ms);
  const journals = new Map<number, DeviceId | undefined>();
  const journalOf = (thread: number) => {
    if (!journals.has(thread)) journals.set(thread, diskOfJournal(topology, nameOf(thread)));
    return journals.get(thread);
  };
  for (const [index, row] of wakes.entries()) {
    const completed = row < 0 ? undefined : requests.disks[requests.disk[row] ?? 0];
    // Whatever completed on that CPU meanwhile, a journal's thread lets those go who waited for its own commit.
    const waitedFor = journalOf(segments.at(index)?.wokenBy ?? 0) ?? completed;
    if (waitedFor !== undefined) add(waitedFor, (segments.to[index] ?? NaN) - (segments.from[index] ?? NaN));
  }
  for (const { from, to } of segments.timesIn(['dirty-throttle'])) {
    const disk = pausedFor(from);
    if (disk !== undefined) add(disk, to - from);
  }
  const disk = mostOf(waited);
  return disk === undefined ? undefined : { disk, isOwn: true };
}

/** What a process surely moved on disks, bytes: reads, and of its writes what no memory can hold any more. */
interface Moved {
  readonly read: number;
  readonly written: number;
}

function movedBy({ counters, facts, pageBytes }: Case, pid: number): Moved {
  const process = counters.processes.get(pid);
  const grown = (name: string) => grownItself(process, [name]);
  const inMemory = ['nr_dirty', 'nr_writeback'].reduce(
    (sum, name) => sum + (counters.vmstat.columns.get(name)?.at(-1) ?? NaN),
    0,
  );
  // A filesystem that compresses writes less than was written to it, and reads are counted as they are asked of the disk.
  const isCompressed = facts.some(({ mounts }) => mounts.some(({ options }) => /compress/.test(options)));
  const written = grown('write_bytes') - grown('cancelled_write_bytes') - inMemory * pageBytes;
  return { read: grown('read_bytes'), written: isCompressed ? NaN : written };
}

/** True where a disk did too little for the process’s bytes to have gone there, in either direction that tells. */
function tookTooLittle({ counters }: Case, disk: DeviceId, { read, written }: Moved): boolean {
  const { leastBytes, leastTaken } = VICTIM_DISK;
  const series = counters.disks.get(disk);
  const told = [
    { moved: read, sectors: growthOf(series, 'rd_sectors') },
    { moved: written, sectors: growthOf(series, 'wr_sectors') },
  ].filter(({ moved }) => moved >= leastBytes);
  return told.length > 0 && told.every(({ moved, sectors }) => sectors * 512 < leastTaken * moved);
}

/**
 * Of the disks of a process's open files the one that was most at work, or else the first; its program, pipes and other devices don't count. One on which
 * nothing but a log lies did not move what the process moved, and where none of them did that, another has. A
 * process that is held up while it opens its file may name it on its command line; one without a file has chosen a folder to stand in.
 */
function diskOfFiles(input: Case, topology: Topology, pid: number): DeviceId | undefined {
  const found = factsOf(input, pid);
  const named = found.flatMap(({ command }) => [...command.matchAll(/[ =](\/[^\s,]+)/g)].map(([, path = '']) => path));
  const mounted = named.filter((path) => (topology.mountPointOf(path) ?? '/') !== '/');
  const disksOf = (paths: readonly string[]) =>
    // The root is where a service stands that chose nothing, and of devices only disks count.
    paths.flatMap((path) => {
      const isNode = path.startsWith('/dev/');
      if (!isNode && /^\/((proc|sys|run)\/|$)/.test(path)) return [];
      if (isNode) return topology.diskOfSource(path) ?? [];
      return [topology.diskOfPath(path) ?? [], topology.logOfPath(path) ?? []].flat();
    });
  const all = disksOf([...mounted, ...found.flatMap(({ openFiles = [] }) => openFiles)]);
  const moved = movedBy(input, pid);
  const isAble = (id: DeviceId) => !tookTooLittle(input, id, moved);
  const able = all.filter(isAble);
  if (able.length === 0 && all.length > 0 && [...input.counters.disks.keys()].some(isAble)) return undefined;
  const disks = able.length > 0 ? able : all;
  const busy = new Map(disks.map((id) => [id, growthOf(input.counters.disks.get(id), 'io_ticks')]));
  const atWork = new Map([...busy].filter(([, ms]) => ms >= VICTIM_DISK.atWorkShare * input.durationMs));
  return mostOf(atWork) ?? disks[0] ?? disksOf(found.flatMap(({ folder = '/' }) => folder))[0];
}
