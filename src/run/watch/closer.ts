// Closer looks at threads that wait: ten times a second at those that were found in a sleep that they have not chosen of late → the part of the second that each was
// in one, and where, and the part in which any of several was. One that waits a moment for a disk looks the same in one look a second as one that waits all
// the time, pauses of a few ms look like work, and where threads hand a wait on to each other none of them waits for long. A look costs some 10 µs a
// thread, and there is none while nobody waits.

import { stateOfWchan } from '../../analysis/victim/state-of-stack.js';
import { parsePidIo } from '../../base/procfs/pid-io.js';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { OpenFiles, readText } from '../../capture/files.js';
import { AT_EASE, type State } from '../../model/states.js';

/** Threads that are looked at closer in one second; of further ones nothing is told. */
const MOST = 32;
/** Seconds for which one is looked at after it was last seen waiting: threads that take turns at a log's sync are not all in it when a second begins. */
const STAYS = 5;

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

/**
 * Whether a sleep is one that nobody chooses: an uninterruptible one, or one for a filesystem's server, as FUSE lets signals end it while it waits for an answer
 * (request_wait_answer() in fs/fuse/dev.c). `wchan`: as /proc/PID/wchan has it.
 */
export function isHeldUp(state: string, wchan: string): boolean {
  return state === 'D' || (state === 'S' && stateOfWchan(wchan.trim()) === 'server');
}

export interface Waiting {
  readonly pid: number;
  readonly thread: number;
  /** The letter of /proc/PID/stat. */
  readonly state: string;
  /** As /proc/PID/wchan has it. */
  readonly wchan: string;
}

/** What the looks of one second at one thread come to. */
export interface Closer {
  readonly looks: number;
  /** In how many of them it was in a sleep that it has not chosen. */
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

/** What the looks of one second at several threads come to: in how many of them any of these waited for a disk, and was paused by the dirty throttle. */
export type Together = Pick<Closer, 'looks' | 'forDisk' | 'throttled'>;

/** The looks of one second. */
export interface Looked {
  /** By 'PID/THREAD'. */
  readonly threads: ReadonlyMap<string, Closer>;
  /** The processes that had a thread waiting for a disk in any look. */
  readonly forDisk: ReadonlySet<number>;
  readonly together: (pids: ReadonlySet<number>) => Together;
}

interface Tally extends Closer {
  readonly pid: number;
  readonly folder: string;
  readonly bytesBefore: number | undefined;
  /** Seconds for which it is still looked at. */
  left: number;
  looks: number;
  waits: number;
  stopped: number;
  forDisk: number;
  throttled: number;
}

/** Of one look: the processes that had a thread waiting for a disk, and whether one of their threads was paused by the dirty throttle. */
type Moment = Map<number, boolean>;

export class CloserLooks {
  private readonly files: OpenFiles;
  private tallies = new Map<string, Tally>();
  private moments: Moment[] = [];

  constructor(root = '') {
    this.files = new OpenFiles(root);
  }

  /** Whether anybody is looked at. */
  get isNeeded(): boolean {
    return this.tallies.size > 0;
  }

  /** A second begins, with these found waiting in its first look; what the looks of the last one came to. */
  next(waiting: Iterable<Waiting>): Looked {
    const ended = this.ended();
    const before = this.tallies;
    this.tallies = new Map();
    const moment: Moment = new Map();
    this.moments = [moment];
    for (const { pid, thread, state, wchan } of waiting) this.begin(pid, thread, STAYS, moment, state, wchan);
    for (const [key, { pid, folder, left, waits, stopped }] of before) {
      const stays = waits + stopped > 0 ? STAYS : left - 1;
      if (stays > 0) this.begin(pid, Number(key.split('/')[1]), stays, moment, 'S', '');
      if (!this.tallies.has(key)) this.files.closeUnder(folder);
    }
    return ended;
  }

  private begin(pid: number, thread: number, left: number, moment: Moment, state: string, wchan: string): void {
    const key = `${pid}/${thread}`;
    if (this.tallies.size === MOST || this.tallies.has(key)) return;
    const folder = `/proc/${pid}/task/${thread}/`;
    const bytesBefore = this.bytesOf(folder);
    const none = { looks: 0, waits: 0, stopped: 0, forDisk: 0, throttled: 0, bytes: undefined };
    const tally: Tally = { pid, folder, bytesBefore, left, ...none };
    this.tallies.set(key, tally);
    count(tally, moment, state, wchan);
  }

  private ended(): Looked {
    const { moments } = this;
    const threads = new Map<string, Closer>();
    for (const [key, tally] of this.tallies) {
      const { bytesBefore, folder, looks, waits, stopped, forDisk, throttled } = tally;
      const now = this.bytesOf(folder);
      const bytes = now === undefined || bytesBefore === undefined ? undefined : now - bytesBefore;
      threads.set(key, { looks, waits, stopped, forDisk, throttled, bytes });
    }
    const isAmong = (moment: Moment, pids: ReadonlySet<number>, isThrottled: boolean) =>
      [...moment].some(([pid, throttled]) => pids.has(pid) && (throttled || !isThrottled));
    return {
      threads,
      forDisk: new Set(moments.flatMap((moment) => [...moment.keys()])),
      together: (pids) => ({
        looks: moments.length,
        forDisk: moments.filter((moment) => isAmong(moment, pids, false)).length,
        throttled: moments.filter((moment) => isAmong(moment, pids, true)).length,
      }),
    };
  }

  /** One more look at each. */
  look(): void {
    const moment: Moment = new Map();
    this.moments.push(moment);
    for (const tally of this.tallies.values()) {
      const state = parsePidStat(this.textOf(`${tally.folder}stat`) ?? '')?.state;
      if (state !== undefined)
        count(tally, moment, state, /[DS]/.test(state) ? (this.textOf(`${tally.folder}wchan`) ?? '') : '');
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

function count(tally: Tally, moment: Moment, state: string, wchan: string): void {
  tally.looks += 1;
  if (!isHeldUp(state, wchan)) return;
  const place = stateOfWchan(wchan.trim());
  if (place === 'stopped') tally.stopped += 1;
  else if (place === undefined || !AT_EASE.has(place)) tally.waits += 1;
  if (place === undefined || !FOR_DISK.has(place)) return;
  const isThrottled = place === 'dirty-throttle';
  tally.forDisk += 1;
  if (isThrottled) tally.throttled += 1;
  moment.set(tally.pid, isThrottled || (moment.get(tally.pid) ?? false));
}
