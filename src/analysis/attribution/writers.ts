// Who wrote and read how much on which disk, and in which file. Each portion of a disk's bytes is given to the process behind it; what
// nobody can be named for stays visible, so that the sum over a device's rows is the bytes that it completed. What a device does for one
// that stands on it is given on to the processes and files above, marked with the device that it came through: bytes are bytes of each
// layer that they pass, and only those without `through` were asked of the machine.

import { grouped } from '../../base/maps.js';
import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import type { Writer } from '../../model/diagnosis.js';
import type { Topology } from '../machine/topology.js';
import { unitsOf } from '../machine/units.js';
import { WRITERS } from '../../model/thresholds/attribution.js';
import type { DirectSample, Portion, Portions } from './portions.js';
import { Naming, type Named, type Who } from './who.js';

/** One row before it is rounded. */
type Row = Omit<Writer, 'share' | 'device' | 'layer' | 'unit'>;

/** The table of writers, device by device, most bytes first. */
export function writersOf({
  input,
  topology,
  portions,
}: {
  readonly input: Case;
  readonly topology: Topology;
  readonly portions?: Portions;
}): Writer[] {
  return portions ? new Table(input, topology, portions).rows() : [];
}

class Table {
  private readonly topology: Topology;
  private readonly portions: Portions;
  private readonly remapped: NonNullable<Case['remapped']>;
  private readonly naming: Naming;
  private readonly unitOf: ReturnType<typeof unitsOf>;
  private readonly done = new Map<DeviceId, readonly Row[]>();
  private readonly portionsOf: ReadonlyMap<DeviceId, readonly Portion[]>;
  /** By disk and process, see groupOf. */
  private readonly samplesOf: ReadonlyMap<string, readonly DirectSample[]>;

  constructor(input: Case, topology: Topology, portions: Portions) {
    this.topology = topology;
    this.portions = portions;
    this.remapped = input.remapped ?? new Map();
    this.naming = new Naming(input, topology, portions);
    this.unitOf = unitsOf(input);
    this.portionsOf = grouped(portions.list, ({ disk }) => disk);
    this.samplesOf = grouped(portions.samples, ({ disk, queuer }) => `${disk} ${this.naming.groupOf(queuer)}`);
  }

  rows(): Writer[] {
    const all = new Set(this.portions.list.map(({ disk }) => disk));
    // In a block trace nothing tells which bios of a disk came from above, so there the bytes stand at the lowest device alone.
    const disks = [...all].filter((disk) => !this.remapped.get(disk)?.some((below) => all.has(below)));
    return disks
      .map((disk) => ({ disk, name: this.topology.name(disk) }))
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap(({ disk, name }) => {
        const rows = foldSmall(this.rowsOf(disk, []));
        const sum = rows.reduce((bytes, row) => bytes + row.writeBytes + row.readBytes, 0);
        return rows
          .map((row) => ({
            device: name,
            layer: this.topology.layer(disk),
            ...row,
            unit: this.unitOf(row.pid) ?? null,
            writeBytes: Math.round(row.writeBytes),
            readBytes: Math.round(row.readBytes),
            share: Math.min(1, (row.writeBytes + row.readBytes) / Math.max(1, sum)),
          }))
          .sort((a, b) => b.share - a.share);
      });
  }

  /** A device's rows; `above` are the devices on the way down to it, so that a circle in damaged facts ends. */
  private rowsOf(disk: DeviceId, above: readonly DeviceId[]): readonly Row[] {
    const known = this.done.get(disk);
    if (known) return known;
    const rows: Row[] = [];
    for (const portion of (this.portionsOf.get(disk) ?? []).flatMap((one) => this.byFile(one))) {
      const { who, above: users = [] } = this.whoIs(portion);
      const [from] = users.length === 1 ? users : [];
      const bytes = { writeBytes: portion.writeBytes, readBytes: portion.readBytes };
      const upper =
        from === undefined || above.includes(from) || from === disk ? [] : this.rowsOf(from, [...above, disk]);
      for (const row of who.through === null ? [{ ...who, ...bytes }] : handOn(who, bytes, upper)) rows.push(row);
    }
    const merged = sumUp(rows, (row) => row);
    this.done.set(disk, merged);
    return merged;
  }

