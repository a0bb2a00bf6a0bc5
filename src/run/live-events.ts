// The kernel's events of this machine while a live tool runs: a recorder that writes nothing, whose last moments stand in memory as a window
// (open/window.ts). Whoever has it asks what was done on the disks in a stretch of time, and by whom.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { requestsWithin, type RequestsWithin } from '../analysis/export/amounts.js';
import type { Interval } from '../base/intervals.js';
import { readKernelUnits } from '../capture/auxv.js';
import { readWhole } from '../capture/files.js';
import { readClocks, Recorder } from '../capture/recorder.js';
import { UndoJournal } from '../capture/undo.js';
import type { Case } from '../model/case.js';
import { RECORDING_VERSION, type Manifest } from '../model/recording.js';
import { LiveWindow } from '../open/window.js';

/** Who made dirty what is written now stands as long before it (vm.dirty_expire_centisecs is 30 s), ms. */
const HISTORY_MS = 35_000;
const MOST_PAGE_BYTES = 32 * 1024 * 1024;

export interface LiveEventsOptions {
  readonly tool: string;
  readonly undoFolder: string | undefined;
  /** The longest stretch that is asked about, ms. */
  readonly stretchMs: number;
}

export class LiveEvents {
  private readonly window: LiveWindow;
  private readonly recorder: Recorder;
  private readonly journal: UndoJournal;
  private readonly startNs: bigint;
  private isStopped = false;

  /** Begins to record. Throws a UserError where what it makes can't be journalled. */
  constructor({ tool, undoFolder, stretchMs }: LiveEventsOptions) {
    this.journal = UndoJournal.open(undoFolder);
    if (process.geteuid?.() === 0) this.journal.prepare();
    const start = readClocks();
    const manifest: Manifest = {
      format: 'iowitness-recording',
      version: RECORDING_VERSION,
      tool,
      id: randomUUID(),
      host: hostname(),
      kernel: readWhole('/proc/sys/kernel/osrelease')?.trim() ?? 'unknown',
      recorderPid: process.pid,
      ...readKernelUnits(),
      plan: { command: 'record', hz: 1, events: true },
      start,
    };
    this.startNs = BigInt(start.monotonicNs);
    const keepMs = stretchMs + HISTORY_MS;
    this.window = new LiveWindow({ name: 'live', manifest, keepMs, mostPageBytes: MOST_PAGE_BYTES });
    this.recorder = new Recorder({
      sink: this.window,
      journal: this.journal,
      hz: 1,
      events: true,
      eventBudget: 100_000,
      victims: [],
      watchBusiest: false,
      wholeMachine: true,
      queuedBytes: () => 0,
      flush: () => {},
    });
    this.recorder.start();
  }

  /** Why there are no events, in words; undefined where there are. */
  get missing(): string | undefined {
    const { losses } = this.caseOfLast(0);
    const loss = losses.find(({ code }) => code === 'not-root' || code === 'no-tracefs');
    if (!loss) return undefined;
    return loss.code === 'not-root' ? 'only root may read the kernel’s events' : `the kernel’s events can’t be read: ${loss.where}`;
  }

  private caseOfLast(ms: number): Case {
    return this.window.caseNow(ms + HISTORY_MS);
  }

  /** What the disks had done after `from` and up to `to` of CLOCK_MONOTONIC, ns. */
  within(from: bigint, to: bigint): RequestsWithin & { readonly case: Case } {
    const ms = (ns: bigint): number => Number(ns - this.startNs) / 1e6;
    const input = this.caseOfLast(this.window.latestMs - ms(from));
    const begun = input.part?.from ?? 0;
    const stretch: Interval = { from: ms(from) - begun, to: ms(to) - begun };
    return { case: input, ...requestsWithin(input, stretch) };
  }

  /** Ends it, once, and puts the machine back. Returns what could not be undone, in words. */
  async stop(): Promise<string[]> {
    if (this.isStopped) return [];
    this.isStopped = true;
    await this.recorder.stop();
    const failed = this.journal.undoAll();
    await this.recorder.symbolsKept;
    return failed;
  }
}
