// Rows of the fleet ↔ rows of the tables, also as lines of JSON. A fact is stored once under a number that follows from what it says, so that a host's
// 300 facts are 300 numbers.

import { createHash } from 'node:crypto';
import { entry } from '../../base/maps.js';
import type {
  Batch,
  EpisodeRow,
  FactsRow,
  HostRow,
  HostState,
  HourRow,
  MinuteRow,
  NamedFact,
} from '../../model/fleet-rows.js';
import { AREAS } from '../../differences/facts.js';
import type { CauseLoss, DeviceUse } from '../port.js';

export type Cell = string | number | null | readonly number[];
/** By column; times are seconds since 1970. */
export type Row = Readonly<Record<string, Cell>>;

/** A row as a store gives it back. */
export type FoundRow = Readonly<Record<string, unknown>>;

/** Rows of a table that a batch has something for. */
export interface TableRows {
  readonly table: string;
  readonly rows: readonly Row[];
}

/** The same as lines of JSON. */
export interface Lines {
  readonly table: string;
  readonly columns: readonly string[];
  readonly text: string;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Half a character of UTF-16 is none of UTF-8. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? Buffer.from(value, 'utf8').toString('utf8') : value;
}

export function linesOf({ table, rows }: TableRows): Lines {
  const text = rows.map((row) => `${JSON.stringify(row, wellFormed)}\n`).join('');
  return { table, columns: Object.keys(rows[0] ?? {}), text };
}

/** 52 bits of SHA-256 over area, name and value, so that JavaScript has it exactly: of 100,000 facts two have the same once in a million fleets. */
export function factId({ area, name, value }: NamedFact): number {
  const hash = createHash('sha256').update(`${area}\0${name}\0${value}`).digest('hex');
  return Number.parseInt(hash.slice(0, 13), 16);
}

function factRows(sets: readonly FactsRow[]): TableRows[] {
  const ids = new Map<NamedFact, number>();
  const names = new Map<number, NamedFact>();
  const idOf = (fact: NamedFact): number =>
    entry(ids, fact, () => {
      const id = factId(fact);
      names.set(id, fact);
      return id;
    });
  const rows = sets.map(({ host, firstMs, lastMs, facts }) => ({
    host,
    first_seen: seconds(firstMs),
    last_seen: seconds(lastMs),
    facts: facts.map(idOf),
  }));
  const named = [...names].map(([id, { area, name, value }]) => ({ id, area, name, value }));
  // A set is of no use without the facts that it names.
  return [
    { table: 'fact_names', rows: named },
    { table: 'fact_sets', rows },
  ];
}

function episodeRow(one: EpisodeRow): Row {
  return {
    host: one.host,
    boot: one.boot,
    number: one.number,
    revision: Math.round(one.revision),
    started: seconds(one.startedMs),
    ended: one.endedMs === undefined ? null : seconds(one.endedMs),
    cause: one.cause,
    layer: one.layer,
    culprit_class: one.culpritClass,
    culprit: one.culprit,
    unit: one.unit,
    lost_ms: Math.round(one.lostMs),
    confidence: one.confidence,
    recording: one.recording,
  };
}

function hostRow(one: HostRow): Row {
  return {
    host: one.host,
    boot: one.boot,
    agent: one.agent,
    sent: seconds(one.sentMs),
    stalling: one.stalling ? 1 : 0,
    dropped_episodes: one.droppedEpisodes,
    dropped_minutes: one.droppedMinutes,
    ...(one.receivedMs !== undefined && { received: seconds(one.receivedMs) }),
  };
}

function hourRow(one: HourRow): Row {
  return {
    host: one.host,
    hour: seconds(one.hourMs),
    watched_seconds: one.watchedSeconds,
    lost_seconds: one.lostSeconds,
    requests: Math.round(one.requests),
    kib: Math.round(one.kib),
  };
}

function minuteRow(one: MinuteRow): Row {
  return {
    host: one.host,
    minute: seconds(one.atMs),
    device: one.device,
    reads: one.reads,
    writes: one.writes,
    read_kib: Math.round(one.readKib),
    written_kib: Math.round(one.writtenKib),
    busy_ms: Math.round(one.busyMs),
    wait_from_us: one.waits.map(([from]) => from),
    wait_seconds: one.waits.map(([, many]) => many),
  };
}

/**
 * What a batch is to the tables, in the order in which it is inserted: a sign of life last, as it says that the rest is there. Tables without a row are left
 * out.
 */
