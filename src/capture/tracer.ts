// The two trace instances of a recording, driven together: set up, polled, kept within the event budget, and closed.
// What it must give up it says: losses and every change of what is enabled go onto the tape.

import { cpus } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../base/errors.js';
import type { Loss } from '../model/losses.js';
import { SOURCE, type TraceState } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { EVENT_CLASSES, TRIP_WIRES, type EventClass } from './event-plan.js';
import { RequestFilter, SMALL_SECTORS, sampleAt } from './request-sample.js';
import { SleepStacks } from './sleep-stacks.js';
import { TraceInstance, type BufferStats } from './tracefs.js';
import { TripWire } from './trip-wire.js';
import type { UndoJournal } from './undo.js';

/** All buffers of an instance together stay under this much kernel memory on machines with many CPUs. */
const BUFFER_TOTAL_KIB = 64 * 1024;
const BUFFER_MOST_KIB = 8 * 1024;
/** Of an instance that nothing is asked of: two pages are the least that the kernel gives a buffer. */
const UNUSED_KIB = 8;
/** After a failed request the victim's failing calls are watched for so long, and its locks for so long at a time, ms. */
const AFTER_FAILURE_MS = 30_000;
export const LOCKS_MS = 1000;
/** At rest one small request of so many is kept, and the victim's sleeps up to so many events of them a second: more are felt, and fill the ring in no time. */
const REST_SAMPLE = 16;
const REST_EVENTS = 4000;
/** Sleeps that were too many at rest are tried again after so many seconds. */
const REST_RETRY_S = 60;
/** Pages moved from each CPU at once while what gathered at rest is read: some ms. */
const PAGES_AT_ONCE = 512;

export interface TracerOptions {
  readonly tracefs: string;
  readonly journal: UndoJournal;
  readonly sink: Sink;
  /** Events a second above which classes are shed. */
  readonly eventBudget: number;
  /** Buffer per CPU, KiB; chosen by the number of CPUs where absent. */
  readonly bufferKiB?: number;
  /** Nothing is asked of the victim's instance. */
  readonly wholeMachine?: true;
  /** Begins at rest: see `rest`. */
  readonly atRest?: true;
  readonly loss: (loss: Loss) => void;
  readonly nowNs: () => bigint;
}

export class Tracer {
  private readonly options: TracerOptions;
  private readonly machine: TraceInstance;
  private readonly victim: TraceInstance;
  private readonly wire: TripWire;
  private readonly shed = new Set<string>();
  /** Until when classes are asked for that are enabled on demand, CLOCK_MONOTONIC in ns; what a kernel lacks is not here. */
  private readonly wanted = new Map<EventClass, bigint>();
  /** What this kernel has, and is enabled whenever nothing speaks against it. */
  private readonly usual: EventClass[] = [];
  private resting: boolean;
  private changes: Promise<void> = Promise.resolve();
  /** Seconds until the sleeps are kept again that were too many at rest. */
  private sleepsRest = 0;
  private switching = false;
  private readonly requests: RequestFilter;
  /** What is being set off the sampling thread; none of it rejects. */
  private readonly pending = new Set<Promise<void>>();
  private before: Record<'machine' | 'victim', BufferStats> = { machine: NOTHING, victim: NOTHING };
  private lostBefore = 0;
  /** What gathered at rest is being read, of which what lies after this is wanted; what is overwritten meanwhile is older than all that is read. */
  private readsBackTo: bigint | undefined;
  /** From when on all events of an instance are there, where what gathered at rest had been written over. */
  private readonly wholeFrom = new Map<TraceState['instance'], bigint>();
  private readonly stacks: SleepStacks;
  private toggling = false;
  private stopped = false;

