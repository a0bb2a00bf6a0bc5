// The kernel's events through the attribution, step by step, for a tool that goes on for days: cut at one moment together with what devices count,
// with the names of threads and files that they need, and with what is not needed any more left behind now and then. What is told of a step
// (top) or of a stretch of time (bursts) is asked of the attribution afterwards.

import { LiveAttribution } from '../../analysis/attribution/live.js';
import { monotonicNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { EndedNames } from '../../capture/ended-names.js';
import type { OpenFiles } from '../../capture/files.js';
import { collectIfGrown } from '../../capture/lean-heap.js';
import { openKernelFilesystems } from '../../capture/kernel-fs.js';
import type { UndoJournal } from '../../capture/undo.js';
import type { Writer } from '../../model/diagnosis.js';
import type { Events } from '../../model/events.js';
import { BlockEvents } from './block-events.js';
import { CaseFacts } from './case-facts.js';
import { Threads } from './threads.js';
import { unrelatedTo, type Unrelated } from './unrelated.js';

/** Names of the latest ends of threads that are kept. */
const ENDED_NAMES = 10_000;
/** Events whose thread is behind bytes. */
const BY_OWNERS = ['block_bio_queue', 'writeback_dirty_folio', 'writeback_dirty_page', 'iomap_dio_rw_begin'];

/** What devices counted at the cut. */
export interface Counted {
  /** Of all devices that there are. */
  readonly names: readonly string[];
  /** That all devices have completed since the cut before. */
  readonly operations: number;
}

/** The threads that are behind bytes, and by how many events. */
export type ThreadEvents = ReadonlyMap<number, number>;

export interface LiveOwnersOptions {
  readonly journal: UndoJournal;
  readonly files: OpenFiles;
  /** CLOCK_MONOTONIC from which times count, ns. */
  readonly startNs: bigint;
  /** To which stretches of time is told who it was; unless told, all that was complete is told at once. */
  readonly binMs?: number;
  /** Open files of busy processes are noted this often, ms. */
  readonly filesEveryMs: number;
  /** Names of the disks, or partitions, that are asked about; unless told, all. */
  readonly disks?: ReadonlySet<string>;
}

export class LiveOwners {
  readonly threads: Threads;
  readonly facts: CaseFacts;
  readonly events: BlockEvents;
  private readonly ended: EndedNames;
  private readonly attribution: LiveAttribution;
  private readonly startNs: bigint;
  private readonly disks: ReadonlySet<string> | undefined;
  private leftOut: Unrelated | undefined;
  private readonly watched = new Set<number>();
  private cutMs = 0;
  /** What is not needed any more is left behind at the end of this step. */
  private isDue = false;
  private steps = 0;
  private isClosed = false;

  private constructor(tracefs: string, options: LiveOwnersOptions) {
    const { journal, files, startNs, binMs, filesEveryMs, disks } = options;
    this.startNs = startNs;
    this.disks = disks;
    // Before the journal’s own hook: an instance can't be removed while its files are open.
    process.once('exit', this.letGo);
    this.ended = new EndedNames(tracefs, journal, ENDED_NAMES);
    try {
      this.events = new BlockEvents({ tracefs, journal, startNs });
    } catch (error) {
      process.off('exit', this.letGo);
      this.ended.close();
      throw error;
    }
    this.threads = new Threads(files, this.ended);
    this.facts = new CaseFacts(startNs, this.events.filters, filesEveryMs);
    this.attribution = new LiveAttribution(this.facts.input, this.events, binMs);
    this.leaveOut();
  }

  private leaveOut(): void {
    if (!this.disks) return;
    const unrelated = unrelatedTo(this.disks, this.facts.topology);
    if (unrelated.requests === this.leftOut?.requests && unrelated.pages === this.leftOut.pages) return;
    this.leftOut = unrelated;
    this.events.leaveOut(unrelated);
  }

  /** Or why there are none, in words. */
  static open(options: LiveOwnersOptions): LiveOwners | string {
    if (process.geteuid?.() !== 0) return 'needs root';
    try {
      const { tracefs, why } = openKernelFilesystems(options.journal);
      return tracefs === undefined ? `needs tracefs (${why ?? 'not found'})` : new LiveOwners(tracefs, options);
    } catch (error) {
      return messageOf(error);
    }
  }

  private nowMs(): number {
    return Number(monotonicNs() - this.startNs) / 1e6;
  }

  /** Between steps: empties the kernel's buffers. */
  poll(): void {
    this.events.poll();
    this.ended.drain();
  }

  /**
   * One step. `read` reads the devices' counters: the events are those up to that moment, what came while they were read stands behind the cut until
   * `tidy` ends the step. Open files are noted of the processes that are `watched`, and of those that were since that was done last.
   */
  step<Read extends Counted>(
    read: () => Read,
    watched: (threads: ThreadEvents) => Iterable<number>,
  ): { readonly counted: Read; readonly events: Events; readonly cutMs: number } {
    this.poll();
    const cutMs = this.nowMs();
    const counted = read();
    this.isDue = this.attribution.isDue(cutMs);
    this.events.poll(this.isDue);
    const events = this.events.upTo(cutMs);
    const threads = threadsIn(events);
    this.threads.meet(threads.keys(), cutMs);
    if (this.facts.haveChanged(counted.names, cutMs)) {
      this.attribution.renew(this.facts.input, cutMs);
      this.leaveOut();
    }
    for (const pid of watched(threads)) this.watched.add(pid);
    if (this.facts.noteFiles(this.watched)) this.watched.clear();
    this.attribution.follow(events);
    if (this.steps > 0) this.adapt(counted.operations, events, cutMs - this.cutMs);
    this.cutMs = cutMs;
    this.steps += 1;
    return { counted, events, cutMs };
  }

  private adapt(operations: number, { tables }: Events, ms: number): void {
    const pages = (tables.get('writeback_dirty_folio') ?? tables.get('writeback_dirty_page'))?.length ?? 0;
    if (ms > 0) this.events.adapt((operations * 1000) / ms, (pages * 1000) / ms);
  }

  /** The writers of what was complete since this was asked last; where lines are of threads, each thread is a process of its own. */
  take(byThread: boolean): Writer[] {
    return this.attribution.take({ ...this.threads.asCase(byThread), files: this.facts.files });
  }

  /** The writers of what was complete between two times, ms. */
  within(fromMs: number, toMs: number): Writer[] {
    return this.attribution.within(fromMs, toMs, { ...this.threads.asCase(false), files: this.facts.files });
  }

  /** What was complete before is not asked for any more. */
  forgetBefore(ms: number): void {
    this.attribution.forgetBefore(ms);
  }

  /** Ends a step: leaves behind what is not needed any more, where it is time. */
  tidy(): void {
    const { cutMs } = this;
    if (!this.isDue) return;
    this.events.forgetTexts(cutMs);
    this.attribution.renew(this.facts.input, cutMs);
    this.threads.forget(cutMs);
    this.facts.forgetFiles();
    // What was left behind is old by now: V8 would let the heap grow to several times what lives before it collects that.
    collectIfGrown();
  }

  /** Settles when nothing is being set any more: a file of an instance that is open keeps it from being removed. */
  async settled(): Promise<void> {
    await this.events.settled();
  }

  /** Closes; the journal removes the instances. */
  close(): void {
    this.letGo();
  }

  private readonly letGo = (): void => {
    process.off('exit', this.letGo);
    if (this.isClosed) return;
    this.isClosed = true;
    this.events.close();
    this.ended.close();
  };
}

function threadsIn({ tables }: Events): ThreadEvents {
  const threads = new Map<number, number>();
  for (const name of BY_OWNERS)
    for (const pid of tables.get(name)?.pid ?? []) threads.set(pid, (threads.get(pid) ?? 0) + 1);
  return threads;
}
