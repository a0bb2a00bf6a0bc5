// Bytes told piece by piece are those told of the whole: wherever the events are cut, who made pages dirty in one piece is behind what is written and
// completed in others, and each device's bytes are told once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LiveAttribution } from '../../../src/analysis/attribution/live.js';
import { attribute } from '../../../src/analysis/attribution/owners.js';
import { writersOf } from '../../../src/analysis/attribution/writers.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { Sampling } from '../../../src/analysis/requests/sampling.js';
import { addTo } from '../../../src/base/maps.js';
import type { Writer } from '../../../src/model/diagnosis.js';
import type { Events, EventTable } from '../../../src/model/events.js';
import { aCase, someFacts } from '../../support/case.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';

const NAMES = { 5: 'writer', 6: 'other', 7: 'reader', 40: 'kworker/u8:1', 50: 'jbd2/loop0-8' };
const END = 1000;

type Rows = Record<string, Row[]>;

const bio = (t: number, pid: number, sector: number, sectors: number, rwbs: string): Row => ({
  t,
  pid,
  fields: { dev: LOOP0, sector, nr_sector: sectors, rwbs, error: 0 },
});

/** What somebody does at a time: make pages of a file dirty, have a file flushed, read or write directly, commit. */
interface Deed {
  readonly kind: 'dirty' | 'flush' | 'direct' | 'read' | 'commit';
  readonly gap: number;
  readonly pid: number;
  readonly file: number;
  readonly pages: number;
  readonly lasts: number;
}

const anyDeed: fc.Arbitrary<Deed> = fc.record({
  kind: fc.constantFrom('dirty', 'dirty', 'flush', 'direct', 'read', 'commit'),
  gap: fc.integer({ min: 1, max: 20 }),
  pid: fc.constantFrom(5, 6),
  file: fc.integer({ min: 12, max: 14 }),
  pages: fc.integer({ min: 1, max: 12 }),
  lasts: fc.integer({ min: 1, max: 60 }),
});

/** The events of deeds, one after the other; what is queued completes later, while others go on. */
function rowsOf(deeds: readonly Deed[]): Rows {
  const rows: Rows = {
    writeback_dirty_folio: [],
    writeback_single_inode_start: [],
    writeback_single_inode: [],
    block_bio_queue: [],
    block_rq_issue: [],
    block_rq_complete: [],
  };
  const next = new Map<number, number>();
  let t = 0;
  let sector = 0;
  const request = (pid: number, sectors: number, rwbs: string, lasts: number) => {
    rows['block_bio_queue']?.push(bio(t, pid, sector, sectors, rwbs));
    rows['block_rq_issue']?.push(bio(t + 0.25, pid, sector, sectors, rwbs));
    rows['block_rq_complete']?.push(bio(t + 0.5 + lasts, 0, sector, sectors, rwbs));
    sector += sectors + 8;
  };
  for (const { kind, gap, pid, file, pages, lasts } of deeds) {
    t += gap;
    const bracket = (): Row => ({ t, pid: 40, fields: { name: '7:0', ino: file, wrote: 0, writeback_index: 0 } });
    if (kind === 'dirty') {
      const first = next.get(file) ?? 0;
      for (let page = 0; page < pages; page += 1)
        rows['writeback_dirty_folio']?.push({
          t: t + page * 1e-3,
          pid,
          fields: { name: '7:0', ino: file, index: first + page },
        });
      next.set(file, first + pages);
    } else if (kind === 'flush') {
      rows['writeback_single_inode_start']?.push(bracket());
      t += 0.125;
      request(40, pages * 8, 'W', lasts);
      t += 0.125;
      rows['writeback_single_inode']?.push(bracket());
    } else if (kind === 'commit') request(50, 8, 'WS', lasts);
    else request(kind === 'read' ? 7 : pid, pages * 8, kind === 'read' ? 'R' : 'WS', lasts);
  }
  return rows;
}

/** The events of a piece, which share the texts of the whole. */
function piece(events: Events, from: number, to: number): Events {
  const cut = (table: EventTable): EventTable => {
    const first = table.t.findIndex((t) => t > from);
    const last = table.t.findIndex((t) => t > to);
    const [a, b] = [first < 0 ? table.length : first, last < 0 ? table.length : last];
    return {
      name: table.name,
      length: b - a,
      t: table.t.slice(a, b),
      cpu: table.cpu.slice(a, b),
      pid: table.pid.slice(a, b),
      fields: new Map([...table.fields].map(([name, values]) => [name, values.slice(a, b)])),
    };
  };
  return { ...events, tables: new Map([...events.tables].map(([name, table]) => [name, cut(table)])) };
}

const input = aCase({ facts: [someFacts()] });
const known = { threads: input.threads, savedNames: input.savedNames, files: input.files };

