// The fleet at its size: simulated hosts with planted incidents in a real ClickHouse, and what `fleet status` and `fleet why` make of them. As root,
// with an empty server that is this bench's alone:
//
//     node scripts/build.mjs --all && node dist/bench/fleet.js http://127.0.0.1:8123/bench [HOSTS] [SEED]
//
// It prints the tables of bench/results/fleet.md. Commands are timed as a user has them, from the start of the process to its end.

import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { binary, count as thousands, duration, percent } from '../src/base/format.js';
import { medianOf } from '../src/base/median.js';
import { ClickHouseHttp, parseAddress } from '../src/fleet/clickhouse/http.js';
import { TABLES } from '../src/fleet/clickhouse/schema.js';
import { ClickHouseStore } from '../src/fleet/clickhouse/store.js';
import { identifier, sql } from '../src/fleet/clickhouse/sql.js';
import { simulate, type Planted } from '../src/fleet/simulate.js';
import { whyOf } from '../src/fleet/why.js';

const [address = '', hostsText = '10000', seedText = '1'] = process.argv.slice(2);
const [hosts, seed] = [Number(hostsText), Number(seedText)];
const DAYS = 7;
const INCIDENTS = { withFact: 200, without: 50 };
const TIMES = 10;
const DAY_MS = 86_400_000;
const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');

const store = new ClickHouseStore(address);
const http = new ClickHouseHttp(parseAddress(address));
const { database } = http.address;

const since = (startMs: number): string => duration(performance.now() - startMs);

async function fill(): Promise<readonly Planted[]> {
  const startMs = performance.now();
  await store.init({ keepDays: 30, cluster: undefined, dryRun: false });
  const incidents = Array.from({ length: INCIDENTS.withFact + INCIDENTS.without }, (_, at) => ({
    cause: `planted.${at}`,
    hasFact: at < INCIDENTS.withFact,
  }));
  const simulation = simulate({ hosts, days: DAYS, seed, nowMs: await store.nowMs(), incidents });
  for (const batch of simulation.batches()) await store.add(batch);
  console.log(`\nFilled with ${thousands(hosts)} hosts, ${DAYS} days, seed ${seed}, in ${since(startMs)}.`);
  return simulation.planted;
}

/** Of so many hosts the figures of each minute are there as well; no question that is timed reads them. */
const WITH_MINUTES = 1000;

/** They are made by the server itself, a day at a time: sent, they would take an hour. */
async function fillMinutes(): Promise<void> {
  const startMs = performance.now();
  const table = sql`${identifier(database)}.minutes`;
  for (let day = 0; day < DAYS; day += 1)
    await http.run(
      sql`INSERT INTO ${table} (host, minute, device, reads, writes, read_kib, written_kib, busy_ms, wait_from_us, wait_seconds) SELECT host, toDateTime(now() - 86400 * ${day} - 60 * offset), 'nvme0n1', cityHash64(host, offset) % 3000, cityHash64(host, offset, 1) % 9000, cityHash64(host, offset) % 3000 * 16, cityHash64(host, offset, 1) % 9000 * 16, cityHash64(host, offset, 2) % 60000, [512, 1024, 2048], [toUInt16(cityHash64(host, offset, 3) % 20), 30, 10] FROM (SELECT host FROM ${identifier(database)}.hosts GROUP BY host ORDER BY host LIMIT ${WITH_MINUTES}) ARRAY JOIN range(1440) AS offset`,
    );
  console.log(`Figures of each minute of ${thousands(Math.min(hosts, WITH_MINUTES))} hosts: ${since(startMs)}.`);
}

function timed(args: readonly string[]): { readonly ms: number; readonly stdout: string } {
  const startMs = performance.now();
  const { stdout, status, stderr } = spawnSync(process.execPath, [MAIN, 'fleet', ...args, '--store', address], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status === null || status > 1) throw new Error(`fleet ${args.join(' ')}: ${stderr}`);
  return { ms: performance.now() - startMs, stdout };
}

/** Of the first run the caches are dropped before. */
async function timesOf(args: readonly string[]): Promise<void> {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
  await http.run(sql`SYSTEM DROP MARK CACHE`);
  const cold = timed(args).ms;
  const all = Float64Array.from({ length: TIMES }, () => timed(args).ms);
  console.log(
    `| fleet ${args.join(' ')} | ${duration(cold)} | ${duration(medianOf(all))} | ${duration(Math.max(...all))} |`,
  );
}

async function judge(planted: readonly Planted[]): Promise<void> {
  const nowMs = await store.nowMs();
  const period = { fromMs: nowMs - DAYS * DAY_MS, toMs: nowMs };
  let [right, separated, none, false_, groups] = [0, 0, 0, 0, 0];
  const took: number[] = [];
  for (const { cause, fact, having, stalling } of planted) {
    const startMs = performance.now();
    const why = await whyOf(store, { tool: 'bench', period, cause, known: [] });
    took.push(performance.now() - startMs);
    const isFirst = why.groups[0]?.facts.some(({ name }) => name === fact?.name) === true;
    const found = why.groups.length;
    const ofFact = why.groups.filter((one) => one.facts.some(({ name }) => name === fact?.name)).length;
    groups += found;
    false_ += found - ofFact;
    if (fact) {
      if (isFirst) right += 1;
      else
        console.log(`  missed: ${fact.name} is ${fact.value} (${having} have it, ${stalling} stalled): ${why.answer}`);
      if (found > 0) separated += 1;
    } else if (found === 0) none += 1;
    else console.log(`  false: ${stalling} stalled: ${why.answer}`);
  }
  console.log(`\n| | |\n| --- | --- |`);
  console.log(
    `| the planted fact in the first group | ${right} of ${INCIDENTS.withFact} (${percent(right / INCIDENTS.withFact)}) |`,
  );
  console.log(`| something separates, where a fact was planted | ${separated} |`);
  console.log(`| ‘nothing separates’, where none was | ${none} of ${INCIDENTS.without} |`);
  console.log(`| groups told that hold no planted fact | ${false_} of ${groups} (${percent(false_ / groups)}) |`);
  console.log(`| one answer within a process that runs, median | ${duration(medianOf(Float64Array.from(took)))} |`);
}

async function sizes(): Promise<void> {
  console.log('\n| table | rows | bytes on disk | bytes a host and day |\n| --- | --- | --- | --- |');
  for (const { name } of TABLES) {
    const [[rows, bytes] = []] = await http.rows(
      sql`SELECT sum(rows), sum(bytes) FROM system.parts WHERE database = ${database} AND table = ${name} AND active = 1`,
    );
    const of = name === 'minutes' ? Math.min(hosts, WITH_MINUTES) : hosts;
    console.log(
      `| ${name} | ${thousands(Number(rows))} | ${binary(Number(bytes))} | ${Math.round(Number(bytes) / of / DAYS)} |`,
    );
  }
}

console.log(`${await store.version()}, Node ${process.version}`);
const planted = await fill();
await fillMinutes();
await sizes();
console.log('\n| command | caches dropped | median of ten | longest |\n| --- | --- | --- | --- |');
await timesOf(['status']);
await timesOf(['why', 'planted.0']);
await timesOf(['why', `planted.${INCIDENTS.withFact}`]);
await timesOf(['episodes', '--since', '1d']);
await judge(planted);
store.close();
http.close();
