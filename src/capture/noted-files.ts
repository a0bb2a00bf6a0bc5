// Whose open files a recording notes, and how often: those of the watched, of the busy and of the recorder itself, so that the inodes of its events have names.
// What was dirty when it began was dirtied by one that may be idle now, and is told by who has the file open.

import type { OpenFile } from '../model/recording.js';
import type { CounterSampler } from './counters.js';
import { FileWatch } from './file-watch.js';
import type { Victims } from './victims.js';

/** Processes whose threads and files are noted. */
const MOST = 32;

export interface NotedFilesOptions {
  readonly tell: (file: OpenFile) => void;
  readonly sampler: Pick<CounterSampler, 'busiest' | 'busiestSoFar'>;
  readonly victims: Pick<Victims, 'living' | 'isGone' | 'listThreads'>;
  /** They are noted once in so many seconds. */
  readonly every: number;
}

export class NotedFiles {
  private readonly options: NotedFilesOptions;
  private readonly files: FileWatch;
  private rest = 0;
  private isBegun = false;

  constructor(options: NotedFilesOptions) {
    this.options = options;
    this.files = new FileWatch(options.tell);
  }

  /** What lies behind loop devices, whenever that may have changed. */
  lookAtLoops(): void {
    void this.files.lookAtLoops();
  }

  everySecond(): void {
    this.rest -= 1;
    if (this.rest > 0) return;
    const { sampler, victims, every } = this.options;
    this.rest = every;
    const busy = sampler.busiest().map(({ pid }) => pid);
    const before = this.isBegun ? [] : sampler.busiestSoFar(MOST);
    this.isBegun = true;
    const pids = [...new Set([process.pid, ...victims.living, ...busy, ...before])].filter(
      (pid) => !victims.isGone(pid),
    );
    const noted = pids.slice(0, MOST);
    for (const pid of noted) victims.listThreads(pid);
    this.files.look(noted);
  }
}