export function tableRows({ hosts = [], episodes = [], hours = [], minutes = [], facts = [] }: Batch): TableRows[] {
  const tables: TableRows[] = [
    ...factRows(facts),
    { table: 'episodes', rows: episodes.map(episodeRow) },
    { table: 'hours', rows: hours.map(hourRow) },
    { table: 'minutes', rows: minutes.map(minuteRow) },
    // The store's own time is taken where none is given.
    { table: 'hosts', rows: hosts.filter(({ receivedMs }) => receivedMs === undefined).map(hostRow) },
    { table: 'hosts', rows: hosts.filter(({ receivedMs }) => receivedMs !== undefined).map(hostRow) },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

const text = (cell: unknown): string => (typeof cell === 'string' ? cell : '');
const ms = (cell: unknown): number => Number(cell) * 1000;

export function hostOf(row: FoundRow): HostState {
  return {
    host: text(row['host']),
    boot: text(row['boot']),
    agent: text(row['agent']),
    sentMs: ms(row['sent']),
    stalling: Number(row['stalling']) === 1,
    droppedEpisodes: Number(row['dropped_episodes']),
    droppedMinutes: Number(row['dropped_minutes']),
    receivedMs: ms(row['received']),
  };
}

export function episodeOf(row: FoundRow): EpisodeRow {
  return {
    host: text(row['host']),
    boot: text(row['boot']),
    number: Number(row['number']),
    revision: Number(row['revision']),
    startedMs: ms(row['started']),
    ...(row['ended'] !== null && { endedMs: ms(row['ended']) }),
    cause: text(row['cause']),
    layer: text(row['layer']),
    culpritClass: text(row['culprit_class']),
    culprit: text(row['culprit']),
    unit: text(row['unit']),
    lostMs: Number(row['lost_ms']),
    confidence: Number(row['confidence']),
    recording: text(row['recording']),
  };
}

function hourOf(row: FoundRow): HourRow {
  return {
    host: text(row['host']),
    hourMs: ms(row['hour']),
    watchedSeconds: Number(row['watched_seconds']),
    lostSeconds: Number(row['lost_seconds']),
    requests: Number(row['requests']),
    kib: Number(row['kib']),
  };
}

function minuteOf(row: FoundRow): MinuteRow {
  return {
    host: text(row['host']),
    atMs: ms(row['minute']),
    device: text(row['device']),
    reads: Number(row['reads']),
    writes: Number(row['writes']),
    readKib: Number(row['read_kib']),
    writtenKib: Number(row['written_kib']),
    busyMs: Number(row['busy_ms']),
    waits: waitsOf(row['wait_from_us'], row['wait_seconds']),
  };
}

/** A histogram comes as a pair of lists, the lower ends ascending. */
function waitsOf(from: unknown, counts: unknown): (readonly [fromUs: number, seconds: number])[] {
  const many: readonly unknown[] = Array.isArray(counts) ? counts : [];
  return Array.isArray(from) ? from.map((us, at) => [Number(us), Number(many[at])] as const) : [];
}

function factsOf(sets: readonly FoundRow[], names: readonly FoundRow[]): FactsRow[] {
  const facts = new Map(
    names.flatMap((row) => {
      const fact = namedFactOf(row);
      return fact ? [[Number(row['id']), fact] as const] : [];
    }),
  );
  return sets.map((row) => ({
    host: text(row['host']),
    firstMs: ms(row['first_seen']),
    lastMs: ms(row['last_seen']),
    facts: [row['facts']].flat().flatMap((id) => facts.get(Number(id)) ?? []),
  }));
}

/** `tableRows` undone. */
export function batchOf(rows: (table: string) => readonly FoundRow[]): Required<Batch> {
  return {
    hosts: rows('hosts').map(hostOf),
    episodes: rows('episodes').map(episodeOf),
    hours: rows('hours').map(hourOf),
    minutes: rows('minutes').map(minuteOf),
    facts: factsOf(rows('fact_sets'), rows('fact_names')),
  };
}

/** A row of fact_names; undefined where its area is one that this version does not know. */
export function namedFactOf(row: FoundRow): NamedFact | undefined {
  const area = AREAS.find((one) => one === row['area']);
  return area && { area, name: text(row['name']), value: text(row['value']) };
}

/** A cause, its hosts, and a map from bins to ms, in the order in which `losses` asks for them. */
export function causeLossOf([cause, hosts, episodes, map]: readonly unknown[], bins: number): CauseLoss {
  const [places, lost]: readonly unknown[] = Array.isArray(map) ? map : [];
  const lostMs = new Float64Array(bins);
  if (Array.isArray(places) && Array.isArray(lost))
    places.forEach((bin, at) => {
      lostMs[Number(bin)] = Number(lost[at]);
    });
  return { cause: text(cause), hosts: Number(hosts), episodes: Number(episodes), lostMs };
}

/** A device's figures, in the order in which `devices` asks for them. */
export function deviceUseOf(cells: readonly unknown[]): DeviceUse {
  const [host, device, minutes, requests, kib, busyMs, histogram] = cells;
  const [from, counts]: readonly unknown[] = Array.isArray(histogram) ? histogram : [];
  return {
    host: text(host),
    device: text(device),
    minutes: Number(minutes),
    requests: Number(requests),
    kib: Number(kib),
    busyMs: Number(busyMs),
    waits: waitsOf(from, counts),
  };
}
