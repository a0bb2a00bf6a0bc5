// Days of a watched service out of recorded seconds, on a simulated clock: what judges, triggers, keeps episodes and writes the journal is the real thing.
// Times without anything planted are played one minute in ten; the counters go on in the others.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { learn } from '../../src/baseline/learn.js';
import { pastFrom } from '../../src/baseline/figures.js';
import type { Book } from '../../src/baseline/book.js';
import { NO_INTERVALS } from '../../src/base/intervals.js';
import { DISK_FIELDS } from '../../src/base/procfs/diskstats.js';
import { parseMountinfo } from '../../src/base/procfs/mountinfo.js';
import type { Past } from '../../src/model/past.js';
import { HeldFolder } from '../../src/base/held-folder.js';
import { monotonicMs } from '../../src/base/clock.js';
import type { Episode, Episodes } from '../../src/model/watch.js';
import { EpisodeKeeper } from '../../src/run/watch/episodes.js';
import { LOOK_BACK_MS, type Recorded } from '../../src/run/watch/episode.js';
import { Hourly } from '../../src/run/watch/hourly.js';
import { gather, Journal, readJournal } from '../../src/run/watch/journal.js';
import { LossJudge } from '../../src/run/watch/judge.js';
import { losersOf } from '../../src/run/watch/losers.js';
import { Store } from '../../src/run/watch/store.js';
import { StallTrigger } from '../../src/run/watch/trigger.js';
import type { EpisodeVerdict } from '../../src/run/watch/verdict.js';
import { LOOKS, PlayedMachine, type Second, type Tape } from './watch-seconds.js';

const DAY_S = 86_400;
/** Played around what is planted. */
const [BEFORE_S, BEHIND_S] = [45, 75];
/** Least time between what is planted. */
const MARGIN_S = 100;
/** Played of each so many seconds of the rest. */
const [PLAYED_S, OF_S] = [60, 600];
const FIRST_PID = 1000;
/** As the fixtures name what is nothing. */
const QUIET = 'quiet';
const BEGIN_MS = Date.UTC(2026, 0, 1);

export interface Kind {
  readonly activity: string;
  /** Seconds, the least and the most. */
  readonly lasts: readonly [number, number];
}

export interface Planted {
  readonly activity: string;
  /** Seconds since the days began. */
  readonly from: number;
  readonly to: number;
}

export interface Found {
  readonly episode: Episode;
  /** When it was noticed, where the first lost second begins, and the recording: seconds since the days began. */
  readonly noticed: number;
  readonly lostFrom: number;
  readonly recordedFrom: number;
}

export interface Days {
  readonly found: readonly Found[];
  readonly journal: Omit<Episodes, 'schema' | 'tool' | 'folder'>;
  readonly playedSeconds: number;
}

/** The number of the volume that a recorded service has its data on. */
function volumeOf({ mountinfo }: Tape): string {
  const found = parseMountinfo(mountinfo).find(({ mountPoint }) => mountPoint !== '/')?.device;
  if (found === undefined) throw new Error('no volume was recorded');
  return found;
}

/** The volume and the disk below it, which was made before it, bear the same numbers in all; who had those gets theirs. */
function renumbered(disk: string, from: string, to: string): string {
  const [id = '', name = ''] = disk.split(' ');
  const minor = (one: string, less = 0) => Number(one.split(':')[1]) - less;
  for (const less of [0, 1]) {
    const [a, b] = [minor(from, less), minor(to, less)];
    if (id === `7:${a}`) return `7:${b} loop${b}`;
    if (id === `7:${b}`) return `7:${a} loop${a}`;
  }
  return `${id} ${name}`;
}

/** Several recordings of one service as one: its processes are numbered in the order in which they were started, which is the same each time. */
export function joined(recorded: readonly Tape[]): Tape {
  const [first] = recorded;
  if (!first) throw new Error('nothing was recorded');
  const seconds = recorded.flatMap((tape) => {
    const all = [...Object.keys(tape.open), ...tape.seconds.flatMap(({ threads }) => threads.map(({ pid }) => pid))];
    const pids = [...new Set(all.map(Number))].sort((a, b) => a - b);
    const [from, to] = [volumeOf(tape), volumeOf(first)];
    return tape.seconds.map((second) => ({
      ...second,
      disks: second.disks.map((one) => ({ ...one, disk: renumbered(one.disk, from, to) })),
      threads: second.threads.map((one) => {
        const pid = FIRST_PID + pids.indexOf(one.pid);
        return { ...one, pid, thread: pid };
      }),
    }));
  });
  const lines = [...new Set(Object.values(first.open).flat())].sort();
  const open = Object.fromEntries(seconds.flatMap(({ threads }) => threads.map(({ pid }) => [pid, lines])));
  return { ...first, open, seconds };
}

