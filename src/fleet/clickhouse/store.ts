// The fleet's store on ClickHouse. Every question is one query of one table, so that tables that are spread over servers answer it the same way; what
// joins answers is done by whoever asks.

import { addToList } from '../../base/maps.js';
import { NumberMap } from '../../base/number-map.js';
import { NO_CAUSE, NO_STALL } from '../../model/diagnosis.js';
import type { Batch, EpisodeRow, HostState, NamedFact } from '../../model/fleet-rows.js';
import type {
  DeviceUse,
  EpisodeFilter,
  FleetStore,
  HostFacts,
  HostLoad,
  HostStall,
  InitOptions,
  Losses,
  Period,
  SchemaStep,
} from '../port.js';
import { parseFactSets } from './fact-bytes.js';
import { ClickHouseHttp, parseAddress } from './http.js';
import { causeLossOf, deviceUseOf, episodeOf, hostOf, linesOf, namedFactOf, tableRows, type FoundRow } from './rows.js';
import { localName, oldRows, schemaSteps, selectionOf, TABLES, type Found, type Wanted } from './schema.js';
import { identifier, isOneOf, Sql, sql } from './sql.js';

const DAY_MS = 86_400_000;

/** At the end of an hour a second or two may be missing; a part of an hour says little of its load. */
const WHOLE_HOUR = 3300;

const IS_STALL = sql`NOT ${isOneOf('cause', NO_STALL)}`;

export class ClickHouseStore implements FleetStore {
  private readonly http: ClickHouseHttp;
  private readonly database: string;

  /** Throws a UserError for what is no address. */
  constructor(address: string) {
    this.http = new ClickHouseHttp(parseAddress(address));
    this.database = this.http.address.database;
  }

  get name(): string {
    return this.http.address.shown;
  }

  close(): void {
    this.http.close();
  }

  private table(name: string): Sql {
    return sql`${identifier(this.database)}.${identifier(name)}`;
  }

  async version(): Promise<string> {
    const [[version] = []] = await this.http.rows(sql`SELECT version()`);
    return `ClickHouse ${String(version)}`;
  }

  async nowMs(): Promise<number> {
    const [[now] = []] = await this.http.rows(sql`SELECT toUInt32(now())`);
    return Number(now) * 1000;
  }

  async init({ keepDays, cluster, dryRun }: InitOptions): Promise<readonly SchemaStep[]> {
    const keepFromMs = (await this.nowMs()) - keepDays * DAY_MS;
    // A name that is none is refused before anything is done.
    if (cluster !== undefined) identifier(cluster);
    const wanted: Wanted = { database: this.database, cluster, keepFromMs };
    const steps = schemaSteps(await this.found(wanted), wanted);
    if (!dryRun) for (const { statement } of steps) await this.http.run(new Sql(statement));
    return steps;
  }

  private async found(wanted: Wanted): Promise<Found> {
    const { database } = this;
    const bases = await this.http.rows(sql`SELECT name FROM system.databases WHERE name = ${database}`);
    const columns = await this.pairs(sql`SELECT table, name FROM system.columns WHERE database = ${database}`);
    const weeks = await this.pairs(
      sql`SELECT DISTINCT table, partition FROM system.parts WHERE database = ${database} AND active = 1`,
    );
    const old = new Map<string, number>();
    for (const table of TABLES) {
      const local = localName(table.name, wanted.cluster);
      if (table.ageOf === undefined || !columns.has(local)) continue;
      const [[count] = []] = await this.http.rows(oldRows(table, wanted, sql`SELECT count() FROM`, sql``));
      old.set(local, Number(count));
    }
    const sets = [...columns].map(([table, names]) => [table, new Set(names)] as const);
    return { hasDatabase: bases.length > 0, columns: new Map(sets), weeks, old };
  }

