// The flight recorder: a sample a second, the kernel's events in the kernel's own ring, and a recording of each stall with what came before it. What
// enters is whom to watch and where to keep it; what leaves is a journal, recordings, and sentences for whoever looks on.

import { unitOfCgroup } from '../../analysis/machine/units.js';
import { parseMembership } from '../../base/procfs/cgroups.js';
import { monotonicMs, monotonicNs } from '../../base/clock.js';
import { messageOf, UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { CounterSampler } from '../../capture/counters.js';
import { captureFacts } from '../../capture/facts.js';
import { listFolder, readWhole } from '../../capture/files.js';
import { openKernelFilesystems } from '../../capture/kernel-fs.js';
import { SettingsWatch } from '../../capture/settings-watch.js';
import { Tracer } from '../../capture/tracer.js';
import { UndoJournal } from '../../capture/undo.js';
import { DAY, STALL } from '../../model/thresholds/watch.js';
import { SOURCE, type VictimMark } from '../../model/recording.js';
import type { Sink } from '../../model/sink.js';
import type { Entry, Episode } from '../../model/watch.js';
import { LookBack } from '../../recording/look-back.js';
import { LOOK_BACK_MS, RecordedEpisode } from './episode.js';
import { gather, Journal, readJournal } from './journal.js';
import { AGAIN_MS, LossJudge } from './judge.js';
import { Members, type Watched } from './members.js';
import { lastBeat, Pulse } from './pulse.js';
import { Quota } from './quota.js';
import { Store } from './store.js';
import { StallTrigger, type Decision, type Loser, type Stall } from './trigger.js';
import { EpisodeVerdict } from './verdict.js';
import { Waiters } from './waiters.js';

const EVERY_MS = 1000;
/** What is kept of the counters before a stall; a machine of a thousand disks has less than half a minute. */
const MOST_LOOK_BACK = 8 * 1024 * 1024;
/** Settings are compared in one of so many seconds. */
const SETTINGS_EVERY = 5;
/** Victims of one recording. */
const MOST_VICTIMS = 16;
/** Kernel memory for events of each CPU, KiB: see docs/adr/look-back.md. */
const RING_KIB = 4096;
const WATCHED = 'watched';
const NOBODY = 'anybody';

export interface WatchOptions {
  readonly tool: string;
  readonly undoFolder: string | undefined;
  /** What starts iowitness: the program and its first arguments. */
  readonly self: readonly string[];
  readonly folder: string;
  readonly watched: Watched;
  /** What recordings may take in all. */
  readonly maxBytes: number;
  /** Says what happens, a sentence each. */
  readonly tell: (sentence: string) => void;
}

/** A stall that is being recorded, or whose recording is being written. */
interface Under {
  episode: Episode;
  readonly name: string;
  recorded: RecordedEpisode | undefined;
  readonly untilMs: number;
  stopping: boolean;
}

export class Watch {
  private readonly options: WatchOptions;
  private readonly members: Members;
  private readonly waiters = new Waiters();
  private readonly judge = new LossJudge();
  private readonly trigger: StallTrigger;
  private readonly lookBack = new LookBack({ keepMs: LOOK_BACK_MS + 2000, mostBytes: MOST_LOOK_BACK });
  private readonly settings = new SettingsWatch();
  private readonly undo: UndoJournal;
  private readonly store: Store;
  private readonly journal: Journal;
  private readonly pulse: Pulse;
  private readonly verdicts: EpisodeVerdict;
  private readonly recordedQuota = new Quota();
  private readonly causeQuota = new Map<string, Quota>();
  private readonly sampler: CounterSampler;
  private readonly known = new Map<number, string>();
  private tracer: Tracer | undefined;
  private readonly begun: string;
  private missing: string | null = null;
  private number: number;
  private under: Under | undefined;
  private finishing: Promise<void> = Promise.resolve();
  private busy = false;
  private timer: NodeJS.Timeout | undefined;
  private nextMs = monotonicMs();
  private seconds = 0;
  private closed = false;

  /** Throws a UserError where it can't watch, or where somebody does already. */
  static async start(options: WatchOptions): Promise<Watch> {
    const members = new Members(options.watched);
    members.check();
    const undo = UndoJournal.open(options.undoFolder);
    undo.prepare();
    const store = new Store(options.folder);
    const path = store.folder.realPath();
    const beat = lastBeat(path);
    if (beat?.runs === true)
      throw new UserError(
        `Process ${beat.pid} watches into ${options.folder} already: end it, or name another with --dir.`,
      );
    const before = readJournal(store.folder);
    const journal = await Journal.open(store.folder, (error) =>
      options.tell(`the journal could not be written: ${messageOf(error)}.`),
    );
    return new Watch({ options, members, undo, store, journal, path, before, beatMs: beat?.wallMs });
  }

  private constructor(made: {
    readonly options: WatchOptions;
    readonly members: Members;
    readonly undo: UndoJournal;
    readonly store: Store;
    readonly journal: Journal;
    readonly path: string;
    readonly before: readonly Entry[];
    readonly beatMs: number | undefined;
  }) {
    const { options, members, undo, store, journal, path, before, beatMs } = made;
    this.options = options;
    this.members = members;
    this.undo = undo;
    this.store = store;
    this.journal = journal;
    this.trigger = new StallTrigger(members.isNamed);
    this.verdicts = new EpisodeVerdict(options.self);
    const { debugfs, tracefs, why } = openKernelFilesystems(undo);
    const sink: Sink = {
      reading: (file, text, atNs) => {
        this.judge.take(file, text);
        if (!this.under?.recorded) this.lookBack.reading(file, text, atNs);
      },
      failure: (file, errno, atNs) => {
        if (!this.under?.recorded) this.lookBack.failure(file, errno, atNs);
      },
      pages: () => {},
      file: () => {},
    };
    this.sampler = new CounterSampler(sink, { hz: 1, watchedOnly: true, ...(debugfs !== undefined && { debugfs }) });
    this.startTracer(tracefs, why);
    this.begun = new Date().toISOString();
    this.tellGap(before, beatMs);
    this.number = Math.max(0, ...gather(before).episodes.map(({ number }) => number));
    this.tellWatch(null);
    captureFacts(this.lookBack, { when: 'start', victims: members.pids() });
    this.settings.changed([]);
    this.pulse = new Pulse(path, {
      gap: ({ fromMs, toMs, why: reason }) => {
        this.add({
          kind: 'gap',
          from: iso(fromMs),
          to: iso(toMs),
          ms: Math.round(toMs - fromMs),
          why: reason,
          withinMs: 100,
        });
      },
      stepped: (ms) => this.add({ kind: 'clock', at: iso(Date.now()), steppedMs: Math.round(ms) }),
    });
    this.tick();
  }

  private startTracer(tracefs: string | undefined, why: string | undefined): void {
    this.tracer = undefined;
    this.missing = why ?? 'there is no tracefs';
    if (tracefs === undefined) return;
    try {
      const tracer = new Tracer({
        tracefs,
        journal: this.undo,
        sink: this.lookBack,
        eventBudget: 400_000,
        bufferKiB: RING_KIB,
        atRest: true,
        loss: (loss) => this.lookBack.reading(SOURCE.loss, JSON.stringify(loss), monotonicNs()),
        nowNs: monotonicNs,
      });
      tracer.start([]);
      this.tracer = tracer;
      this.missing = null;
    } catch (error) {
      this.missing = messageOf(error);
    }
  }

  /** What nobody watched since the last watch; unknown where there was none. */
  private tellGap(before: readonly Entry[], beatMs: number | undefined): void {
    const { watches } = gather(before);
    const last = watches.at(-1);
    if (!last) return;
    const lastWord = before.flatMap((one) => ('to' in one && one.to !== null ? [Date.parse(one.to)] : [])).at(-1);
    const fromMs = beatMs ?? (last.to === null ? (lastWord ?? Date.parse(last.from)) : Date.parse(last.to));
    const nowMs = Date.parse(this.begun);
    const withinMs = beatMs === undefined && last.to === null ? Math.round(nowMs - fromMs) : 100;
    if (nowMs > fromMs)
      this.add({ kind: 'gap', from: iso(fromMs), to: this.begun, ms: nowMs - fromMs, why: 'not running', withinMs });
  }

  private tellWatch(to: string | null): void {
    const { tool } = this.options;
    this.add({ kind: 'watch', from: this.begun, to, tool, watching: this.members.words, missing: this.missing });
  }

  private add(entry: Entry): void {
    this.journal.add(entry);
  }

  /** Why there are no kernel events, in words; null where there are. */
  get withoutEvents(): string | null {
    return this.missing;
  }

  get watching(): string {
    return this.members.words;
  }

  private readonly tick = (): void => {
    const nowNs = monotonicNs();
    const nowMs = Number(nowNs) / 1e6;
    const own = new Set([process.pid, this.verdicts.pid ?? process.pid]);
    const pids = this.members.isNamed ? this.members.pids() : this.waiters.look(own);
    if (this.members.isNamed) this.follow(pids, nowNs);
    this.sampler.tick(nowNs, pids, true);
    if (this.judge.hasWaiting) this.timer = setTimeout(() => this.judgeSecond(nowMs, pids), AGAIN_MS);
    else this.judgeSecond(nowMs, pids);
  };

  private judgeSecond(nowMs: number, pids: readonly number[]): void {
    const losers = this.losers(nowMs);
    const decision = this.trigger.step(nowMs, losers);
    if (decision) this.act(decision);
    this.goOn(nowMs);
    if (!this.under?.recorded) this.rest(pids);
    this.seconds += 1;
    this.nextMs = Math.max(this.nextMs + EVERY_MS, monotonicMs());
    if (!this.closed) this.timer = setTimeout(this.tick, this.nextMs - monotonicMs());
  }

  private losers(nowMs: number): Loser[] {
    const { isNamed } = this.members;
    const lost = [...this.judge.endSecond(nowMs)].flatMap(([pid, kind]): Loser[] =>
      // Nobody asked about one that is stopped, or that others leave no CPU.
      isNamed || kind === 'waits' ? [{ key: isNamed ? WATCHED : `${NOBODY} ${pid}`, pid, kind }] : [],
    );
    return this.judge.lostMemory(nowMs) ? [...lost, { key: isNamed ? WATCHED : 'machine', kind: 'memory' }] : lost;
  }

  /** Follows the processes of a watched service as they come and go. */
  private follow(pids: readonly number[], nowNs: bigint): void {
    for (const pid of this.known.keys())
      if (!pids.includes(pid)) {
        this.known.delete(pid);
        this.lookBack.forgetVictim(pid);
      }
    for (const pid of pids) {
      if (this.known.has(pid)) continue;
      const mark = markOf(pid);
      this.known.set(pid, mark.comm);
      if (this.under?.recorded) this.under.recorded.addVictim(mark);
      else {
        const threads = listFolder(`/proc/${pid}/task`);
        this.lookBack.reading(SOURCE.victim, JSON.stringify(mark), nowNs);
        this.lookBack.reading(`/proc/${pid}/task/`, threads.join('\n'), nowNs);
        // From then on the kernel follows the threads that these start.
        this.tracer?.follow(threads.map(Number));
      }
    }
  }

  /** What is done in a second in which nothing is recorded. */
  private rest(pids: readonly number[]): void {
    try {
      this.tracer?.poll();
      this.tracer?.everySecond();
    } catch (error) {
      this.loseTracer(error);
    }
    if (this.seconds % SETTINGS_EVERY !== 0) return;
    const victims = this.members.isNamed ? pids : [];
    if (this.settings.changed(victims)) captureFacts(this.lookBack, { when: 'change', victims });
  }

  private loseTracer(error: unknown): void {
    this.tracer = undefined;
    this.missing = messageOf(error);
    this.options.tell(`kernel events have ended (${this.missing}); counters go on.`);
    this.tellWatch(null);
  }

  private act(decision: Decision): void {
    if (decision.kind === 'too soon') return this.suppress('too soon', decision.noticed);
    if (decision.kind === 'begins') return this.begin(decision.stall);
    const { under } = this;
    if (!under) return;
    const endedAt = iso(this.wallOf(decision.atMs));
    this.tellEpisode(under, {
      endedAt,
      durationMs: Math.round(decision.atMs - decision.stall.sinceMs),
      lostSeconds: decision.stall.lostSeconds,
    });
    if (!under.recorded) this.under = undefined;
    else if (!under.stopping) this.finish(under, 'the stall was over');
  }

  private suppress(why: 'too soon' | 'day full' | 'busy', noticed: Stall['kind']): void {
    const now = new Date().toISOString();
    this.add({ kind: 'suppressed', from: now, to: now, count: 1, noticed, why });
  }

  private wallOf(monotonic: number): number {
    return Date.now() - (monotonicMs() - monotonic);
  }

  private begin(stall: Stall): void {
    const nowMs = monotonicMs();
    if (this.busy) return this.suppress('busy', stall.kind);
    if (!this.recordedQuota.take(nowMs, DAY.recorded)) return this.suppress('day full', stall.kind);
    this.number += 1;
    const startedAt = iso(this.wallOf(stall.sinceMs));
    const name = `${startedAt.replace(/[-:]/g, '').slice(0, 15)}-${this.number}.iow`;
    const place = this.store.take(name);
    const [worst] = stall.pids;
    const episode: Episode = {
      number: this.number,
      startedAt,
      endedAt: null,
      durationMs: null,
      lostSeconds: stall.lostSeconds,
      noticed: stall.kind,
      victim: worst === undefined ? null : refOf(worst),
      recording: place?.path ?? null,
      verdict: null,
      lostMs: null,
      note: 'it goes on, or is being written',
    };
    this.under = {
      episode,
      name,
      recorded: place && this.record(place.folder, stall),
      untilMs: nowMs + STALL.recorded,
      stopping: false,
    };
    const { under } = this;
    void under.recorded?.mustEnd.then((why) => this.finish(under, why));
    this.tellEpisode(under, {});
    this.options.tell(`episode ${this.number}: ${episode.victim?.name ?? 'the machine'} ${NOTICED[stall.kind]}.`);
  }

  private record(folder: HeldFolder, stall: Stall): RecordedEpisode {
    const pids = [...new Set([...stall.pids, ...this.known.keys()])].slice(0, MOST_VICTIMS);
    const { tool } = this.options;
    const { undo: journal, lookBack, tracer } = this;
    return new RecordedEpisode({ tool, folder, journal, lookBack, tracer, victims: pids.map(markOf) });
  }

  /** Ends a recording that has gone on for long enough; the stall itself may go on. */
  private goOn(nowMs: number): void {
    const { under } = this;
    if (under?.recorded && !under.stopping && nowMs >= under.untilMs)
      this.finish(under, 'as much of a stall is recorded');
  }

  private finish(under: Under, because: string): void {
    if (under.stopping || !under.recorded) return;
    under.stopping = true;
    this.busy = true;
    this.finishing = this.end(under, under.recorded, because).finally(() => (this.busy = false));
  }

  private async end(under: Under, recorded: RecordedEpisode, because: string): Promise<void> {
    try {
      const { written } = await recorded.stop(because);
      under.recorded = undefined;
      if (!this.trigger.stall) this.under = undefined;
      await written;
      const told = await this.verdicts.of(under.episode.recording ?? '');
      this.tellEpisode(under, told);
      await this.tidy(under);
      this.options.tell(`episode ${under.episode.number}: ${told.verdict?.sentence ?? told.note ?? ''}`);
    } catch (error) {
      this.tellEpisode(under, { note: `it could not be recorded: ${messageOf(error)}` });
    }
  }

  /** Keeps no more recordings of one cause a day than tell something new, and no more of all than there is room for. */
  private async tidy(under: Under): Promise<void> {
    const cause = under.episode.verdict?.cause;
    if (cause !== undefined) {
      const quota = this.causeQuota.get(cause) ?? new Quota();
      this.causeQuota.set(cause, quota);
      if (!quota.take(monotonicMs(), DAY.ofCause)) {
        await this.store.remove(under.name);
        this.tellEpisode(under, {
          recording: null,
          note: `the recording was not kept: ${DAY.ofCause} of this cause a day are`,
        });
      }
    }
    await this.store.tidy(this.options.maxBytes, Date.now());
  }

  private tellEpisode(under: Under, change: Partial<Episode>): void {
    under.episode = { ...under.episode, ...change };
    this.add({ kind: 'episode', ...under.episode });
  }

  /** Ends it in order. Returns what could not be undone, in words. */
  async stop(): Promise<string[]> {
    this.closed = true;
    clearTimeout(this.timer);
    if (this.under) this.finish(this.under, 'the watch ended');
    await this.finishing;
    try {
      this.tracer?.stop();
    } catch {
      // tracefs has gone before.
    }
    await this.tracer?.settled();
    this.sampler.close();
    this.settings.close();
    const failed = this.undo.undoAll();
    this.tellWatch(new Date().toISOString());
    await this.journal.close();
    this.pulse.close();
    this.store.close();
    return failed;
  }
}

const NOTICED: Readonly<Record<Stall['kind'], string>> = {
  waits: 'waits and gets nothing',
  starved: 'gets no CPU',
  stopped: 'is stopped',
  memory: 'waits for memory',
};

function markOf(pid: number): VictimMark {
  return { pid, comm: readWhole(`/proc/${pid}/comm`)?.trim() ?? '', role: 'pid' };
}

function refOf(pid: number): NonNullable<Episode['victim']> {
  const paths = parseMembership(readWhole(`/proc/${pid}/cgroup`) ?? '');
  // systemd keeps its own hierarchy where the controllers are of version 1.
  const unit = unitOfCgroup(paths.get('name=systemd') ?? paths.get('') ?? '/');
  return { pid, name: markOf(pid).comm, ...(unit !== undefined && { unit }) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