/** Places that don't touch: each in a stretch of time of its own. */
function plant(kinds: readonly Kind[], days: number, random: () => number): Planted[] {
  const stretch = Math.floor((days * DAY_S) / kinds.length);
  const order = kinds.map((kind) => ({ kind, key: random() })).sort((a, b) => a.key - b.key);
  return order.map(({ kind }, index) => {
    const [least, most] = kind.lasts;
    const lasts = Math.round(least + random() * (most - least));
    const from = index * stretch + MARGIN_S + Math.floor(random() * (stretch - lasts - 2 * MARGIN_S));
    return { activity: kind.activity, from, to: from + lasts };
  });
}

/** What a machine remembers of its disks after ten minutes of quiet. */
export function pastOfQuiet({ seconds }: Tape, random: () => number): Past {
  const quiet = seconds.filter(({ activity }) => activity === QUIET);
  const drawn = Array.from({ length: 600 }, () => quiet[Math.floor(random() * quiet.length)]?.disks ?? []);
  const names = new Set(drawn.flatMap((disks) => disks.map(({ disk }) => disk)));
  const devices = [...names].flatMap((name) => {
    const [id = ''] = name.split(' ');
    const sums = DISK_FIELDS.map(() => 0);
    const rows = [{ disk: name, grown: sums }, ...drawn.map((disks) => disks.find(({ disk }) => disk === name))].map(
      (one) => sums.map((_, field) => (sums[field] = (sums[field] ?? 0) + (one?.grown[field] ?? 0))),
    );
    const columns = new Map(DISK_FIELDS.map((field, at) => [field, Float64Array.from(rows, (row) => row[at] ?? NaN)]));
    const book: Book = { key: id, knownBy: 'name', name, model: null, chapters: [] };
    const within = { from: 0, to: (rows.length - 1) * 1000 };
    const disk = { t: Float64Array.from(rows, (_, row) => row * 1000), columns };
    learn(book, { disk, within, startMs: BEGIN_MS, state: {}, heldUp: NO_INTERVALS });
    return pastFrom(book, id, {}) ?? [];
  });
  return { version: 1, devices };
}

/** Real clocks stand still while this is played, and the simulated one goes on as it is told. */
class SimulatedClock {
  private ms = 0;
  private readonly real = { hrtime: process.hrtime, now: Date.now };

  constructor() {
    const bigint = () => BigInt(Math.round(this.ms * 1e6)) + 1_000_000_000n;
    process.hrtime = Object.assign(this.real.hrtime.bind(process), { bigint });
    Date.now = () => BEGIN_MS + this.ms;
  }

  set(seconds: number): void {
    this.ms = seconds * 1000;
  }

  get seconds(): number {
    return this.ms / 1000;
  }

  close(): void {
    process.hrtime = this.real.hrtime;
    Date.now = this.real.now;
  }
}

/** A recording that holds nothing; its verdict is somebody else's. */
function nothingRecorded(): Recorded {
  return {
    mustEnd: new Promise(() => {}),
    dumperPid: undefined,
    addVictim: () => {},
    stop: async () => ({ written: Promise.resolve(1) }),
  };
}

interface Plan {
  readonly tape: Tape;
  readonly days: number;
  readonly planted: readonly Planted[];
  readonly random: () => number;
  /** What the machine remembers of its disks. */
  readonly past: Past;
  /** The verdict on a recording of that activity. */
  readonly verdictOf: (activity: string) => ReturnType<EpisodeVerdict['of']>;
}

class Player {
  private readonly plan: Plan;
  private readonly clock = new SimulatedClock();
  private readonly machine: PlayedMachine;
  private readonly judge: LossJudge;
  private readonly trigger = new StallTrigger(true);
  private readonly pools = new Map<string, readonly Second[]>();
  private readonly found: { noticed: number; number: number }[] = [];
  private readonly folder: string;
  private activity = QUIET;
  private episodesToldOf = 0;
  private ended = 0;
  private played = 0;

