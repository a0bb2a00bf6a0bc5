// Who lost the last second: the texts of watched threads as a sampler reads them, and closer looks at those that wait → the processes that lost it, and why.

import { entry } from '../../base/maps.js';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { parsePressure } from '../../decode/procfs/pressure.js';
import { parseSchedstat, type Schedstat } from '../../base/procfs/schedstat.js';
import { LOST } from '../../model/thresholds/watch.js';
import { CloserLooks, type Closer } from './closer.js';
import { DiskWork, type WorkOf } from './disk-work.js';
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
  private readonly root: string;
  private readonly looks: CloserLooks;
  private readonly disks: DiskWork;
  private seen = new Map<string, Seen>();
  private tracks = new Map<string, ThreadLoss>();
  private memory: { readonly fullUs: number; readonly atMs: number } | undefined;
  private memoryNow: number | undefined;
  private waited = 0;

  constructor(root = '') {
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
    const closer = this.looks.next([...this.seen.values()].filter(({ state }) => state === 'D'));
    this.waited = [...closer.values()].filter(({ waits, looks }) => waits >= LOST.waits * looks).length;
    const workOf = this.disks.endSecond(atMs);
    for (const [key, { pid, state, schedstat }] of this.seen) {
      const track = this.tracks.get(key) ?? new ThreadLoss();
      tracks.set(key, track);
      if (state === undefined) continue;
      const looked = closer.get(key);
      const idle = looked ? this.idleShare(pid, looked, workOf) : 0;
      const kind = track.see({ atMs, state, schedstat, closer: looked, idle });
      if (kind !== undefined) lost.set(pid, kind);
    }
    this.tracks = tracks;
    this.seen = new Map();
    return lost;
  }

  /**
   * In what part of a second it waited for a disk while none had anything to do; of its pauses at the dirty throttle, while those that it writes to had not,
   * as others may have filled the page cache for another one. What costs most is asked last.
   */
  private idleShare(pid: number, { looks, forDisk, throttled }: Closer, workOf: WorkOf): number {
    if (forDisk / looks < LOST.idle) return 0;
    const idle = forDisk / looks - (workOf() ?? 1);
    if (idle < LOST.idle && throttled / looks < LOST.idle) return 0;
    const { mayAskServer, writes } = openOn(pid, this.root);
    if (mayAskServer) return 0;
    if (idle >= LOST.idle || !writes) return idle;
    return throttled / looks - (workOf(writes) ?? 1);
  }

  /** Whether all tasks of the machine waited for memory for most of the time since this was last asked. */
  lostMemory(atMs: number): boolean {
    const { memory, memoryNow } = this;
    if (memoryNow === undefined) return false;
    this.memory = { fullUs: memoryNow, atMs };
    return memory !== undefined && memoryNow - memory.fullUs > LOST.memoryFull * (atMs - memory.atMs) * 1000;
  }

  close(): void {
    this.looks.close();
  }
}
