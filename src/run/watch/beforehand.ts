// What a recording has from before its stall began: the kernel's ring of events, the newest counters, settings, and the processes that are followed. It is
// kept up in the seconds in which nothing is recorded, and handed over where a recording begins.

import { monotonicNs } from '../../base/clock.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { captureFacts } from '../../capture/facts.js';
import { listFolder } from '../../capture/files.js';
import type { KernelFilesystems } from '../../capture/kernel-fs.js';
import { markOf } from '../../capture/process.js';
import { SettingsWatch } from '../../capture/settings-watch.js';
import { findTracefs, isTracefs } from '../../capture/tracefs.js';
import { Tracer } from '../../capture/tracer.js';
import type { UndoJournal } from '../../capture/undo.js';
import { SOURCE } from '../../model/recording.js';
import { LookBack } from '../../recording/look-back.js';
import { KernelEvents } from './kernel-events.js';
import { LOOK_BACK_MS, RecordedEpisode, type Recorded } from './episode.js';
import type { Stall } from './trigger.js';

/** What is kept of the counters before a stall; a machine of a thousand disks has less than half a minute. */
const MOST_LOOK_BACK = 8 * 1024 * 1024;
/** Victims of one recording. */
const MOST_VICTIMS = 16;
/** Kernel memory for events of each CPU, KiB: see docs/adr/0011-look-back.md. */
const RING_KIB = 4096;

export interface BeforehandOptions {
  readonly undo: UndoJournal;
  readonly filesystems: KernelFilesystems;
  /** Whether JVMs that stall are asked for their threads. */
  readonly asksJvms: boolean;
  /** Settings have changed. */
  readonly changed: () => void;
  /** Kernel events have ended, for the reason that is `missing` now. */
  readonly lost: (why: string) => void;
  /** There are kernel events again. */
  readonly back: () => void;
}

export class Beforehand {
  /** Where readings go in which nothing is recorded. */
  readonly lookBack = new LookBack({ keepMs: LOOK_BACK_MS + 2000, mostBytes: MOST_LOOK_BACK });
  private readonly options: BeforehandOptions;
  private readonly settings = new SettingsWatch();
  /** Who is followed. */
  private readonly known = new Set<number>();
  private readonly events: KernelEvents<Tracer>;
  /** A recording was under way of late. */
  private wasRecorded = false;

  constructor(options: BeforehandOptions) {
    this.options = options;
    const { lost, back } = options;
    this.events = new KernelEvents({ open: () => this.startTracer(), lost, back: () => this.comeBack(back) });
  }

  private startTracer(): Tracer {
    const { tracefs: first, why } = this.options.filesystems;
    const tracefs = first !== undefined && isTracefs(first) ? first : findTracefs();
    if (tracefs === undefined) throw new Error(why ?? 'there is no tracefs');
    Tracer.removeLeft(tracefs);
    const tracer = new Tracer({
      tracefs,
      journal: this.options.undo,
      sink: this.lookBack,
      eventBudget: 400_000,
      bufferKiB: RING_KIB,
      atRest: true,
      loss: (loss) => this.lookBack.reading(SOURCE.loss, JSON.stringify(loss), monotonicNs()),
      nowNs: monotonicNs,
    });
    tracer.start([]);
    return tracer;
  }

  /** The kernel is told again whom it is to follow. */
  private comeBack(tell: () => void): void {
    for (const pid of this.known) this.forget(pid);
    tell();
  }

  private get tracer(): Tracer | undefined {
    return this.events.tracer;
  }

  /** Why there are no kernel events, in words; null where there are. */
  get missing(): string | null {
    return this.events.missing;
  }

  /** Reads the settings as they are at the beginning. */
  begin(victims: readonly number[]): void {
    captureFacts(this.lookBack, { when: 'start', victims });
    this.settings.changed([]);
  }

  /** Follows the processes of a watched service as they come and go; `recorded` is the recording under way. */
  follow(pids: readonly number[], nowNs: bigint, recorded: Recorded | undefined): void {
    for (const pid of this.known) if (!pids.includes(pid)) this.forget(pid);
    for (const pid of pids) {
      if (this.known.has(pid)) continue;
      const mark = markOf(pid);
      this.known.add(pid);
      if (recorded) recorded.addVictim(mark);
      else {
        const threads = listFolder(`/proc/${pid}/task`);
        this.lookBack.reading(SOURCE.victim, JSON.stringify(mark), nowNs);
        this.lookBack.reading(`/proc/${pid}/task/`, threads.join('\n'), nowNs);
        // From then on the kernel follows the threads that these start.
        this.tracer?.follow(threads.map(Number));
      }
    }
  }

  private forget(pid: number): void {
    this.known.delete(pid);
    this.lookBack.forgetVictim(pid);
  }

  /** A recording begins: of those that lost most, and of those that are followed. */
  record(tool: string, folder: HeldFolder, stall: Stall): RecordedEpisode {
    const pids = [...new Set([...stall.pids, ...this.known])].slice(0, MOST_VICTIMS);
    const { undo: journal, filesystems } = this.options;
    const { lookBack, tracer } = this;
    const victims = pids.map((pid) => markOf(pid));
    // One that is starved of CPU, or stopped, would only be held up longer by a question: unless it waits later on.
    const whenAsked = stall.kind === 'waits' || stall.kind === 'memory' ? 'always' : 'stalled';
    const asking = this.options.asksJvms ? whenAsked : undefined;
    return new RecordedEpisode({ tool, folder, journal, filesystems, lookBack, tracer, victims, asking });
  }

  /** A second has ended in which something was recorded. */
  leave(): void {
    this.wasRecorded = true;
  }

  /** A second has ended in which nothing was recorded. */
  keepUp(): void {
    // Whom a recording has followed is told again, to what looks back as to the kernel.
    if (this.wasRecorded) for (const pid of this.known) this.forget(pid);
    this.wasRecorded = false;
    this.events.everySecond();
  }

  /** Compares the settings with what they were. */
  lookAtSettings(victims: readonly number[]): void {
    if (!this.settings.changed(victims)) return;
    captureFacts(this.lookBack, { when: 'change', victims });
    this.options.changed();
  }

  async stop(): Promise<void> {
    try {
      this.tracer?.stop();
    } catch {
      // tracefs has gone before.
    }
    await this.tracer?.settled();
    this.settings.close();
  }
}
