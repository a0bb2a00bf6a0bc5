// What events tell of one disk in an interval of time, which its counters don't: how long single requests took, and when any was with the device.

/** ms from a request's arrival to its end; NaN where there was none, or it is not known. */
export interface Waits {
  readonly p99: number;
  readonly max: number;
}

export interface DiskInterval {
  readonly read: Waits;
  readonly write: Waits;
  readonly flush: Waits;
  /** The share of the interval with a request in the device; NaN where not all of them are known, as is the longest then. */
  readonly busy: number;
  /** What the disk did of the most that it has done since the run began: of its requests or of its bytes, whichever is nearer to that. */
  readonly ofBest: number;
}