  constructor(plan: Plan, root: string) {
    this.plan = plan;
    this.folder = path.join(root, 'store');
    mkdirSync(this.folder, { mode: 0o700 });
    this.machine = new PlayedMachine(root, plan.tape);
    this.judge = new LossJudge(true, root);
    this.judge.past = plan.past;
    for (const activity of new Set(plan.tape.seconds.map((one) => one.activity)))
      this.pools.set(
        activity,
        plan.tape.seconds.filter((one) => one.activity === activity),
      );
  }

  async play(): Promise<Days> {
    const store = new Store(this.folder);
    const held = HeldFolder.at(this.folder);
    const fail = (error: unknown) => {
      throw error;
    };
    const journal = await Journal.open(held, { failed: fail });
    const hourly = new Hourly((entry) => journal.add(entry));
    const keeper = new EpisodeKeeper({
      store,
      verdicts: { of: () => this.plan.verdictOf(this.activity) },
      maxBytes: 1e9,
      before: [],
      add: (entry) => {
        if (entry.kind === 'episode' || entry.kind === 'watch') journal.add(entry);
        else hourly.add(entry, monotonicMs());
      },
      tell: () => (this.episodesToldOf += 1),
      record: nothingRecorded,
      goesOn: (sinceMs) => this.trigger.stall?.sinceMs === sinceMs,
    });
    try {
      for (const stretch of this.stretches()) await this.stretch(stretch, keeper, hourly);
      await keeper.close();
      hourly.close();
      await journal.close();
      const all = gather(readJournal(held));
      return {
        found: this.found.map((one) => this.foundOf(one, all.episodes)),
        journal: all,
        playedSeconds: this.played,
      };
    } finally {
      this.clock.close();
      this.judge.close();
      this.machine.close();
      held.close();
      store.close();
    }
  }

  /** Stretches of time with what is done in them, and whether they are played. */
  private *stretches(): Generator<{ readonly activity: string; readonly to: number; readonly isPlayed: boolean }> {
    const [end, queue] = [this.plan.days * DAY_S, [...this.plan.planted].sort((a, b) => a.from - b.from)];
    let at = 0;
    for (const { activity, from, to } of [...queue, { activity: QUIET, from: end, to: end }]) {
      while (at < from - BEFORE_S) {
        const whole = Math.min(from - BEFORE_S, at + OF_S);
        yield { activity: QUIET, to: Math.min(whole, at + PLAYED_S), isPlayed: true };
        yield { activity: QUIET, to: whole, isPlayed: false };
        at = whole;
      }
      yield { activity: QUIET, to: from, isPlayed: true };
      yield { activity, to, isPlayed: true };
      at = Math.min(end, to + BEHIND_S);
      yield { activity: QUIET, to: at, isPlayed: true };
    }
  }

  private async stretch(
    { activity, to, isPlayed }: { readonly activity: string; readonly to: number; readonly isPlayed: boolean },
    keeper: EpisodeKeeper,
    hourly: Hourly,
  ): Promise<void> {
    const pool = this.pools.get(activity) ?? [];
    const begun = this.clock.seconds;
    for (let at = begun; at < to; at += 1) {
      // What was provoked goes on as it did; quiet time has no order.
      const index = activity === QUIET ? Math.floor(this.plan.random() * pool.length) : (at - begun) % pool.length;
      const second = pool[index];
      if (!second) throw new Error(`no second of ${activity} was recorded`);
      if (isPlayed) await this.second(second, activity, keeper, hourly);
      this.machine.end(second);
      this.clock.set(at + 1);
    }
  }

  private async second(second: Second, activity: string, keeper: EpisodeKeeper, hourly: Hourly): Promise<void> {
    this.played += 1;
    for (const [file, text] of this.machine.begin(second)) this.judge.take(file, text);
    const nowMs = monotonicMs();
    const decision = this.trigger.step(nowMs, losersOf(this.judge, nowMs, true));
    if (decision?.kind === 'begins') {
      this.activity = activity;
      this.found.push({ noticed: this.clock.seconds, number: this.found.length + 1 });
    }
    if (decision) keeper.act(decision);
    keeper.goOn(nowMs);
    hourly.everySecond(nowMs);
    for (let look = 1; look < LOOKS && this.judge.hasWaiting; look += 1) {
      this.machine.look(second, look);
      this.judge.look();
    }
    // A recording that ends is written and diagnosed; no time passes meanwhile.
    if (decision?.kind === 'ended') this.ended += 1;
    while (keeper.isBusy) await new Promise((settle) => setTimeout(settle, 1));
  }

