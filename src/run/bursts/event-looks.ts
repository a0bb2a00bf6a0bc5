// What disks did, look by look, told by the kernel's events: when each request was complete. Counters are read once a second, or more often where much
// comes, and say how much was moved in all; where events don't tell of it, or of a part alone, that is what counts. A hundred wakings a second are
// saved so, which cost more than all the rest, and who moved it comes with it.

import { BIN_MS } from '../../analysis/requests/live-bursts.js';
import type { Topology } from '../../analysis/machine/topology.js';
import { KIND } from '../../analysis/requests/requests.js';
import type { Weights } from '../../analysis/requests/sampling.js';
import { monotonicNs } from '../../base/clock.js';
import { entry } from '../../base/maps.js';
import type { Events } from '../../model/events.js';
import { walkCompletions } from '../owners/completions.js';
import type { Culprits } from './culprits.js';
import type { DiskGrowth, DiskSamples } from './disk-samples.js';
import type { Look, Looks } from './looks.js';

/** The kernel's buffers are emptied, and counters read, this often, ms: a burst is told when its interval is over, so nobody waits for more. */
const EVERY_MS = { least: 250, most: 1000 } as const;
/** From so many events a second on they are emptied as often as can be: one CPU's buffer of 4 MiB holds some 60,000. */
const MANY_EVENTS = 10_000;
const SECTOR = 512;
/** What was complete at the very end of a bin is of it. */
const LEAST_MS = 1e-3;
const NOTHING = { operations: 0, bytes: 0, busyMs: 0 };
const NO_BINS: ReadonlyMap<number, Moved> = new Map();

export interface Moved {
  operations: number;
  bytes: number;
}

/** What was complete, by disk and bin of 10 ms. */
export type Completions = ReadonlyMap<string, ReadonlyMap<number, Readonly<Moved>>>;

export interface EventLooksOptions {
  readonly culprits: Culprits;
  readonly samples: DiskSamples;
  /** CLOCK_MONOTONIC from which the times of the culprits' events count, ns. */
  readonly startNs: bigint;
  /** Of the averages that bursts are held against. */
  readonly intervalMs: number;
  /** Waits for a time of CLOCK_MONOTONIC, ns, or until the looks are to end. */
  readonly wait: (ns: bigint) => Promise<boolean>;
}

export class EventLooks implements Looks {
  readonly startNs: bigint;
  /** When the looks began in the time of the events, ms: at the beginning of a bin. */
  private readonly originMs: number;
  private readonly culprits: Culprits;
  private readonly samples: DiskSamples;
  private readonly wait: (ns: bigint) => Promise<boolean>;
  private readonly idleMs: number;
  private everyMs: number = EVERY_MS.least;
  private beforeMs: number;
  /** What events told of each disk before its counters did. */
  private ahead: ReadonlyMap<string, Moved> = new Map();

  constructor({ culprits, samples, startNs, intervalMs, wait }: EventLooksOptions) {
    this.culprits = culprits;
    this.samples = samples;
    this.wait = wait;
    this.idleMs = Math.max(EVERY_MS.least, Math.min(EVERY_MS.most, intervalMs));
    const firstMs = culprits.step(samples, (_events, toMs) => toMs);
    this.originMs = Math.floor(firstMs / BIN_MS) * BIN_MS;
    this.beforeMs = firstMs - this.originMs;
    this.startNs = startNs + BigInt(this.originMs * 1e6);
  }

  async next(mostMs: number): Promise<readonly Look[]> {
    await this.wait(monotonicNs() + BigInt(Math.round(Math.min(this.everyMs, mostMs) * 1e6)));
    return this.step();
  }

  private step(): readonly Look[] {
    const { samples } = this;
    const { facts, events: source } = this.culprits.owners;
    return this.culprits.step(samples, (events, cutMs, growth) => {
      const toMs = cutMs - this.originMs;
      const { looks, ahead } = looksOf({
        fromMs: this.beforeMs,
        toMs,
        growth,
        completions: completionsIn(events, this.originMs, facts.topology, source, (disk) => samples.isWanted(disk)),
        ahead: this.ahead,
        isWhole: source.takeNote() === undefined,
      });
      this.everyMs = everyMs(countOf(events), toMs - this.beforeMs, this.idleMs);
      this.beforeMs = toMs;
      this.ahead = ahead;
      return looks;
    });
  }
}