  private async pairs(query: Sql): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const [key, value] of await this.http.rows(query)) addToList(found, String(key), String(value));
    return found;
  }

  async add(batch: Batch): Promise<void> {
    for (const { table, columns, text } of tableRows(batch).map(linesOf)) {
      const names = new Sql(columns.join(', '));
      await this.http.insert(sql`INSERT INTO ${this.table(table)} (${names})`, text);
    }
  }

  /** Rows of a table by column, from a statement that goes on behind the columns. */
  private async selected(table: string, from: Sql): Promise<FoundRow[]> {
    const { names, statement } = selectionOf(table);
    const rows = await this.http.rows(sql`SELECT ${new Sql(statement)} ${from}`);
    return rows.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at]])));
  }

  async hosts(): Promise<readonly HostState[]> {
    const last = sql`FROM ${this.table('hosts')} ORDER BY received DESC LIMIT 1 BY host`;
    return (await this.selected('hosts', last)).map(hostOf);
  }

  /** Of an episode the last revision counts, and only it can be asked for its cause. */
  private lastRevisions({ fromMs, toMs }: Period, hosts?: readonly string[]): Sql {
    const within = sql`started >= ${moment(fromMs)} AND started <= ${moment(toMs)}`;
    const ofHosts = hosts === undefined ? sql`` : sql` AND ${isOneOf('host', hosts)}`;
    return sql`(SELECT * FROM ${this.table('episodes')} WHERE ${within}${ofHosts} ORDER BY revision DESC LIMIT 1 BY host, boot, number, started)`;
  }

  private fromEpisodes({ cause, unit, hosts, onlyStalls, ...period }: EpisodeFilter): Sql {
    const ofCause = cause === undefined ? sql`` : sql` AND cause = ${cause}`;
    const ofUnit = unit === undefined ? sql`` : sql` AND unit = ${unit}`;
    const ofStalls = onlyStalls === true ? sql` AND ${IS_STALL}` : sql``;
    return sql`FROM ${this.lastRevisions(period, hosts)} WHERE 1${ofCause}${ofUnit}${ofStalls}`;
  }

  async episodes(filter: EpisodeFilter): Promise<readonly EpisodeRow[]> {
    const { limit, onlyLastOpen = false } = filter;
    const most = limit === undefined ? sql`` : sql` LIMIT ${limit}`;
    const [open, ofEach] = onlyLastOpen ? [sql` AND ended IS NULL`, sql` LIMIT 1 BY host`] : [sql``, sql``];
    const found = sql`${this.fromEpisodes(filter)}${open} ORDER BY started DESC, host, number${ofEach}${most}`;
    return (await this.selected('episodes', found)).map(episodeOf);
  }

  async countEpisodes(filter: EpisodeFilter): Promise<number> {
    const [[count] = []] = await this.http.rows(sql`SELECT count() ${this.fromEpisodes(filter)}`);
    return Number(count);
  }

  async losses(period: Period, bins: number): Promise<Losses> {
    const { fromMs, toMs } = period;
    const place = sql`floor((toInt64(toUInt32(started)) * 1000 - ${fromMs}) / ${(toMs - fromMs) / bins})`;
    const bin = sql`toUInt32(greatest(0, least(${bins - 1}, ${place})))`;
    const stalls = sql`FROM ${this.lastRevisions(period)} WHERE ${IS_STALL}`;
    const [causes, hosts] = await Promise.all([
      this.http.rows(
        sql`SELECT cause, uniqExact(host), count(), sumMap([${bin}], [lost_ms]) ${stalls} GROUP BY cause ORDER BY cause`,
      ),
      this.http.rows(sql`SELECT host, sum(lost_ms) AS lost ${stalls} GROUP BY host ORDER BY lost DESC, host`),
    ]);
    return {
      causes: causes.map((cells) => causeLossOf(cells, bins)),
      hosts: hosts.map(([host, lostMs]) => ({ host: String(host), lostMs: Number(lostMs) })),
    };
  }

  async stalls(period: Period, cause?: string): Promise<readonly HostStall[]> {
    const ofCause = cause === undefined ? sql`` : sql` WHERE cause IN (${cause}, '', ${NO_CAUSE})`;
    const rows = await this.http.rows(
      sql`SELECT host, cause, toUInt32(min(started)) FROM ${this.lastRevisions(period)}${ofCause} GROUP BY host, cause`,
    );
    return rows.map(([host, of, first]) => ({ host: String(host), cause: String(of), firstMs: Number(first) * 1000 }));
  }

  async loads({ fromMs, toMs }: Period): Promise<readonly HostLoad[]> {
    const within = sql`hour >= ${moment(fromMs)} AND hour <= ${moment(toMs)}`;
    const isWhole = sql`watched_seconds >= ${WHOLE_HOUR} AND lost_seconds = 0`;
    // The median does not mind an hour that came twice.
    const rows = await this.http.rows(
      sql`SELECT host, countIf(${isWhole}), quantileExactIf(0.5)(requests / watched_seconds, ${isWhole}) FROM ${this.table('hours')} WHERE ${within} GROUP BY host`,
    );
    return rows.map(([host, whole, median]) => ({
      host: String(host),
      ...(Number(whole) > 0 && { requestsPerSecond: Number(median) }),
    }));
  }

  async devices({ fromMs, toMs }: Period, hosts: readonly string[]): Promise<readonly DeviceUse[]> {
    const within = sql`minute >= ${moment(fromMs)} AND minute <= ${moment(toMs)} AND ${isOneOf('host', hosts)}`;
    const once = sql`(SELECT * FROM ${this.table('minutes')} WHERE ${within} LIMIT 1 BY host, device, minute)`;
    const rows = await this.http.rows(
      sql`SELECT host, device, count(), sum(reads + writes), sum(read_kib + written_kib), sum(busy_ms), sumMap(wait_from_us, arrayMap(many -> toUInt64(many), wait_seconds)) FROM ${once} GROUP BY host, device ORDER BY host, device`,
    );
    return rows.map(deviceUseOf);
  }

  async facts({ fromMs, toMs }: Period, hosts?: readonly string[]): Promise<HostFacts> {
    const names = await this.selected('fact_names', sql`FROM ${this.table('fact_names')}`);
    const places = new NumberMap();
    const facts: NamedFact[] = [];
    for (const row of names) {
      const fact = namedFactOf(row);
      const id = Number(row['id']);
      if (!fact || places.get(id) !== undefined) continue;
      places.set(id, facts.length);
      facts.push(fact);
    }
    const ofHosts = hosts ? sql` AND ${isOneOf('host', hosts)}` : sql``;
    const within = sql`first_seen <= ${moment(toMs)} AND last_seen >= ${moment(fromMs)}${ofHosts}`;
    // A set that came twice says the same twice, and 24 MB are sent sooner than they are sorted.
    const bytes = await this.http.binary(
      sql`SELECT host, toUInt32(first_seen), toUInt32(last_seen), facts FROM ${this.table('fact_sets')} WHERE ${within}`,
    );
    return { facts, sets: parseFactSets(bytes, places) };
  }
}

function moment(ms: number): Sql {
  return sql`toDateTime(${Math.max(0, Math.min(0xffff_ffff, Math.floor(ms / 1000)))})`;
}
