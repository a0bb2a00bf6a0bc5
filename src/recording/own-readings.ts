// What the recorder itself said on the tape: victims, probe, load, trace state, losses. A recording may come from anywhere, so each is
// held against its schema; what does not fit is a loss and nothing else.

import * as v from 'valibot';
import type { Interval } from '../base/intervals.js';
import { messageOf } from '../base/errors.js';
import { LOSS_KINDS, type Loss, type LossCode } from '../model/losses.js';
import {
  SOURCE,
  type Attached,
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

const ReleasedCommand = v.object({ pid: v.pipe(v.number(), v.integer()) });

const Load = v.object({ cpuMs: Count, wallMs: Count, rssBytes: Count, lateMs: Count, queuedBytes: Count });

const Trace = v.object({
  instance: v.picklist(['machine', 'victim']),
  enabled: v.array(v.string()),
  filters: v.record(v.string(), v.string()),
  stacks: v.object({ share: Count, filter: v.string() }),
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

const Ptrace = v.object({
  pid: v.pipe(v.number(), v.integer()),
  tracer: v.pipe(v.number(), v.integer()),
  comm: v.string(),
});

const LostThing = v.object({
  code: v.custom<LossCode>((code) => typeof code === 'string' && code in LOSS_KINDS),
  where: v.string(),
  count: v.exactOptional(Count),
});

interface At {
  readonly atMs: number;
}

/** The recorder's own readings of a part, sorted by source; times in ms since the part's beginning. */
export interface OwnReadings {
  readonly victims: (VictimMark & { readonly releasedMs?: number })[];
  readonly probe: (ProbeProgress & { readonly fromMs: number; readonly toMs: number })[];
  readonly recorder: (RecorderLoad & At)[];
  readonly trace: (TraceState & At)[];
  readonly space: (VolumeSpace & At)[];
  readonly files: (OpenFile & At)[];
  readonly kernelThreads: KernelThread[];
  readonly attached: (Attached & At)[];
  /** What the recorder lost, and readings of its own that make no sense. */
  readonly losses: Loss[];
}

/** What was said last about each volume before a time: it holds on, as a volume that stays as it is, is told once. */
function lastOfEach<T extends VolumeSpace & At>(all: readonly T[], ms: number): T[] {
  return [...new Map(all.filter(({ atMs }) => atMs < ms).map((one) => [one.mountPoint, one])).values()];
}

/** Takes the readings whose path is one of SOURCE; all others are passed over. */
export class OwnReadingsDecoder {
  private readonly startNs: bigint;
  private readonly victims: VictimMark[] = [];
  private readonly releases = new Map<number, number>();
  private readonly trace: (TraceState & At)[] = [];
  private readonly files: (OpenFile & At)[] = [];
  private readonly kernelThreads: KernelThread[] = [];
  private readonly attached: (Attached & At)[] = [];
  private probe: OwnReadings['probe'] = [];
  private recorder: (RecorderLoad & At)[] = [];
  private space: (VolumeSpace & At)[] = [];
  /** The last text about each volume: one that stays as it is, is kept once. */
  private readonly spaceTexts = new Map<string, string>();
  private losses: (At & { readonly loss: Loss })[] = [];

  /** `startNs` is CLOCK_MONOTONIC at the recording's start. */
  constructor(startNs: bigint) {
    this.startNs = startNs;
  }

  take({ path, text, atNs, failed }: Reading): void {
    if (failed || !path.startsWith('iowitness:')) return;
    const atMs = atNs / 1e6;
    try {
      this.takeValue(path, text, atMs);
    } catch (error) {
      this.losses.push({ atMs, loss: { code: 'log-damaged', where: `${path}: ${messageOf(error)}` } });
    }
  }

  private takeValue(path: string, text: string, atMs: number): void {
    const value: unknown = JSON.parse(text);
    if (path === SOURCE.victim) this.victims.push(v.parse(Victim, value));
    else if (path === SOURCE.released) this.releases.set(v.parse(ReleasedCommand, value).pid, atMs);
    else if (path === SOURCE.recorder) this.recorder.push({ ...v.parse(Load, value), atMs });
    else if (path === SOURCE.trace) this.trace.push({ ...v.parse(Trace, value), atMs });
    else if (path === SOURCE.space) this.takeSpace(v.parse(Space, value), text, atMs);
    else if (path === SOURCE.file) this.files.push({ ...v.parse(File, value), atMs });
    else if (path === SOURCE.kernelThreads) this.kernelThreads.push(...v.parse(KernelThreads, value));
    else if (path === SOURCE.ptrace) this.attached.push({ ...v.parse(Ptrace, value), atMs });
    else if (path === SOURCE.loss) this.losses.push({ loss: v.parse(LostThing, value), atMs });
    else if (path === SOURCE.probe) {
      const slice = v.parse(Progress, value);
      const sinceStart = (ns: string) => Number(BigInt(ns) - this.startNs) / 1e6;
      this.probe.push({ ...slice, fromMs: sinceStart(slice.fromNs), toMs: sinceStart(slice.toNs) });
    }
  }

  private takeSpace(space: VolumeSpace, text: string, atMs: number): void {
    if (this.spaceTexts.get(space.mountPoint) === text) return;
    this.spaceTexts.set(space.mountPoint, text);
    this.space.push({ ...space, atMs });
  }

  /** What was said in a part, and what was said before it and still holds: victims, files, the state of the trace, standing losses. */
  within({ from, to }: Interval): OwnReadings {
    const inside = <T extends At>(all: readonly T[]): T[] =>
      all.flatMap((one) => (one.atMs >= from && one.atMs <= to ? [{ ...one, atMs: one.atMs - from }] : []));
    const standing = <T extends At>(all: readonly T[]): T[] =>
      all.map((one) => ({ ...one, atMs: Math.max(0, one.atMs - from) }));
    return {
      victims: this.victims.map((victim) => {
        const atMs = this.releases.get(victim.pid);
        return atMs === undefined ? victim : { ...victim, releasedMs: Math.max(0, atMs - from) };
      }),
      probe: this.probe.flatMap((one) =>
        one.toMs >= from && one.fromMs <= to ? [{ ...one, fromMs: one.fromMs - from, toMs: one.toMs - from }] : [],
      ),
      recorder: inside(this.recorder),
      trace: standing(this.trace.filter(({ atMs }) => atMs <= to)),
      space: [...standing(lastOfEach(this.space, from)), ...inside(this.space)],
      files: standing(this.files),
      kernelThreads: [...this.kernelThreads],
      attached: standing(this.attached.filter(({ atMs }) => atMs <= to)),
      losses: this.losses.flatMap(({ loss, atMs }) =>
        (loss.count === undefined || atMs >= from) && atMs <= to ? [loss] : [],
      ),
    };
  }

  /** Forgets what was said before `ms` and holds no more. */
  forgetBefore(ms: number): void {
    this.probe = this.probe.filter(({ toMs }) => toMs >= ms);
    this.recorder = this.recorder.filter(({ atMs }) => atMs >= ms);
    this.space = [...lastOfEach(this.space, ms), ...this.space.filter(({ atMs }) => atMs >= ms)];
    this.losses = this.losses.filter(({ loss, atMs }) => loss.count === undefined || atMs >= ms);
  }
}
