// Dumps one after the other → locks over time, what each dump showed, and the last dump's groups. Two dumps are in memory at most, however many a log has.

import type { ThreadDump } from '../../model/thread-dump.js';
import type { Threads } from '../../model/threads.js';
import { judgeDump, type JudgedDump } from './judge.js';
import { identity, toldOf, Tracks, type KernelThreads, type Track } from './tracks.js';

export type DumpRow = Threads['dumps'][number];

/** What the kernel is asked for about one dump: four small files each. */
const MOST_LOOKED_AT = 64;

export class History {
  readonly rows: DumpRow[] = [];
  private readonly tracks = new Tracks();
  private latest: JudgedDump | undefined;
  private stacks = new Map<string, readonly string[]>();
  /** Frames and threads that were passed over. */
  refused = 0;

  /** `source`: a file's name, or 'process 123'. `look`: asks the kernel for threads by their numbers in the JVM's namespace. */
  take(source: string, dump: ThreadDump, look?: (nativeIds: ReadonlySet<number>) => KernelThreads): void {
    const judged = judgeDump(dump);
    const stacks = new Map(dump.threads.map((thread) => [identity(thread), thread.frames]));
    const [top] = judged.locks;
    this.rows.push({
      source,
      at: dump.takenAt ?? null,
      vm: dump.vm ?? null,
      format: dump.format,
      threads: dump.threads.length,
      waiting: judged.awaited.size,
      cut: judged.cuts.length,
      unmoved: this.latest ? [...stacks].filter(([who, frames]) => isSame(frames, this.stacks.get(who))).length : null,
      lock: top?.lock.id ?? null,
      owner: top?.owner.thread?.name ?? null,
    });
    this.stacks = stacks;
    this.refused += dump.refused;
    this.tracks.take(judged, look?.(interesting(judged)));
    this.latest = judged;
  }

  /** Undefined where there was no dump. */
  last(): JudgedDump | undefined {
    return this.latest;
  }

  /** Locks of the last dump first, then the most waited for. */
  locks(): readonly Track[] {
    const newest = this.rows.length - 1;
    return [...this.tracks.all()].sort(
      (a, b) =>
        Number(b.last === newest) - Number(a.last === newest) || b.mostWaiters - a.mostWaiters || b.samples - a.samples,
    );
  }
}

/** The kernel's numbers of threads that locks are told of with: owners, who may be one, and so on along the chain. */
function interesting({ locks }: JudgedDump): ReadonlySet<number> {
  const numbers = locks.map((lock) => toldOf(lock)?.nativeId).filter((number) => number !== undefined);
  return new Set(numbers.slice(0, MOST_LOOKED_AT));
}

function isSame(now: readonly string[], before: readonly string[] | undefined): boolean {
  return before !== undefined && now.length === before.length && now.every((frame, at) => frame === before[at]);
}