  /** Throws the system's error where tracefs refuses an instance. */
  constructor(options: TracerOptions) {
    this.options = options;
    const folder = (label: string) => join(options.tracefs, 'instances', `iowitness-${process.pid}-${label}`);
    options.journal.plan([
      { kind: 'rmdir', path: folder('machine') },
      { kind: 'rmdir', path: folder('victim') },
    ]);
    this.machine = new TraceInstance(options.tracefs, 'machine', folder('machine'));
    this.victim = new TraceInstance(options.tracefs, 'victim', folder('victim'));
    this.requests = new RequestFilter(this.machine);
    this.resting = options.atRest === true;
    this.stacks = new SleepStacks(this.victim, this.resting);
    this.wire = new TripWire(options.tracefs, options.journal, TRIP_WIRES);
  }

  /** Sets buffers, filters and events. The victim instance is filtered before its events are enabled, so it never sees the whole machine. */
  start(threads: readonly number[]): void {
    const perCpu =
      this.options.bufferKiB ?? Math.min(BUFFER_MOST_KIB, Math.max(1024, BUFFER_TOTAL_KIB / cpus().length));
    this.machine.setBufferKiB(perCpu);
    const { wholeMachine } = this.options;
    this.victim.setBufferKiB(wholeMachine ? UNUSED_KIB : Math.min(perCpu, 4096));
    this.victim.followThreads(threads.length > 0 ? threads : [process.pid]);
    for (const one of EVENT_CLASSES) if (!wholeMachine || one.instance === 'machine') this.set(one);
    if (!wholeMachine) this.watchWaits();
    this.machine.open();
    this.victim.open();
    if (this.resting) void this.rest();
    else this.tellState();
  }

  private watchWaits(): void {
    // Without the wire a failed request says nothing: then failing calls are watched all the time.
    if (this.wire.missing.length > 0) this.want('failures', Infinity);
    const lack = this.stacks.begin(this.options.sink);
    if (lack) this.options.loss(lack);
  }

  private set(one: EventClass): void {
    const instance = this[one.instance];
    const { sink, loss } = this.options;
    const missing = one.events.filter(
      (event) => !instance.prepare(event, sink, one.filter) || (this.isOnNow(one) && !instance.enable(event)),
    );
    if (one.onDemand !== true) this.usual.push(one);
    else if (missing.length === 0) this.wanted.set(one, 0n);
    if (missing.length > 0 && one.optional !== true)
      loss({ code: 'event-missing', where: `${missing.join(', ')} (${one.shows})` });
  }

  private isOnNow({ onDemand, atRest }: EventClass): boolean {
    return onDemand !== true && (!this.resting || atRest === true);
  }

  /**
   * From now on the kernel keeps, in its own ring, what costs next to nothing while nothing is wrong; nothing is read, and what is overwritten is
   * no loss. Settles when it is set; never rejects.
   */
  async rest(): Promise<void> {
    await this.change(async () => {
      this.resting = true;
      await this.stacks.changeTo(true);
      this.shed.clear();
      for (const one of this.usual) await this.switchClass(one, one.atRest === true);
      // Only what is enabled is filtered: a class that had been shed is, once it is enabled again.
      await this.requests.keepOneOf(REST_SAMPLE);
    });
  }

  /**
   * From now on everything is kept, and read as `poll` is called; the first calls bring what gathered at rest. What is not kept at rest is enabled
   * at once, however many of Node's threads wait for a disk; the rest settles when it is set. Never rejects. `fromNs`: from when on events are
   * wanted, CLOCK_MONOTONIC.
   */
  async arm(fromNs: bigint): Promise<void> {
    if (this.sleeps && !this.keepsSleeps)
      this.options.loss({ code: 'look-back-short', where: 'the victim’s sleeps, which were too many to be kept' });
    if (this.pending.size === 0) for (const one of this.usual) this.enableNow(one);
    this.readsBackTo = fromNs;
    this.machine.beginAnew();
    this.victim.beginAnew();
    await this.change(async () => {
      this.options.loss({
        code: 'requests-sampled',
        where: `one small request of ${REST_SAMPLE} before the stall was noticed`,
      });
      this.resting = false;
      await this.stacks.changeTo(false);
      for (const one of this.usual) await this.switchClass(one, true);
      await this.requests.keepOneOf(1);
    });
  }

