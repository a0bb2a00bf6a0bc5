// The watch's own pulse: ten times a second it puts the time into a file in memory (/run is a tmpfs), so that after a kill the next watch knows to a
// tenth of a second when this one ended, and it notices when it was held up itself. The file tells as well that a watch runs.
// It tells as well since when what is found can't be kept. A beat costs 10 µs.

import { closeSync, readFileSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { monotonicMs } from '../../base/clock.js';
import { holdFolder } from '../../base/hold-path.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { readWhole } from '../../capture/files.js';
import { statOf } from '../../capture/process.js';

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

export interface PulseListener {
  /** It was held up: CLOCK_MONOTONIC went on without it, or, where the machine slept, the wall clock did. */
  readonly gap: (gap: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly why: 'held up' | 'suspended';
  }) => void;
  /** The wall clock was set. */
  readonly stepped: (ms: number) => void;
}

export class Pulse {
  private readonly folder: HeldFolder;
  private readonly name: string;
  private readonly descriptor: number;
  private readonly own: Pick<Beat, 'pid' | 'startTicks'>;
  /** Since when what is found can't be kept; undefined while it is. */
  unkeptSinceMs: number | undefined;
  private readonly listener: PulseListener;
  private readonly timer: NodeJS.Timeout;
  private lastMs = monotonicMs();
  private offsetMs = Date.now() - this.lastMs;
  private bootOffset = bootMs() - this.lastMs;

  /** `of`: what is watched into, a folder: one watch a folder. */
  constructor(of: string, listener: PulseListener, run = '/run/iowitness') {
    this.folder = holdFolder(run, { make: true, guarded: true });
    this.name = nameOf(of);
    this.listener = listener;
    this.own = { pid: process.pid, startTicks: statOf(process.pid)?.startTicks ?? 0 };
    if (this.folder.stat(this.name)) this.folder.removeSync(this.name);
    this.descriptor = this.folder.createSync(this.name);
    this.timer = setInterval(this.beat, EVERY_MS);
    this.write();
  }

  private readonly beat = (): void => {
    const now = monotonicMs();
    const offsetMs = Date.now() - now;
    const late = now - this.lastMs - EVERY_MS;
    const stepMs = offsetMs - this.offsetMs;
    if (Math.abs(stepMs) > STEP_MS) this.tellStep(now, stepMs);
    if (late > GAP_MS) this.listener.gap({ fromMs: this.lastMs + offsetMs, toMs: now + offsetMs, why: 'held up' });
    this.lastMs = now;
    this.offsetMs = offsetMs;
    this.write();
  };

  /** CLOCK_BOOTTIME goes on while the machine sleeps, and is not set by anybody (clock_gettime(2)). */
  private tellStep(now: number, stepMs: number): void {
    const bootOffset = bootMs() - now;
    const slept = bootOffset - this.bootOffset;
    this.bootOffset = bootOffset;
    const wall = Date.now();
    if (slept > GAP_MS) this.listener.gap({ fromMs: wall - slept, toMs: wall, why: 'suspended' });
    else this.listener.stepped(stepMs);
  }

  private write(): void {
    const { own, unkeptSinceMs } = this;
    const beat: Beat = { ...own, wallMs: Date.now(), ...(unkeptSinceMs !== undefined && { unkeptSinceMs }) };
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
