// Who lost the last second: the texts of watched threads as a sampler reads them, and closer looks at those that wait → the processes that lost it, and why.
// A thread is judged alone, and then those that serve together: a database's backends hand one wait for a log on to each other, so that none waits for half
// of a second while all of them get a twentieth of what they did.

import { entry } from '../../base/maps.js';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { parsePressure } from '../../decode/procfs/pressure.js';
import { parseSchedstat, type Schedstat } from '../../base/procfs/schedstat.js';
import { LOST } from '../../model/thresholds/watch.js';
import type { Past } from '../../model/past.js';
import { CloserLooks, isHeldUp, type Looked, type Together } from './closer.js';
import { DiskWork, type DiskSecond } from './disk-work.js';
import { ThreadLoss, type LossKind } from './loss.js';
import { openOn } from './open-files.js';

const OF_THREAD = /^\/proc\/(\d+)(?:\/task\/(\d+))?\/(stat|schedstat|wchan)$/;

/** Between two closer looks, ms. */
export const LOOK_MS = 100;

/** What was read of a thread since the last second ended. */
interface Seen {
  readonly pid: number;
  readonly thread: number;
  state?: string | undefined;
  schedstat?: Schedstat | undefined;
  wchan: string;
}

export class LossJudge {
  /** What is known of the machine's disks from before; undefined where that is nothing. */
  past: Past | undefined;
  private readonly isNamed: boolean;
  private readonly root: string;
  private readonly looks: CloserLooks;
  private readonly disks: DiskWork;
  private seen = new Map<string, Seen>();
  private tracks = new Map<string, ThreadLoss>();
  private memory: { readonly fullUs: number; readonly atMs: number } | undefined;
  private memoryNow: number | undefined;
  private waited = 0;

  /** `isNamed`: all that is looked at is one service. Otherwise each process stands for itself. */
  constructor(isNamed: boolean, root = '') {
    this.isNamed = isNamed;
    this.root = root;
    this.looks = new CloserLooks(root);
    this.disks = new DiskWork(root);
  }

  /** Takes a reading of the sampler, of whatever file. */
  take(path: string, text: string | Uint8Array): void {
    const content = () => (typeof text === 'string' ? text : Buffer.from(text).toString('latin1'));
    if (path === '/proc/pressure/memory') this.memoryNow = parsePressure(content()).full;
    else if (path === '/proc/diskstats') this.disks.take(content());
    const [, pid, task, name] = OF_THREAD.exec(path) ?? [];
    if (pid === undefined) return;
    const thread = task ?? pid;
    const one = entry(this.seen, `${pid}/${thread}`, (): Seen => ({
      pid: Number(pid),
      thread: Number(thread),
      wchan: '',
    }));
    if (name === 'stat') one.state = parsePidStat(content())?.state;
    else if (name === 'schedstat') one.schedstat = parseSchedstat(content());
    else one.wchan = content();
  }

  /** Whether a thread waits, so that whoever samples has to look closer, every LOOK_MS. */
  get hasWaiting(): boolean {
    return this.looks.isNeeded;
  }

  /** How many threads waited for most of the second that was ended last, whatever they got. */
  get waiters(): number {
    return this.waited;
  }

  /** A closer look at those that wait. */
  look(): void {
    this.looks.look();
    this.disks.look();
  }

  /** Processes that lost the second that ends at `atMs`, by what their threads show since this was last asked. */
  endSecond(atMs: number): Map<number, LossKind> {
    const lost = new Map<number, LossKind>();
    const tracks = new Map<string, ThreadLoss>();
    const looked = this.looks.next(
      [...this.seen.values()].flatMap(({ state = '', ...one }) =>
        isHeldUp(state, one.wchan) ? [{ ...one, state }] : [],
      ),
    );
    this.waited = [...looked.threads.values()].filter(({ waits, looks }) => waits >= LOST.waits * looks).length;
    const disks = this.disks.endSecond(atMs);
    for (const [key, { pid, state, schedstat }] of this.seen) {
      const track = this.tracks.get(key) ?? new ThreadLoss();
      tracks.set(key, track);
      if (state === undefined) continue;
      const closer = looked.threads.get(key);
      const idle = closer ? this.idleShare(new Set([pid]), closer, disks) : 0;
      const kind = track.see({ atMs, state, schedstat, closer, idle });
      if (kind !== undefined) lost.set(pid, kind);
    }
    this.tracks = tracks;
    this.seen = new Map();
    for (const pids of this.groups(looked))
      if ([...pids].every((pid) => !lost.has(pid)) && this.haveLost(pids, looked, disks))
        for (const pid of pids) lost.set(pid, 'waits');
    return lost;
  }

  /** Those that serve together, of whom any waited for a disk. */
  private groups({ forDisk }: Looked): ReadonlySet<number>[] {
    if (!this.isNamed) return [...forDisk].map((pid) => new Set([pid]));
    return forDisk.size > 0 ? [forDisk] : [];
  }

  /** Whether for most of the second one or the other waited for a disk, and either none was at work or theirs has become slow. */
  private haveLost(pids: ReadonlySet<number>, looked: Looked, disks: DiskSecond): boolean {
    const together = looked.together(pids);
    if (together.forDisk / together.looks < LOST.waits) return false;
    return this.idleShare(pids, together, disks) >= LOST.idle || this.isSlow(pids, disks);
  }

  /** Whether a disk that they use took longer than it used to at the same load. */
  private isSlow(pids: ReadonlySet<number>, disks: DiskSecond): boolean {
    const { past } = this;
    const slow = past ? disks.slowAgainst(past) : [];
    return slow.length > 0 && [...pids].some((pid) => slow.some((disk) => openOn(pid, this.root).uses?.has(disk)));
  }

  /**
   * In what part of a second these waited for a disk while none had anything to do; of pauses at the dirty throttle, while those that they write to had not,
   * as others may have filled the page cache for another one. What costs most is asked last.
   */
  private idleShare(
    pids: ReadonlySet<number>,
    { looks, forDisk, throttled }: Together,
    { workOf }: DiskSecond,
  ): number {
    if (forDisk / looks < LOST.idle) return 0;
    const idle = forDisk / looks - (workOf() ?? 1);
    if (idle < LOST.idle && throttled / looks < LOST.idle) return 0;
    const open = [...pids].map((pid) => openOn(pid, this.root));
    if (open.some(({ mayAskServer }) => mayAskServer)) return 0;
    const writes = open.flatMap((one) => (one.writes ? [...one.writes] : [undefined]));
    if (idle >= LOST.idle || writes.includes(undefined)) return idle;
    return throttled / looks - (workOf(new Set(writes.filter((disk) => disk !== undefined))) ?? 1);
  }

  /** Whether all tasks of the machine waited for memory for most of the time since this was last asked. */
  lostMemory(atMs: number): boolean {
    const { memory, memoryNow } = this;
    if (memoryNow === undefined) return false;
    this.memory = { fullUs: memoryNow, atMs };
    return memory !== undefined && memoryNow - memory.fullUs > LOST.memoryFull * (atMs - memory.atMs) * 1000;
  }

  /** Of the time up to now nothing is to be judged: the next second is as the first, but for what is usual. */
  forget(): void {
    for (const track of this.tracks.values()) track.forget();
    this.disks.forget();
    this.memory = undefined;
  }

  close(): void {
    this.looks.close();
  }
}
