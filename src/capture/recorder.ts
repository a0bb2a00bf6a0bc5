// One recording session on the live machine: facts, counters, kernel events and clocks into a sink, until it is stopped.
// The recorder watches itself as well: its lateness, CPU and memory are on the tape.

import { monotonicNs } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { attemptAll, Metronome, type Beat } from '../base/metronome.js';
import type { Loss } from '../model/losses.js';
import { SAVED_NAMES, SOURCE, type VictimMark } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { findUnseen } from './abilities.js';
import { CounterSampler } from './counters.js';
import { captureFacts } from './facts.js';
import { keepSymbols } from './kernel-symbols.js';
import { openKernelFilesystems, type KernelFilesystems } from './kernel-fs.js';
import { familyOf } from './family.js';
import { readWhole } from './files.js';
import { NotedFiles } from './noted-files.js';
import { OwnAccount } from './own-account.js';
import { SpaceWatch } from './space.js';
import { SettingsWatch } from './settings-watch.js';
import { TraceDemand } from './trace-demand.js';
import { Tracer } from './tracer.js';
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

export class Recorder {
  private readonly options: RecorderOptions;
  private readonly sampler: CounterSampler;
  private readonly settings: SettingsWatch;
  private readonly space: SpaceWatch;
  private readonly files: NotedFiles;
  private readonly victims: Victims;
  private readonly told = new Set<string>();
  private readonly byTurns = new Set<number>();
  private tracer: Tracer | undefined;
  private demand: TraceDemand | undefined;
  private tracefs: string | undefined;
  private readonly own: OwnAccount;
  private metronome: Metronome | undefined;
  private lastSecond = monotonicNs();
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
    this.own = new OwnAccount({
      say: (source, value) => this.say(source, value),
      loss: (loss) => this.loss(loss),
      queuedBytes: options.queuedBytes,
    });
    this.settings = new SettingsWatch();
    this.space = new SpaceWatch((space) => {
      this.say(SOURCE.space, space);
      if (this.space.mayRefuse) this.demand?.refusing();
    });
    this.files = new NotedFiles({
      tell: (file) => this.say(SOURCE.file, file),
      sampler: this.sampler,
      victims: this.victims,
      every: options.filesEvery ?? 1,
    });
    for (const { name, detail, shows } of findUnseen())
      this.loss({ code: 'not-seen', where: `${name}: ${detail} (${shows})` });
    if (process.geteuid?.() !== 0) this.loss({ code: 'not-root', where: 'this recording' });
    else if (options.tracer) this.use(options.tracer, filesystems.tracefs);
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
      this.use(tracer, tracefs);
    } catch (error) {
      this.loss({ code: 'no-tracefs', where: messageOf(error) });
    }
  }

  private use(tracer: Tracer, tracefs: string | undefined): void {
    this.tracer = tracer;
    this.tracefs = tracefs;
    this.demand = new TraceDemand(tracer);
    // Kept early, so that a killed recording has them.
    if (!this.options.wholeMachine) this.symbolsKept = keepSymbols(this.options.sink, (loss) => this.loss(loss));
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
    this.files.lookAtLoops();
    this.metronome = this.makeMetronome();
    this.metronome.start();
  }

  private makeMetronome(): Metronome {
    const hz = this.tracer ? Math.max(this.options.hz, POLL_HZ) : this.options.hz;
    const at = (stepHz: number, step: (beat: Beat) => void) => (beat: Beat) => {
      if (beat.count % Math.max(1, Math.round(hz / stepHz)) === 0) step(beat);
    };
    return new Metronome({
      everyMs: 1000 / hz,
      steps: [
        ({ lateMs }) => this.own.wasLate(lateMs),
        at(this.options.hz, ({ nowNs }) => this.sample(nowNs)),
        // Events follow what a victim starts; without them a command's work may be all its children's.
        () => this.tracer ?? this.victims.addChildren(),
        at(POLL_HZ, () => this.tracer?.poll()),
        at(RATE_HZ, ({ nowNs }) => this.demand?.lookAtRate(nowNs)),
        ({ nowNs }) => {
          if (nowNs - this.lastSecond >= 1_000_000_000n) this.everySecond(nowNs);
        },
      ],
      failed: this.failed,
    });
  }

  private sample(nowNs: bigint): void {
    this.sampler.tick(nowNs, this.victims.living, this.tracer !== undefined);
  }

  private readonly failed = (error: unknown): void => this.loss({ code: 'recorder-failed', where: messageOf(error) });

  private everySecond(now: bigint): void {
    this.lastSecond = now;
    attemptAll(
      [
        () => this.tracer?.everySecond(),
        () => {
          const handLocksOn = this.sampler.takeTurns();
          this.demand?.everySecond(handLocksOn);
        },
        () => this.watchVictims(),
        // Inode numbers, which the names are for, come with events alone.
        () => this.tracer && this.files.everySecond(),
        () => void this.space.look(),
        () => this.own.tell(now),
        () => this.lookAtSettings(),
        () => this.options.flush(),
      ],
      this.failed,
    );
  }

  private lookAtSettings(): void {
    const family = familyOf(this.victims.all);
    if (!this.settings.changed(family)) return;
    captureFacts(this.options.sink, { when: 'change', victims: family });
    this.files.lookAtLoops();
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

  /** Reads the events that have come up to now, beside the times at which that is done anyway. */
  readEvents(): void {
    this.tracer?.poll();
  }

  /** The last samples, events and facts. The journal may remove what was set up when this settles; it never rejects. */
  async stop(): Promise<void> {
    this.metronome?.stop();
    const { tracer } = this;
    attemptAll(
      [
        () => this.sample(monotonicNs()),
        () => (this.options.tracer ? tracer?.finish() : tracer?.stop()),
        () => {
          this.tracer = undefined;
          this.demand = undefined;
        },
        () => this.keepNames(),
        // Every thread of the kernel that the events name is listed, but for those that have ended since they were begun.
        () => this.sampler.listProcesses(monotonicNs()),
        () => captureFacts(this.options.sink, { when: 'end', victims: this.victims.all }),
        () => this.everySecond(monotonicNs()),
        // Drills record many times in one process.
        () => this.sampler.close(),
        () => this.settings.close(),
      ],
      this.failed,
    );
    await tracer?.settled();
  }
}