  private foundOf(
    { noticed, number }: { readonly noticed: number; readonly number: number },
    episodes: readonly Episode[],
  ): Found {
    const episode = episodes.find((one) => one.number === number);
    if (!episode) throw new Error(`episode ${number} is not in the journal`);
    const since = (Date.parse(episode.startedAt) - BEGIN_MS) / 1000;
    return { episode, noticed, lostFrom: since - 1, recordedFrom: noticed - LOOK_BACK_MS / 1000 };
  }
}

/** Plays days, and returns what was noticed of them. */
export async function playDays(plan: Plan): Promise<Days> {
  const root = mkdtempSync(path.join(tmpdir(), 'iowitness-days-'));
  try {
    return await new Player(plan, root).play();
  } finally {
    rmSync(root, { recursive: true });
  }
}

export interface Stall extends Kind {
  /** The recorded stall of that kind whose verdict stands for its own. */
  readonly recorded: string;
}

/** As a bad night has them. */
export const STALLS: readonly Stall[] = [
  { activity: 'dev.slow', lasts: [6, 30], recorded: 'dev.slow-root' },
  { activity: 'dev.slow hangs', lasts: [5, 30], recorded: 'dev.slow-root' },
  { activity: 'dev.capped', lasts: [6, 30], recorded: 'dev.capped-root' },
  { activity: 'dev.neighbour', lasts: [6, 30], recorded: 'dev.neighbour-root' },
  { activity: 'fs.frozen', lasts: [5, 20], recorded: 'fs.frozen-root' },
  { activity: 'blk.cgroup-limit', lasts: [6, 30], recorded: 'blk.cgroup-limit-root' },
  { activity: 'blk.cgroup-limit in bytes', lasts: [6, 30], recorded: 'blk.cgroup-limit-user' },
  { activity: 'mem.dirty-limit', lasts: [6, 30], recorded: 'mem.dirty-limit-root' },
  { activity: 'cpu.starved', lasts: [6, 30], recorded: 'cpu.starved-root' },
  { activity: 'cpu.stopped', lasts: [5, 20], recorded: 'cpu.stopped-root' },
];

/** What each takes as it was recorded, but for those that go on as they began. */
export const HARMLESS: readonly Kind[] = [
  { activity: 'backup', lasts: [60, 180] },
  { activity: 'compaction', lasts: [4, 4] },
  { activity: 'load of rows', lasts: [10, 60] },
  { activity: 'checkpoint', lasts: [3, 3] },
  { activity: 'neighbour', lasts: [4, 4] },
  { activity: 'burst of clients', lasts: [4, 4] },
];

/** What is planted, none in another's time. */
export function planted(
  days: number,
  random: () => number,
  { stalls, harmless }: { readonly stalls: number; readonly harmless: number },
): Planted[] {
  const many = (kinds: readonly Kind[], count: number): Kind[] =>
    Array.from({ length: count }, (_, index) => kinds[index % kinds.length]).filter((one) => one !== undefined);
  return plant([...many(STALLS, stalls), ...many(HARMLESS, harmless)], days, random);
}

/** Each planted stall with the episode that it made, and what was noticed besides, with what was going on. */
export function judged({ found }: Days, plan: readonly Planted[]) {
  const isIn = ({ noticed }: Found, { from, to }: Planted) => noticed >= from && noticed <= to + 5;
  const isStall = ({ activity }: Planted) => STALLS.some((one) => one.activity === activity);
  const stalls = plan.filter(isStall).map((one) => ({ ...one, found: found.find((each) => isIn(each, one)) }));
  const wrong = found
    .filter((one) => stalls.every((stall) => stall.found !== one))
    .map((one) => ({ found: one, during: plan.find((each) => isIn(one, each))?.activity ?? 'quiet' }));
  return { stalls, wrong };
}

const FIXTURES = path.join(import.meta.dirname, '../../../test/fixtures/watch-seconds');

/** What was recorded of PostgreSQL. */
export function tapes(): Tape[] {
  return readdirSync(FIXTURES)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name): Tape => JSON.parse(readFileSync(path.join(FIXTURES, name), 'utf8')));
}
