// The tables as data, and what it takes to make a database have them: statements that say why. Rows that come twice are merged away by their key
// (ReplacingMergeTree), and queries count them once until then. No key holds a pid, a path or a device number, which change with every boot.
// Weeks are partitions, as dropping one costs nothing; TTL would do it by itself, but servers before 19.6 have none.

import { isoDay } from '../../base/format.js';
import type { SchemaStep } from '../port.js';
import { identifier, sql, type Sql } from './sql.js';

interface Table {
  readonly name: string;
  readonly what: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly engine: string;
  readonly key: string;
  /** What of a row says which server of a cluster has it. */
  readonly shard: string;
  /** The column whose weeks are partitions. */
  readonly weeksOf?: string;
  /** The column by whose age rows are deleted where there are no weeks. */
  readonly ageOf?: string;
}

const TIME = "DateTime('UTC')";

export const TABLES: readonly Table[] = [
  {
    name: 'hosts',
    what: 'the last sign of life of each host',
    columns: [
      ['host', 'String'],
      ['boot', 'String'],
      ['agent', 'String'],
      ['sent', TIME],
      ['stalling', 'UInt8'],
      ['dropped_episodes', 'UInt32'],
      ['dropped_minutes', 'UInt32'],
      ['received', `${TIME} DEFAULT now()`],
    ],
    engine: 'ReplacingMergeTree(received)',
    key: 'host',
    shard: 'cityHash64(host)',
    ageOf: 'received',
  },
  {
    name: 'episodes',
    what: 'stalls that hosts noticed, with their causes',
    columns: [
      ['host', 'String'],
      ['boot', 'String'],
      ['number', 'UInt32'],
      ['revision', 'UInt64'],
      ['started', TIME],
      ['ended', `Nullable(${TIME})`],
      ['cause', 'String'],
      ['layer', 'String'],
      ['culprit_class', 'String'],
      ['culprit', 'String'],
      ['unit', 'String'],
      ['lost_ms', 'UInt64'],
      ['confidence', 'Float32'],
      ['recording', 'String'],
      ['received', `${TIME} DEFAULT now()`],
    ],
    engine: 'ReplacingMergeTree(revision)',
    key: 'host, boot, number, started',
    shard: 'cityHash64(host)',
    weeksOf: 'started',
  },
  {
    name: 'hours',
    what: 'what each host’s disks were asked for, by the hour',
    columns: [
      ['host', 'String'],
      ['hour', TIME],
      ['watched_seconds', 'UInt16'],
      ['lost_seconds', 'UInt16'],
      ['requests', 'UInt64'],
      ['kib', 'UInt64'],
    ],
    engine: 'ReplacingMergeTree(watched_seconds)',
    key: 'host, hour',
    shard: 'cityHash64(host)',
    weeksOf: 'hour',
  },
  {
    name: 'minutes',
    what: 'latency and throughput of each device, by the minute',
    columns: [
      ['host', 'String'],
      ['minute', TIME],
      ['device', 'String'],
      ['reads', 'UInt32'],
      ['writes', 'UInt32'],
      ['read_kib', 'UInt64'],
      ['written_kib', 'UInt64'],
      ['busy_ms', 'UInt32'],
      ['wait_from_us', 'Array(UInt32)'],
      ['wait_seconds', 'Array(UInt16)'],
    ],
    engine: 'ReplacingMergeTree',
    key: 'host, device, minute',
    shard: 'cityHash64(host)',
    weeksOf: 'minute',
  },
  {
    name: 'fact_sets',
    what: 'which facts each host had, and from when until when',
    columns: [
      ['host', 'String'],
      ['first_seen', TIME],
      ['last_seen', TIME],
      ['facts', 'Array(UInt64)'],
    ],
    engine: 'ReplacingMergeTree(last_seen)',
    key: 'host, first_seen',
    shard: 'cityHash64(host)',
    ageOf: 'last_seen',
  },
  {
    name: 'fact_names',
    what: 'the facts themselves, each once',
    columns: [
      ['id', 'UInt64'],
      ['area', 'String'],
      ['name', 'String'],
      ['value', 'String'],
    ],
    engine: 'ReplacingMergeTree',
    key: 'id',
    shard: 'id',
  },
];

/** A table's columns, and the statement that selects them with times as seconds since 1970. */
export function selectionOf(table: string): { readonly names: readonly string[]; readonly statement: string } {
  const columns = TABLES.find(({ name }) => name === table)?.columns ?? [];
  return {
    names: columns.map(([name]) => name),
    statement: columns.map(([name, type]) => (type.includes(TIME) ? `toUInt32(${name})` : name)).join(', '),
  };
}