  /** One change of what is kept, with the state told behind it; no other is under way. */
  private async change(make: () => Promise<void>): Promise<void> {
    const change = async (): Promise<void> => {
      await this.settled();
      this.switching = this.toggling = true;
      this.later(
        make(),
        'what the kernel keeps',
        () => this.tellState(),
        () => (this.switching = this.toggling = false),
      );
      await this.settled();
    };
    await (this.changes = this.changes.then(change));
  }

  private enableNow(one: EventClass): void {
    const instance = this[one.instance];
    for (const event of one.events) if (!instance.enabled.has(event)) instance.enable(event);
  }

  /** What a kernel lacks is refused each time, and was told when it was prepared. */
  private async switchClass(one: EventClass, on: boolean): Promise<void> {
    const instance = this[one.instance];
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
  private meetDemand(): void {
    if (this.switching || this.stopped) return;
    const now = this.options.nowNs();
    for (const [one, until] of this.wanted) {
      const on = until > now && !this.shed.has(one.name);
      const instance = this[one.instance];
      const events = one.events.filter((event) => instance.enabled.has(event) !== on);
      if (events.length === 0) continue;
      this.switching = true;
      this.later(
        Promise.all(events.map(async (event) => instance.switchEvent(event, on))),
        one.events.join(', '),
        () => this.tellState(),
        () => (this.switching = false),
      );
      return;
    }
  }

  /** Follows what is set off the sampling thread: what then, where it was done, and in any case. */
  private later(work: Promise<unknown>, what: string, done: () => void, ended: () => void): void {
    const follow = async (): Promise<void> => {
      try {
        await work;
        done();
      } catch (error) {
        this.options.loss({ code: 'source-failed', where: `${what}: ${messageOf(error)}` });
      }
      ended();
      this.pending.delete(kept);
    };
    const kept = follow();
    this.pending.add(kept);
  }

  follow(threads: readonly number[]): void {
    this.victim.addThreads(threads);
  }

  /** Moves what the kernel has gathered to the sink; to be called some ten times a second. */
  poll(): void {
    if (this.resting) {
      if (this.wire.tripped()) this.want('failures', AFTER_FAILURE_MS);
      this.meetDemand();
      return;
    }
    this.machine.drain(this.options.sink, PAGES_AT_ONCE);
    const moved = this.victim.drain(this.options.sink, PAGES_AT_ONCE);
    this.tellReach();
    if (this.stacks.areManyIn(moved)) this.sampleStacks(true);
    if (this.wire.tripped()) this.want('failures', AFTER_FAILURE_MS);
    this.meetDemand();
    this.turnStacks();
  }

  /** How far back the rings reach, where that is less than is wanted. */
  private tellReach(): void {
    for (const { label, reachNs } of [this.machine, this.victim]) {
      if (this.readsBackTo === undefined || reachNs === undefined || reachNs <= this.readsBackTo) continue;
      this.wholeFrom.set(label, reachNs);
      const seconds = (Number(reachNs - this.readsBackTo) / 1e9).toFixed(1);
      this.options.loss({ code: 'look-back-short', where: `the first ${seconds} s of the ${label}’s events` });
      this.tellState();
    }
  }

  private turnStacks(): void {
    const on = this.stacks.nextTurn();
    if (on === undefined || this.toggling || this.stopped) return;
    this.toggling = true;
    this.later(
      this.stacks.switch(on),
      'stacktrace trigger',
      () => {},
      () => (this.toggling = false),
    );
  }

  /** Once a second: counts losses and sheds what costs too much. */
  everySecond(): void {
    const stats = { machine: this.machine.stats(), victim: this.victim.stats() };
    const rate = (label: 'machine' | 'victim') =>
      stats[label].seen + stats[label].overrun - this.before[label].seen - this.before[label].overrun;
    if (this.resting) {
      this.keepRestCheap(rate('victim'));
      this.before = stats;
      return;
    }
    const lost = stats.machine.overrun + stats.machine.dropped + stats.victim.overrun + stats.victim.dropped;
    if (lost > this.lostBefore && this.readsBackTo === undefined)
      this.options.loss({ code: 'events-overrun', where: 'ring buffers', count: lost - this.lostBefore });
    this.lostBefore = lost;
    this.readsBackTo = undefined;
    this.sampleStacks(this.stacks.areManyAt(rate('victim')));
    const total = rate('machine') + rate('victim');
    if (total > this.options.eventBudget) this.shedOne(total);
    this.before = stats;
  }

  /** A service that sleeps thousands of times a second would pay for it, and fill the ring within seconds. */
  private keepRestCheap(rate: number): void {
    if (this.switching) return;
    this.sleepsRest -= 1;
    const { sleeps } = this;
    const isOn = this.keepsSleeps;
    if (!sleeps || (isOn ? rate <= REST_EVENTS : this.sleepsRest > 0)) return;
    if (isOn) this.sleepsRest = REST_RETRY_S;
    void this.change(async () => {
      await this.switchClass(sleeps, !isOn);
      await this.stacks.switch(!isOn);
    });
  }

  private get sleeps(): EventClass | undefined {
    return this.usual.find(({ name }) => name === 'sleeps');
  }

  private get keepsSleeps(): boolean {
    return this.sleeps?.events.some((event) => this.victim.enabled.has(event)) === true;
  }

  /** Traces all requests, or where they come too fast a sample; `rate`: requests a second. */
  sampleRequests(rate: number): void {
    const of = sampleAt(rate, this.requests.of);
    if (this.resting || of === this.requests.of || this.switching || this.stopped) return;
    if (of > 1) this.options.loss({ code: 'requests-sampled', where: `one small request of ${of}` });
    this.switching = true;
    this.later(
      this.requests.sampleOneOf(of, !this.shed.has('direct')),
      'the filter of block events',
      () => this.tellState(),
      () => (this.switching = false),
    );
  }

  private sampleStacks(isSampling: boolean): void {
    if (this.stacks.sample(isSampling, this.options.loss)) this.tellState();
  }

  private shedOne(total: number): void {
    const next = EVENT_CLASSES.filter(
      (one): one is EventClass & { shed: number } => one.shed !== undefined && !this.shed.has(one.name),
    ).sort((a, b) => a.shed - b.shed)[0];
    if (!next) return;
    this.shed.add(next.name);
    for (const event of next.events) this[next.instance].disable(event);
    this.options.loss({ code: 'events-shed', where: `${next.name} (${next.shows}), at ${total} events a second` });
    this.tellState();
  }

  private tellState(): void {
    for (const instance of [this.machine, this.victim]) {
      const wholeFrom = this.wholeFrom.get(instance.label);
      const state: TraceState = {
        instance: instance.label,
        enabled: [...instance.enabled],
        filters: instance.filtersInForce(),
        stacks: { share: instance === this.victim ? this.stacks.share : 0, filter: this.stacks.filter },
        ...(instance === this.machine &&
          this.requests.of > 1 && { sampled: { of: this.requests.of, upToSectors: SMALL_SECTORS } }),
        ...(wholeFrom !== undefined && { wholeFromNs: wholeFrom.toString() }),
        clock: 'mono',
      };
      this.options.sink.reading(SOURCE.trace, JSON.stringify(state), this.options.nowNs());
    }
  }

  /** Settles when nothing is being set any more: a file of an instance that is open keeps it from being removed. */
  async settled(): Promise<void> {
    await Promise.all(this.pending);
  }

  /** Moves what the kernel has gathered up to now, for one whose recording ends while the kernel goes on. */
  finish(): void {
    this.machine.drain(this.options.sink);
    this.victim.drain(this.options.sink);
  }

  /** Stops the buffers, moves the rest, counts the last losses and closes. The journal removes the instances. */
  stop(): void {
    this.stopped = true;
    this.machine.stop();
    this.victim.stop();
    for (let round = 0; round < 4; round += 1) {
      this.machine.drain(this.options.sink, Infinity);
      this.victim.drain(this.options.sink, Infinity);
    }
    this.everySecond();
    this.machine.close();
    this.victim.close();
    this.wire.close();
  }
}

/** Further than any uptime. */
const FOREVER = 1n << 62n;

const NOTHING: BufferStats = { overrun: 0, dropped: 0, seen: 0 };
