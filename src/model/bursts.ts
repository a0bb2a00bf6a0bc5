// What a live watch of bursts tells: each burst, a period once it is clear, and the sums at the end.

/** Who moved the most of a burst; absent where no events tell. */
export interface Culprit {
  readonly process: string;
  readonly pid: number | null;
  /** The file with most of its bytes; null where none is known. */
  readonly file: string | null;
  /** Of what the disk moved in the burst. */
  readonly share: number;
}

export interface BurstTold {
  readonly kind: 'burst';
  readonly device: string;
  /** Wall clock, ms since 1970. */
  readonly atMs: number;
  readonly lengthMs: number;
  readonly operations: number;
  readonly bytes: number;
  /** The most of 10 ms, by second. */
  readonly peakOperations: number;
  readonly peakBytes: number;
  /** What the average that shows most of it says, by second, and of the time. */
  readonly average: { readonly operations: number; readonly bytes: number; readonly busy: number };
  readonly isHidden: boolean;
  readonly culprit?: Culprit;
}

export interface PeriodTold {
  readonly kind: 'period';
  readonly device: string;
  /** Whose bursts; absent for those of the disk. */
  readonly process?: string;
  readonly periodMs: number;
  readonly uncertaintyMs: number;
  /** The chance that bursts at random are as regular. */
  readonly chance: number;
  /** How many bursts tell it. */
  readonly bursts: number;
}

/** One disk, at the end. */
export interface DiskBursts {
  readonly device: string;
  readonly bursts: readonly BurstTold[];
  /** More than are kept. */
  readonly count: number;
  readonly periods: readonly PeriodTold[];
}

export interface BurstsEnd {
  readonly kind: 'end';
  readonly seconds: number;
  readonly intervalMs: number;
  readonly disks: readonly DiskBursts[];
  /** The longest time between two looks, ms: what was shorter than that may have been missed there. */
  readonly latestMs: number;
  /** Why nobody is named; absent where events tell who. */
  readonly nobodyBecause?: string;
}

export type BurstEvent = BurstTold | PeriodTold | BurstsEnd;