/** How long the next step is to be, ms, behind one of `ms` with so many events; `idleMs` where few come. */
export function everyMs(events: number, ms: number, idleMs: number): number {
  return events * 1000 > MANY_EVENTS * ms ? EVERY_MS.least : idleMs;
}

function countOf({ tables }: Events): number {
  let count = 0;
  for (const { length } of tables.values()) count += length;
  return count;
}

/** The completions of these events; of reads and writes with their bytes. */
function completionsIn(
  events: Events,
  originMs: number,
  topology: Topology,
  weights: Weights,
  isWanted: (disk: string) => boolean,
): Completions {
  const found = new Map<string, Map<number, Moved>>();
  walkCompletions(events, topology, (id, kind, sectors, t) => {
    const disk = topology.name(id);
    if (!isWanted(disk)) return;
    const bins = entry(found, disk, () => new Map<number, Moved>());
    const bin = entry(bins, Math.floor((t - originMs) / BIN_MS), () => ({ operations: 0, bytes: 0 }));
    const weight = weights.weightAt(t, sectors);
    bin.operations += weight;
    if (kind === KIND.read || kind === KIND.write) bin.bytes += weight * sectors * SECTOR;
  });
  return found;
}

export interface Step {
  readonly fromMs: number;
  readonly toMs: number;
  /** By the counters; of the disks that are watched alone. */
  readonly growth: readonly DiskGrowth[];
  readonly completions: Completions;
  readonly ahead: ReadonlyMap<string, Readonly<Moved>>;
  /** False where events were lost, or tell a sample. */
  readonly isWhole: boolean;
}

/** The looks of a step, a bin each in which anything was complete, and what events told of each disk that its counters will tell in the next step. */
export function looksOf(step: Step): { readonly looks: readonly Look[]; readonly ahead: ReadonlyMap<string, Moved> } {
  const { fromMs, toMs, completions, ahead, isWhole } = step;
  const growthOf = new Map(step.growth.map((one) => [one.name, one]));
  const bins = new Map<number, DiskGrowth[]>();
  const untold: DiskGrowth[] = [];
  const next = new Map<string, Moved>();
  for (const name of new Set([...growthOf.keys(), ...completions.keys()])) {
    const counted = growthOf.get(name) ?? NOTHING;
    const early = ahead.get(name) ?? NOTHING;
    const operations = Math.max(0, counted.operations - early.operations);
    const bytes = Math.max(0, counted.bytes - early.bytes);
    const told = completions.get(name) ?? NO_BINS;
    const sum = sumOf(told.values());
    if (sum.operations === 0) untold.push({ name, operations, bytes, busyMs: counted.busyMs });
    else if (isWhole)
      next.set(name, {
        operations: Math.max(0, sum.operations - operations),
        bytes: Math.max(0, sum.bytes - bytes),
      });
    for (const [bin, moved] of told) {
      const share = moved.operations / sum.operations;
      entry(bins, bin, (): DiskGrowth[] => []).push({
        name,
        operations: isWhole ? moved.operations : operations * share,
        bytes: isWhole || sum.bytes === 0 ? moved.bytes : (bytes * moved.bytes) / sum.bytes,
        busyMs: counted.busyMs * share,
      });
    }
  }
  const looks = [...bins]
    .sort(([a], [b]) => a - b)
    .map(([bin, disks]): Look => {
      const atMs = Math.min(toMs, (bin + 1) * BIN_MS);
      return { atMs, forMs: Math.max(LEAST_MS, atMs - bin * BIN_MS), disks };
    });
  return { looks: [...looks, { atMs: toMs, forMs: Math.max(LEAST_MS, toMs - fromMs), disks: untold }], ahead: next };
}

function sumOf(all: Iterable<Readonly<Moved>>): Moved {
  const sum = { operations: 0, bytes: 0 };
  for (const { operations, bytes } of all) {
    sum.operations += operations;
    sum.bytes += bytes;
  }
  return sum;
}
