// Stretches of time: when a device had work, and between which pauses I/O arrived and ended.

/** btt's default for a pause (-d), ns. */
const PAUSE_NS = 100_000_000;
/** A trace of days must not fill memory with its pauses. */
const MOST_PERIODS = 10_000;

/** Moments that lie closer than a pause make one period. */
export class Activity {
  readonly periods: { fromNs: number; toNs: number }[] = [];

  add(t: number): void {
    const last = this.periods.at(-1);
    if (last && (t - last.toNs < PAUSE_NS || this.periods.length >= MOST_PERIODS)) last.toNs = Math.max(last.toNs, t);
    else this.periods.push({ fromNs: t, toNs: t });
  }
}

/** A request that was out while so many periods passed joins no more than these. */
const MOST_OPEN = 1024;

/**
 * When anything was with the device: told by every start, and by every end with its start. Only what has ended counts, so that a request
 * whose completion was lost keeps no device busy for ever.
 */
export class BusyMeter {
  private inFlight = 0;
  /** The latest periods, in order: a request that ends joins those that it overlaps. */
  private open: { from: number; to: number }[] = [];
  private periods = 0;
  private busyNs = 0;
  private idleNs = 0;
  private lastEnd = NaN;

  /** How many are with the device now. */
  get depth(): number {
    return this.inFlight;
  }

  start(): void {
    this.inFlight += 1;
  }

  /** What started at `from` has ended, now. */
  end(from: number, t: number): void {
    if (this.inFlight > 0) this.inFlight -= 1;
    this.cover(from, t);
  }

  /** The device was at work from one time to another, which is no earlier than any that it was told before. */
  cover(from: number, to: number): void {
    const { open } = this;
    let start = Number.isNaN(this.lastEnd) ? from : Math.max(from, this.lastEnd);
    for (let last = open.at(-1); last && last.to > start; last = open.at(-1)) {
      start = Math.min(start, last.from);
      open.pop();
    }
    open.push({ from: start, to });
    if (open.length <= MOST_OPEN) return;
    this.close(open.splice(0, MOST_OPEN / 2));
  }

  private close(periods: readonly { from: number; to: number }[]): void {
    for (const { from, to } of periods) {
      if (!Number.isNaN(this.lastEnd)) this.idleNs += from - this.lastEnd;
      this.busyNs += to - from;
      this.lastEnd = to;
      this.periods += 1;
    }
  }

  /** Over a trace that lasted so long; nothing can be told to it afterwards. */
  result(durationNs: number): { periods: number; meanNs: number; meanIdleNs: number; share: number } {
    this.close(this.open);
    this.open = [];
    const { periods, busyNs, idleNs } = this;
    return {
      periods,
      meanNs: periods === 0 ? 0 : busyNs / periods,
      meanIdleNs: periods < 2 ? 0 : idleNs / (periods - 1),
      share: durationNs > 0 ? busyNs / durationNs : 0,
    };
  }
}