/** What a database has: columns by table, and the partitions of each. */
export interface Found {
  readonly hasDatabase: boolean;
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  /** By table, partitions by the Monday that names them. */
  readonly weeks: ReadonlyMap<string, readonly string[]>;
  /** Rows that are older than what is kept, by table. */
  readonly old: ReadonlyMap<string, number>;
}

export interface Wanted {
  readonly database: string;
  readonly cluster: string | undefined;
  /** What is older goes, ms since 1970. */
  readonly keepFromMs: number;
}

/** A table of a cluster has its rows under this name on each server. */
export function localName(table: string, cluster: string | undefined): string {
  return cluster === undefined ? table : `${table}_local`;
}

function quoted({ columns }: Table): string {
  return columns.map(([name, type]) => `${name} ${type}`).join(', ');
}

function creating(table: Table, { database, cluster }: Wanted): SchemaStep {
  const { name, what, engine, key, weeksOf } = table;
  const partition = weeksOf === undefined ? '' : ` PARTITION BY toMonday(${weeksOf})`;
  const local = localName(name, cluster);
  return {
    what: `make ${local}: ${what}`,
    statement: `CREATE TABLE IF NOT EXISTS ${database}.${local} (${quoted(table)}) ENGINE = ${engine}${partition} ORDER BY (${key})`,
  };
}

function spreading(table: Table, { database, cluster }: Wanted): SchemaStep | undefined {
  if (cluster === undefined) return undefined;
  const { name, shard } = table;
  return {
    what: `make ${name}: the same of all servers of the cluster ${cluster}`,
    statement: `CREATE TABLE IF NOT EXISTS ${database}.${name} (${quoted(table)}) ENGINE = Distributed(${cluster}, ${database}, ${name}_local, ${shard})`,
  };
}

function adding(table: Table, at: string, found: ReadonlySet<string>, { database }: Wanted): SchemaStep[] {
  return table.columns
    .filter(([name]) => !found.has(name))
    .map(([name, type]) => ({
      what: `add ${name} to ${at}`,
      statement: `ALTER TABLE ${database}.${at} ADD COLUMN ${name} ${type}`,
    }));
}

const WEEK_MS = 7 * 86_400_000;

function dropping(table: Table, found: Found, { database, cluster, keepFromMs }: Wanted): SchemaStep[] {
  const { name, ageOf } = table;
  const local = localName(name, cluster);
  const weeks = (found.weeks.get(local) ?? []).filter((monday) => Date.parse(monday) + WEEK_MS <= keepFromMs);
  const dropped = weeks.map((monday) => ({
    what: `drop the week of ${monday} from ${local}`,
    statement: sql`ALTER TABLE ${identifier(database)}.${identifier(local)} DROP PARTITION ${monday}`.text,
  }));
  const old = found.old.get(local) ?? 0;
  if (ageOf === undefined || old === 0) return dropped;
  const deleted = {
    what: `delete ${old} ${old === 1 ? 'row' : 'rows'} from before ${isoDay(keepFromMs) ?? ''} from ${local}`,
    statement: oldRows(table, { database, cluster, keepFromMs }, sql`ALTER TABLE`, sql`DELETE`).text,
  };
  return [...dropped, deleted];
}

/** `ALTER TABLE t DELETE WHERE age < …`, or `SELECT count() FROM t WHERE age < …`. */
export function oldRows({ name, ageOf = '' }: Table, wanted: Wanted, before: Sql, behind: Sql): Sql {
  const { database, cluster, keepFromMs } = wanted;
  const table = sql`${identifier(database)}.${identifier(localName(name, cluster))}`;
  return sql`${before} ${table} ${behind} WHERE ${identifier(ageOf)} < toDateTime(${Math.floor(keepFromMs / 1000)})`;
}

/** What makes the database as it is wanted; nothing where it is. */
export function schemaSteps(found: Found, wanted: Wanted): SchemaStep[] {
  const { database, cluster } = wanted;
  const steps: SchemaStep[] = [];
  if (!found.hasDatabase)
    steps.push({ what: `make the database ${database}`, statement: `CREATE DATABASE IF NOT EXISTS ${database}` });
  for (const table of TABLES) {
    const local = localName(table.name, cluster);
    const columns = found.columns.get(local);
    steps.push(...(columns ? adding(table, local, columns, wanted) : [creating(table, wanted)]));
    const spread = spreading(table, wanted);
    const spreadColumns = found.columns.get(table.name);
    if (spread) steps.push(...(spreadColumns ? adding(table, table.name, spreadColumns, wanted) : [spread]));
    steps.push(...dropping(table, found, wanted));
  }
  return steps;
}
