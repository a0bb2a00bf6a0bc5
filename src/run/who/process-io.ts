// What every process has read and written since it was first looked at, by /proc/PID/io: by its calls, whatever they were to, and what that asked of
// disks. A look a second, so that what a process did that has ended since is missing by a second at most.

import { readdirSync } from 'node:fs';
import { errnoOf } from '../../base/errors.js';
import { parseKeyValues } from '../../base/procfs/key-values.js';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import type { OpenFiles } from '../../capture/files.js';

export interface ProcessIo {
  readonly pid: number;
  readonly comm: string;
  readonly calledWriteBytes: number;
  readonly calledReadBytes: number;
  readonly writeBytes: number;
  readonly readBytes: number;
}

const FIELDS = ['wchar', 'rchar', 'write_bytes', 'read_bytes'] as const;
type Counts = Readonly<Record<(typeof FIELDS)[number], number>>;

interface Seen {
  comm: string;
  readonly startTicks: number;
  readonly first: Counts;
  last: Counts;
}

const NONE: Counts = { wchar: 0, rchar: 0, write_bytes: 0, read_bytes: 0 };

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
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (pid > 0) this.lookAt(pid);
    }
    this.looks += 1;
  }

  private lookAt(pid: number): void {
    const stat = parsePidStat(this.read(`/proc/${pid}/stat`) ?? '');
    if (!stat || stat.kernelThread) return;
    const text = this.read(`/proc/${pid}/io`);
    if (text === undefined) return;
    const values = parseKeyValues(text);
    const of = (field: keyof Counts): number => values.get(field) ?? 0;
    const now: Counts = {
      wchar: of('wchar'),
      rchar: of('rchar'),
      write_bytes: of('write_bytes'),
      read_bytes: of('read_bytes'),
    };
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

  private read(path: string): string | undefined {
    try {
      return this.files.readOnce(path).toString('utf8');
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      const pid = Number(path.split('/')[2]);
      if (errno === 'EACCES' || errno === 'EPERM') this.refused.add(pid);
      return undefined;
    }
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
