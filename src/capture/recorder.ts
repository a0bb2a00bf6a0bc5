// One recording session on the live machine: facts, counters, kernel events and clocks into a sink, until it is stopped.
// The recorder watches itself as well: its lateness, CPU and memory are on the tape.

import { monotonicNs } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { Loss } from '../model/losses.js';
import { SAVED_NAMES, SOURCE, type RecorderLoad, type VictimMark } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { findUnseen } from './abilities.js';
import { CounterSampler } from './counters.js';
import { captureFacts } from './facts.js';
import { packSymbols, symbolsAreShown } from './kernel-symbols.js';
import { openKernelFilesystems, type KernelFilesystems } from './kernel-fs.js';
import { familyOf } from './family.js';
import { FileWatch } from './file-watch.js';
import { readWhole } from './files.js';
import { readClocks } from './manifest-now.js';
import { RequestRate } from './request-sample.js';
import { SpaceWatch } from './space.js';
import { SettingsWatch } from './settings-watch.js';
import { LOCKS_MS, Tracer } from './tracer.js';
import type { UndoJournal } from './undo.js';
import { Victims } from './victims.js';

export interface RecorderOptions {
  readonly sink: Sink;
  readonly journal: UndoJournal;
  /** Counter samples a second, 1 to 100. */
  readonly hz: number;
  readonly events: boolean;
  readonly eventBudget: number;
  readonly bufferKiB?: number;
  readonly victims: readonly VictimMark[];
  /** Watch the processes that do the most I/O, chosen again and again, where no victim is given. */
  readonly watchBusiest: boolean;
  /** Watches nobody, now or later: what is recorded of the machine as a whole, without waits and the symbols of their stacks. */
  readonly wholeMachine?: true;
  /** Where somebody has found or mounted these already, for longer than this recording; with the same journal. */
  readonly filesystems?: KernelFilesystems;
  /** One that runs already and goes on afterwards; what it reads goes into the same sink. */
  readonly tracer?: Tracer;
  /** Open files are noted once in so many seconds: every one unless told. */
  readonly filesEvery?: number;
  /** Bytes that the sink has taken and not yet written, for the recorder's own account. */
  readonly queuedBytes: () => number;
  /** Writes out what has gathered; called once a second. */
  readonly flush: () => void;
}

/** Trace buffers are emptied this often, whatever the sampling rate. */
const POLL_HZ = 10;
/** How often it is asked whether requests come too fast for all of them to be traced. */
const RATE_HZ = 2;
/** Processes watched at once when they are chosen by their I/O. */
const BUSIEST = 3;
/** Processes whose threads and files are noted, so that what they make dirty has a process and a name. */
const NOTED = 32;
/** Locks of the victim are watched for one of so many seconds. */
const LOCKS_EVERY = 5;
/** Calls that may fail are watched until the second after the last that said so, ms. */
const REFUSING_MS = 2500;
/** A wall clock that moves this much against the monotonic clock within a second was stepped, ms. */
const STEP_MS = 50;

