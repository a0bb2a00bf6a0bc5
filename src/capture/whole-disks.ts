// The whole disks of this machine, which partitions count with, and which of them make requests: device mapper and md pass bios on and make none.

import { existsSync } from 'node:fs';
import { listFolder, readWhole } from './files.js';

/** A kernel's name has its slash as '!' in sysfs: cciss/c0d0 of /proc/diskstats is cciss!c0d0 there. */
const folderOf = (root: string, name: string): string => `${root}/sys/block/${name.replaceAll('/', '!')}`;

/** Remembers what it has found: a partition's name never becomes a disk's. */
export class WholeDisks {
  private readonly root: string;
  private readonly whole = new Map<string, boolean>();
  private readonly requests = new Map<string, boolean>();

  constructor(root = '') {
    this.root = root;
  }

  /** Of a disk's or partition's name as /proc/diskstats has it. */
  has(name: string): boolean {
    let isWhole = this.whole.get(name);
    if (isWhole === undefined) this.whole.set(name, (isWhole = existsSync(folderOf(this.root, name))));
    return isWhole;
  }

  /** The names, as sysfs has them, of the disks that make requests. */
  makingRequests(): string[] {
    return listFolder(`${this.root}/sys/block`).filter((name) => {
      let makes = this.requests.get(name);
      if (makes === undefined) this.requests.set(name, (makes = makesRequests(folderOf(this.root, name))));
      return makes;
    });
  }
}

/** blk-mq has a folder of its queues (block/blk-mq-sysfs.c); before it, who makes requests has a scheduler chosen, '[noop] deadline' (Linux 4.20 and older). */
function makesRequests(folder: string): boolean {
  return existsSync(`${folder}/mq`) || (readWhole(`${folder}/queue/scheduler`) ?? '').includes('[');
}
