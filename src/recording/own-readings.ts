// What the recorder itself said on the tape: victims, probe, load, trace state, losses. A recording may come from anywhere, so each is
// held against its schema; what does not fit is a loss and nothing else.

import * as v from 'valibot';
import { unbounded, type Allowance } from '../base/allowance.js';
import type { Interval } from '../base/intervals.js';
import { messageOf } from '../base/errors.js';
import { PastSchema, type Past } from '../model/past.js';
import type { Loss } from '../model/losses.js';
import {
  SOURCE,
  type Attached,
  type DumpMark,
  type KernelThread,
  type OpenFile,
  type ProbeProgress,
  type Reading,
  type RecorderLoad,
  type Stopped,
  type TraceState,
  type VolumeSpace,
  type VictimMark,
  type WaitChain,
} from '../model/recording.js';
import {
  Chain,
  Dump,
  File,
  KernelThreads,
  Load,
  LostThing,
  Progress,
  Ptrace,
  ReleasedCommand,
  Space,
  StoppedProcess,
  Trace,
  Victim,
} from './own-shapes.js';

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
  readonly stopped: (Stopped & At)[];
  readonly chains: (WaitChain & At)[];
  readonly dumps: (DumpMark & At)[];
  readonly past?: Past;
  /** What the recorder lost, and readings of its own that make no sense. */
  readonly losses: Loss[];
}

/** What V8 takes for one of them, and for each letter of its text; one that makes no sense takes long to be refused, so it counts as many. */
const READING_BYTES = 512;
const PER_LETTER = 4;
const NONSENSE_BYTES = 16 * 1024;
/** Letters of nonsense that a loss quotes. */
const MOST_QUOTED = 150;
/** The recorder chooses three a second at most, and the same ones again and again. */
const MOST_VICTIMS = 4096;
/** The probe has four phases. */
const MOST_PHASES = 16;

