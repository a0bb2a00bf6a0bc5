// Who lost the last second: the texts of watched threads as a sampler reads them → the processes that lost it, and why. It reads nothing again but
// the bytes of a thread that it finds waiting.

import { parsePidIo } from '../../base/procfs/pid-io.js';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { entry } from '../../base/maps.js';
import { readWhole } from '../../capture/files.js';
import { parsePressure } from '../../decode/procfs/pressure.js';
import { parseSchedstat, type Schedstat } from '../../decode/procfs/schedstat.js';
import { LOST } from '../../model/thresholds/watch.js';
import { ThreadLoss, type LossKind } from './loss.js';

const OF_THREAD = /^\/proc\/(\d+)(?:\/task\/(\d+))?\/(stat|schedstat)$/;
/** Waiting threads that are asked for their bytes in one second; of further ones the wait alone counts. */
const MOST_ASKED = 64;

/** Between the two looks at one that waits, ms: ten times as long as a disk that turns takes for an answer. */
export const AGAIN_MS = 100;

/** What was read of a thread since the last second ended. */
interface Seen {
  readonly pid: number;
  readonly thread: number;
  state?: string | undefined;
  schedstat?: Schedstat | undefined;
}

export class LossJudge {
  private readonly root: string;
  private seen = new Map<string, Seen>();
  private tracks = new Map<string, ThreadLoss>();
  private memory: { readonly fullUs: number; readonly atMs: number } | undefined;
  private memoryNow: number | undefined;

  constructor(root = '') {
    this.root = root;
  }

  /** Takes a reading of the sampler, of whatever file. */
  take(path: string, text: string | Uint8Array): void {
    if (path === '/proc/pressure/memory') this.memoryNow = parsePressure(Buffer.from(text).toString('latin1')).full;
    const [, pid, task, name] = OF_THREAD.exec(path) ?? [];
    if (pid === undefined) return;
    const thread = task ?? pid;
    const one = entry(this.seen, `${pid}/${thread}`, (): Seen => ({ pid: Number(pid), thread: Number(thread) }));
    const content = Buffer.from(text).toString('utf8');
    if (name === 'stat') one.state = parsePidStat(content)?.state;
    else one.schedstat = parseSchedstat(content);
  }

  /** Whether a thread waits, so that whoever asks who lost the second has to wait for AGAIN_MS, for another look at it. */
  get hasWaiting(): boolean {
    return [...this.seen.values()].some(({ state }) => state === 'D');
  }

  /** Processes that lost the second that ends at `atMs`, by what their threads show since this was last asked. */
  endSecond(atMs: number): Map<number, LossKind> {
    const lost = new Map<number, LossKind>();
    const tracks = new Map<string, ThreadLoss>();
    let asked = 0;
    for (const [key, { pid, thread, state, schedstat }] of this.seen) {
      const track = this.tracks.get(key) ?? new ThreadLoss();
      tracks.set(key, track);
      if (state === undefined) continue;
      const asks = state === 'D' && asked < MOST_ASKED;
      if (asks) asked += 1;
      const bytes = asks ? this.bytesOf(pid, thread) : undefined;
      const again = asks ? this.stateOf(pid, thread) : undefined;
      const kind = track.see({
        atMs,
        state,
        schedstat,
        bytes,
        ...(again !== undefined && { stillWaits: again === 'D' }),
      });
      if (kind !== undefined) lost.set(pid, kind);
    }
    this.tracks = tracks;
    this.seen = new Map();
    return lost;
  }

  /** Whether all tasks of the machine waited for memory for most of the time since this was last asked. */
  lostMemory(atMs: number): boolean {
    const { memory, memoryNow } = this;
    if (memoryNow === undefined) return false;
    this.memory = { fullUs: memoryNow, atMs };
    return memory !== undefined && memoryNow - memory.fullUs > LOST.memoryFull * (atMs - memory.atMs) * 1000;
  }

  private stateOf(pid: number, thread: number): string | undefined {
    return parsePidStat(readWhole(`${this.root}/proc/${pid}/task/${thread}/stat`) ?? '')?.state;
  }

  private bytesOf(pid: number, thread: number): number | undefined {
    const io = parsePidIo(readWhole(`${this.root}/proc/${pid}/task/${thread}/io`) ?? '');
    return io && io.readBytes + io.writeBytes;
  }
}
