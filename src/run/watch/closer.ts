// Closer looks at threads that wait: ten times a second at those that were found in an uninterruptible sleep at its beginning → the part of the second that
// each was in one, and where. One that waits a moment for a disk looks the same in one look a second as one that waits all the time, and pauses of a few ms
// look like work. A look costs some 10 µs a thread, and there is none while nobody waits.

import { stateOfWchan } from '../../analysis/victim/state-of-stack.js';
import { parsePidIo } from '../../base/procfs/pid-io.js';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { OpenFiles, readText } from '../../capture/files.js';
import { AT_EASE, type State } from '../../model/states.js';

/** Threads that are looked at closer in one second; of further ones nothing is told. */
const MOST = 32;

/** Where nobody but a local disk, or the kernel in front of one, can end the wait. */
const FOR_DISK: ReadonlySet<State> = new Set([
  'dirty-throttle',
  'block-held',
  'block-queue',
  'block-device',
  'journal',
  'fs-frozen',
  'reclaim',
  'swap',
]);

export interface Waiting {
  readonly pid: number;
  readonly thread: number;
  /** As /proc/PID/wchan has it. */
  readonly wchan: string;
}

/** What the looks of one second at one thread come to. */
export interface Closer {
  readonly looks: number;
  /** In how many of them it was in an uninterruptible sleep that it has not chosen. */
  readonly waits: number;
  /** In how many it was frozen. */
  readonly stopped: number;
  /** In how many it waited where nobody but a disk, or the kernel in front of one, can answer. */
  readonly forDisk: number;
  /** In how many of these it was paused by the page cache's dirty throttle, in a write of its own. */
  readonly throttled: number;
  /** What it has read and written since the second began; undefined where nobody may know. */
  readonly bytes: number | undefined;
}

interface Tally extends Closer {
  readonly folder: string;
  readonly bytesBefore: number | undefined;
  looks: number;
  waits: number;
  stopped: number;
  forDisk: number;
  throttled: number;
}

export class CloserLooks {
  private readonly files: OpenFiles;
  private tallies = new Map<string, Tally>();

  constructor(root = '') {
    this.files = new OpenFiles(root);
  }

  /** Whether anybody is looked at. */
  get isNeeded(): boolean {
    return this.tallies.size > 0;
  }

  /** A second begins, with these found waiting in its first look; what the looks of the last one came to, by 'PID/THREAD'. */
  next(waiting: Iterable<Waiting>): Map<string, Closer> {
    const ended = new Map<string, Closer>();
    for (const [key, tally] of this.tallies) {
      const { bytesBefore, folder, ...counts } = tally;
      const now = this.bytesOf(folder);
      const bytes = now === undefined || bytesBefore === undefined ? undefined : now - bytesBefore;
      ended.set(key, { ...counts, bytes });
    }
    const before = this.tallies;
    this.tallies = new Map();
    for (const { pid, thread, wchan } of waiting) {
      if (this.tallies.size === MOST) break;
      const folder = `/proc/${pid}/task/${thread}/`;
      const tally = {
        folder,
        bytesBefore: this.bytesOf(folder),
        bytes: undefined,
        looks: 0,
        waits: 0,
        stopped: 0,
        forDisk: 0,
        throttled: 0,
      };
      this.tallies.set(`${pid}/${thread}`, tally);
      count(tally, 'D', wchan);
    }
    for (const [key, { folder }] of before) if (!this.tallies.has(key)) this.files.closeUnder(folder);
    return ended;
  }

  /** One more look at each. */
  look(): void {
    for (const tally of this.tallies.values()) {
      const state = parsePidStat(this.textOf(`${tally.folder}stat`) ?? '')?.state;
      if (state !== undefined) count(tally, state, state === 'D' ? (this.textOf(`${tally.folder}wchan`) ?? '') : '');
    }
  }

  close(): void {
    this.files.closeAll();
  }

  private textOf(path: string): string | undefined {
    try {
      return this.files.read(path).toString('latin1');
    } catch {
      // It has ended.
      return undefined;
    }
  }

  private bytesOf(folder: string): number | undefined {
    const io = parsePidIo(readText(this.files, `${folder}io`) ?? '');
    return io && io.readBytes + io.writeBytes;
  }
}

function count(tally: Tally, state: string, wchan: string): void {
  tally.looks += 1;
  if (state !== 'D') return;
  const place = stateOfWchan(wchan.trim());
  if (place === 'stopped') tally.stopped += 1;
  else if (place === undefined || !AT_EASE.has(place)) tally.waits += 1;
  if (place !== undefined && FOR_DISK.has(place)) tally.forDisk += 1;
  if (place === 'dirty-throttle') tally.throttled += 1;
}