export class Recorder {
  private readonly options: RecorderOptions;
  private readonly sampler: CounterSampler;
  private readonly settings: SettingsWatch;
  private readonly space: SpaceWatch;
  private readonly files: FileWatch;
  private readonly requests = new RequestRate();
  private readonly victims: Victims;
  private readonly told = new Set<string>();
  private readonly byTurns = new Set<number>();
  private tracer: Tracer | undefined;
  private tracefs: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private next = 0n;
  private ticks = 0;
  private toldBefore = false;
  private worstLateMs = 0;
  private cpu = process.cpuUsage();
  private lastSecond = monotonicNs();
  private offsetMs: number | undefined;
  private locksRest = 0;
  private filesRest = 0;
  /** Settles when the kernel's symbols have been handed to the sink, or can't be; never rejects. */
  symbolsKept: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.options = options;
    const filesystems = options.filesystems ?? openKernelFilesystems(options.journal);
    this.sampler = new CounterSampler(options.sink, {
      hz: options.hz,
      ...(filesystems.debugfs !== undefined && { debugfs: filesystems.debugfs }),
    });
    this.victims = new Victims({
      sink: options.sink,
      loss: (loss) => this.loss(loss),
      follow: (threads) => this.tracer?.follow(threads),
    });
    this.settings = new SettingsWatch();
    this.space = new SpaceWatch((space) => {
      this.say(SOURCE.space, space);
      this.watchRefusals();
    });
    this.files = new FileWatch((file) => this.say(SOURCE.file, file));
    for (const { name, detail, shows } of findUnseen())
      this.loss({ code: 'not-seen', where: `${name}: ${detail} (${shows})` });
    if (process.geteuid?.() !== 0) this.loss({ code: 'not-root', where: 'this recording' });
    else if (options.tracer) this.adoptTracer(options.tracer, filesystems.tracefs);
    else if (options.events) this.startTracer(filesystems);
    for (const victim of options.victims) this.victims.add(victim);
    // A server's work is done by the processes that it has started; events follow those that it starts from now on.
    this.victims.addChildren();
    this.victims.listThreads(process.pid);
  }

  private startTracer({ tracefs, why }: { readonly tracefs?: string; readonly why?: string }): void {
    if (tracefs === undefined) {
      this.loss({ code: 'no-tracefs', where: why ?? 'tracefs' });
      return;
    }
    try {
      const tracer = new Tracer({
        tracefs,
        journal: this.options.journal,
        sink: this.options.sink,
        eventBudget: this.options.eventBudget,
        ...(this.options.bufferKiB !== undefined && { bufferKiB: this.options.bufferKiB }),
        ...(this.options.wholeMachine && { wholeMachine: true }),
        loss: (loss) => this.loss(loss),
        nowNs: monotonicNs,
      });
      tracer.start(this.options.victims.flatMap((victim) => this.victims.listThreads(victim.pid)));
      this.tracer = tracer;
      this.tracefs = tracefs;
      if (!this.options.wholeMachine) this.keepSymbols();
    } catch (error) {
      this.loss({ code: 'no-tracefs', where: messageOf(error) });
    }
  }

  private adoptTracer(tracer: Tracer, tracefs: string | undefined): void {
    this.tracer = tracer;
    this.tracefs = tracefs;
    this.keepSymbols();
  }

  /** Kept early, so that a killed recording has them, and compressed off the sampling thread. */
  private keepSymbols(): void {
    if (!symbolsAreShown()) {
      this.loss({ code: 'no-symbols', where: '/proc/kallsyms' });
      return;
    }
    this.symbolsKept = packSymbols().then(
      (packed) => this.options.sink.file('trace/kallsyms.gz', packed),
      (error: unknown) => this.loss({ code: 'no-symbols', where: messageOf(error) }),
    );
  }

  /** Names of threads that ended before anybody listed them, as the tracer remembers them (Documentation/trace/ftrace.rst, saved_cmdlines). */
  private keepNames(): void {
    const names = this.tracefs === undefined ? undefined : readWhole(`${this.tracefs}/saved_cmdlines`);
    if (names !== undefined) this.options.sink.reading(SAVED_NAMES, names, monotonicNs());
  }

  private say(source: string, value: unknown): void {
    this.options.sink.reading(source, JSON.stringify(value), monotonicNs());
  }

  /** Notes down what was lost. */
  loss(loss: Loss): void {
    const key = `${loss.code} ${loss.where}`;
    // A standing condition is told once; what is counted is told each time.
    if (loss.count === undefined && this.told.has(key)) return;
    this.told.add(key);
    this.say(SOURCE.loss, loss);
  }

  /** The processes that are watched now. */
  get watched(): readonly number[] {
    return this.victims.living;
  }

  /** Watches one more process from now on. */
  addVictim(victim: VictimMark): void {
    this.victims.add(victim);
  }

  /** Takes the first facts and begins to sample. */
  start(): void {
    captureFacts(this.options.sink, { when: 'start', victims: this.victims.all });
    this.settings.changed(this.victims.all);
    void this.space.look();
    void this.files.lookAtLoops();
    this.next = monotonicNs();
    this.tick();
  }

  private readonly tick = (): void => {
    const now = monotonicNs();
    const hz = this.tracer ? Math.max(this.options.hz, POLL_HZ) : this.options.hz;
    const period = BigInt(Math.round(1e9 / hz));
    this.worstLateMs = Math.max(this.worstLateMs, Number(now - this.next) / 1e6);
    const every = Math.max(1, Math.round(hz / this.options.hz));
    if (this.ticks % every === 0) this.sampler.tick(now, this.victims.living, this.tracer !== undefined);
    // Events follow what a victim starts; without them a command's work may be all its children's.
    if (!this.tracer) this.victims.addChildren();
    if (this.tracer && this.ticks % Math.max(1, Math.round(hz / POLL_HZ)) === 0) this.tracer.poll();
    if (this.tracer && this.ticks % Math.max(1, Math.round(hz / RATE_HZ)) === 0) this.watchRate(now);
    if (now - this.lastSecond >= 1_000_000_000n) this.everySecond(now);
    this.ticks += 1;
    this.next += period;
    // After a long hold-up the missed ticks are not made up for.
    const after = monotonicNs();
    if (this.next < after) this.next = after;
    this.timer = setTimeout(this.tick, Number(this.next - after) / 1e6);
  };

  private watchRate(now: bigint): void {
    const rate = this.requests.look(now);
    if (rate !== undefined) this.tracer?.sampleRequests(rate);
  }

  /** Locks are told by a sample: the word that a thread waited for once it waits for again. */
  private watchLocks(): void {
    this.locksRest -= 1;
    if (this.sampler.takeTurns() && this.locksRest <= 0) {
      this.tracer?.want('futexes', LOCKS_MS);
      this.locksRest = LOCKS_EVERY;
    }
  }

  /** Of calls that fail the first ones matter: they are watched as soon as something says that they may. */
  private watchRefusals(): void {
    if (this.space.mayRefuse) this.tracer?.want('failures', REFUSING_MS);
  }

  private everySecond(now: bigint): void {
    this.tracer?.everySecond();
    this.watchLocks();
    this.watchVictims();
    // Inode numbers, which the names are for, come with events alone.
    if (this.tracer) this.noteFiles();
    void this.space.look();
    const clocks = readClocks();
    this.say(SOURCE.clock, clocks);
    const offset = clocks.wallMs - Number(BigInt(clocks.monotonicNs) / 1_000_000n);
    if (this.offsetMs !== undefined && Math.abs(offset - this.offsetMs) > STEP_MS) {
      this.loss({ code: 'clock-step', where: `${Math.round(offset - this.offsetMs)} ms`, count: 1 });
    }
    this.offsetMs = offset;
    if (this.worstLateMs > 500)
      this.loss({ code: 'recorder-late', where: `${Math.round(this.worstLateMs)} ms`, count: 1 });
    const used = process.cpuUsage(this.cpu);
    const load: RecorderLoad = {
      cpuMs: (used.user + used.system) / 1000,
      wallMs: Number(now - this.lastSecond) / 1e6,
      rssBytes: process.memoryUsage.rss(),
      lateMs: this.worstLateMs,
      queuedBytes: this.options.queuedBytes(),
    };
    this.say(SOURCE.recorder, load);
    this.cpu = process.cpuUsage();
    this.worstLateMs = 0;
    this.lastSecond = now;
    const family = familyOf(this.victims.all);
    if (this.settings.changed(family)) {
      captureFacts(this.options.sink, { when: 'change', victims: family });
      void this.files.lookAtLoops();
    }
    this.options.flush();
  }

  private watchVictims(): void {
    // The recorder's own threads, so that its writes are told from others'.
    this.victims.listThreads(process.pid);
    if (this.options.watchBusiest) {
      for (const { pid, comm } of this.sampler.busiest().slice(0, BUSIEST))
        this.victims.add({ pid, comm, role: 'busiest' });
    }
    this.victims.look();
    this.tellTurns();
  }

  /** Told once of each process, whose threads come and go. */
  private tellTurns(): void {
    for (const [pid, threads] of this.sampler.sampledByTurns()) {
      if (this.byTurns.has(pid)) continue;
      this.byTurns.add(pid);
      this.loss({ code: 'threads-by-turns', where: `${threads + 1} threads of process ${pid}` });
    }
  }

  private noteFiles(): void {
    this.filesRest -= 1;
    if (this.filesRest > 0) return;
    this.filesRest = this.options.filesEvery ?? 1;
    const busy = this.sampler.busiest().map(({ pid }) => pid);
    // What is dirty when the recording begins was dirtied by one that may be idle now, and is told by who has the file open.
    const before = this.toldBefore ? [] : this.sampler.busiestSoFar(NOTED);
    this.toldBefore = true;
    const pids = [...new Set([process.pid, ...this.victims.living, ...busy, ...before])].filter(
      (pid) => !this.victims.isGone(pid),
    );
    const noted = pids.slice(0, NOTED);
    for (const pid of noted) this.victims.listThreads(pid);
    this.files.look(noted);
  }

  /** Reads the events that have come up to now, beside the times at which that is done anyway. */
  readEvents(): void {
    this.tracer?.poll();
  }

  /** The last samples, events and facts. The journal may remove what was set up when this settles; it never rejects. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.sampler.tick(monotonicNs(), this.victims.living, this.tracer !== undefined);
    const { tracer } = this;
    if (this.options.tracer) tracer?.finish();
    else tracer?.stop();
    this.tracer = undefined;
    this.keepNames();
    // Every thread of the kernel that the events name is listed, but for those that have ended since they were begun.
    this.sampler.listProcesses(monotonicNs());
    captureFacts(this.options.sink, { when: 'end', victims: this.victims.all });
    this.everySecond(monotonicNs());
    // Drills record many times in one process.
    this.sampler.close();
    this.settings.close();
    await tracer?.settled();
  }
}
