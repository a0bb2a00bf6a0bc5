// What `blkstats` says of a block trace or a recording: the times between the stages of I/O with their distributions, and what the
// devices were asked for. Times are nanoseconds since the first record; missing is absent, never zero. The schema is the published contract of
// `blkstats --json`; the types follow from it.

import * as v from 'valibot';
import { WriterSchema } from './diagnosis.js';
import { keysOf, list } from './shapes.js';
import { LOSS_KINDS } from './losses.js';

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

const Kind = v.picklist(KINDS);
const Stage = v.picklist(keysOf(STAGES));
const Loss = v.object({
  code: v.picklist(keysOf(LOSS_KINDS)),
  where: v.string(),
  count: v.exactOptional(v.number()),
});

/** One stage's distribution. Count, minimum, mean, maximum and total are exact; quantiles are right within 1.6 %. */
const StageTimes = v.object({
  stage: Stage,
  count: v.number(),
  minNs: v.number(),
  meanNs: v.number(),
  p50Ns: v.number(),
  p90Ns: v.number(),
  p99Ns: v.number(),
  p999Ns: v.number(),
  maxNs: v.number(),
  totalNs: v.number(),
  /** What it is of the whole time in the block layer, of the requests whose arrival was traced; absent for times that are no part of it. */
  ofWhole: v.exactOptional(v.number()),
  /** Buckets that hold something, eight an octave: [from, to), ns. */
  histogram: list(v.object({ fromNs: v.number(), toNs: v.number(), count: v.number() })),
});

/** Distances between one I/O's end and the next one's beginning, in sectors of 512 bytes; the first is counted from sector 0, as btt does. */
const Seeks = v.object({
  count: v.number(),
  mean: v.number(),
  median: v.number(),
  p90: v.number(),
  max: v.number(),
  /** Share of those that went on where the one before had ended, or overlapped it. */
  sequential: v.number(),
});

/** A stretch of time, ns since the first record. */
const Period = v.object({ fromNs: v.number(), toNs: v.number() });

/** What moved over time, in bins of equal width. */
const DepthSeries = v.object({
  binNs: v.number(),
  /** Requests with the device, averaged over the bin's time, and the most at once. */
  depth: list(v.number()),
  mostAtOnce: list(v.number()),
  /** Bios that waited for dispatch, averaged over the bin's time. */
  waiting: list(v.number()),
  completions: list(v.number()),
  bytes: list(v.number()),
});

const KindStats = v.object({
  kind: Kind,
  /** Completed requests and their bytes. */
  requests: v.number(),
  bytes: v.number(),
  stages: list(StageTimes),
});

const DeviceStats = v.object({
  /** 'MAJOR:MINOR' */
  device: v.string(),
  /** Absent where the trace does not tell it. */
  name: v.exactOptional(v.string()),
  /** Devices on which this one stands, as remaps show: what it does is counted again there, and left out of the overall figures. */
  standsOn: list(v.string()),
  stages: list(StageTimes),
  kinds: list(KindStats),
  bios: v.number(),
  merges: v.object({ back: v.number(), front: v.number() }),
  splits: v.number(),
  dispatches: v.number(),
  requeues: v.number(),
  errors: v.number(),
  /** Dispatched, never seen completed. */
  unfinished: v.number(),
  /** Sectors a completed request. Absent where none had any. */
  requestSectors: v.exactOptional(v.object({ min: v.number(), mean: v.number(), max: v.number(), total: v.number() })),
  seeks: v.object({ queued: v.exactOptional(Seeks), dispatched: v.exactOptional(Seeks) }),
  /** Absent where no plug was traced. */
  plug: v.exactOptional(
    v.object({
      plugs: v.number(),
      timerUnplugs: v.number(),
      /** Share of the device's time in the trace. */
      plugged: v.number(),
      iosPerUnplug: v.number(),
      iosPerTimerUnplug: v.number(),
    }),
  ),
  /** Requests that waited or were being made when a bio arrived, on average. */
  activeAtQueue: v.number(),
  /** When anything was with the device. */
  busy: v.object({ periods: v.number(), meanNs: v.number(), meanIdleNs: v.number(), share: v.number() }),
  /** Stretches without a pause of 0.1 s between arrivals and between completions. */
  activity: v.object({ queue: list(Period), complete: list(Period) }),
  series: DepthSeries,
});

const ProcessStats = v.object({
  pid: v.number(),
  /** Empty where nothing names it: data from outside, to be escaped where it is shown. */
  name: v.string(),
  device: v.string(),
  bios: v.number(),
  merged: v.number(),
  readBytes: v.number(),
  writeBytes: v.number(),
  flushes: v.number(),
  discardBytes: v.number(),
  stages: list(StageTimes),
});

/** One of the slowest requests. */
const SlowRequest = v.object({
  device: v.string(),
  kind: Kind,
  sector: v.number(),
  bytes: v.number(),
  pid: v.number(),
  name: v.string(),
  /** Absent where its arrival was not traced. */
  queuedNs: v.exactOptional(v.number()),
  dispatchedNs: v.number(),
  completedNs: v.number(),
  /** What else was with the same device meanwhile. */
  meanwhile: v.object({
    requests: v.number(),
    bytes: v.number(),
    /** True where only the last of them are known. */
    more: v.boolean(),
    by: list(v.object({ pid: v.number(), name: v.string(), kind: Kind, requests: v.number(), bytes: v.number() })),
  }),
});

export const BlockStatsSchema = v.object({
  schema: v.literal('iowitness.blkstats/1'),
  tool: v.string(),
  source: v.object({
    path: v.string(),
    kind: v.picklist(['block-trace', 'recording']),
    records: v.number(),
    /** Wall-clock time of the first record (ISO 8601), null where the trace does not tell it. */
    startedAt: v.nullable(v.string()),
    durationNs: v.number(),
  }),
  /** Stages that can't be told here, because their records were not taken. */
  notTraced: list(Stage),
  /** Over all devices but those that stand on others of the trace. */
  overall: list(StageTimes),
  devices: list(DeviceStats),
  /** By device and process, most bytes first. */
  processes: list(ProcessStats),
  /** Slowest first. */
  slowest: list(SlowRequest),
  /** Who stands behind what flusher and journal threads wrote; absent where that was not recorded. */
  writers: v.exactOptional(list(WriterSchema)),
  losses: list(Loss),
});

export type BlockStats = v.InferOutput<typeof BlockStatsSchema>;
export type StageTimes = v.InferOutput<typeof StageTimes>;
export type Seeks = v.InferOutput<typeof Seeks>;
export type Period = v.InferOutput<typeof Period>;
export type DepthSeries = v.InferOutput<typeof DepthSeries>;
export type KindStats = v.InferOutput<typeof KindStats>;
export type DeviceStats = v.InferOutput<typeof DeviceStats>;
export type ProcessStats = v.InferOutput<typeof ProcessStats>;
export type SlowRequest = v.InferOutput<typeof SlowRequest>;
