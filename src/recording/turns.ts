// How many file operations may be under way at once, over all files of a recording. Node runs every file operation on four threads; on a disk
// that has stalled each one keeps its thread, and the tracer's own writes into tracefs would wait behind the recording's.

export class Turns {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(most: number) {
    this.free = most;
  }

  /** Runs the work once fewer than the most are under way, in the order of asking. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((settle) => this.waiting.push(settle));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}
