// What is behind bytes → who: the process, the journal, the filesystem, the device above, or nobody that can be named, and in which file.
// The table of writers and the owners of requests both ask here, so that one report says one thing of one byte.

import { entry } from '../../base/maps.js';
import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import type { Writer } from '../../model/diagnosis.js';
import { isKernelThread, processesOf, type Processes } from '../machine/processes.js';
import type { Topology } from '../machine/topology.js';
import { UNKNOWN } from './dirty-pages.js';
import { FileNames } from './file-names.js';
import type { Inodes } from './inodes.js';
import type { Portions } from './portions.js';
import type { Source } from './sources.js';

/** Threads that write a filesystem's journal, log or tree for all its users. */
const JOURNALS = /^(jbd2\/|xfsaild|xfs-cil|xfs-log|btrfs-transacti)/;

export type Who = Omit<Writer, 'share' | 'device' | 'layer' | 'unit' | 'writeBytes' | 'readBytes'>;

export interface Named {
  readonly who: Who;
  /** The devices above that it is done for; of one alone, its own writers are to be named instead. */
  readonly above?: readonly DeviceId[];
}

export class Naming {
  readonly files: FileNames;
  private readonly topology: Topology;
  private readonly inodes: Inodes;
  private readonly processes: Processes;
  private readonly isKernel: (thread: number) => boolean;
  /** Threads that were seen to make pages of an inode dirty, by inode. */
  private readonly dirtiers = new Map<number, Set<number>>();

  constructor(input: Case, topology: Topology, { inodes, list }: Pick<Portions, 'inodes' | 'list'>) {
    this.topology = topology;
    this.inodes = inodes;
    this.processes = processesOf(input);
    this.files = new FileNames(input, topology, inodes);
    this.isKernel = (thread) => isKernelThread(input, thread);
    for (const { inode, dirtier } of list) {
      if (inode < 0 || dirtier === undefined || dirtier === UNKNOWN) continue;
      entry(this.dirtiers, inode, () => new Set<number>()).add(dirtier);
    }
  }

  /** The process of a thread; 0 for the kernel's. */
  groupOf(thread: number): number {
    return this.isKernel(thread) ? 0 : this.processes.of(thread);
  }

  /** Who is behind a source on a disk. */
  whoIs(source: Source, disk: DeviceId): Named {
    const { queuer, dirtier, inode, meta } = source;
    if (queuer === 0) return this.nobody('unknown', inode);
    const queuedByKernel = this.isKernel(queuer);
    if (meta) return { who: queuedByKernel ? this.structure(queuer) : this.process(queuer, 'metadata', -1) };
    if (dirtier === undefined) {
      if (!queuedByKernel) return { who: this.process(queuer, 'direct', inode) };
      // Older kernels don't mark a journal's blocks as metadata, and none marks a flush so.
      if (this.isJournal(queuer)) return { who: this.structure(queuer) };
      return this.forAbove(disk, inode) ?? this.nobody(this.processes.name(queuer), inode);
    }
    if (dirtier === UNKNOWN) {
      if (!queuedByKernel) return { who: this.process(queuer, 'direct', inode) };
      const holder = this.holder(inode);
      return holder === undefined ? this.nobody('flusher', inode) : { who: this.process(holder, 'holder', inode) };
    }
    if (this.isKernel(dirtier)) {
      if (this.isJournal(dirtier) || this.isDevice(inode)) return { who: this.structure(dirtier) };
      return this.forAbove(disk, inode) ?? this.nobody('kernel', inode);
    }
    const own = this.processes.of(dirtier) === this.processes.of(queuer);
    return { who: this.process(dirtier, own ? 'direct' : 'flushed', inode) };
  }

  /** A thread of the only program that was seen to write a file, or else to have it open for that. */
  private holder(inode: number): number | undefined {
    const writers = [...(this.dirtiers.get(inode) ?? [])];
    const seen = writers.length > 0 ? writers : this.files.holders(inode);
    const [first] = seen;
    if (first === undefined || seen.some((thread) => this.isKernel(thread))) return undefined;
    const name = (thread: number) => this.processes.name(this.processes.of(thread));
    return seen.every((thread) => name(thread) === name(first)) ? first : undefined;
  }

  private isJournal(thread: number): boolean {
    return JOURNALS.test(this.processes.name(thread));
  }

  private isDevice(inode: number): boolean {
    return this.files.of(inode, null)?.path.startsWith('/dev/') === true;
  }

  private process(thread: number, via: Writer['via'], inode: number): Who {
    const pid = this.processes.of(thread);
    return { process: this.processes.name(thread) || 'unnamed', pid, via, through: null, ...this.file(inode, pid) };
  }

  private file(inode: number, pid: number | null): Pick<Who, 'file' | 'inode' | 'deleted'> {
    if (inode < 0) return { file: null, inode: null, deleted: false };
    const name = this.files.of(inode, pid);
    return { file: name?.path ?? null, inode: this.inodes.inodeOf(inode), deleted: name?.deleted ?? false };
  }

  /** A filesystem's journal, log, tree and tables, written by a thread of the kernel for all its users. */
  private structure(thread: number): Who {
    const nothing = { pid: null, file: null, inode: null, deleted: false, through: null };
    return this.isJournal(thread)
      ? { process: `journal (${this.processes.name(thread)})`, via: 'journal', ...nothing }
      : { process: 'filesystem', via: 'metadata', ...nothing };
  }

  private nobody(name: string, inode: number): Named {
    return {
      who: { process: name || 'unknown', pid: null, via: 'unattributed', through: null, ...this.file(inode, null) },
    };
  }

  /** What a thread of the kernel writes for a device above: the one whose file it is, or the only ones that there are. */
  private forAbove(disk: DeviceId, inode: number): Named | undefined {
    const loop = inode >= 0 ? this.files.loopOn(inode) : undefined;
    const above = loop === undefined ? this.topology.above(disk) : [loop];
    if (above.length === 0) return undefined;
    const names = above.map((one) => this.topology.name(one)).join(', ');
    const who: Who = { process: names, pid: null, via: 'stacked', through: names, ...this.file(inode, null) };
    return { who, above };
  }
}
