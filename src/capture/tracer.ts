// The two trace instances of a recording, driven together: set up, polled, kept within the event budget, and closed. What of them is enabled is in
// trace-classes.ts, how they wait for a stall in trace-rest.ts, what is told of them in trace-account.ts.

import { rmdirSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Loss } from '../model/losses.js';
import type { Sink } from '../model/sink.js';
import { EVENT_CLASSES, TRIP_WIRES } from './event-plan.js';
import { RequestFilter, sampleAt } from './request-sample.js';
import { SleepStacks } from './sleep-stacks.js';
import { TraceAccount } from './trace-account.js';
import { TraceChanges } from './trace-changes.js';
import { TraceClasses, type Instances } from './trace-classes.js';
import { TraceRest } from './trace-rest.js';
import { instanceFolder, TraceInstance } from './tracefs.js';
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

/** Makes the two instances' folders, whose removal is journalled before. Throws the system's error where tracefs refuses one. */
function makeInstances({ tracefs, journal }: TracerOptions): Instances {
  const folder = (label: string) => instanceFolder(tracefs, label);
  journal.plan([
    { kind: 'rmdir', path: folder('machine') },
    { kind: 'rmdir', path: folder('victim') },
  ]);
  return {
    machine: new TraceInstance(tracefs, 'machine', folder('machine')),
    victim: new TraceInstance(tracefs, 'victim', folder('victim')),
  };
}

export class Tracer {
  private readonly options: TracerOptions;
  private readonly instances: Instances;
  private readonly changes: TraceChanges;
  private readonly stacks: SleepStacks;
  private readonly requests: RequestFilter;
  private readonly account: TraceAccount;
  private readonly classes: TraceClasses;
  private readonly resting: TraceRest;
  private readonly wire: TripWire;

  /** Throws the system's error where tracefs refuses an instance. */
  constructor(options: TracerOptions) {
    this.options = options;
    const { sink, loss, nowNs } = options;
    const atRest = options.atRest === true;
    const instances = (this.instances = makeInstances(options));
    const changes = (this.changes = new TraceChanges(loss));
    const stacks = (this.stacks = new SleepStacks(instances.victim, atRest));
    const requests = (this.requests = new RequestFilter(instances.machine));
    const account = (this.account = new TraceAccount({ instances, stacks, requests, sink, loss, nowNs }));
    const changed = () => account.tellState();
    const classes = (this.classes = new TraceClasses({ instances, changes, sink, loss, nowNs, changed }));
    this.resting = new TraceRest(atRest, { classes, changes, stacks, requests, loss, changed });
    this.wire = new TripWire(options.tracefs, options.journal, TRIP_WIRES);
  }

  /** Sets buffers, filters and events. The victim instance is filtered before its events are enabled, so it never sees the whole machine. */
  start(threads: readonly number[]): void {
    const { machine, victim } = this.instances;
    const perCpu =
      this.options.bufferKiB ?? Math.min(BUFFER_MOST_KIB, Math.max(1024, BUFFER_TOTAL_KIB / cpus().length));
    machine.setBufferKiB(perCpu);
    const { wholeMachine } = this.options;
    victim.setBufferKiB(wholeMachine ? UNUSED_KIB : Math.min(perCpu, 4096));
    victim.followThreads(threads.length > 0 ? threads : [process.pid]);
    const { isResting } = this.resting;
    for (const one of EVENT_CLASSES)
      if (!wholeMachine || one.instance === 'machine')
        this.classes.prepare(one, one.onDemand !== true && (!isResting || one.atRest === true));
    if (!wholeMachine) this.watchWaits();
    machine.open();
    victim.open();
    if (isResting) void this.rest();
    else this.account.tellState();
  }

  private watchWaits(): void {
    // Without the wire a failed request says nothing: then failing calls are watched all the time.
    if (this.wire.missing.length > 0) this.want('failures', Infinity);
    const lack = this.stacks.begin(this.options.sink);
    if (lack) this.options.loss(lack);
  }

  /** From now on the kernel keeps what costs next to nothing, and nothing is read. Settles when it is set; never rejects. */
  async rest(): Promise<void> {
    await this.resting.begin();
  }

