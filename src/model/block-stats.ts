// What `blkstats` says of a block trace or a recording: the times between the stages of I/O with their distributions, and what the
// devices were asked for. Times are nanoseconds since the first record; missing is absent, never zero.

import type { Loss } from './losses.js';
import type { Writer } from './diagnosis.js';

/** Times between stages, in the order of an I/O's life. The names are btt's (btt(1)); Q2D is the sum of those between Q and D. */
export const STAGES = {
  Q2Q: 'from one bio’s arrival to the next one’s',
  Q2G: 'until a bio got a request',
  Q2M: 'until a bio was merged into a request',
  G2I: 'until the request was inserted into the scheduler’s queue',
  I2D: 'inside the scheduler, until it was sent to the device',
  M2D: 'from a merge until the request was sent to the device',
  Q2D: 'before the device had it',
  D2C: 'while the device had it',
  Q2C: 'in the block layer as a whole',
} as const;

export type Stage = keyof typeof STAGES;

export const KINDS = ['read', 'write', 'flush', 'discard', 'other'] as const;

export type Kind = (typeof KINDS)[number];

/** One stage's distribution. Count, minimum, mean, maximum and total are exact; quantiles are right within 1.6 %. */
export interface StageTimes {
  readonly stage: Stage;
  readonly count: number;
  readonly minNs: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
  readonly totalNs: number;
  /** Buckets that hold something, eight an octave: [from, to), ns. */
  readonly histogram: readonly { readonly fromNs: number; readonly toNs: number; readonly count: number }[];
}

/** Distances between one I/O's end and the next one's beginning, in sectors of 512 bytes; the first is counted from sector 0, as btt does. */
export interface Seeks {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  readonly p90: number;
  readonly max: number;
  /** Share of those that went on where the one before had ended, or overlapped it. */
  readonly sequential: number;
}

/** A stretch of time, ns since the first record. */
export interface Period {
  readonly fromNs: number;
  readonly toNs: number;
}

/** What moved over time, in bins of equal width. */
export interface DepthSeries {
  readonly binNs: number;
  /** Requests with the device, averaged over the bin's time, and the most at once. */
  readonly depth: readonly number[];
  readonly mostAtOnce: readonly number[];
  /** Bios that waited for dispatch, averaged over the bin's time. */
  readonly waiting: readonly number[];
  readonly completions: readonly number[];
  readonly bytes: readonly number[];
}

export interface KindStats {
  readonly kind: Kind;
  /** Completed requests and their bytes. */
  readonly requests: number;
  readonly bytes: number;
  readonly stages: readonly StageTimes[];
}

export interface DeviceStats {
  /** 'MAJOR:MINOR' */
  readonly device: string;
  /** Absent where the trace does not tell it. */
  readonly name?: string;
  /** Devices on which this one stands, as remaps show: what it does is counted again there, and left out of the overall figures. */
  readonly standsOn: readonly string[];
  readonly stages: readonly StageTimes[];
  readonly kinds: readonly KindStats[];
  readonly bios: number;
  readonly merges: { readonly back: number; readonly front: number };
  readonly splits: number;
  readonly dispatches: number;
  readonly requeues: number;
  readonly errors: number;
  /** Dispatched, never seen completed. */
  readonly unfinished: number;
  /** Sectors a completed request. Absent where none had any. */
  readonly requestSectors?: {
    readonly min: number;
    readonly mean: number;
    readonly max: number;
    readonly total: number;
  };
  readonly seeks: { readonly queued?: Seeks; readonly dispatched?: Seeks };
  /** Absent where no plug was traced. */
  readonly plug?: {
    readonly plugs: number;
    readonly timerUnplugs: number;
    /** Share of the device's time in the trace. */
    readonly plugged: number;
    readonly iosPerUnplug: number;
    readonly iosPerTimerUnplug: number;
  };
  /** Requests that waited or were being made when a bio arrived, on average. */
  readonly activeAtQueue: number;
  /** When anything was with the device. */
  readonly busy: {
    readonly periods: number;
    readonly meanNs: number;
    readonly meanIdleNs: number;
    readonly share: number;
  };
  /** Stretches without a pause of 0.1 s between arrivals and between completions. */
  readonly activity: { readonly queue: readonly Period[]; readonly complete: readonly Period[] };
  readonly series: DepthSeries;
}

export interface ProcessStats {
  readonly pid: number;
  /** Empty where nothing names it: data from outside, to be escaped where it is shown. */
  readonly name: string;
  readonly device: string;
  readonly bios: number;
  readonly merged: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly flushes: number;
  readonly discardBytes: number;
  readonly stages: readonly StageTimes[];
}

/** One of the slowest requests. */
export interface SlowRequest {
  readonly device: string;
  readonly kind: Kind;
  readonly sector: number;
  readonly bytes: number;
  readonly pid: number;
  readonly name: string;
  /** Absent where its arrival was not traced. */
  readonly queuedNs?: number;
  readonly dispatchedNs: number;
  readonly completedNs: number;
  /** What else was with the same device meanwhile. */
  readonly meanwhile: {
    readonly requests: number;
    readonly bytes: number;
    /** True where only the last of them are known. */
    readonly more: boolean;
    readonly by: readonly {
      readonly pid: number;
      readonly name: string;
      readonly kind: Kind;
      readonly requests: number;
      readonly bytes: number;
    }[];
  };
}

export interface BlockStats {
  readonly schema: 'iowitness.blkstats/1';
  readonly tool: string;
  readonly source: {
    readonly path: string;
    readonly kind: 'block-trace' | 'recording';
    readonly records: number;
    /** Wall-clock time of the first record (ISO 8601), null where the trace does not tell it. */
    readonly startedAt: string | null;
    readonly durationNs: number;
  };
  /** Stages that can't be told here, because their records were not taken. */
  readonly notTraced: readonly Stage[];
  /** Over all devices but those that stand on others of the trace. */
  readonly overall: readonly StageTimes[];
  readonly devices: readonly DeviceStats[];
  /** By device and process, most bytes first. */
  readonly processes: readonly ProcessStats[];
  /** Slowest first. */
  readonly slowest: readonly SlowRequest[];
  /** Who stands behind what flusher and journal threads wrote; absent where that was not recorded. */
  readonly writers?: readonly Writer[];
  readonly losses: readonly Loss[];
}
