// Made-up measures of one victim, for tests of a single cause at its limits: where its time went, as shares, and what else the cause reads.
// They go past the analyses, so that a cause can be put just below and just above each of its numbers.

import assert from 'node:assert/strict';
import { NO_INTERVALS } from '../../src/base/intervals.js';
import { Topology } from '../../src/analysis/machine/topology.js';
import { pastFor, type Measures } from '../../src/analysis/measures.js';
import { loadOf } from '../../src/analysis/requests/disk-load.js';
import { KIND, type Requests } from '../../src/analysis/requests/requests.js';
import { loadCauses } from '../../src/catalogue.js';
import type { Found } from '../../src/causes/cause.js';
import { diagnose } from '../../src/causes/judge/diagnose.js';
import type { VictimAccount } from '../../src/model/account.js';
import type { Case } from '../../src/model/case.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import type { Segment } from '../../src/model/segment.js';
import { Timeline } from '../../src/model/timeline.js';
import { STATES, type State } from '../../src/model/states.js';
import { NORMS } from '../../src/model/thresholds/requests.js';
import { aCase, NO_COUNTERS, series, someFacts } from './case.js';
import { faultsIn } from './telling.js';

export const ME = 50;
export const WALL_MS = 10_000;

export interface Request {
  readonly at: number;
  readonly took: number;
  readonly bytes?: number;
  readonly kind?: keyof typeof KIND;
  readonly own?: boolean;
  /** How long it was queued before, ms. */
  readonly queued?: number;
}

export interface MadeUp {
  /** Shares of the victim's time by state, one stretch each and in this order; it runs for the rest. */
  readonly spent?: Partial<Record<State, number>>;
  readonly source?: VictimAccount['source'];
  /** The kernel's function that it slept in, by state. */
  readonly slept?: Partial<Record<State, string>>;
  readonly requests?: readonly Request[];
  readonly input?: Partial<Case>;
  readonly account?: Partial<Omit<VictimAccount, 'segments' | 'lines'>> & {
    readonly segments?: readonly Segment[];
    readonly lines?: ReadonlyMap<number, readonly Segment[]>;
  };
  readonly measures?: Partial<Measures>;
}

function segmentsOf({ spent = {}, slept = {} }: MadeUp): Segment[] {
  let at = 0;
  const states = Object.keys(spent).filter((name): name is State => Object.hasOwn(STATES, name));
  const segments = states.map((state): Segment => {
    const from = at;
    at += (spent[state] ?? 0) * WALL_MS;
    const wchan = slept[state];
    return { from, to: at, state, ...(wchan !== undefined && { wchan }) };
  });
  return at < WALL_MS - 1e-6 ? [...segments, { from: at, to: WALL_MS, state: 'running' }] : segments;
}

export function requestsOf(list: readonly Request[]): Requests {
  const sorted = [...list].sort((a, b) => a.at + a.took - b.at - b.took);
  const numbers = (pick: (one: Request) => number) => Float64Array.from(sorted, pick);
  return {
    length: sorted.length,
    disk: new Uint16Array(sorted.length),
    disks: ['7:0'],
    kind: Uint8Array.from(sorted, ({ kind = 'write' }) => KIND[kind]),
    sector: new Float64Array(sorted.length),
    bytes: numbers(({ bytes = 4096 }) => bytes),
    weight: new Uint8Array(sorted.length).fill(1),
    queued: numbers(({ at, queued = 0 }) => at - queued),
    dispatched: numbers(({ at }) => at),
    completed: numbers(({ at, took }) => at + took),
    passedOn: new Uint8Array(sorted.length),
    cpu: new Uint16Array(sorted.length),
    pid: Int32Array.from(sorted, ({ own = true }) => (own ? ME : 60)),
    parts: { first: new Int32Array(sorted.length + 1), tag: new Int32Array(0), share: new Float64Array(0) },
    errors: 0,
    requeues: 0,
    answered: sorted.length,
    sampled: NO_INTERVALS,
    fromBefore: new Map(),
  };
}

function ownOf(list: readonly Request[]): Uint8Array {
  const sorted = [...list].sort((a, b) => a.at + a.took - b.at - b.took);
  return Uint8Array.from(sorted, ({ own = true }) => Number(own));
}