/** What was said last before a time about each volume or process: it holds on, as what stays as it is, is told once. */
function lastOfEach<K extends string, T extends At & Readonly<Record<K, unknown>>>(
  all: readonly T[],
  ms: number,
  key: K,
): T[] {
  return [...new Map(all.filter(({ atMs }) => atMs < ms).map((one) => [one[key], one])).values()];
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
  private stopped: (Stopped & At)[] = [];
  private chains: (WaitChain & At)[] = [];
  private dumps: (DumpMark & At)[] = [];
  private past: Past | undefined;
  private probe: OwnReadings['probe'] = [];
  private recorder: (RecorderLoad & At)[] = [];
  private space: (VolumeSpace & At)[] = [];
  /** The last text about each volume: one that stays as it is, is kept once. */
  private readonly spaceTexts = new Map<string, string>();
  private losses: (At & { readonly loss: Loss })[] = [];

  private readonly phases = new Set<string>();
  private readonly allowance: Allowance;

  /** `startNs` is CLOCK_MONOTONIC at the recording's start. */
  constructor(startNs: bigint, allowance = unbounded()) {
    this.startNs = startNs;
    this.allowance = allowance;
  }

  take({ path, text, atNs, failed }: Reading): void {
    const cost = READING_BYTES + PER_LETTER * text.length;
    if (failed || !path.startsWith('iowitness:') || !this.allowance.take(cost)) return;
    const atMs = atNs / 1e6;
    try {
      if (!this.takeValue(path, text, atMs)) this.allowance.giveBack(cost);
    } catch (error) {
      if (!this.allowance.take(NONSENSE_BYTES)) return;
      const where = `${path.slice(0, MOST_QUOTED)}: ${messageOf(error).slice(0, MOST_QUOTED)}`;
      this.losses.push({ atMs, loss: { code: 'log-damaged', where } });
    }
  }

  /** False where nothing of it is kept. */
  private takeValue(path: string, text: string, atMs: number): boolean {
    const value: unknown = JSON.parse(text);
    switch (path) {
      case SOURCE.victim:
        return this.takeVictim(v.parse(Victim, value));
      case SOURCE.released:
        this.releases.set(v.parse(ReleasedCommand, value).pid, atMs);
        return true;
      case SOURCE.recorder:
        return this.recorder.push({ ...v.parse(Load, value), atMs }) > 0;
      case SOURCE.trace:
        return this.trace.push({ ...v.parse(Trace, value), atMs }) > 0;
      case SOURCE.space:
        return this.takeSpace(v.parse(Space, value), text, atMs);
      case SOURCE.file:
        return this.files.push({ ...v.parse(File, value), atMs }) > 0;
      case SOURCE.kernelThreads:
        for (const thread of v.parse(KernelThreads, value)) this.kernelThreads.push(thread);
        return true;
      case SOURCE.ptrace:
        return this.attached.push({ ...v.parse(Ptrace, value), atMs }) > 0;
      case SOURCE.stopped:
        return this.stopped.push({ ...v.parse(StoppedProcess, value), atMs }) > 0;
      case SOURCE.chain:
        return this.chains.push({ ...v.parse(Chain, value), atMs }) > 0;
      case SOURCE.threadDump:
        return this.dumps.push({ ...v.parse(Dump, value), atMs }) > 0;
      case SOURCE.past:
        this.past = v.parse(PastSchema, value);
        return true;
      case SOURCE.loss:
        return this.losses.push({ loss: v.parse(LostThing, value), atMs }) > 0;
      case SOURCE.probe:
        return this.takeProgress(v.parse(Progress, value));
      default:
        return false;
    }
  }

  private takeProgress(slice: ProbeProgress): boolean {
    this.phases.add(slice.phase);
    if (this.phases.size > MOST_PHASES) throw new RangeError(`the probe has no phase ${slice.phase}`);
    const sinceStart = (ns: string) => Number(BigInt(ns) - this.startNs) / 1e6;
    return this.probe.push({ ...slice, fromMs: sinceStart(slice.fromNs), toMs: sinceStart(slice.toNs) }) > 0;
  }

  private takeVictim(victim: VictimMark): boolean {
    if (this.victims.length < MOST_VICTIMS) return this.victims.push(victim) > 0;
    this.allowance.refuse();
    return false;
  }

  private takeSpace(space: VolumeSpace, text: string, atMs: number): boolean {
    if (this.spaceTexts.get(space.mountPoint) === text) return false;
    this.spaceTexts.set(space.mountPoint, text);
    return this.space.push({ ...space, atMs }) > 0;
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
      space: [...standing(lastOfEach(this.space, from, 'mountPoint')), ...inside(this.space)],
      files: standing(this.files),
      kernelThreads: [...this.kernelThreads],
      attached: standing(this.attached.filter(({ atMs }) => atMs <= to)),
      stopped: standing(this.stopped.filter(({ atMs }) => atMs <= to)),
      chains: [...standing(lastOfEach(this.chains, from, 'pid')), ...inside(this.chains)],
      dumps: inside(this.dumps),
      ...(this.past && { past: this.past }),
      losses: this.losses.flatMap(({ loss, atMs }) =>
        (loss.count === undefined || atMs >= from) && atMs <= to ? [loss] : [],
      ),
    };
  }

  /** Forgets what was said before `ms` and holds no more. */
  forgetBefore(ms: number): void {
    this.probe = this.probe.filter(({ toMs }) => toMs >= ms);
    this.dumps = this.dumps.filter(({ atMs }) => atMs >= ms);
    this.recorder = this.recorder.filter(({ atMs }) => atMs >= ms);
    const still = lastOfEach(this.stopped, ms, 'pid').filter(({ stopped }) => stopped);
    const waiting = lastOfEach(this.chains, ms, 'pid').filter(({ hops }) => hops.length > 0);
    this.chains = [...waiting, ...this.chains.filter(({ atMs }) => atMs >= ms)];
    this.stopped = [...still, ...this.stopped.filter(({ atMs }) => atMs >= ms)];
    this.space = [...lastOfEach(this.space, ms, 'mountPoint'), ...this.space.filter(({ atMs }) => atMs >= ms)];
    this.losses = this.losses.filter(({ loss, atMs }) => loss.count === undefined || atMs >= ms);
  }
}
