// Whose the bytes are while they are written: the walk of owners.ts piece by piece, for one who asks every second and goes on for days. What was
// complete is summed up by stretches of time and told of those that are asked for, and what is still dirty, queued or with a device is kept. What is
// not needed any more is left behind now and then, so that memory does not grow with what has been.

import { entry } from '../../base/maps.js';
import type { Case } from '../../model/case.js';
import type { Writer } from '../../model/diagnosis.js';
import type { Events } from '../../model/events.js';
import { Topology } from '../machine/topology.js';
import { RequestWalk } from '../requests/follow.js';
import type { Weights } from '../requests/sampling.js';
import { BioOwners } from './bios.js';
import { scaleOf } from './owners.js';
import { Sums } from './portions.js';
import { writersOf } from './writers.js';

/** What is kept is looked through so often, ms, or where there is much of it; sooner where nothing is in flight. */
const RENEW_MS = 20_000;
const MUCH = 20_000;
/**
 * With requests in flight, which then complete without their owner, it waits for up to so many times as long or much: a disk always has some where much is
 * done.
 */
const PATIENCE = 2;
/** Pages that nobody has written so long after they were made dirty were given up with their file (vm.dirty_expire_centisecs is 30 s). */
const FORGET_MS = 120_000;

/** What names threads and files. */
type Known = Pick<Case, 'threads' | 'savedNames' | 'kernelThreads' | 'files'>;

export class LiveAttribution {
  private input: Case;
  private readonly weights: Weights;
  private topology: Topology;
  private readonly binMs: number;
  private bios: BioOwners;
  private requests: RequestWalk;
  private events: Events | undefined;
  /** What was complete in each bin of time that is kept, by the walk whose tags it has. */
  private bins = new Map<number, Map<BioOwners, Sums>>();
  private madeMs = 0;

  /**
   * `input` has the facts, and says in which units its events count. What is asked for is told to bins of `binMs`; unless told, there is one bin,
   * which is given away as a whole.
   */
  constructor(input: Case, weights: Weights, binMs = Infinity) {
    this.input = input;
    this.weights = weights;
    this.binMs = binMs;
    this.topology = topologyOf(input);
    this.bios = this.newBios();
    this.requests = new RequestWalk(this.topology, weights, this.bios);
  }

  private newBios(): BioOwners {
    const { units, blockBytes } = scaleOf(this.input, this.topology);
    const bios: BioOwners = new BioOwners(this.topology, units, blockBytes, (t) =>
      entry(entry(this.bins, this.binOf(t), newMap), bios, newSums),
    );
    return bios;
  }

  private binOf(t: number): number {
    return this.binMs === Infinity ? 0 : Math.floor(t / this.binMs);
  }

  /** Follows these events, which come behind those before. */
  follow(events: Events): void {
    const { bios, requests } = this;
    this.events = events;
    bios.follow(events);
    requests.take(events);
    // Its rows are not needed, and would grow.
    requests.finish();
  }

  /** The writers of what was complete since this was asked last. `known` names threads. */
  take(known: Known): Writer[] {
    const { bins } = this;
    this.bins = new Map();
    const writers = this.writersOf(bins.values(), known);
    this.bios.forgetSamples();
    return writers;
  }

  /** The writers of what was complete from the bin of `fromMs` on and before that of `toMs`, as long as that is kept. */
  within(fromMs: number, toMs: number, known: Known): Writer[] {
    const [from, to] = [this.binOf(fromMs), this.binOf(toMs)];
    return this.writersOf(
      [...this.bins].filter(([bin]) => bin >= from && bin < to).map(([, sums]) => sums),
      known,
    );
  }

  /** What was complete before is not asked for any more. */
  forgetBefore(ms: number): void {
    const from = this.binOf(ms);
    for (const bin of this.bins.keys()) if (bin < from) this.bins.delete(bin);
  }

  private writersOf(bins: Iterable<ReadonlyMap<BioOwners, Sums>>, known: Known): Writer[] {
    const { topology, events } = this;
    const sums = new Map<BioOwners, Sums>();
    for (const bin of bins) for (const [bios, one] of bin) entry(sums, bios, newSums).addAll(one);
    const input: Case = { ...this.input, ...known, ...(events && { events }) };
    return [...sums].flatMap(([bios, all]) => writersOf({ input, topology, portions: bios.portionsOf(all) }));
  }

  /** True where what is kept had better be looked through at `nowMs`. */
  isDue(nowMs: number): boolean {
    const age = Math.max((nowMs - this.madeMs) / RENEW_MS, this.bios.sources.size / MUCH);
    return age >= (this.requests.inFlight === 0 ? 1 : PATIENCE);
  }

  /** Goes on with what is dirty alone, and with these facts. The events that follow may have other texts. */
  renew(input: Case, nowMs: number): void {
    const before = this.bios;
    this.input = input;
    this.topology = topologyOf(input);
    this.bios = this.newBios();
    this.bios.takeOver(before, nowMs - FORGET_MS);
    this.requests = new RequestWalk(this.topology, this.weights, this.bios);
    this.madeMs = nowMs;
  }
}

function topologyOf({ facts, counters, remapped }: Case): Topology {
  return new Topology(facts[0], counters.diskNames, remapped);
}

const newSums = (): Sums => new Sums();
const newMap = (): Map<BioOwners, Sums> => new Map();
