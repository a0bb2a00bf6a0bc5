// What each thread of a process has made storage do, by /proc/PID/task/TID/io: for the lines of threads, asked only of processes that did something.

import { parsePidIo } from '../../base/procfs/pid-io.js';
import { parsePidStat, type PidStat } from '../../base/procfs/pid-stat.js';
import { listFolder, type OpenFiles, readText } from '../../capture/files.js';
import type { Counted } from './processes.js';

/** Threads of one process that are asked. */
const MOST = 256;

export interface ThreadGrowth {
  readonly tid: number;
  readonly stat: PidStat;
  /** Undefined where this look was the first. */
  readonly counted: Counted | undefined;
}

export class ThreadCounts {
  private readonly files: OpenFiles;
  private before = new Map<number, Counted>();
  private now = new Map<number, Counted>();

  constructor(files: OpenFiles) {
    this.files = files;
  }

  /** Begins a sample: threads that were not asked in the last one are new to it. */
  begin(): void {
    this.before = this.now;
    this.now = new Map();
  }

  of(pid: number): ThreadGrowth[] {
    return listFolder(`/proc/${pid}/task`)
      .slice(0, MOST)
      .flatMap((name) => {
        const folder = `/proc/${pid}/task/${name}`;
        const stat = parsePidStat(readText(this.files, `${folder}/stat`) ?? '');
        const io = parsePidIo(readText(this.files, `${folder}/io`) ?? '');
        if (!stat) return [];
        const tid = Number(name);
        const before = this.before.get(tid);
        if (io) this.now.set(tid, io);
        const counted = io &&
          before && {
            readBytes: Math.max(0, io.readBytes - before.readBytes),
            writeBytes: Math.max(0, io.writeBytes - before.writeBytes),
            cancelledBytes: Math.max(0, io.cancelledBytes - before.cancelledBytes),
          };
        return [{ tid, stat, counted }];
      });
  }
}
