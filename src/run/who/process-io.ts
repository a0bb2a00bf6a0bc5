// What every process has read and written since it was first looked at, by /proc/PID/io: by its calls, whatever they were to, and what that asked of
// disks. A look a second, so that what a process did that has ended since is missing by a second at most.

import { parsePidIo, type PidIo } from '../../base/procfs/pid-io.js';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { readText, type OpenFiles } from '../../capture/files.js';
import { allPids } from '../../capture/process.js';

const FIELDS = ['calledWriteBytes', 'calledReadBytes', 'writeBytes', 'readBytes'] as const;
type Counts = Pick<PidIo, (typeof FIELDS)[number]>;

export interface ProcessIo extends Counts {
  readonly pid: number;
  readonly comm: string;
}

interface Seen {
  comm: string;
  readonly startTicks: number;
  readonly first: Counts;
  last: Counts;
}

/** What one had done when it began. */
const NONE: Counts = { calledWriteBytes: 0, calledReadBytes: 0, writeBytes: 0, readBytes: 0 };

export class ProcessIoWatch {
  private readonly files: OpenFiles;
  private readonly seen = new Map<string, Seen>();
  private looks = 0;
  /** Processes whose counters were refused. */
  readonly refused = new Set<number>();

  constructor(files: OpenFiles) {
    this.files = files;
  }

  /** To be called at the beginning, once a second, and at the end. */
  look(): void {
    for (const pid of allPids()) this.lookAt(pid);
    this.looks += 1;
  }

  private lookAt(pid: number): void {
    const stat = parsePidStat(this.read(pid, 'stat') ?? '');
    if (!stat || stat.kernelThread) return;
    const now = parsePidIo(this.read(pid, 'io') ?? '');
    if (!now) return;
    const key = `${pid} ${stat.startTicks}`;
    const known = this.seen.get(key);
    if (known) {
      known.last = now;
      known.comm = stat.comm;
    }
    // One that began since has done all of it since.
    else
      this.seen.set(key, {
        comm: stat.comm,
        startTicks: stat.startTicks,
        first: this.looks > 0 ? NONE : now,
        last: now,
      });
  }

  private read(pid: number, name: string): string | undefined {
    return readText(this.files, `/proc/${pid}/${name}`, () => this.refused.add(pid));
  }

  /** Those that did anything, and this process is not among them. */
  grown(): ProcessIo[] {
    return [...this.seen].flatMap(([key, { comm, first, last }]) => {
      const pid = Number(key.split(' ')[0]);
      const growth = (field: keyof Counts): number => Math.max(0, last[field] - first[field]);
      const all = FIELDS.map(growth);
      if (pid === process.pid || all.every((value) => value === 0)) return [];
      const [calledWriteBytes = 0, calledReadBytes = 0, writeBytes = 0, readBytes = 0] = all;
      return [{ pid, comm, calledWriteBytes, calledReadBytes, writeBytes, readBytes }];
    });
  }
}
