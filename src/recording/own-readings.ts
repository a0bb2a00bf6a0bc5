// What the recorder itself said on the tape: victims, probe, load, trace state, losses. A recording may come from anywhere, so each is
// held against its schema; what does not fit is a loss and nothing else.

import * as v from 'valibot';
import { messageOf } from '../base/errors.js';
import { LOSS_KINDS, type Loss, type LossCode } from '../model/losses.js';
import {
  SOURCE,
  type KernelThread,
  type OpenFile,
  type ProbeProgress,
  type Reading,
  type RecorderLoad,
  type TraceState,
  type VolumeSpace,
  type VictimMark,
} from '../model/recording.js';

const Count = v.pipe(v.number(), v.finite());
const Nanoseconds = v.pipe(v.string(), v.regex(/^\d{1,20}$/));

const Victim = v.object({
  pid: v.pipe(v.number(), v.integer()),
  comm: v.string(),
  role: v.picklist(['probe', 'command', 'pid', 'child', 'busiest']),
});

const Load = v.object({ cpuMs: Count, wallMs: Count, rssBytes: Count, lateMs: Count, queuedBytes: Count });

const Trace = v.object({
  instance: v.picklist(['machine', 'victim']),
  enabled: v.array(v.string()),
  stacks: v.boolean(),
  clock: v.string(),
});

const Progress = v.object({
  phase: v.string(),
  blockBytes: Count,
  fromNs: Nanoseconds,
  toNs: Nanoseconds,
  operations: Count,
  bytes: Count,
  latencyUs: v.exactOptional(v.object({ p50: Count, p99: Count, max: Count })),
  phaseLatencyUs: v.exactOptional(v.object({ p50: Count, p99: Count, max: Count })),
  error: v.exactOptional(v.string()),
});

const Space = v.object({
  mountPoint: v.string(),
  blockBytes: Count,
  blocks: Count,
  free: Count,
  available: Count,
  files: Count,
  freeFiles: Count,
});

const File = v.object({
  pid: v.pipe(v.number(), v.integer()),
  inode: Count,
  device: v.pipe(v.string(), v.regex(/^\d+:\d+$/)),
  source: v.string(),
  path: v.string(),
  how: v.picklist(['open', 'direct', 'mapped', 'loop']),
  loop: v.exactOptional(v.string()),
});

const KernelThreads = v.array(v.object({ pid: v.pipe(v.number(), v.integer()), comm: v.string() }));

const LostThing = v.object({
  code: v.custom<LossCode>((code) => typeof code === 'string' && code in LOSS_KINDS),
  where: v.string(),
  count: v.exactOptional(Count),
});

/** The recorder's own readings, sorted by source; times in ms since the recording's start. */
export interface OwnReadings {
  readonly victims: VictimMark[];
  readonly probe: (ProbeProgress & { readonly fromMs: number; readonly toMs: number })[];
  readonly recorder: (RecorderLoad & { readonly atMs: number })[];
  readonly trace: (TraceState & { readonly atMs: number })[];
  readonly space: (VolumeSpace & { readonly atMs: number })[];
  readonly files: (OpenFile & { readonly atMs: number })[];
  readonly kernelThreads: KernelThread[];
  /** What the recorder lost, and readings of its own that make no sense. */
  readonly losses: Loss[];
}

/** Sorts the readings whose path is one of SOURCE; all others are passed over. `startNs` is CLOCK_MONOTONIC at the start. */
export function sortOwnReadings(readings: readonly Reading[], startNs: bigint): OwnReadings {
  const own: OwnReadings = {
    victims: [],
    probe: [],
    recorder: [],
    trace: [],
    space: [],
    files: [],
    kernelThreads: [],
    losses: [],
  };
  const sinceStart = (ns: string) => Number(BigInt(ns) - startNs) / 1e6;
  const take = (path: string, value: unknown, atMs: number): void => {
    if (path === SOURCE.victim) own.victims.push(v.parse(Victim, value));
    else if (path === SOURCE.recorder) own.recorder.push({ ...v.parse(Load, value), atMs });
    else if (path === SOURCE.trace) own.trace.push({ ...v.parse(Trace, value), atMs });
    else if (path === SOURCE.space) own.space.push({ ...v.parse(Space, value), atMs });
    else if (path === SOURCE.file) own.files.push({ ...v.parse(File, value), atMs });
    else if (path === SOURCE.kernelThreads) own.kernelThreads.push(...v.parse(KernelThreads, value));
    else if (path === SOURCE.loss) own.losses.push(v.parse(LostThing, value));
    else if (path === SOURCE.probe) {
      const slice = v.parse(Progress, value);
      own.probe.push({ ...slice, fromMs: sinceStart(slice.fromNs), toMs: sinceStart(slice.toNs) });
    }
  };
  for (const { path, text, atNs, failed } of readings) {
    if (failed || !path.startsWith('iowitness:')) continue;
    try {
      take(path, JSON.parse(text), atNs / 1e6);
    } catch (error) {
      own.losses.push({ code: 'log-damaged', where: `${path}: ${messageOf(error)}` });
    }
  }
  return own;
}
