// Which classes of events (event-plan.ts) are enabled in the two instances of a trace: the usual ones, those on demand while something points to what
// they show, and none that was given up because it came too fast.

import type { Loss } from '../model/losses.js';
import type { Sink } from '../model/sink.js';
import { EVENT_CLASSES, type EventClass } from './event-plan.js';
import type { TraceChanges } from './trace-changes.js';
import type { TraceInstance } from './tracefs.js';

/** Further than any uptime. */
const FOREVER = 1n << 62n;

export interface Instances {
  /** Sees every process. */
  readonly machine: TraceInstance;
  /** Sees the watched threads alone. */
  readonly victim: TraceInstance;
}

export interface ClassesOptions {
  readonly instances: Instances;
  readonly changes: TraceChanges;
  readonly sink: Sink;
  readonly loss: (loss: Loss) => void;
  readonly nowNs: () => bigint;
  /** What is enabled has changed. */
  readonly changed: () => void;
}

export class TraceClasses {
  /** What this kernel has, and is enabled whenever nothing speaks against it. */
  readonly usual: EventClass[] = [];
  private readonly options: ClassesOptions;
  private readonly shed = new Set<string>();
  /** Until when classes are asked for that are enabled on demand, CLOCK_MONOTONIC in ns; what a kernel lacks is not here. */
  private readonly wanted = new Map<EventClass, bigint>();

  constructor(options: ClassesOptions) {
    this.options = options;
  }

  /** Sets the filters of a class, and enables its events if they are not for later. */
  prepare(one: EventClass, isOnNow: boolean): void {
    const { instances, sink, loss } = this.options;
    const instance = instances[one.instance];
    const missing = one.events.filter(
      (event) => !instance.prepare(event, sink, one.filter) || (isOnNow && !instance.enable(event)),
    );
    if (one.onDemand !== true) this.usual.push(one);
    else if (missing.length === 0) this.wanted.set(one, 0n);
    if (missing.length > 0 && one.optional !== true)
      loss({ code: 'event-missing', where: `${missing.join(', ')} (${one.shows})` });
  }

  /** Enables the usual ones at once, on the thread that asks. */
  enableUsual(): void {
    for (const one of this.usual) {
      const instance = this.options.instances[one.instance];
      for (const event of one.events) if (!instance.enabled.has(event)) instance.enable(event);
    }
  }

  isEnabled(one: EventClass): boolean {
    return one.events.some((event) => this.options.instances[one.instance].enabled.has(event));
  }

  /** What a kernel lacks is refused each time, and was told when it was prepared. */
  async switch(one: EventClass, on: boolean): Promise<void> {
    const instance = this.options.instances[one.instance];
    for (const event of one.events)
      if (instance.enabled.has(event) !== on) await instance.switchEvent(event, on).catch(() => {});
  }

  /** Something points to what this class shows: it is enabled for so long from now on, ms. */
  want(name: 'futexes' | 'failures', forMs: number): void {
    const one = [...this.wanted.keys()].find((other) => other.name === name);
    if (!one) return;
    const until = forMs === Infinity ? FOREVER : this.options.nowNs() + BigInt(Math.round(forMs * 1e6));
    if (until > (this.wanted.get(one) ?? 0n)) this.wanted.set(one, until);
    this.meetDemand();
  }

  /** Switches what is enabled on demand, one class at a time. */
  meetDemand(): void {
    const { instances, changes, nowNs, changed } = this.options;
    if (!changes.isFree('events')) return;
    const now = nowNs();
    for (const [one, until] of this.wanted) {
      const on = until > now && !this.isShed(one.name);
      const instance = instances[one.instance];
      const events = one.events.filter((event) => instance.enabled.has(event) !== on);
      if (events.length === 0) continue;
      const work = async (): Promise<unknown> =>
        Promise.all(events.map(async (event) => instance.switchEvent(event, on)));
      changes.begin(['events'], one.events.join(', '), work, changed);
      return;
    }
  }

  isShed(name: string): boolean {
    return this.shed.has(name);
  }

  /** Gives up the next class of those that may be; `total`: events a second. */
  shedNext(total: number): void {
    const next = EVENT_CLASSES.filter(
      (one): one is EventClass & { shed: number } => one.shed !== undefined && !this.shed.has(one.name),
    ).sort((a, b) => a.shed - b.shed)[0];
    if (!next) return;
    this.shed.add(next.name);
    for (const event of next.events) this.options.instances[next.instance].disable(event);
    this.options.loss({ code: 'events-shed', where: `${next.name} (${next.shows}), at ${total} events a second` });
    this.options.changed();
  }

  /** Nothing counts as given up any more. */
  forgetShed(): void {
    this.shed.clear();
  }
}
