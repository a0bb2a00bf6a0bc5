// Events of a second reading → what each owner did while others waited for what it had: the part of each event that lies within that time. What stops all
// threads counts for every owner.

import { coveredMs, firstEndingAfter, type Intervals } from '../../base/intervals.js';
import { addToList } from '../../base/maps.js';
import type { FlightEvent, FlightKind } from '../../model/flight.js';
import type { JfrDeed } from '../../model/jfr.js';
import { callerIn, peerOf, type Collector } from './collector.js';
import { methodOf } from '../threads/activity.js';
import { Tally, type Sum } from './tally.js';
import { NOBODY } from './interned.js';

/** Whose deeds are told of: the owner of a lock, one for each lock. */
export interface Case {
  readonly lock: number;
  readonly thread: number;
  readonly during: Intervals;
}

/** Deeds that are told apart; those beyond count under none. */
const MOST_DEEDS = 100_000;
const OF_ALL: ReadonlySet<FlightKind> = new Set(['gc-pause', 'safepoint']);
const FOUND: ReadonlySet<FlightKind> = new Set(['sample', 'native-sample']);

function isWithin({ from: begins, to: ends }: Intervals, t: number): boolean {
  return (begins[firstEndingAfter({ to: ends }, t)] ?? Infinity) <= t;
}

/** What an event was done to. */
function objectOf(event: FlightEvent): string | undefined {
  switch (event.kind) {
    case 'file-write':
    case 'file-read':
    case 'file-force':
      return event.text;
    case 'socket-write':
    case 'socket-read':
      return peerOf(event);
    case 'enter':
    case 'park':
    case 'wait':
      return event.className;
    case 'sample':
    case 'native-sample':
      return event.stack?.[0] === undefined ? undefined : methodOf(event.stack[0]);
    default:
      return undefined;
  }
}

const DEEDS = {
  'file-write': true,
  'file-force': true,
  'file-read': true,
  'socket-write': true,
  'socket-read': true,
  enter: true,
  park: true,
  wait: true,
  sleep: true,
  'gc-pause': true,
  safepoint: true,
  sample: true,
  'native-sample': true,
} as const satisfies Record<JfrDeed['did'], true>;

/** Whether events of that kind tell what a thread did. */
export function isDeed(kind: FlightKind): kind is JfrDeed['did'] {
  return Object.hasOwn(DEEDS, kind);
}

export class Deeds {
  private readonly collector: Collector;
  private readonly byThread = new Map<number, number[]>();
  private readonly cases: readonly Case[];
  private readonly sums = new Tally();
  /** What each number of a deed stands for. */
  private readonly deeds: { readonly did: JfrDeed['did']; readonly what: string | null; readonly by: string | null }[] =
    [];
  private readonly numbers: Partial<Record<JfrDeed['did'], Map<string | null, number>>> = {};

  constructor(collector: Collector, cases: readonly Case[]) {
    this.collector = collector;
    this.cases = cases;
    cases.forEach(({ thread }, at) => addToList(this.byThread, thread, at));
  }

  take(event: FlightEvent): void {
    const { kind } = event;
    if (!isDeed(kind)) return;
    const whose = OF_ALL.has(kind) ? this.cases.keys() : this.byThread.get(this.collector.threads.number(event.thread));
    if (!whose) return;
    const from = this.collector.time.sinceOf(event);
    const to = from + event.durationNs;
    let deed: number | undefined;
    for (const at of whose) {
      const { during } = this.cases[at] ?? {};
      if (!during) continue;
      const ns = FOUND.has(kind) ? 0 : coveredMs(during, from, to);
      if (ns > 0 || (FOUND.has(kind) && isWithin(during, from)))
        this.sums.add(at, (deed ??= this.numberOf(event, kind)), ns, event.amount);
    }
  }

  private numberOf(event: FlightEvent, did: JfrDeed['did']): number {
    const what = objectOf(event) ?? null;
    const numbers = (this.numbers[did] ??= new Map());
    const known = numbers.get(what);
    if (known !== undefined) return known;
    if (this.deeds.length >= MOST_DEEDS) return NOBODY;
    numbers.set(what, this.deeds.length);
    return this.deeds.push({ did, what, by: callerIn(event.stack) ?? null }) - 1;
  }

  /** What each case's owner did, by its lock, the longest first, samples behind. */
  byLock(): ReadonlyMap<number, readonly JfrDeed[]> {
    const sums = this.sums.of(new Set(this.cases.keys()));
    return new Map(
      this.cases.map(({ lock }, at) => [lock, (sums.get(at) ?? []).flatMap((sum) => this.told(sum))] as const),
    );
  }

  private told({ of, count, ns, bytes }: Sum): JfrDeed[] {
    const deed = this.deeds[of];
    if (!deed) return [];
    return [{ ...deed, count, bytes: Number.isNaN(bytes) ? null : bytes, ms: FOUND.has(deed.did) ? null : ns / 1e6 }];
  }
}

/** Of so many ms, what no deed of its owner fills. */
export function untoldMs(heldMs: number, deeds: readonly JfrDeed[]): number {
  const told = deeds.reduce((sum, { did, ms }) => sum + (OF_ALL.has(did) ? 0 : (ms ?? 0)), 0);
  return Math.max(0, heldMs - told);
}
