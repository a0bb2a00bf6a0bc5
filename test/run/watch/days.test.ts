// Ten simulated days of a service, second by second, through what judges and triggers: 20 planted stalls of ten kinds, and 50 bursts, backups and
// compactions that are no stall. What a thread shows in each is drawn as Poisson counts around rates of that order on real machines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator } from '../../../src/base/random.js';
import { ThreadLoss, type LossKind } from '../../../src/run/watch/loss.js';
import { StallTrigger, type Loser } from '../../../src/run/watch/trigger.js';

const DAY = 86_400;
const DAYS = 10;
const MB = 1e6;

/** What a thread does in a second: the chance that it is found waiting, how often it runs, what it moves, how long it waits for a CPU. */
interface Doing {
  readonly waits: number;
  readonly runs: number;
  readonly bytes: number;
  readonly cpuWaitMs?: number;
  /** The part of the second in which it waits for a disk while none is at work. */
  readonly idle?: number;
  readonly state?: 'T';
}

type Thread = 'log' | 'worker' | 'background';

/** A database: its log is synced hundreds of times a second, a worker answers, something in the background mostly sleeps. */
const USUAL: Readonly<Record<Thread, Doing>> = {
  log: { waits: 0.6, runs: 400, bytes: 3 * MB },
  worker: { waits: 0.1, runs: 900, bytes: 0.4 * MB },
  background: { waits: 0.02, runs: 20, bytes: 0.1 * MB },
};

interface Kind {
  readonly name: string;
  /** Seconds, the shortest and the longest. */
  readonly lasts: readonly [number, number];
  readonly of: Partial<Record<Thread, Doing>>;
  readonly memory?: true;
}

const stuck = (runs: number, waits = 0.95, bytes = 20_000): Doing => ({ waits, runs, bytes });

const STALLS: readonly Kind[] = [
  // A worker that never waited before, in pauses of some ms, and still writes.
  { name: 'dirty limit', lasts: [10, 120], of: { worker: { waits: 0.9, runs: 250, bytes: 15 * MB, idle: 0.7 } } },
  { name: 'frozen filesystem', lasts: [8, 60], of: { log: stuck(0, 1, 0), worker: stuck(0, 1, 0) } },
  { name: 'device hangs', lasts: [8, 40], of: { log: stuck(0.2, 1, 0) } },
  { name: 'device ten times as slow', lasts: [20, 300], of: { log: { waits: 0.98, runs: 40, bytes: 0.3 * MB } } },
  { name: 'limit of a cgroup', lasts: [15, 200], of: { log: stuck(4) } },
  { name: 'waits for the journal', lasts: [8, 60], of: { worker: stuck(2), log: stuck(3) } },
  { name: 'reclaim', lasts: [10, 90], of: { worker: stuck(12, 0.85, 50_000) } },
  { name: 'swap', lasts: [10, 90], of: { worker: { waits: 0.8, runs: 150, bytes: 8 * MB } }, memory: true },
  { name: 'no CPU', lasts: [10, 60], of: { worker: { waits: 0, runs: 60, bytes: 0, cpuWaitMs: 800 } } },
  { name: 'stopped', lasts: [8, 40], of: { worker: { waits: 0, runs: 0, bytes: 0, state: 'T' } } },
];

const HARMLESS: readonly Kind[] = [
  { name: 'backup', lasts: [600, 3600], of: { background: { waits: 0.9, runs: 15, bytes: 80 * MB } } },
  { name: 'compaction', lasts: [60, 900], of: { background: { waits: 0.8, runs: 10, bytes: 25 * MB } } },
  { name: 'checkpoint', lasts: [30, 120], of: { log: { waits: 0.8, runs: 200, bytes: 5 * MB } } },
  { name: 'neighbour', lasts: [60, 600], of: { log: { waits: 0.9, runs: 130, bytes: 1.5 * MB } } },
  { name: 'flush of a cache', lasts: [1, 2], of: { log: stuck(1), worker: stuck(2) } },
  { name: 'burst of work', lasts: [5, 60], of: { worker: { waits: 0.4, runs: 3000, bytes: 10 * MB, cpuWaitMs: 250 } } },
];

interface Planted {
  readonly kind: Kind;
  readonly from: number;
  readonly to: number;
}

