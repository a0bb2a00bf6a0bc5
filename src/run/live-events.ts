// The kernel's events of this machine while a live tool runs: a recorder that writes nothing, whose last moments stand in memory as a window
// (open/window.ts). Whoever has it asks what was done on the disks in a stretch of time, and by whom.

import { cpus } from 'node:os';
import { requestsWithin, type RequestsWithin } from '../analysis/export/amounts.js';
import { Topology } from '../analysis/machine/topology.js';
import { tracedUntil, tracesRequests } from '../analysis/requests/traced-until.js';
import { followRequests } from '../analysis/requests/follow.js';
import type { Requests } from '../analysis/requests/requests.js';
import { Sampling } from '../analysis/requests/sampling.js';
import { coveredMs, type Interval } from '../base/intervals.js';
import { parseKeyValues } from '../base/procfs/key-values.js';
import { availableBytes } from '../base/procfs/meminfo.js';
import { readWhole } from '../capture/files.js';
import { manifestNow } from '../capture/manifest-now.js';
import { Recorder } from '../capture/recorder.js';
import { UndoJournal } from '../capture/undo.js';
import type { DeviceId } from '../model/counters.js';
import type { Case } from '../model/case.js';
import type { LossCode } from '../model/losses.js';
import { LiveWindow } from '../open/window.js';

/** Who made dirty what is written now stands as long before it (vm.dirty_expire_centisecs is 30 s), ms. */
const HISTORY_MS = 35_000;
/** A request that took longer than this is not seen to its end where nobody asks whose it is, ms. */
const LONGEST_MS = 5000;
/** A loss is told so long after it at most, or at the reading before it, ms. */
const LOSS_LATE_MS = 1000;
const LOST = new Set<LossCode>(['events-overrun', 'page-malformed', 'beyond-bounds']);
const MOST_PAGE_BYTES = 32 * 1024 * 1024;
/** A second, above which the costliest are given up. */
const MOST_EVENTS = 200_000;
const THOROUGH_BYTES = 256 * 1024 * 1024;
/** Kernel memory: of a CPU's buffer, of all together, and the part of what this machine has available that they may take. */
const THOROUGH_KIB = { cpu: 32 * 1024, all: 256 * 1024, ofAvailable: 1 / 16 };
/** Looking through the files of all that are busy takes a third of what recording does beside an idle disk, s. */
const FILES_EVERY = 5;
/** A smaller buffer holds less than a tenth of a second. */
const LEAST_KIB = 64;

export interface LiveEventsOptions {
  readonly tool: string;
  readonly undoFolder: string | undefined;
  /** The longest stretch that is asked about, ms. */
  readonly stretchMs: number;
  /** True where all is wanted at any cost: for a look of some seconds, not for a watch that goes on. */
  readonly isThorough?: true;
}

/** 'untraced': none are told; 'forgotten': those at the beginning of the stretch; 'overrun': some; 'sampled': of the small ones a sample is told. */
export type RequestsLack = 'untraced' | 'forgotten' | 'overrun' | 'sampled';

export interface RequestsAround {
  /** Absent where none came in all that is kept. */
  readonly requests?: Requests;
  /** Why there are less of them than there were, if so. */
  readonly lack: RequestsLack | undefined;
  /** The stretch that was asked about, in the time of the requests. */
  readonly stretch: Interval;
  readonly nameOf: (id: DeviceId) => string;
}

/** The buffer of each CPU, KiB, where nothing is to be lost: on a machine of many CPUs, or of little memory, a smaller one. */
export function thoroughKiB(cpuCount: number, available: number): number {
  const all = Math.min(THOROUGH_KIB.all, available * THOROUGH_KIB.ofAvailable);
  return Math.max(LEAST_KIB, Math.min(THOROUGH_KIB.cpu, Math.floor(all / cpuCount)));
}

export class LiveEvents {
  private readonly window: LiveWindow;
  private readonly recorder: Recorder;
  private readonly journal: UndoJournal;
  private readonly startNs: bigint;
  private isStopped = false;

  /** Begins to record. Throws a UserError where what it makes can't be journalled. */
  constructor({ tool, undoFolder, stretchMs, isThorough }: LiveEventsOptions) {
    this.journal = UndoJournal.open(undoFolder);
    if (process.geteuid?.() === 0) this.journal.prepare();
    const manifest = manifestNow(tool, { command: 'record', hz: 1, events: true });
    this.startNs = BigInt(manifest.start.monotonicNs);
    const keepMs = stretchMs + HISTORY_MS;
    const mostPageBytes = isThorough ? THOROUGH_BYTES : MOST_PAGE_BYTES;
    this.window = new LiveWindow({ name: 'live', manifest, keepMs, mostPageBytes });
    this.recorder = new Recorder({
      sink: this.window,
      journal: this.journal,
      hz: 1,
      events: true,
      eventBudget: isThorough ? Infinity : MOST_EVENTS,
      filesEvery: isThorough ? 1 : FILES_EVERY,
      ...(isThorough && {
        bufferKiB: thoroughKiB(
          cpus().length,
          (availableBytes(parseKeyValues(readWhole('/proc/meminfo') ?? '')) ?? 0) / 1024,
        ),
      }),
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
    return loss.code === 'not-root'
      ? 'only root may read the kernel’s events'
      : `the kernel’s events can’t be read: ${loss.where}`;
  }

  private caseOfLast(ms: number): Case {
    return this.window.caseNow(ms + HISTORY_MS);
  }

  private stretchOf({ part }: Case, from: bigint, to: bigint): Interval {
    const begun = part?.from ?? 0;
    return { from: this.msOf(from) - begun, to: this.msOf(to) - begun };
  }

  private msOf(ns: bigint): number {
    return Number(ns - this.startNs) / 1e6;
  }

  /** The requests around that stretch, without asking whose they are: that takes much less. */
  requestsOf(from: bigint, to: bigint): RequestsAround {
    this.recorder.readEvents();
    const input = this.window.caseNow(this.window.latestMs - this.msOf(from) + LONGEST_MS);
    const topology = new Topology(input.facts[0], input.counters.diskNames, input.remapped);
    const requests =
      input.events?.tables.has('block_rq_complete') === true
        ? followRequests(input.events, topology, { endMs: tracedUntil(input), sampling: new Sampling(input) })
        : undefined;
    const stretch = this.stretchOf(input, from, to);
    return {
      ...(requests && { requests }),
      lack: this.lackOf(input, stretch, this.msOf(from)),
      stretch,
      nameOf: (id) => topology.name(id),
    };
  }

  /** What is missing the most. */
  private lackOf(input: Case, stretch: Interval, fromMs: number): RequestsLack | undefined {
    const { enabled = [] } = input.trace.filter(({ instance }) => instance === 'machine').at(-1) ?? {};
    if (!tracesRequests({ enabled })) return 'untraced';
    if (this.window.knownFromMs > fromMs) return 'forgotten';
    const { losses } = this.window.caseNow(Math.max(0, this.window.latestMs - fromMs) + LOSS_LATE_MS, () => false);
    if (losses.some(({ code }) => LOST.has(code))) return 'overrun';
    return coveredMs(new Sampling(input).times, stretch.from, stretch.to) > 0 ? 'sampled' : undefined;
  }

  /** What the disks had done after `from` and up to `to` of CLOCK_MONOTONIC, ns. */
  within(from: bigint, to: bigint): RequestsWithin & { readonly case: Case } {
    this.recorder.readEvents();
    const input = this.caseOfLast(this.window.latestMs - this.msOf(from));
    return { case: input, ...requestsWithin(input, this.stretchOf(input, from, to)) };
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