  /**
   * From now on everything is kept, and read as `poll` is called; the first calls bring what gathered at rest. Settles when it is set; never
   * rejects. `fromNs`: from when on events are wanted, CLOCK_MONOTONIC.
   */
  async arm(fromNs: bigint): Promise<void> {
    this.account.readBackTo(fromNs);
    await this.resting.end();
  }

  /** Something points to what this class shows: it is enabled for so long from now on, ms. */
  want(name: 'futexes' | 'failures', forMs: number): void {
    this.classes.want(name, forMs);
  }

  follow(threads: readonly number[]): void {
    this.instances.victim.addThreads(threads);
  }

  /** Moves what the kernel has gathered to the sink; to be called some ten times a second. */
  poll(): void {
    const { isResting } = this.resting;
    if (!isResting) this.drain();
    if (this.wire.tripped()) this.want('failures', AFTER_FAILURE_MS);
    this.classes.meetDemand();
    if (!isResting) this.turnStacks();
  }

  private drain(): void {
    this.instances.machine.drain(this.options.sink, PAGES_AT_ONCE);
    const moved = this.instances.victim.drain(this.options.sink, PAGES_AT_ONCE);
    this.account.tellReach();
    if (this.stacks.areManyIn(moved)) this.sampleStacks(true);
  }

  private turnStacks(): void {
    const on = this.stacks.nextTurn();
    if (on === undefined || !this.changes.isFree('stacks')) return;
    this.changes.begin(
      ['stacks'],
      'stacktrace trigger',
      async () => this.stacks.switch(on),
      () => {},
    );
  }

  /** Once a second: counts losses and sheds what costs too much. */
  everySecond(): void {
    const { isResting } = this.resting;
    const rates = this.account.count(isResting);
    if (isResting) {
      this.resting.keepCheap(rates.victim);
      return;
    }
    this.sampleStacks(this.stacks.areManyAt(rates.victim));
    const total = rates.machine + rates.victim;
    if (total > this.options.eventBudget) this.classes.shedNext(total);
  }

  private sampleStacks(isSampling: boolean): void {
    if (this.stacks.sample(isSampling, this.options.loss)) this.account.tellState();
  }

  /** Traces all requests, or where they come too fast a sample; `rate`: requests a second. */
  sampleRequests(rate: number): void {
    const of = sampleAt(rate, this.requests.of);
    if (this.resting.isResting || of === this.requests.of || !this.changes.isFree('events')) return;
    if (of > 1) this.options.loss({ code: 'requests-sampled', where: `one small request of ${of}` });
    this.changes.begin(
      ['events'],
      'the filter of block events',
      async () => this.requests.sampleOneOf(of, !this.classes.isShed('direct')),
      () => this.account.tellState(),
    );
  }

  /** Settles when nothing is being set any more. */
  async settled(): Promise<void> {
    await this.changes.settled();
  }

  /** Moves what the kernel has gathered up to now, for one whose recording ends while the kernel goes on. */
  finish(): void {
    this.instances.machine.drain(this.options.sink);
    this.instances.victim.drain(this.options.sink);
  }

  /** Why nothing is recorded any more, in words; undefined where something is, or what is kept is being changed. */
  fault(): string | undefined {
    const { machine, victim } = this.instances;
    return this.changes.isIdle ? (machine.fault() ?? victim.fault()) : undefined;
  }

  /** Lets go of a trace that was taken away: nothing more is read of it. */
  abandon(): void {
    this.changes.end();
    this.instances.machine.close();
    this.instances.victim.close();
    this.wire.close();
    Tracer.removeLeft(this.options.tracefs);
  }

  /** Removes what an abandoned tracer of this process has left, where it can be removed. */
  static removeLeft(tracefs: string): void {
    for (const label of ['machine', 'victim', 'wire']) {
      try {
        rmdirSync(instanceFolder(tracefs, label));
      } catch {
        // There is none.
      }
    }
  }

  /** Stops the buffers, moves the rest, counts the last losses and closes. The journal removes the instances. */
  stop(): void {
    this.changes.end();
    const { machine, victim } = this.instances;
    machine.stop();
    victim.stop();
    for (let round = 0; round < 4; round += 1) {
      machine.drain(this.options.sink, Infinity);
      victim.drain(this.options.sink, Infinity);
    }
    this.everySecond();
    machine.close();
    victim.close();
    this.wire.close();
  }
}