function poisson(mean: number, random: () => number): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let [count, product] = [0, random()];
  for (const limit = Math.exp(-mean); product > limit; product *= random()) count += 1;
  return count;
}

/** Places that do not touch: each in a stretch of time of its own. */
function plant(kinds: readonly Kind[], random: () => number): Planted[] {
  const stretch = Math.floor((DAYS * DAY) / kinds.length);
  const order = kinds.map((kind) => ({ kind, key: random() })).sort((a, b) => a.key - b.key);
  return order.map(({ kind }, index) => {
    const [least, most] = kind.lasts;
    const lasts = Math.round(least + random() * (most - least));
    const from = index * stretch + 400 + Math.floor(random() * (stretch - lasts - 800));
    return { kind, from, to: from + lasts };
  });
}

function repeated(kinds: readonly Kind[], count: number): Kind[] {
  return Array.from({ length: count }, (_, index) => kinds[index % kinds.length]).filter((one) => one !== undefined);
}

/** When stalls were noticed, in seconds. */
function noticed(planted: readonly Planted[], random: () => number): number[] {
  const trigger = new StallTrigger(true);
  const threads = (['log', 'worker', 'background'] as const).map((name) => ({
    name,
    loss: new ThreadLoss(),
    slices: 0,
    waitNs: 0,
  }));
  const found: number[] = [];
  const queue = [...planted].sort((a, b) => a.from - b.from);
  for (let second = 0; second < DAYS * DAY; second += 1) {
    while (queue[0] && queue[0].to <= second) queue.shift();
    const now = queue[0] && queue[0].from <= second ? queue[0].kind : undefined;
    const losers: Loser[] = now?.memory ? [{ key: 'watched', kind: 'memory' }] : [];
    for (const thread of threads) {
      const kind = look(thread, now?.of[thread.name] ?? USUAL[thread.name], second * 1000, random);
      if (kind !== undefined) losers.push({ key: 'watched', pid: 1, kind });
    }
    if (trigger.step(second * 1000, losers)?.kind === 'begins') found.push(second);
  }
  return found;
}

function look(
  thread: { readonly loss: ThreadLoss; slices: number; waitNs: number },
  { waits, runs, bytes, cpuWaitMs = 5, idle = 0, state }: Doing,
  atMs: number,
  random: () => number,
): LossKind | undefined {
  thread.slices += poisson(runs, random);
  thread.waitNs += cpuWaitMs * 1e6 * (0.5 + random());
  const moved = bytes * (0.5 + random());
  // Only one that waits when the second begins is looked at closer.
  const isWaiting = random() < waits;
  const found = Array.from({ length: 9 }, () => random() < waits).filter(Boolean).length + 1;
  return thread.loss.see({
    atMs,
    state: state ?? (random() < waits ? 'D' : 'S'),
    schedstat: { runNs: 0, waitNs: thread.waitNs, slices: thread.slices },
    ...(isWaiting && { closer: { looks: 10, waits: found, stopped: 0, forDisk: found, throttled: 0, bytes: moved } }),
    idle: isWaiting ? idle : 0,
  });
}

for (const seed of [1, 2, 3])
  test(`ten days, seed ${seed}: 19 of 20 stalls are noticed within 10 s, and no more than one thing a week that is none`, () => {
    const random = generator(seed);
    const stalls = plant(repeated(STALLS, 20), random);
    const isFree = ({ from, to }: Planted) => stalls.every((stall) => to + 200 < stall.from || from - 200 > stall.to);
    const harmless = plant(repeated(HARMLESS, 60), random).filter(isFree);
    assert.ok(harmless.length >= 50, `${harmless.length} harmless ones`);
    const found = noticed([...stalls, ...harmless], random);
    const isIn = (second: number, { from, to }: Planted) => second >= from && second <= to + 10;
    const missed = stalls.filter((stall) => !found.some((second) => second <= stall.from + 10 && isIn(second, stall)));
    const wrong = found.filter((second) => !stalls.some((stall) => isIn(second, stall)));
    const names = (list: readonly Planted[]) => list.map(({ kind }) => kind.name).join(', ');
    assert.ok(missed.length <= 1, `not noticed: ${names(missed)}`);
    assert.ok(
      wrong.length <= 1,
      `no stall: ${wrong.map((second) => names(harmless.filter((one) => isIn(second, one))) || 'the usual').join(', ')}`,
    );
  });
