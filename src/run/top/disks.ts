// The disks of the machine from one sample to the next, by /proc/diskstats and iostat's own formulas; partitions count with their disk.

import { parseDiskstats } from '../../base/procfs/diskstats.js';
import type { OpenFiles } from '../../capture/files.js';
import { WholeDisks } from '../../capture/whole-disks.js';
import { countsOf, sectorsBetween, wasUsed, type Counts } from '../../tools/iostat/counts.js';
import { meanWait, operations, queueLength, utilisation, type Stretch } from '../../tools/iostat/figures.js';
import type { TopDevice } from '../../model/top.js';

/** One disk between two samples. */
export interface DiskStretch {
  /** 'MAJOR:MINOR'. */
  readonly id: string;
  readonly name: string;
  readonly figures: Omit<TopDevice, 'parts' | 'layer'>;
}

interface Kept {
  readonly name: string;
  readonly counts: Counts;
}

export class Disks {
  private readonly files: OpenFiles;
  private readonly wholes: WholeDisks;
  private before = new Map<string, Kept>();
  private atNs = 0n;

  constructor(files: OpenFiles, root = '') {
    this.files = files;
    this.wholes = new WholeDisks(root);
  }

  /** The disks that ever did anything, since the last call; none at the first. */
  read(nowNs: bigint): DiskStretch[] {
    const centiseconds = Number(nowNs - this.atNs) / 1e7;
    const now = new Map<string, Kept>();
    const stretches: DiskStretch[] = [];
    for (const { id, name, values } of parseDiskstats(this.files.read('/proc/diskstats').toString('latin1'))) {
      const counts = countsOf(values);
      if (!wasUsed(counts) || !this.wholes.has(name)) continue;
      now.set(id, { name, counts });
      // One that is new since the last sample has done all that it did since then.
      const before = this.before.get(id)?.counts ?? (this.atNs === 0n ? counts : countsOf([]));
      stretches.push({
        id,
        name,
        figures: figuresOf({ name, label: name, before, now: counts, disks: 1, centiseconds }),
      });
    }
    const isFirst = this.atNs === 0n;
    this.before = now;
    this.atNs = nowNs;
    return isFirst ? [] : stretches;
  }
}

function figuresOf(stretch: Stretch): DiskStretch['figures'] {
  const { name, before, now, centiseconds } = stretch;
  const bytes = (field: 'rd_sectors' | 'wr_sectors') => sectorsBetween(before, now, field) * 512;
  const done = operations(stretch);
  return {
    name,
    readBytes: bytes('rd_sectors'),
    writeBytes: bytes('wr_sectors'),
    operations: Math.round((done * centiseconds) / 100),
    queueDepth: queueLength(stretch),
    waitMs: done > 0 ? meanWait(stretch) : null,
    busy: utilisation(stretch) / 100,
  };
}
