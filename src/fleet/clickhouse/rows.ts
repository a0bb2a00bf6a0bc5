// Rows of the fleet ↔ rows of the tables: JSON lines out, answers back. A fact is stored once under a number that follows from what it says, so that a host's
// 300 facts are 300 numbers.

import { createHash } from 'node:crypto';
import { entry } from '../../base/maps.js';
import type { Batch, EpisodeRow, FactsRow, HostRow, HostState, NamedFact } from '../../model/fleet.js';
import { AREAS } from '../../differences/facts.js';
import type { DeviceUse } from '../port.js';

/** Lines of each table that a batch has something for. */
export interface Lines {
  readonly table: string;
  readonly columns: readonly string[];
  readonly text: string;
}

type Cell = string | number | null | readonly number[] | readonly string[];
type Row = Readonly<Record<string, Cell>>;

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Half a character of UTF-16 is none of UTF-8. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? Buffer.from(value, 'utf8').toString('utf8') : value;
}

function linesOf(table: string, rows: readonly Row[]): Lines[] {
  const [first] = rows;
  if (!first) return [];
  const text = rows.map((row) => `${JSON.stringify(row, wellFormed)}\n`).join('');
  return [{ table, columns: Object.keys(first), text }];
}

/** 52 bits of SHA-256 over area, name and value, so that JavaScript has it exactly: of 100,000 facts two have the same once in a million fleets. */
export function factId({ area, name, value }: NamedFact): number {
  const hash = createHash('sha256').update(`${area}\0${name}\0${value}`).digest('hex');
  return Number.parseInt(hash.slice(0, 13), 16);
}

function factLines(sets: readonly FactsRow[]): Lines[] {
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
  return [...linesOf('fact_names', named), ...linesOf('fact_sets', rows)];
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

/** What a batch is to the tables, in the order in which it is inserted: a sign of life last, as it says that the rest is there. */
export function batchLines({ hosts = [], episodes = [], hours = [], minutes = [], facts = [] }: Batch): Lines[] {
  return [
    ...factLines(facts),
    ...linesOf('episodes', episodes.map(episodeRow)),
    ...linesOf(
      'hours',
      hours.map((one) => ({
        host: one.host,
        hour: seconds(one.hourMs),
        watched_seconds: one.watchedSeconds,
        lost_seconds: one.lostSeconds,
        requests: Math.round(one.requests),
        kib: Math.round(one.kib),
      })),
    ),
    ...linesOf(
      'minutes',
      minutes.map((one) => ({
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
      })),
    ),
    // The store's own time is taken where none is given.
    ...linesOf('hosts', hosts.filter(({ receivedMs }) => receivedMs === undefined).map(hostRow)),
    ...linesOf('hosts', hosts.filter(({ receivedMs }) => receivedMs !== undefined).map(hostRow)),
  ];
}

const text = (cell: unknown): string => (typeof cell === 'string' ? cell : '');
const ms = (cell: unknown): number => Number(cell) * 1000;

export const HOST_COLUMNS =
  'host, boot, agent, toUInt32(sent), stalling, dropped_episodes, dropped_minutes, toUInt32(received)';

export function hostOf(cells: readonly unknown[]): HostState {
  const [host, boot, agent, sent, stalling, episodes, minutes, received] = cells;
  return {
    host: text(host),
    boot: text(boot),
    agent: text(agent),
    sentMs: ms(sent),
    stalling: Number(stalling) === 1,
    droppedEpisodes: Number(episodes),
    droppedMinutes: Number(minutes),
    receivedMs: ms(received),
  };
}

export const EPISODE_COLUMNS =
  'host, boot, number, revision, toUInt32(started), toUInt32(ended), cause, layer, culprit_class, culprit, unit, lost_ms, confidence, recording';

export function episodeOf(cells: readonly unknown[]): EpisodeRow {
  const [host, boot, number, revision, started, ended, cause, layer, culpritClass, culprit, unit, lostMs, sure, rec] =
    cells;
  return {
    host: text(host),
    boot: text(boot),
    number: Number(number),
    revision: Number(revision),
    startedMs: ms(started),
    ...(ended !== null && { endedMs: ms(ended) }),
    cause: text(cause),
    layer: text(layer),
    culpritClass: text(culpritClass),
    culprit: text(culprit),
    unit: text(unit),
    lostMs: Number(lostMs),
    confidence: Number(sure),
    recording: text(rec),
  };
}

/** A row of fact_names; undefined where its area is one that this version does not know. */
export function namedFactOf([, area, name, value]: readonly unknown[]): NamedFact | undefined {
  const known = AREAS.find((one) => one === area);
  return known && { area: known, name: text(name), value: text(value) };
}

/** A device's figures; its histogram comes as a pair of lists, the lower ends ascending. */
export function deviceUseOf(cells: readonly unknown[]): DeviceUse {
  const [host, device, minutes, requests, kib, busyMs, histogram] = cells;
  const [from, counts]: readonly unknown[] = Array.isArray(histogram) ? histogram : [];
  const many: readonly unknown[] = Array.isArray(counts) ? counts : [];
  return {
    host: text(host),
    device: text(device),
    minutes: Number(minutes),
    requests: Number(requests),
    kib: Number(kib),
    busyMs: Number(busyMs),
    waits: Array.isArray(from) ? from.map((us, at) => [Number(us), Number(many[at])] as const) : [],
  };
}
