// Whose the bytes are while they are written: the walk of owners.ts piece by piece, for one who asks every second and goes on for days. What was
// complete in each piece is given away, and what is still dirty, queued or with a device is kept for the next. What is not needed any more is
// left behind now and then, so that memory does not grow with what has been.

import type { Case } from '../../model/case.js';
import type { Writer } from '../../model/diagnosis.js';
import type { Events } from '../../model/events.js';
import { Topology } from '../machine/topology.js';
import { RequestWalk } from '../requests/follow.js';
import type { Weights } from '../requests/sampling.js';
import { BioOwners } from './bios.js';
import { scaleOf } from './owners.js';
import { writersOf } from './writers.js';

/** What is kept is looked through so often, ms, or where there is much of it; sooner where nothing is in flight. */
const RENEW_MS = 20_000;
const MUCH = 20_000;
/** With requests in flight, which then complete without their owner, it waits for up to so many times as long or much. */
const PATIENCE = 5;
/** Pages that nobody has written so long after they were made dirty were given up with their file (vm.dirty_expire_centisecs is 30 s). */
const FORGET_MS = 120_000;

export class LiveAttribution {
  private input: Case;
  private readonly weights: Weights;
  private topology: Topology;
  private bios: BioOwners;
  private requests: RequestWalk;
  private madeMs = 0;

  /** `input` has the facts, and says in which units its events count. */
  constructor(input: Case, weights: Weights) {
    this.input = input;
    this.weights = weights;
    this.topology = topologyOf(input);
    this.bios = biosOf(input, this.topology);
    this.requests = new RequestWalk(this.topology, weights, this.bios);
  }

  /** The writers of what was complete in these events, which come behind those before. `known` names threads. */
  take(events: Events, known: Pick<Case, 'threads' | 'savedNames' | 'kernelThreads' | 'files'>): Writer[] {
    const { bios, requests, topology } = this;
    bios.follow(events);
    requests.take(events);
    // Its rows are not needed, and would grow.
    requests.finish();
    return writersOf({ input: { ...this.input, ...known, events }, topology, portions: bios.takePortions() });
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
    this.bios = biosOf(input, this.topology);
    this.bios.takeOver(before, nowMs - FORGET_MS);
    this.requests = new RequestWalk(this.topology, this.weights, this.bios);
    this.madeMs = nowMs;
  }
}

function topologyOf({ facts, counters, remapped }: Case): Topology {
  return new Topology(facts[0], counters.diskNames, remapped);
}

function biosOf(input: Case, topology: Topology): BioOwners {
  const { units, blockBytes } = scaleOf(input, topology);
  return new BioOwners(topology, units, blockBytes);
}
