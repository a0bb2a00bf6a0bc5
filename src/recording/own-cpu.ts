// Whether this process has CPU time to spare for its own files: what the recorder takes of the CPUs, on whatever thread, is taken from what it
// watches. A file of its own so that the judgement can be tested without a busy machine.

/** The share of one CPU up to which there is time to spare: a recorder at work takes about 0.07. */
const MOST_SHARE = 0.15;
/** The share is measured over at least this time. */
const LEAST_MS = 500;

/** A moment and the CPU time that the process had used by then, all threads together, ms. */
export interface CpuReading {
  readonly atMs: number;
  readonly usedMs: number;
}

export function readOwnCpu(): CpuReading {
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), usedMs: (user + system) / 1000 };
}

export class OwnCpu {
  private before: CpuReading;
  /** True as long as nothing tells otherwise. */
  hasTime = true;

  constructor(now: CpuReading) {
    this.before = now;
  }

  /** To be called about once a second. */
  look(now: CpuReading): void {
    const ms = now.atMs - this.before.atMs;
    if (ms < LEAST_MS) return;
    this.hasTime = now.usedMs - this.before.usedMs <= MOST_SHARE * ms;
    this.before = now;
  }
}
