// What the thread that copies and the one that hears signals share: the counts, which one of them writes, and the request to stop. Numbers of
// eight bytes that lie on eight are read and written whole on the processors that Node runs on.

import { monotonicMs } from '../../base/clock.js';
import type { DdCounts } from '../../tools/dd/statistics.js';

const FIGURES = 11;
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
  msBefore: 8,
  endMs: 9,
  begunMs: 10,
} as const;

export interface Reading {
  readonly counts: DdCounts;
  /** How long this copy has taken so far, or took; 0 before the first begins. */
  readonly seconds: number;
  /** Of all copies, without the time between them. */
  readonly bytesInAll: number;
  readonly secondsInAll: number;
  /** When the first copy began, ms of the monotonic clock; absent before. */
  readonly begunMs?: number;
}

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

  /** Begins to count from nothing, but for the bytes and the time of the copies before. A copy that has not ended had not begun. */
  restart(nowMs: number): void {
    const { figures } = this;
    const [startMs = 0, endMs = 0, begunMs = 0] = [figures[AT.startMs], figures[AT.endMs], figures[AT.begunMs]];
    const bytesBefore = (figures[AT.bytesBefore] ?? 0) + (figures[AT.bytesOut] ?? 0);
    const msBefore = (figures[AT.msBefore] ?? 0) + (endMs === 0 ? 0 : endMs - startMs);
    figures.fill(0);
    figures[AT.bytesBefore] = bytesBefore;
    figures[AT.msBefore] = msBefore;
    figures[AT.begunMs] = msBefore === 0 ? nowMs : begunMs;
    figures[AT.startMs] = nowMs;
  }

  /** The copy is made: the time until the next is nobody's. */
  end(nowMs: number): void {
    this.figures[AT.endMs] = nowMs;
  }

  /** The counts and times, all of one moment, unless they never stand still. */
  read(nowMs = monotonicMs()): Reading {
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
    const ms = of('startMs') === 0 ? 0 : (of('endMs') || nowMs) - of('startMs');
    const begunMs = of('begunMs');
    return {
      counts,
      seconds: ms / 1000,
      bytesInAll: of('bytesBefore') + of('bytesOut'),
      secondsInAll: (of('msBefore') + ms) / 1000,
      ...(begunMs > 0 && { begunMs }),
    };
  }
}
