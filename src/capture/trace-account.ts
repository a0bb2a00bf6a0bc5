// What a recording is told of its own trace: what is enabled in which instance and how it is filtered, how far back the rings reach, and how many events
// were lost. Without it nobody could tell an event that did not happen from one that was not looked for.

import type { Loss } from '../model/losses.js';
import { SOURCE, type TraceState } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { SMALL_SECTORS, type RequestFilter } from './request-sample.js';
import type { SleepStacks } from './sleep-stacks.js';
import type { Instances } from './trace-classes.js';
import type { BufferStats } from './tracefs.js';

const NOTHING: BufferStats = { overrun: 0, dropped: 0, seen: 0 };

export interface AccountOptions {
  readonly instances: Instances;
  readonly stacks: SleepStacks;
  readonly requests: RequestFilter;
  readonly sink: Sink;
  readonly loss: (loss: Loss) => void;
  readonly nowNs: () => bigint;
}

/** Events a second. */
export interface EventRates {
  readonly machine: number;
  readonly victim: number;
}

export class TraceAccount {
  private readonly options: AccountOptions;
  private before: Record<keyof EventRates, BufferStats> = { machine: NOTHING, victim: NOTHING };
  private lostBefore = 0;
  /** What gathered at rest is being read, of which what lies after this is wanted; what is overwritten meanwhile is older than all that is read. */
  private readsBackTo: bigint | undefined;
  /** From when on all events of an instance are there, where what gathered at rest had been written over. */
  private readonly wholeFrom = new Map<TraceState['instance'], bigint>();

  constructor(options: AccountOptions) {
    this.options = options;
  }

  tellState(): void {
    const { instances, stacks, requests, sink, nowNs } = this.options;
    for (const instance of [instances.machine, instances.victim]) {
      const wholeFrom = this.wholeFrom.get(instance.label);
      const state: TraceState = {
        instance: instance.label,
        enabled: [...instance.enabled],
        filters: instance.filtersInForce(),
        stacks: { share: instance.label === 'victim' ? stacks.share : 0, filter: stacks.filter },
        ...(instance.label === 'machine' &&
          requests.of > 1 && { sampled: { of: requests.of, upToSectors: SMALL_SECTORS } }),
        ...(wholeFrom !== undefined && { wholeFromNs: wholeFrom.toString() }),
        clock: 'mono',
      };
      sink.reading(SOURCE.trace, JSON.stringify(state), nowNs());
    }
  }

  /** The next pages are of what gathered at rest, of which what lies after `fromNs` is wanted, CLOCK_MONOTONIC. */
  readBackTo(fromNs: bigint): void {
    this.readsBackTo = fromNs;
    this.options.instances.machine.beginAnew();
    this.options.instances.victim.beginAnew();
  }

  /** To be called after pages were moved: how far back the rings reach, where that is less than is wanted. */
  tellReach(): void {
    const { instances, loss } = this.options;
    for (const { label, reachNs } of [instances.machine, instances.victim]) {
      if (this.readsBackTo === undefined || reachNs === undefined || reachNs <= this.readsBackTo) continue;
      this.wholeFrom.set(label, reachNs);
      const seconds = (Number(reachNs - this.readsBackTo) / 1e9).toFixed(1);
      loss({ code: 'look-back-short', where: `the first ${seconds} s of the ${label}’s events` });
      this.tellState();
    }
  }

  /** To be called once a second: tells what was lost, which at rest is nothing. Returns the events of that second. */
  count(isResting: boolean): EventRates {
    const { machine, victim } = this.options.instances;
    const stats = { machine: machine.stats(), victim: victim.stats() };
    const { before } = this;
    this.before = stats;
    const rate = (label: keyof EventRates) =>
      stats[label].seen + stats[label].overrun - before[label].seen - before[label].overrun;
    if (!isResting) this.countLost(stats.machine, stats.victim);
    return { machine: rate('machine'), victim: rate('victim') };
  }

  private countLost(machine: BufferStats, victim: BufferStats): void {
    const lost = machine.overrun + machine.dropped + victim.overrun + victim.dropped;
    if (lost > this.lostBefore && this.readsBackTo === undefined)
      this.options.loss({ code: 'events-overrun', where: 'ring buffers', count: lost - this.lostBefore });
    this.lostBefore = lost;
    this.readsBackTo = undefined;
  }
}
