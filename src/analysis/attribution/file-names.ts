// Inodes → names, as the recorder saw them in /proc/PID/fd, fdinfo and maps while the files were open. A file that nobody had open for
// long enough to be seen has no name, and its inode number stands for it: no folder is searched for it.

import { addToList } from '../../base/maps.js';
import type { DeviceId } from '../../model/counters.js';
import type { OpenFile } from '../../model/recording.js';
import type { Case } from '../../model/case.js';
import type { Topology } from '../machine/topology.js';
import type { Inodes } from './inodes.js';

const DELETED = ' (deleted)';

export interface FileName {
  readonly path: string;
  /** It had no name any more when it was last seen. */
  readonly deleted: boolean;
}

export class FileNames {
  private readonly byKey = new Map<string, OpenFile[]>();
  private readonly byProcess = new Map<number, { readonly file: OpenFile; readonly keys: readonly string[] }[]>();
  private readonly topology: Topology;
  private readonly inodes: Inodes;

  constructor(input: Case, topology: Topology, inodes: Inodes) {
    this.topology = topology;
    this.inodes = inodes;
    for (const file of input.files) {
      const keys = this.bdisOf(file).map((bdi) => `${bdi} ${file.inode}`);
      for (const key of keys) addToList(this.byKey, key, file);
      addToList(this.byProcess, file.pid, { file, keys });
    }
  }

  /** The bdis under whose names the kernel's events may speak of a file's filesystem. */
  private bdisOf({ device, source }: OpenFile): DeviceId[] {
    if (!device.startsWith('0:')) return [this.topology.disk(device)];
    const disk = this.topology.diskOfSource(source);
    return disk === undefined ? [] : this.inodes.bdisOn(disk).filter((bdi) => bdi !== disk);
  }

  /** The last name that an inode was seen under, in this process if it had it open. A block device's own inode is the device. */
  of(inode: number, pid: number | null): FileName | undefined {
    const [bdi = '', number = ''] = (this.inodes.keys[inode] ?? '').split(' ');
    const [major = NaN, minor = NaN] = bdi.split(':').map(Number);
    // bdev_add() in block/bdev.c: the inode number of a block device is its device number.
    if (Number(number) === major * 0x10_0000 + minor)
      return { path: `/dev/${this.topology.name(bdi)}`, deleted: false };
    const seen = this.seen(inode);
    const file = seen.findLast((one) => one.pid === pid) ?? seen.at(-1);
    if (!file) return undefined;
    const deleted = file.path.endsWith(DELETED);
    return { path: deleted ? file.path.slice(0, -DELETED.length) : file.path, deleted };
  }

  private seen(inode: number): readonly OpenFile[] {
    return this.byKey.get(this.inodes.keys[inode] ?? '') ?? [];
  }

  /** The processes that had a file open for writing, each once. */
  holders(inode: number): number[] {
    return [...new Set(this.seen(inode).flatMap(({ pid, readOnly }) => (pid === 0 || readOnly ? [] : [pid])))];
  }

  /** The loop device that a file is behind. */
  loopOn(inode: number): DeviceId | undefined {
    const name = this.seen(inode).find(({ loop }) => loop !== undefined)?.loop;
    return name === undefined ? undefined : this.topology.diskOfSource(name);
  }

  /** The one file that a process has open on a disk past the page cache; -1 where there is none or are several. */
  directFile(pid: number, disk: DeviceId): number {
    const bdis = this.inodes.bdisOn(disk);
    const found = new Set(
      (this.byProcess.get(pid) ?? []).flatMap(({ file, keys }) =>
        file.how === 'direct' ? keys.filter((key) => bdis.includes(key.split(' ')[0] ?? '')) : [],
      ),
    );
    const [key] = found;
    if (found.size !== 1 || key === undefined) return -1;
    const [bdi = '', inode = ''] = key.split(' ');
    return this.inodes.of(bdi, Number(inode));
  }
}
