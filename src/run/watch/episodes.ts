// The episodes of a watch: decisions of its trigger → recordings that begin and end, their verdicts, and entries of the journal, within what a day may have.

import { unitOfCgroup } from '../../analysis/machine/units.js';
import { monotonicMs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { isoMoment } from '../../base/format.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { entry } from '../../base/maps.js';
import { parseMembership } from '../../base/procfs/cgroups.js';
import { readWhole } from '../../capture/files.js';
import { collectGarbage } from '../../capture/lean-heap.js';
import { DAY, STALL } from '../../model/thresholds/watch.js';
import type { Entry, Episode } from '../../model/watch.js';
import type { Lost, Recorded } from './episode.js';
import { Quota } from './quota.js';
import type { Store } from './store.js';
import type { Decision, Stall } from './trigger.js';
import type { EpisodeVerdict } from './verdict.js';
import { markOf } from '../../capture/process.js';

export interface EpisodesOptions {
  readonly store: Store;
  readonly verdicts: Pick<EpisodeVerdict, 'of'>;
  /** What recordings may take in all. */
  readonly maxBytes: number;
  /** Those of the journal, of earlier watches. */
  readonly before: readonly Episode[];
  readonly add: (entry: Entry) => void;
  /** Says what happens, a sentence each. */
  readonly tell: (sentence: string) => void;
  /** Begins to record into a folder. */
  readonly record: (folder: HeldFolder, stall: Stall) => Recorded;
  /** Whether the stall that began then is still under way. */
  readonly goesOn: (sinceMs: number) => boolean;
}

const OPEN = 'it goes on, or is being written';
const NO_FOLDER = 'it was not recorded: no folder was ready for it';

/** A stall that is being recorded, or whose recording is being written. */
interface Under {
  episode: Episode;
  readonly name: string;
  /** Which stall of the trigger it is. */
  readonly sinceMs: number;
  recorded: Recorded | undefined;
  readonly untilMs: number;
  stopping: boolean;
}

export class EpisodeKeeper {
  private readonly options: EpisodesOptions;
  private readonly recordedQuota = new Quota();
  private readonly causeQuota = new Map<string, Quota>();
  private number: number;
  private under: Under | undefined;
  private finishing: Promise<void> = Promise.resolve();
  private busy = false;
  private last: Episode | undefined;
  private readonly begunMs = Date.now() - monotonicMs();

  constructor(options: EpisodesOptions) {
    this.options = options;
    const { before, add } = options;
    this.number = Math.max(0, ...before.map(({ number }) => number));
    for (const one of before) {
      const episode = one.note === OPEN ? { ...one, note: 'the watch was ended while it was recorded' } : one;
      if (episode !== one) add({ kind: 'episode', ...episode });
      if (episode.number === this.number) this.last = episode;
    }
  }

  /** Whether a recording is being written or judged, or room made for the next. */
  get isBusy(): boolean {
    return this.busy;
  }

  /** The recording under way. */
  get recorded(): Recorded | undefined {
    return this.under?.recorded;
  }

  /** The number of the stall that is under way; null where there is none. */
  get underWay(): number | null {
    return this.under?.episode.number ?? null;
  }

  /** Ends what is recorded, and waits for its verdict. */
  async close(): Promise<void> {
    if (this.under) this.finish(this.under, 'the watch ended');
    await this.finishing;
  }

  /** What the trigger has decided. */
  act(decision: Decision): void {
    if (decision.kind === 'too soon') return this.suppress('too soon', decision.noticed);
    if (decision.kind === 'begins') return this.begin(decision.stall);
    const { under } = this;
    const { atMs, stall } = decision;
    if (under?.sinceMs !== stall.sinceMs) return;
    this.tellEpisode(under, {
      ...(atMs !== null && {
        // By the clock of its beginning: it may have been set since, or the machine have slept.
        endedAt: isoMoment(Date.parse(under.episode.startedAt) + atMs - stall.sinceMs),
        durationMs: Math.round(atMs - stall.sinceMs),
      }),
      lostSeconds: stall.lostSeconds,
    });
    if (!under.recorded) this.under = undefined;
    else if (!under.stopping) this.finish(under, 'the stall was over', atMs);
  }

  private suppress(why: 'too soon' | 'day full' | 'busy', noticed: Stall['kind']): void {
    const now = new Date().toISOString();
    this.options.add({ kind: 'suppressed', from: now, to: now, count: 1, noticed, why });
  }

  private wallOf(monotonic: number): number {
    return Date.now() - (monotonicMs() - monotonic);
  }

  private begin(stall: Stall): void {
    const nowMs = monotonicMs();
    if (this.busy) return this.suppress('busy', stall.kind);
    if (!this.recordedQuota.take(nowMs, DAY.recorded)) return this.suppress('day full', stall.kind);
    this.number += 1;
    const startedAt = isoMoment(this.wallOf(stall.sinceMs));
    const name = `${startedAt.replace(/[-:]/g, '').slice(0, 15)}-${this.number}.iow`;
    const place = this.options.store.take(name);
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
      note: place ? OPEN : NO_FOLDER,
    };
    const under: Under = {
      episode,
      name,
      sinceMs: stall.sinceMs,
      recorded: undefined,
      untilMs: nowMs + STALL.recorded,
      stopping: false,
    };
    this.under = under;
    if (place) this.record(under, place.folder, stall);
    this.tellEpisode(under, {});
    if (!under.recorded) this.finishing = this.tidy();
    this.options.tell(`episode ${this.number}: ${episode.victim?.name ?? 'the machine'} ${NOTICED[stall.kind]}.`);
  }

  private record(under: Under, folder: HeldFolder, stall: Stall): void {
    try {
      under.recorded = this.options.record(folder, stall);
      void under.recorded.mustEnd.then((why) => this.finish(under, why));
    } catch (error) {
      under.episode = { ...under.episode, recording: null, note: notRecorded(error) };
    }
  }

  /** Ends a recording that has gone on for long enough; the stall itself may go on. */
  goOn(nowMs: number): void {
    const { under } = this;
    if (under?.recorded && !under.stopping && nowMs >= under.untilMs)
      this.finish(under, 'as much of a stall is recorded');
  }

  /** `lostUntilMs`: when the last second was lost; null while the stall goes on. */
  private finish(under: Under, because: string, lostUntilMs: number | null = null): void {
    if (under.stopping || !under.recorded) return;
    under.stopping = true;
    const { sinceMs, episode } = under;
    const lost = { sinceMs, untilMs: lostUntilMs, seconds: episode.lostSeconds };
    this.finishing = this.end(under, under.recorded, because, lost);
  }

  private async end(under: Under, recorded: Recorded, because: string, lost: Lost): Promise<void> {
    this.busy = true;
    try {
      await this.write(under, recorded, because, lost);
      this.tellEpisode(under, await this.options.verdicts.of(under.episode.recording ?? ''));
    } catch (error) {
      this.tellEpisode(under, { note: notRecorded(error) });
    }
    await this.tidy(under);
    collectGarbage();
    const { number, verdict, note } = under.episode;
    this.options.tell(`episode ${number}: ${verdict?.sentence ?? note ?? ''}`);
  }

  private async write(under: Under, recorded: Recorded, because: string, lost: Lost): Promise<void> {
    try {
      const { written } = await recorded.stop(because, lost);
      this.letGo(under);
      if ((await written) > 0) return;
      // Its disk took nothing: it is full, or read-only.
      under.episode = { ...under.episode, recording: null };
      throw new Error(because);
    } finally {
      this.letGo(under);
    }
  }

  /** Nothing of it is recorded any more. */
  private letGo(under: Under): void {
    under.recorded = undefined;
    if (this.under === under && !this.options.goesOn(under.sinceMs)) this.under = undefined;
  }

  /** Makes room, and the next folder. Never rejects: what fails is told, and tried again behind the next stall. */
  private async tidy(under?: Under): Promise<void> {
    const { store, maxBytes, tell } = this.options;
    this.busy = true;
    const without = under && !this.isWorthKeeping(under.episode) ? [under.name] : [];
    try {
      await store.tidy({ maxBytes, nowMs: this.oldestNow(), without });
      if (under && without.length > 0)
        this.tellEpisode(under, {
          recording: null,
          note: `the recording was not kept: ${DAY.ofCause} of this cause a day are`,
        });
    } catch (error) {
      tell(`no room could be made for recordings: ${messageOf(error)}.`);
    }
    this.busy = false;
  }

  /** The time of day by which recordings are old: a clock that is set ahead, and back again, makes none older. */
  private oldestNow(): number {
    return Math.min(Date.now(), this.begunMs + monotonicMs());
  }

  /** No more recordings of one cause a day than tell something new. */
  private isWorthKeeping({ verdict }: Episode): boolean {
    if (verdict === null) return true;
    const quota = entry(this.causeQuota, verdict.cause, () => new Quota());
    return quota.take(monotonicMs(), DAY.ofCause);
  }

  /** Tells the last episode anew, so that its number outlives what the journal has room for. */
  repeat(): void {
    if (this.last) this.options.add({ kind: 'episode', ...this.last });
  }

  private tellEpisode(under: Under, change: Partial<Episode>): void {
    under.episode = { ...under.episode, ...change };
    if (under.episode.number === this.number) this.last = under.episode;
    this.options.add({ kind: 'episode', ...under.episode });
  }
}

const NOTICED: Readonly<Record<Stall['kind'], string>> = {
  waits: 'waits and gets nothing',
  starved: 'gets no CPU',
  stopped: 'is stopped',
  memory: 'waits for memory',
};

function notRecorded(error: unknown): string {
  return `it could not be recorded: ${messageOf(error)}`;
}

function refOf(pid: number): NonNullable<Episode['victim']> {
  const paths = parseMembership(readWhole(`/proc/${pid}/cgroup`) ?? '');
  // systemd keeps its own hierarchy where the controllers are of version 1.
  const unit = unitOfCgroup(paths.get('name=systemd') ?? paths.get('') ?? '/');
  return { pid, name: markOf(pid).comm, ...(unit !== undefined && { unit }) };
}
