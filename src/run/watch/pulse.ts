// The watch's own pulse: ten times a second it puts the time into a file in memory (/run is a tmpfs), so that after a kill the next watch knows to a
// tenth of a second when this one ended, and it notices when it was held up itself. The file tells as well that a watch runs.
// It tells as well since when what is found can't be kept. A beat costs 30 µs.

import { closeSync, readFileSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { monotonicMs } from '../../base/clock.js';
import { holdFolder } from '../../base/hold-path.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { readWhole } from '../../capture/files.js';
import { statOf } from '../../capture/process.js';
import { nothingRan, ownTime, type OwnTime } from './own-time.js';

const EVERY_MS = 100;
/** A beat that comes this much later than it should tells a gap; shorter ones are a busy machine's everyday. */
const GAP_MS = 1000;
const STEP_MS = 50;

export interface Beat {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, as process numbers are used again. */
  readonly startTicks: number;
  readonly wallMs: number;
  /** Since when what is found can't be kept, as its disk refuses it; absent where it is. */
  readonly unkeptSinceMs?: number;
}

/** What a gap is told as: where CLOCK_MONOTONIC went on, that the watch was held up, or that nothing ran; where the wall clock alone did, that the machine slept. */
export type GapWhy = 'held up' | 'stopped' | 'suspended';

export interface PulseListener {
  readonly gap: (gap: { readonly fromMs: number; readonly toMs: number; readonly why: GapWhy }) => void;
  /** The wall clock was set. */
  readonly stepped: (ms: number) => void;
}

/** What time is told by, ms. */
export interface Clocks {
  readonly monotonic: () => number;
  readonly wall: () => number;
  /** CLOCK_BOOTTIME, which goes on while the machine sleeps, and is not set by anybody (clock_gettime(2)). */
  readonly boot: () => number;
  readonly own: () => OwnTime;
}

const CLOCKS: Clocks = { monotonic: monotonicMs, wall: () => Date.now(), boot: bootMs, own: ownTime };

export class Pulse {
  private readonly folder: HeldFolder;
  private readonly name: string;
  private readonly descriptor: number;
  private readonly own: Pick<Beat, 'pid' | 'startTicks'>;
  /** Since when what is found can't be kept; undefined while it is. */
  unkeptSinceMs: number | undefined;
  private readonly listener: PulseListener;
  private readonly clocks: Clocks;
  private readonly timer: NodeJS.Timeout;
  private lastMs: number;
  private offsetMs: number;
  private bootOffset: number;
  private lastOwn: OwnTime;

  /** `of`: what is watched into, a folder: one watch a folder. */
  constructor(of: string, listener: PulseListener, run = '/run/iowitness', clocks = CLOCKS) {
    this.folder = holdFolder(run, { make: true, guarded: true });
    this.name = nameOf(of);
    this.listener = listener;
    this.clocks = clocks;
    this.lastMs = clocks.monotonic();
    this.offsetMs = clocks.wall() - this.lastMs;
    this.bootOffset = clocks.boot() - this.lastMs;
    this.lastOwn = clocks.own();
    this.own = { pid: process.pid, startTicks: statOf(process.pid)?.startTicks ?? 0 };
    if (this.folder.stat(this.name)) this.folder.removeSync(this.name);
    this.descriptor = this.folder.createSync(this.name);
    this.timer = setInterval(() => this.beat(), EVERY_MS);
    this.write();
  }

  /** Beats; also for whoever is about to judge the time that has passed, and must know of gaps in it. */
  beat(): void {
    const { clocks } = this;
    const now = clocks.monotonic();
    const offsetMs = clocks.wall() - now;
    const own = clocks.own();
    const tookMs = now - this.lastMs;
    const stepMs = offsetMs - this.offsetMs;
    if (Math.abs(stepMs) > STEP_MS) this.tellStep(now, stepMs);
    if (tookMs - EVERY_MS > GAP_MS)
      this.listener.gap({
        fromMs: this.lastMs + offsetMs,
        toMs: now + offsetMs,
        why: nothingRan(this.lastOwn, own, tookMs) ? 'stopped' : 'held up',
      });
    this.lastMs = now;
    this.offsetMs = offsetMs;
    this.lastOwn = own;
    this.write();
  }

  /** The wall clock has moved against the monotonic one: by as much as the machine slept, and as it was set. */
  private tellStep(now: number, stepMs: number): void {
    const bootOffset = this.clocks.boot() - now;
    const sleptMs = bootOffset - this.bootOffset;
    this.bootOffset = bootOffset;
    const wall = this.clocks.wall();
    const isSleep = sleptMs > STEP_MS;
    if (isSleep) this.listener.gap({ fromMs: wall - sleptMs, toMs: wall, why: 'suspended' });
    const setMs = isSleep ? stepMs - sleptMs : stepMs;
    if (Math.abs(setMs) > STEP_MS) this.listener.stepped(setMs);
  }

  private write(): void {
    const { own, unkeptSinceMs } = this;
    const beat: Beat = { ...own, wallMs: this.clocks.wall(), ...(unkeptSinceMs !== undefined && { unkeptSinceMs }) };
    writeSync(this.descriptor, `${JSON.stringify(beat)}\n`.padEnd(BEAT_BYTES), 0);
  }

  /** Ends it: nobody watches any more. Where something was not kept the last beat stays, to tell the next watch. */
  close(): void {
    clearInterval(this.timer);
    closeSync(this.descriptor);
    if (this.unkeptSinceMs === undefined) this.folder.removeSync(this.name);
    this.folder.close();
  }
}

const BEAT_BYTES = 128;

function nameOf(of: string): string {
  return `watch-${createHash('sha256').update(of).digest('hex').slice(0, 16)}.beat`;
}

function bootMs(): number {
  return Number(readWhole('/proc/uptime')?.split(' ')[0]) * 1000;
}

/** The last beat of the watch into a folder, and whether that still runs; undefined where there was none since this machine was booted. */
export function lastBeat(of: string, run = '/run/iowitness'): (Beat & { readonly runs: boolean }) | undefined {
  try {
    const beat: Beat = JSON.parse(readFileSync(`${run}/${nameOf(of)}`, 'utf8'));
    return { ...beat, runs: statOf(beat.pid)?.startTicks === beat.startTicks };
  } catch {
    // None was there, or it ended in order.
    return undefined;
  }
}