export function measuresOf(madeUp: MadeUp): Measures {
  const spent = segmentsOf(madeUp);
  const { segments = spent, lines = new Map([[ME, spent]]), ...account } = madeUp.account ?? {};
  const input = aCase({ durationMs: WALL_MS, ...madeUp.input });
  const requests = madeUp.requests && requestsOf(madeUp.requests);
  const past = pastFor(input, '7:0', { from: 0, to: WALL_MS });
  return {
    input,
    topology: new Topology(input.facts[0], input.counters.diskNames),
    account: {
      pid: ME,
      thread: ME,
      name: 'victim',
      threads: new Set([ME]),
      from: 0,
      to: WALL_MS,
      disk: { disk: '7:0', isOwn: true },
      source: madeUp.source ?? 'events',
      segments: Timeline.of(segments),
      lines: new Map([...lines].map(([thread, line]) => [thread, Timeline.of(line)])),
      holders: new Map(),
      ms: Timeline.of(spent).sums(),
      own: ownOf(madeUp.requests ?? []),
      ...account,
    },
    disk: '7:0',
    diskIsOwn: true,
    norm: NORMS.solid,
    slow: NO_INTERVALS,
    pausedBeneath: NO_INTERVALS,
    beneath: [],
    ...(requests && { requests, load: loadOf(requests, 0) }),
    ...(past && { past }),
    ...madeUp.measures,
  };
}

const causes = await loadCauses();

/** What one cause makes of it: how sure it is, to three digits, or why it is ruled out or not checked. */
export function judged(id: string, madeUp: MadeUp): number | string {
  const { verdict, also, candidates, ruledOut, notChecked } = diagnosisOf(id, madeUp);
  const found = [verdict, ...also, ...candidates].find(({ cause }) => cause === id);
  if (found) return Number(found.score.toFixed(3));
  return [...ruledOut, ...notChecked].find(({ cause }) => cause === id)?.why ?? verdict.sentence;
}

/** What one cause finds by itself, which is not yet weighed against others; it must find something. */
export function findingOf(id: string, madeUp: MadeUp): Found {
  const finding = causes.find((cause) => cause.id === id)?.examine(measuresOf(madeUp));
  assert.ok(finding?.kind === 'found', `${id} finds nothing`);
  return finding;
}

/** The diagnosis with this cause alone; what is told must be told well. */
export function diagnosisOf(id: string, madeUp: MadeUp): Diagnosis {
  const own = causes.filter((cause) => cause.id === id);
  const { diagnosis } = diagnose(measuresOf(madeUp), own, 'test');
  assert.deepEqual(faultsIn(diagnosis), []);
  return diagnosis;
}

/** Counters that grow evenly from 0 to these over the victim's life, sampled ten times a second. */
export function grown(to: Readonly<Record<string, number>>) {
  const t = Array.from({ length: WALL_MS / 100 + 1 }, (_, n) => n * 100);
  return series(
    t,
    Object.fromEntries(Object.entries(to).map(([name, all]) => [name, t.map((at) => (all * at) / WALL_MS)])),
  );
}

/** Counters of the disk and of the victim, by what they grew to. */
export function counted(
  disk: Readonly<Record<string, number>>,
  io: Readonly<Record<string, number>> = {},
  more: Partial<Case['counters']> = {},
  majflt = 0,
): Case['counters'] {
  const columns = { rd_ios: 0, wr_ios: 0, rd_sectors: 0, wr_sectors: 0, fl_ios: 0, io_ticks: 0, time_in_queue: 0 };
  const calls = { syscr: 0, syscw: 0, rchar: 0, wchar: 0, read_bytes: 0, write_bytes: 0, cancelled_write_bytes: 0 };
  const me = { pid: ME, comm: 'victim', stat: grown({ majflt }), state: [], io: grown({ ...calls, ...io }) };
  return {
    ...NO_COUNTERS,
    disks: new Map([['7:0', grown({ ...columns, ...disk })]]),
    processes: new Map([[ME, me]]),
    ...more,
  };
}

/** Facts with a queue's settings. */
export function queueFacts(settings: Readonly<Record<string, string>>) {
  const facts = someFacts();
  const device = facts.devices.get('7:0');
  if (!device) return facts;
  return someFacts({ devices: new Map([['7:0', { ...device, queue: new Map(Object.entries(settings)) }]]) });
}
