// What all disks did since the last look, from /proc/diskstats alone, at a cost that a hundred looks a second stay cheap with: one file is read,
// and only the lines that have changed are taken apart.

import { DISK_FIELDS, parseDiskstats } from '../../base/procfs/diskstats.js';
import type { OpenFiles } from '../../capture/files.js';
import { WholeDisks } from '../../capture/whole-disks.js';

export interface DiskGrowth {
  readonly name: string;
  readonly operations: number;
  readonly bytes: number;
  readonly busyMs: number;
}

const SECTOR = 512;
const at = (field: (typeof DISK_FIELDS)[number]): number => DISK_FIELDS.indexOf(field);
const OPERATIONS = [at('rd_ios'), at('wr_ios'), at('dc_ios'), at('fl_ios')];
const SECTORS = [at('rd_sectors'), at('wr_sectors')];
const BUSY = at('io_ticks');

export class DiskSamples {
  private readonly files: OpenFiles;
  private readonly wholes: WholeDisks;
  /** Null for all. */
  private readonly wanted: ReadonlySet<string> | null;
  private before: Buffer = Buffer.alloc(0);
  private lines: string[] = [];
  private readonly counts = new Map<string, readonly number[]>();

  constructor(files: OpenFiles, root: string, wanted: ReadonlySet<string> | null) {
    this.files = files;
    this.wholes = new WholeDisks(root);
    this.wanted = wanted;
  }

  /** All devices that were there in the last look, partitions among them. */
  get names(): string[] {
    return this.lines.flatMap((line) => line.trim().split(/ +/)[2] ?? []);
  }

  /** The disks that did anything; none in the first look. Throws the system's error. */
  look(): DiskGrowth[] {
    const now = this.files.read('/proc/diskstats');
    if (now.equals(this.before)) return [];
    this.before = Buffer.from(now);
    const lines = now.toString('latin1').split('\n');
    const known = new Set(this.lines);
    this.lines = lines;
    const changed = lines.filter((line) => !known.has(line));
    return [...parseDiskstats(changed.join('\n'))].flatMap(({ name, values }) => {
      if (!this.isWanted(name)) return [];
      const last = this.counts.get(name);
      this.counts.set(name, values);
      const grown = (fields: readonly number[]): number =>
        fields.reduce((sum, field) => sum + (values[field] ?? 0) - (last?.[field] ?? 0), 0);
      const growth = { name, operations: grown(OPERATIONS), bytes: grown(SECTORS) * SECTOR, busyMs: grown([BUSY]) };
      // Another disk has the name since, or a counter has wrapped: from here on it counts anew.
      const isSound = growth.operations >= 0 && growth.bytes >= 0 && growth.busyMs >= 0;
      return last && isSound ? [growth] : [];
    });
  }

  /** True where no partition is among those that are wanted. */
  get areWhole(): boolean {
    return this.wanted === null || [...this.wanted].every((name) => this.wholes.has(name));
  }

  /** Whole disks alone, where none is named: what a partition does, its disk does. */
  isWanted(name: string): boolean {
    return (this.wanted ?? this.wholes).has(name);
  }
}