  /**
   * Direct I/O is told of its file in part: the whole goes to the files in the proportion of what was told of the same process, of all the
   * kernel's workers together, as any of them serves any device. With nothing told it is the one file that the process has open so.
   */
  private byFile(portion: Portion): Portion[] {
    const { queuer, dirtier, meta, disk } = portion;
    if (meta || dirtier !== undefined || queuer === 0) return [portion];
    const group = this.naming.groupOf(queuer);
    const samples = this.samplesOf.get(`${disk} ${group}`) ?? [];
    const [read, written] = [sumOf(samples, 'readBytes'), sumOf(samples, 'writeBytes')];
    const parts = samples.map((one) => ({
      ...portion,
      inode: one.inode,
      readBytes: read > 0 ? (portion.readBytes * one.readBytes) / read : 0,
      writeBytes: written > 0 ? (portion.writeBytes * one.writeBytes) / written : 0,
    }));
    const inode = group === 0 ? -1 : this.naming.files.directFile(group, disk);
    const readBytes = read > 0 ? 0 : portion.readBytes;
    const writeBytes = written > 0 ? 0 : portion.writeBytes;
    return [...parts, { ...portion, inode, readBytes, writeBytes }].filter((one) => one.readBytes + one.writeBytes > 0);
  }

  /** Who is behind a portion. */
  private whoIs(portion: Portion): Named {
    const found = this.naming.whoIs(portion, portion.disk);
    const member = portion.device === '' ? undefined : this.topology.memberOf(portion.device);
    if (member === undefined || found.above?.length === 1) return found;
    // Device-mapper and md pass a bio on in the thread that queued it, so what is known of it holds below as well.
    return { who: { ...found.who, via: 'stacked', through: this.topology.name(member) } };
  }
}

/** What came through a device is given to those who are behind its bytes, in their proportion. */
function handOn(who: Who, bytes: Pick<Row, 'writeBytes' | 'readBytes'>, upper: readonly Row[]): Row[] {
  const part = (row: Row, of: 'writeBytes' | 'readBytes', all: number) => (all > 0 ? (bytes[of] * row[of]) / all : 0);
  const [written, read] = [sumOf(upper, 'writeBytes'), sumOf(upper, 'readBytes')];
  const rows = upper.map((row) => ({
    ...row,
    via: 'stacked' as const,
    through: row.through === null || who.through === null ? who.through : `${who.through}, ${row.through}`,
    writeBytes: part(row, 'writeBytes', written),
    readBytes: part(row, 'readBytes', read),
  }));
  const rest = { ...who, writeBytes: written > 0 ? 0 : bytes.writeBytes, readBytes: read > 0 ? 0 : bytes.readBytes };
  return [...rows, rest].filter((row) => row.writeBytes + row.readBytes > 0);
}

function sumOf(all: readonly Pick<Row, 'writeBytes' | 'readBytes'>[], of: 'writeBytes' | 'readBytes'): number {
  return all.reduce((sum, one) => sum + one[of], 0);
}

/** Adds up the rows that are the same but for their bytes once `shorten` has left out what is not to tell them apart. */
function sumUp(rows: readonly Row[], shorten: (row: Row) => Row): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const short = shorten(row);
    const { process, pid, via, through, file, inode, deleted } = short;
    const key = JSON.stringify([process, pid, via, through, file, inode, deleted]);
    const sum = sums.get(key);
    sums.set(key, {
      ...short,
      writeBytes: (sum?.writeBytes ?? 0) + row.writeBytes,
      readBytes: (sum?.readBytes ?? 0) + row.readBytes,
    });
  }
  return [...sums.values()];
}

/** Thousands of small files and processes make one row each way, so that nothing is left out of the sum. */
function foldSmall(rows: readonly Row[]): Row[] {
  const least = WRITERS.leastShare * sumOf(rows, 'readBytes') + WRITERS.leastShare * sumOf(rows, 'writeBytes');
  const fold = (all: readonly Row[], shorten: (row: Row) => Row) => {
    const isSmall = (row: Row) => row.writeBytes + row.readBytes < least;
    return [...all.filter((row) => !isSmall(row)), ...sumUp(all.filter(isSmall), shorten)];
  };
  const byProcess = fold(rows, (row) => ({ ...row, file: null, inode: null, deleted: false }));
  return fold(byProcess, (row) => (row.pid === null ? row : { ...row, process: 'others', pid: null }));
}