function sumsOf(writers: readonly Writer[], into = new Map<string, number>()): Map<string, number> {
  for (const { device, process, pid, via, inode, readBytes, writeBytes } of writers)
    addTo(into, [device, process, pid, via, inode].join(' '), readBytes + writeBytes);
  return into;
}

function whole(events: Events): Map<string, number> {
  const topology = new Topology(someFacts(), input.counters.diskNames);
  const { portions } = attribute({ ...input, events }, topology, Infinity);
  return sumsOf(portions ? writersOf({ input: { ...input, events }, topology, portions }) : []);
}

/** The writers of what is complete in a piece. */
function take(live: LiveAttribution, events: Events): Writer[] {
  live.follow(events);
  return live.take(known);
}

function byPieces(events: Events, cuts: readonly number[], renewAt?: number): Map<string, number> {
  const live = new LiveAttribution(input, new Sampling({ trace: [], durationMs: END }));
  const sums = new Map<string, number>();
  let from = -Infinity;
  for (const to of [...cuts.toSorted((a, b) => a - b), Infinity]) {
    sumsOf(take(live, piece(events, from, to)), sums);
    if (renewAt !== undefined && to >= renewAt && from < renewAt) live.renew(input, to);
    from = to;
  }
  return sums;
}

const rounded = (sums: ReadonlyMap<string, number>) =>
  [...sums].map(([key, bytes]) => `${key} ${Math.round(bytes / 64)}`).toSorted((a, b) => a.localeCompare(b));

test('wherever events are cut, the sums are those of the whole', () => {
  fc.assert(
    fc.property(
      fc.array(anyDeed, { minLength: 1, maxLength: 25 }),
      fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 12 }),
      (deeds, cuts) => {
        const events = someEvents(rowsOf(deeds), [], NAMES);
        assert.deepEqual(rounded(byPieces(events, cuts)), rounded(whole(events)));
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

/** Dirty at 1, flushed and completed behind the cut at 10. */
const LATER = rowsOf([
  { kind: 'dirty', gap: 1, pid: 5, file: 12, pages: 4, lasts: 1 },
  { kind: 'flush', gap: 20, pid: 40, file: 12, pages: 4, lasts: 5 },
]);

test('what is dirty stays known when what is not needed is left behind', () => {
  const events = someEvents(LATER, [], NAMES);
  assert.deepEqual([...byPieces(events, [10], 10)], [['loop0 writer 5 flushed 12', 16_384]]);
});

test('what was dirtied so long ago that it must have been given up is forgotten', () => {
  const events = someEvents(LATER, [], NAMES);
  const live = new LiveAttribution(input, new Sampling({ trace: [], durationMs: END }));
  take(live, piece(events, -Infinity, 10));
  live.renew(input, 1_000_000);
  assert.deepEqual([...sumsOf(take(live, piece(events, 10, Infinity)))], [['loop0 flusher  unattributed 12', 16_384]]);
});

test('it is due where it is old or large, and waits a while for what is in flight', () => {
  const live = new LiveAttribution(input, new Sampling({ trace: [], durationMs: END }));
  const events = someEvents(rowsOf([{ kind: 'direct', gap: 1, pid: 5, file: 12, pages: 4, lasts: 100 }]), [], NAMES);
  take(live, piece(events, -Infinity, 50));
  assert.deepEqual([live.isDue(39_000), live.isDue(41_000)], [false, true]);
  take(live, piece(events, 50, Infinity));
  assert.deepEqual([live.isDue(15_000), live.isDue(25_000)], [false, true]);
});

test('told by bins of time, a stretch has what was complete in it, also of what was left behind in between', () => {
  const events = someEvents(
    rowsOf([
      { kind: 'direct', gap: 5, pid: 5, file: 12, pages: 4, lasts: 5 },
      { kind: 'direct', gap: 10, pid: 6, file: 13, pages: 2, lasts: 5 },
      { kind: 'direct', gap: 10, pid: 5, file: 12, pages: 1, lasts: 20 },
    ]),
    [],
    NAMES,
  );
  const live = new LiveAttribution(input, new Sampling({ trace: [], durationMs: END }), 10);
  live.follow(piece(events, -Infinity, 22));
  live.renew(input, 22);
  live.follow(piece(events, 22, Infinity));
  const within = (from: number, to: number): (readonly [string, number])[] =>
    live.within(from, to, known).map(({ process, writeBytes }) => [process, writeBytes] as const);
  assert.deepEqual(within(0, 1000), [
    ['writer', 16_384],
    ['other', 8192],
    ['writer', 4096],
  ]);
  assert.deepEqual(within(20, 30), [['other', 8192]]);
  assert.deepEqual(within(30, 40), []);
  live.forgetBefore(25);
  assert.deepEqual(within(0, 30), [['other', 8192]], 'the bin in which it is forgotten stays whole');
});
