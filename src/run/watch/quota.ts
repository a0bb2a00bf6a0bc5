// At most so many within 24 hours, counted back from now: times → whether one more may be had.

const DAY_MS = 86_400_000;

export class Quota {
  private times: number[] = [];

  /** True, and counted, where fewer than `most` were taken in the 24 hours before; times in ms of one clock. */
  take(atMs: number, most: number): boolean {
    this.times = this.times.filter((time) => atMs - time < DAY_MS);
    if (this.times.length >= most) return false;
    this.times.push(atMs);
    return true;
  }
}
