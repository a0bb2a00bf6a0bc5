// The flight recorder: a sample a second, the kernel's events in the kernel's own ring, and a recording of each stall with what came before it. What
// enters is whom to watch and where to keep it; what leaves is a journal, recordings, and sentences for whoever looks on.

import { monotonicMs, monotonicNs } from '../../base/clock.js';
import { messageOf, UserError } from '../../base/errors.js';
import { isoMoment } from '../../base/format.js';
import { inFolder } from '../../base/hold-path.js';
import { CounterSampler } from '../../capture/counters.js';
import { openKernelFilesystems } from '../../capture/kernel-fs.js';
import { collectGarbage, collectYoung } from '../../capture/lean-heap.js';
import { UndoJournal } from '../../capture/undo.js';
import { SOURCE } from '../../model/recording.js';
import type { Sink } from '../../model/sink.js';
import type { Entry, WatchListener, WatchShown } from '../../model/watch.js';
import type { Lesson } from '../baseline/memory.js';
import { Beforehand } from './beforehand.js';
import { EpisodeKeeper } from './episodes.js';
import { SecondFigures } from './figures.js';
import { History } from './history.js';
import { Hourly } from './hourly.js';
import { gather, Journal, readJournal } from './journal.js';
import { LOOK_MS, LossJudge } from './judge.js';
import { losersOf } from './losers.js';
import { Members, type Watched } from './members.js';
import { gapEntry, gapsBefore, WITHIN_MS } from './gaps.js';
import { lastBeat, Pulse, type Beat } from './pulse.js';
import { Store } from './store.js';
import { StallTrigger } from './trigger.js';
import type { Errands } from './errand.js';
import { Lessons } from './lessons.js';
import { EpisodeVerdict } from './verdict.js';
import { Unkept } from './unkept.js';
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
  private readonly store: Store;
  private readonly journal: Journal;
  private readonly hourly: Hourly;
  private readonly history: History;
  private readonly figures = new SecondFigures();
  private readonly pulse: Pulse;
  private readonly errands: Errands;
  private readonly lessons = new Lessons();
  private readonly episodes: EpisodeKeeper;
  private readonly sampler: CounterSampler;
  private readonly begun: string;
  private timer: NodeJS.Timeout | undefined;
  private nextMs = monotonicMs();
  private seconds = 0;
  /** Nothing ran for a while since the last second was judged. */
  private wasAway = false;
  private closed = false;

  /** Throws a UserError where it can't watch, or where somebody does already. */
  static async start(options: WatchOptions): Promise<Watch> {
    const members = new Members(options.watched);
    members.check();
    const undo = UndoJournal.open(options.undoFolder);
    undo.prepare();
    // Before anything of its folder is touched: what another watch has ready there is that one's.
    const path = inFolder(options.folder, (folder) => folder.realPath(), { make: true, guarded: true });
    const beat = lastBeat(path);
    if (beat?.runs === true)
      throw new UserError(
        `Process ${beat.pid} watches into ${options.folder} already: end it, or name another with --dir.`,
      );
    const store = new Store(options.folder);
    const before = readJournal(store.folder);
    const unkept = new Unkept(options.tell);
    const journal = await Journal.open(store.folder, unkept.ofJournal);
    const history = await History.open(store.folder, unkept.ofHistory);
    // What was read of them, some 20 MB.
    collectGarbage();
    return new Watch({ options, members, undo, store, journal, history, unkept, path, before, beat });
  }

  private constructor(made: {
    readonly options: WatchOptions;
    readonly members: Members;
    readonly undo: UndoJournal;
    readonly store: Store;
    readonly journal: Journal;
    readonly history: History;
    readonly unkept: Unkept;
    readonly path: string;
    readonly before: readonly Entry[];
    readonly beat: Beat | undefined;
  }) {
    const { options, members, undo, store, journal, history, unkept, path, before, beat } = made;
    this.options = options;
    this.errands = options.errands;
    this.members = members;
    this.undo = undo;
    this.store = store;
    this.journal = journal;
    this.hourly = new Hourly((entry) => journal.add(entry));
    this.history = history;
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
    for (const gap of gapsBefore(before, beat, Date.parse(this.begun))) this.add(gap);
    this.episodes = new EpisodeKeeper({
      store,
      verdicts: new EpisodeVerdict(this.errands, options.tool),
      maxBytes: options.maxBytes,
      before: gather(before).episodes,
      add: (entry) => this.add(entry),
      tell: options.tell,
      record: (folder, stall) => this.beforehand.record(options.tool, folder, stall),
      goesOn: (sinceMs) => this.trigger.stall?.sinceMs === sinceMs,
    });
    this.tellWatch(null);
    this.beforehand.begin(members.pids());
    this.pulse = this.startPulse(path);
    unkept.follow(this.pulse, (gap) => this.add(gap));
    void this.learn(undefined);
    this.tick();
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
    for (const one of this.options.listeners)
      if (entry.kind === 'episode') one.episode(entry);
      else if (entry.kind === 'suppressed') one.suppressed?.(entry.why);
    if (entry.kind === 'watch' || entry.kind === 'episode') this.journal.add(entry);
    else this.hourly.add(entry, monotonicMs());
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

  private readonly tick = (): void => {
    this.pulse.beat();
    const isAway = this.wasAway;
    this.wasAway = false;
    if (isAway) this.forgetTime();
    const nowNs = monotonicNs();
    const nowMs = Number(nowNs) / 1e6;
    const helpers = [...this.options.shown.map(({ pid }) => pid), this.episodes.recorded?.dumperPid];
    const own = new Set([process.pid, ...this.errands.pids, ...helpers.filter((pid) => pid !== undefined)]);
    const pids = this.members.isNamed ? this.members.pids() : this.waiters.look(own);
    if (this.members.isNamed) this.beforehand.follow(pids, nowNs, this.episodes.recorded);
    this.sampler.tick(nowNs, pids, true);
    this.judgeSecond(nowMs, pids, isAway);
    this.nextMs = Math.max(this.nextMs + EVERY_MS, monotonicMs());
    this.untilNext();
  };

  /** Where somebody waits, closer looks until the next second. */
  private untilNext(): void {
    if (this.closed) return;
    const leftMs = this.nextMs - monotonicMs();
    if (this.judge.hasWaiting && leftMs > 1.5 * LOOK_MS)
      this.timer = setTimeout(() => {
        this.judge.look();
        this.untilNext();
      }, LOOK_MS);
    else this.timer = setTimeout(this.tick, leftMs);
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
    this.endFigures(losers.length);
    this.episodes.goOn(nowMs);
    if (this.episodes.recorded) {
      this.beforehand.leave();
      collectYoung();
    } else this.rest(pids);
    this.hourly.everySecond(nowMs);
    this.seconds += 1;
    if (this.seconds % MINUTE_SECONDS === 0) this.journal.retry();
    if (this.seconds % DAY_SECONDS === 0) this.repeat();
    if (this.seconds % LESSON_SECONDS === 0) void this.learn(this.lessons.next());
  }

  private endFigures(lost: number): void {
    const figures = this.figures.endSecond();
    const nowMs = Date.now();
    const counted = new Map([...figures, ['lost', lost]]);
    this.history.add(nowMs, counted);
    for (const one of this.options.listeners) one.second(nowMs, counted);
    const episode = this.episodes.underWay;
    const now = { at: isoMoment(nowMs), lost, episode, figures: Object.fromEntries(figures) };
    for (const one of this.options.shown) one.tell(now);
  }

  /** What is done in a second in which nothing is recorded. */
  private rest(pids: readonly number[]): void {
    this.beforehand.keepUp();
    if (this.seconds % SETTINGS_EVERY === 0) this.beforehand.lookAtSettings(this.members.isNamed ? pids : []);
  }

  /** Adds to the machine's memory, and has the past that is in force ready for the next recording. */
  private async learn(lesson: Lesson | undefined): Promise<void> {
    const { memory, tell } = this.options;
    if (memory === undefined) return;
    try {
      const answer = await this.errands.run({ kind: 'learn', memory, lesson }, tell);
      if (answer.kind !== 'past') return;
      this.judge.past = answer.past;
      this.beforehand.lookBack.reading(SOURCE.past, JSON.stringify(answer.past), monotonicNs());
    } catch (error) {
      if (!this.closed) tell(`nothing could be remembered of this machine’s disks: ${messageOf(error)}.`);
    }
  }

  /** Ends it in order. Returns what could not be undone, in words. */
  async stop(): Promise<string[]> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.episodes.close();
    this.errands.close();
    for (const one of this.options.shown) one.close();
    await this.beforehand.stop();
    this.sampler.close();
    this.judge.close();
    const failed = this.undo.undoAll();
    this.hourly.close();
    this.tellWatch(new Date().toISOString());
    await this.history.close();
    await this.journal.close();
    this.pulse.close();
    this.store.close();
    return failed;
  }
}
