// What the thread that copies and the one that hears signals share: the counts, which one of them writes, and the request to stop. Numbers of
// eight bytes that lie on eight are read and written whole on the processors that Node runs on.

import type { DdCounts } from '../../tools/dd/statistics.js';

const FIGURES = 8;
const FLAGS_AT = FIGURES * 8;
const FLAGS = 2;
/** A copying thread changes a figure every few hundred ns, and reading all of them takes less. */
const MOST_LOOKS = 1000;

/** Where each figure stands. */
export const AT = {
  fullIn: 0,
  partialIn: 1,
  fullOut: 2,
  partialOut: 3,
  truncated: 4,
  bytesOut: 5,
  startMs: 6,
  bytesBefore: 7,
} as const;

export class SharedState {
  readonly memory: SharedArrayBuffer;
  /** By AT; times in ms of the monotonic clock. */
  readonly figures: Float64Array;
  private readonly flags: Int32Array;

  constructor(memory = new SharedArrayBuffer(FLAGS_AT + FLAGS * 4)) {
    this.memory = memory;
    this.figures = new Float64Array(memory, 0, FIGURES);
    this.flags = new Int32Array(memory, FLAGS_AT, FLAGS);
  }

  /** Has the copying end before its next block. */
  stop(): void {
    Atomics.store(this.flags, 0, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.flags, 0) === 1;
  }

  /** Begins to count from nothing, but for the bytes of the copies before. */
  restart(nowMs: number): void {
    const before = (this.figures[AT.bytesBefore] ?? 0) + (this.figures[AT.bytesOut] ?? 0);
    this.figures.fill(0);
    this.figures[AT.bytesBefore] = before;
    this.figures[AT.startMs] = nowMs;
  }

  /** The counts, all of one moment, unless they never stand still. */
  read(): { readonly counts: DdCounts; readonly startMs: number; readonly bytesInAll: number } {
    let seen = Array.from(this.figures);
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const again = Array.from(this.figures);
      if (again.every((value, at) => value === seen[at])) break;
      seen = again;
    }
    const of = (name: keyof typeof AT): number => seen[AT[name]] ?? 0;
    const counts = {
      fullIn: BigInt(of('fullIn')),
      partialIn: BigInt(of('partialIn')),
      fullOut: BigInt(of('fullOut')),
      partialOut: BigInt(of('partialOut')),
      truncated: BigInt(of('truncated')),
      bytesOut: BigInt(of('bytesOut')),
    };
    return { counts, startMs: of('startMs'), bytesInAll: of('bytesBefore') + of('bytesOut') };
  }
}
