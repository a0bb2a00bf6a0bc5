// The flight recorder: a sample a second, the kernel's events in the kernel's own ring, and a recording of each stall with what came before it. What
// enters is whom to watch and where to keep it; what leaves is a journal, recordings, and sentences for whoever looks on.

import { monotonicMs, monotonicNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { isoMoment } from '../../base/format.js';
import { Metronome } from '../../base/metronome.js';
import { CounterSampler } from '../../capture/counters.js';
import { openKernelFilesystems } from '../../capture/kernel-fs.js';
import { collectYoung } from '../../capture/lean-heap.js';
import { UndoJournal } from '../../capture/undo.js';
import { SOURCE } from '../../model/recording.js';
import type { Sink } from '../../model/sink.js';
import type { Entry, WatchListener, WatchShown } from '../../model/watch.js';
import { Announcer } from './announcer.js';
import { Beforehand } from './beforehand.js';
import { EpisodeKeeper } from './episodes.js';
import { SecondFigures } from './figures.js';
import { gather } from './journal.js';
import { LOOK_MS, LossJudge } from './judge.js';
import { openKept, type Kept } from './kept.js';
import { Learning } from './learning.js';
import { losersOf } from './losers.js';
import { Members, type Watched } from './members.js';
import { gapEntry, gapsBefore, WITHIN_MS } from './gaps.js';
import { Pulse } from './pulse.js';
import { StallTrigger } from './trigger.js';
import type { Errands } from './errand.js';
import { Lessons } from './lessons.js';
import { EpisodeVerdict } from './verdict.js';
import { Waiters } from './waiters.js';

const EVERY_MS = 1000;
/** Settings are compared in one of so many seconds. */
const SETTINGS_EVERY = 5;
const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;
/** What was read of the disks is learnt so often: a book is written anew each time. */
const LESSON_SECONDS = 1200;

export interface WatchOptions {
  readonly tool: string;
  readonly undoFolder: string | undefined;
  /** The folder of the machine's memory of its disks; absent where there is none. */
  readonly memory: string | undefined;
  readonly folder: string;
  readonly watched: Watched;
  /** What recordings may take in all. */
  readonly maxBytes: number;
  /** Whether JVMs that stall are asked for their threads. */
  readonly asksJvms: boolean;
  /** Where it is shown live. */
  readonly shown: readonly WatchShown[];
  /** Says what happens, a sentence each. */
  readonly tell: (sentence: string) => void;
  readonly listeners: readonly WatchListener[];
  /** What is done by processes of their own, for it and for its listeners; it ends them. */
  readonly errands: Errands;
}

export class Watch {
  private readonly options: WatchOptions;
  private readonly members: Members;
  private readonly waiters = new Waiters();
  private readonly judge: LossJudge;
  private readonly trigger: StallTrigger;
  private readonly undo: UndoJournal;
  private readonly beforehand: Beforehand;
  private readonly kept: Kept;
  private readonly announcer: Announcer;
  private readonly figures = new SecondFigures();
  private readonly pulse: Pulse;
  private readonly lessons = new Lessons();
  private readonly learning: Learning;
  private readonly episodes: EpisodeKeeper;
  private readonly sampler: CounterSampler;
  private readonly begun: string;
  private readonly metronome = new Metronome({
    everyMs: EVERY_MS,
    steps: [({ nowNs }) => this.second(nowNs), ({ nowNs }) => this.everySecond(Number(nowNs) / 1e6)],
    // Where somebody waits.
    between: { everyMs: LOOK_MS, isWanted: () => this.judge.hasWaiting, step: () => this.judge.look() },
    failed: (error) => this.tellFailed(messageOf(error)),
  });
  private seconds = 0;
  private readonly toldFailed = new Set<string>();
  /** Nothing ran for a while since the last second was judged. */
  private wasAway = false;

  /** Throws a UserError where it can't watch, or where somebody does already. */
  static async start(options: WatchOptions): Promise<Watch> {
    const members = new Members(options.watched);
    members.check();
    const undo = UndoJournal.open(options.undoFolder);
    undo.prepare();
    return new Watch(options, members, undo, await openKept(options.folder, options.tell));
  }

  private constructor(options: WatchOptions, members: Members, undo: UndoJournal, kept: Kept) {
    this.options = options;
    this.members = members;
    this.undo = undo;
    this.kept = kept;
    this.announcer = new Announcer({ kept, listeners: options.listeners, shown: options.shown });
    this.judge = new LossJudge(members.isNamed);
    this.trigger = new StallTrigger(members.isNamed);
    const filesystems = openKernelFilesystems(undo);
    const { debugfs } = filesystems;
    this.sampler = new CounterSampler(this.sink(), {
      hz: 1,
      watchedOnly: true,
      ...(debugfs !== undefined && { debugfs }),
    });
    this.beforehand = new Beforehand({
      undo,
      filesystems,
      asksJvms: options.asksJvms,
      // Under which of two settings a disk was seen is not asked.
      changed: () => this.lessons.forget(),
      lost: (why) => this.tellEvents(`kernel events have ended (${why}); counters go on.`),
      back: () => this.tellEvents('kernel events are back.'),
    });
    this.begun = new Date().toISOString();
    for (const gap of gapsBefore(kept.before, kept.beat, Date.parse(this.begun))) this.add(gap);
    this.episodes = new EpisodeKeeper({
      store: kept.store,
      verdicts: new EpisodeVerdict(this.options.errands, options.tool),
      maxBytes: options.maxBytes,
      before: gather(kept.before).episodes,
      add: (entry) => this.add(entry),
      tell: options.tell,
      record: (folder, stall) => this.beforehand.record(options.tool, folder, stall),
      goesOn: (sinceMs) => this.trigger.stall?.sinceMs === sinceMs,
    });
    this.tellWatch(null);
    this.beforehand.begin(members.pids());
    this.pulse = this.startPulse(kept.path);
    kept.unkept.follow(this.pulse, (gap) => this.add(gap));
    this.learning = new Learning({
      memory: options.memory,
      errands: this.options.errands,
      tell: options.tell,
      taught: (past) => {
        this.judge.past = past;
        this.beforehand.lookBack.reading(SOURCE.past, JSON.stringify(past), monotonicNs());
      },
    });
    void this.learning.learn(undefined);
    this.metronome.start();
  }

  /** Where the sampler's readings go: to what judges and counts, and, while nobody records, to what looks back. */
  private sink(): Sink {
    return {
      reading: (file, text, atNs) => {
        this.judge.take(file, text);
        this.figures.take(file, text);
        this.lessons.take(file, text, atNs, Date.now());
        if (!this.episodes.recorded) this.beforehand.lookBack.reading(file, text, atNs);
      },
      failure: (file, errno, atNs) => {
        if (!this.episodes.recorded) this.beforehand.lookBack.failure(file, errno, atNs);
      },
      pages: () => {},
      file: () => {},
    };
  }

  private startPulse(path: string): Pulse {
    return new Pulse(path, {
      gap: ({ fromMs, toMs, why }) => {
        if (why !== 'held up') this.wasAway = true;
        this.add(gapEntry(why, fromMs, toMs, WITHIN_MS));
      },
      stepped: (ms) => this.add({ kind: 'clock', at: isoMoment(Date.now()), steppedMs: Math.round(ms) }),
    });
  }

  private tellEvents(sentence: string): void {
    this.options.tell(sentence);
    this.tellWatch(null);
  }

  private tellWatch(to: string | null): void {
    const { tool } = this.options;
    const { missing } = this.beforehand;
    this.add({ kind: 'watch', from: this.begun, to, tool, watching: this.members.words, missing });
  }

  private add(entry: Entry): void {
    this.announcer.add(entry, monotonicMs());
  }

  /** Who watches, and the last episode's number, stay in the journal however much is added to it. */
  private repeat(): void {
    this.tellWatch(null);
    this.episodes.repeat();
  }

  /** Why there are no kernel events, in words; null where there are. */
  get withoutEvents(): string | null {
    return this.beforehand.missing;
  }

  get watching(): string {
    return this.members.words;
  }

  /** True where none of what is watched runs now: a unit that starts later, or one whose name is mistyped. */
  get hasNobody(): boolean {
    return this.members.isNamed && this.members.pids().length === 0;
  }

  /** Reads and judges the second that ends now, by CLOCK_MONOTONIC. */
  private second(nowNs: bigint): void {
    this.pulse.beat();
    const isAway = this.wasAway;
    this.wasAway = false;
    if (isAway) this.forgetTime();
    const helpers = [...this.options.shown.map(({ pid }) => pid), this.episodes.recorded?.dumperPid];
    const own = new Set([process.pid, ...this.options.errands.pids, ...helpers.filter((pid) => pid !== undefined)]);
    const pids = this.members.isNamed ? this.members.pids() : this.waiters.look(own);
    if (this.members.isNamed) this.beforehand.follow(pids, nowNs, this.episodes.recorded);
    this.sampler.tick(nowNs, pids, true);
    this.judgeSecond(Number(nowNs) / 1e6, pids, isAway);
  }

  /** Of the second that ends now nothing is known; the reason is said once. */
  private tellFailed(why: string): void {
    const nowMs = Date.now();
    this.add(gapEntry('failed', nowMs - EVERY_MS, nowMs, EVERY_MS));
    if (this.toldFailed.has(why)) return;
    this.toldFailed.add(why);
    this.options.tell(`a second could not be looked at (${why}); the watch goes on.`);
  }

  /** A time in which nothing ran tells nothing, and what was read before it is nothing that led up to what comes. */
  private forgetTime(): void {
    this.judge.forget();
    this.figures.forget();
    this.beforehand.lookBack.cut();
  }

  /** The second that ends now; `isAway`: nothing ran in a part of it. */
  private judgeSecond(nowMs: number, pids: readonly number[], isAway: boolean): void {
    const losers = losersOf(this.judge, nowMs, this.members.isNamed);
    if (losers.length > 0 || this.episodes.recorded || isAway) this.lessons.leaveOut();
    const decision = isAway ? this.trigger.cut() : this.trigger.step(nowMs, losers);
    if (decision) this.episodes.act(decision);
    this.announcer.second(this.figures.endSecond(), losers.length, this.episodes.underWay);
  }

  /** What is to be done in any second, whatever came of the look at it. */
  private everySecond(nowMs: number): void {
    this.episodes.goOn(nowMs);
    if (this.episodes.recorded) {
      this.beforehand.leave();
      collectYoung();
    } else this.rest();
    this.announcer.everySecond(nowMs);
    this.seconds += 1;
    if (this.seconds % MINUTE_SECONDS === 0) this.kept.journal.retry();
    if (this.seconds % DAY_SECONDS === 0) this.repeat();
    if (this.seconds % LESSON_SECONDS === 0) void this.learning.learn(this.lessons.next());
  }

  /** What is done in a second in which nothing is recorded. */
  private rest(): void {
    this.beforehand.keepUp();
    if (this.seconds % SETTINGS_EVERY === 0)
      this.beforehand.lookAtSettings(this.members.isNamed ? this.members.pids() : []);
  }

  /** Ends it in order. Returns what could not be undone, in words. */
  async stop(): Promise<string[]> {
    this.learning.close();
    this.metronome.stop();
    await this.episodes.close();
    this.options.errands.close();
    for (const one of this.options.shown) one.close();
    await this.beforehand.stop();
    this.sampler.close();
    this.judge.close();
    const failed = this.undo.undoAll();
    this.announcer.close();
    this.tellWatch(new Date().toISOString());
    await this.kept.history.close();
    await this.kept.journal.close();
    this.pulse.close();
    this.kept.store.close();
    return failed;
  }
}
