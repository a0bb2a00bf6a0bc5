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

/** When anything was with the device: told by every start and end. */
export class BusyMeter {
  private inFlight = 0;
  private since = 0;
  private lastEnd = NaN;
  private periods = 0;
  private busyNs = 0;
  private idleNs = 0;

  /** How many are with the device now. */
  get depth(): number {
    return this.inFlight;
  }

  start(t: number): void {
    if (this.inFlight === 0) {
      this.since = t;
      if (!Number.isNaN(this.lastEnd)) this.idleNs += t - this.lastEnd;
    }
    this.inFlight += 1;
  }

  end(t: number): void {
    if (this.inFlight === 0) return;
    this.inFlight -= 1;
    if (this.inFlight > 0) return;
    this.busyNs += t - this.since;
    this.lastEnd = t;
    this.periods += 1;
  }

  /** Over a trace that lasted so long; a period that has not ended does not count. */
  result(durationNs: number): { periods: number; meanNs: number; meanIdleNs: number; share: number } {
    const { periods, busyNs, idleNs } = this;
    return {
      periods,
      meanNs: periods === 0 ? 0 : busyNs / periods,
      meanIdleNs: periods < 2 ? 0 : idleNs / (periods - 1),
      share: durationNs > 0 ? busyNs / durationNs : 0,
    };
  }
}
