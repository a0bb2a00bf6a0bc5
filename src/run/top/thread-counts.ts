// What each thread of a process has made storage do, by /proc/PID/task/TID/io, and waited for it, by its stat: for the lines of threads, asked only of
// processes that did something.

import { parsePidIo } from '../../base/procfs/pid-io.js';
import { parsePidStat, type PidStat } from '../../base/procfs/pid-stat.js';
import { listFolder, type OpenFiles, readText } from '../../capture/files.js';
import { monotonicNs } from '../../base/clock.js';
import { growthBetween, type Counted, type Growth } from './processes.js';

/** Threads of one process that are asked. */
const MOST = 256;

export interface ThreadGrowth {
  readonly tid: number;
  readonly stat: PidStat;
  /** Undefined where this look was the first. */
  readonly growth: Growth | undefined;
}

interface Kept {
  readonly stat: PidStat;
  readonly io: Counted | undefined;
  readonly ns: bigint;
}

export class ThreadCounts {
  private readonly files: OpenFiles;
  private before = new Map<number, Kept>();
  private now = new Map<number, Kept>();

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
        const now = { stat, io, ns: monotonicNs() };
        this.now.set(tid, now);
        const isSame = before?.stat.startTicks === stat.startTicks;
        return [{ tid, stat, growth: before && isSame ? growthBetween(before, now) : undefined }];
      });
  }
}
