// The fleet's store on a real ClickHouse: what it answers is what the plain one in memory does, whatever comes late or twice and whatever names hosts have; and
// the commands from the first init on.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Batch, EpisodeRow } from '../../src/model/fleet-rows.js';
import { ClickHouseStore } from '../../src/fleet/clickhouse/store.js';
import { overviewOf } from '../../src/fleet/overview.js';
import type { FleetStore, Losses } from '../../src/fleet/port.js';
import { simulate } from '../../src/fleet/simulate.js';
import { statusOf } from '../../src/fleet/status.js';
import { whyOf } from '../../src/fleet/why.js';
import { refusal, run } from '../support/cli.js';
import { ClickHouseServer } from '../support/clickhouse.js';
import { assertDocument } from '../support/documents.js';
import { episodeRow, hostRow, inSeconds } from '../support/fleet-rows.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { FLEET } from '../../src/model/thresholds/fleet.js';
import { ROOT } from '../support/package.js';
import { needsCommand } from '../support/requirements.js';
import { until } from '../support/until.js';

const skip = needsCommand('clickhouse-server');
const DAY_MS = 86_400_000;
const INIT = { keepDays: 30, cluster: undefined, dryRun: false };

function episode(host: string, nowMs: number, more: Partial<EpisodeRow> = {}): EpisodeRow {
  const stall = { cause: 'dev.slow', layer: 'device', culpritClass: 'process', lostMs: 1234, confidence: 0.5 };
  return episodeRow({ host, startedMs: nowMs - 60_000 }, { ...stall, ...more });
}

function dashboardQueries(): { readonly title: string; readonly rawSql: string }[] {
  const dashboard: {
    readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly rawSql: string }[] }[];
  } = JSON.parse(readFileSync(path.join(ROOT, 'packaging/grafana/fleet.json'), 'utf8'));
  return dashboard.panels.flatMap(({ title, targets }) => targets.map(({ rawSql }) => ({ title, rawSql })));
}

describe('one server', { skip }, () => {
  let server: ClickHouseServer;
  before(async () => {
    for (const one of await ClickHouseServer.start(1)) server = one;
  });
  after(async () => {
    await server.stop();
  });

  it('answers as the plain store does, of a fleet whose rows come late and twice', async () => {
    const store = new ClickHouseStore(server.address('like'));
    await store.init(INIT);
    const nowMs = await store.nowMs();
    const memory = new MemoryStore(() => nowMs);
    const incidents = [
      { cause: 'planted.1', hasFact: true, withFact: 0.4 },
      { cause: 'planted.2', hasFact: true, withFact: 0.4 },
      { cause: 'planted.3', hasFact: false },
    ];
    const simulation = simulate({ hosts: 300, days: 7, seed: 5, nowMs, incidents });
    for (const made of simulation.batches()) {
      const batch = inSeconds(made);
      await store.add(batch);
      await memory.add(batch);
    }
    const period = { fromMs: nowMs - 7 * DAY_MS, toMs: nowMs };
    for (const cause of ['planted.1', 'planted.2', 'planted.3', undefined]) {
      const options = { tool: 'test', period, cause, known: [] };
      const [{ store: _, ...real }, { store: __, ...plain }] = [
        await whyOf(store, options),
        await whyOf(memory, options),
      ];
      assert.deepEqual(real, plain);
    }
    const by = (a: EpisodeRow, b: EpisodeRow) => `${a.host} ${a.number}`.localeCompare(`${b.host} ${b.number}`);
    for (const filter of [
      {},
      { cause: 'planted.1' },
      { unit: 'ingest.service' },
      { hosts: ['host-00007', 'host-00011'] },
      { onlyStalls: true, limit: 20 },
      { onlyLastOpen: true },
    ]) {
      const [real, plain] = [
        await store.episodes({ ...period, ...filter }),
        await memory.episodes({ ...period, ...filter }),
      ];
      assert.ok(plain.length > 0);
      assert.equal(
        await store.countEpisodes({ ...period, ...filter }),
        await memory.countEpisodes({ ...period, ...filter }),
      );
      assert.deepEqual(real.toSorted(by), plain.toSorted(by));
    }
    const ordered = ({ causes, hosts }: Losses) => ({
      causes: causes.toSorted((a, b) => a.cause.localeCompare(b.cause)),
      hosts: hosts.toSorted((a, b) => a.host.localeCompare(b.host)),
    });
    assert.deepEqual(ordered(await store.losses(period, 84)), ordered(await memory.losses(period, 84)));
    const [real, plain] = [await statusOf(store, 'test'), await statusOf(memory, 'test')];
    assert.deepEqual(real.causes, plain.causes);
    assert.deepEqual(real.agents, plain.agents);
    assert.deepEqual(
      real.silent.map(({ host }) => host),
      plain.silent.map(({ host }) => host),
    );
    store.close();
  });

  it('keeps every name as it is, and nothing in one does anything', async () => {
    const store = new ClickHouseStore(server.address('names'));
    await store.init(INIT);
    const nowMs = await store.nowMs();
    const names = [
      "'; DROP TABLE names.episodes; --",
      "\\'; DROP TABLE names.hosts; --",
      '\\',
      'a\0b',
      'line\nbreak\ttab',
      '"quoted" {x:String} ${y}',
      'sum(rate(x[5m])) by (host)',
      '\u202egnirts\u2028',
      '😀 é',
      '\\x27 \\0 %27',
    ];
    await store.add({
      episodes: names.map((name) => episode(name, nowMs, { unit: name, culprit: name, cause: name })),
    });
    for (const name of names) {
      const found = await store.episodes({
        fromMs: nowMs - DAY_MS,
        toMs: nowMs,
        unit: name,
        cause: name,
        hosts: [name],
      });
      assert.deepEqual(
        found.map(({ host, unit, culprit, cause }) => [host, unit, culprit, cause]),
        [[name, name, name, name]],
      );
    }
    store.close();
  });

  it('counts a batch once that came three times, before it is merged and after', async () => {
    const store = new ClickHouseStore(server.address('again'));
    await store.init(INIT);
    const nowMs = await store.nowMs();
    const batch: Batch = {
      episodes: [episode('a', nowMs), episode('b', nowMs), episode('a', nowMs, { revision: 2, cause: 'fs.journal' })],
      hosts: [hostRow('a', nowMs, { stalling: true })],
      minutes: [
        {
          host: 'a',
          atMs: nowMs,
          device: 'sda',
          reads: 1,
          writes: 2,
          readKib: 3,
          writtenKib: 4,
          busyMs: 5,
          waits: [[64, 7]],
        },
      ],
    };
    for (let times = 0; times < 3; times += 1) await store.add(batch);
    const seen = async () => {
      const all = await store.episodes({ fromMs: nowMs - DAY_MS, toMs: nowMs });
      const uses = await store.devices({ fromMs: nowMs - DAY_MS, toMs: nowMs }, ['a', 'b']);
      return [all.map(({ host, cause }) => `${host} ${cause}`).sort(), (await store.hosts()).length, uses];
    };
    const use = { host: 'a', device: 'sda', minutes: 1, requests: 3, kib: 7, busyMs: 5, waits: [[64, 7]] };
    const expected = [['a fs.journal', 'b dev.slow'], 1, [use]];
    assert.deepEqual(await seen(), expected);
    for (const table of ['episodes', 'hosts', 'minutes']) await server.ask(`OPTIMIZE TABLE again.${table} FINAL`);
    assert.deepEqual(await seen(), expected);
    assert.equal(await server.ask('SELECT count(), sum(wait_seconds[1]) FROM again.minutes'), '1\t7');
    store.close();
  });

  it('is made once, mended where a column is missing, and rid of what is old', async () => {
    const store = new ClickHouseStore(server.address('made'));
    assert.equal((await store.init({ ...INIT, dryRun: true })).length, 7);
    assert.equal(await server.ask("SELECT count() FROM system.tables WHERE database = 'made'"), '0');
    assert.equal((await store.init(INIT)).length, 7);
    assert.deepEqual(await store.init(INIT), []);
    await server.ask('ALTER TABLE made.episodes DROP COLUMN unit');
    assert.deepEqual(
      (await store.init(INIT)).map(({ what }) => what),
      ['add unit to episodes'],
    );
    const nowMs = await store.nowMs();
    const oldMs = nowMs - 60 * DAY_MS;
    await store.add({
      episodes: [episode('old', oldMs), episode('new', nowMs)],
      hosts: [hostRow('old', oldMs, { receivedMs: oldMs }), hostRow('new', nowMs)],
    });
    const steps = (await store.init(INIT)).map(({ what }) => what);
    assert.match(steps.join('; '), /^delete 1 row from before \S+ from hosts; drop the week of \S+ from episodes$/);
    const left = await store.episodes({ fromMs: oldMs - DAY_MS, toMs: nowMs });
    assert.deepEqual(
      left.map(({ host }) => host),
      ['new'],
    );
    store.close();
  });

  it('serves a user who may only read, and lets that one write nothing', async () => {
    const writer = new ClickHouseStore(server.address('shared'));
    await writer.init(INIT);
    const reader = new ClickHouseStore(server.address('shared', "reader:pass'word@"));
    assert.deepEqual(await reader.hosts(), []);
    const nowMs = await reader.nowMs();
    await assert.rejects(reader.add({ episodes: [episode('a', nowMs)] }), /may not do that/);
    const stranger = new ClickHouseStore(server.address('shared', 'reader:wrong@'));
    await assert.rejects(stranger.hosts(), /refuses this user or password/);
    for (const one of [writer, reader, stranger]) one.close();
  });

  it('is asked by the commands, each with its document and its exit status', async () => {
    const store = server.address('cli');
    const early = await run(['fleet', 'status', '--store', store]);
    assert.match(refusal(early), /There is no fleet in cli at .*: iowitness fleet init makes its tables\.$/);
    const calls = [
      ['fleet-init', 0, ['init', store, '--dry-run']],
      ['fleet-init', 0, ['init', store]],
      ['fleet-status', 0, ['status', '--store', store]],
      ['fleet-episodes', 0, ['episodes', '--store', store]],
      ['fleet-demo', 0, ['demo', store, '--hosts', '200']],
      ['fleet-status', 1, ['status', '--store', `${store}_demo`]],
      ['fleet-episodes', 0, ['episodes', '--store', `${store}_demo`, '--cause', 'dev.capped', '--limit', '3']],
      ['fleet-why', 1, ['why', 'mem.dirty-limit', '--store', `${store}_demo`]],
      ['fleet-why', 0, ['why', 'no.such', '--store', `${store}_demo`]],
      ['fleet-compare', 1, ['compare', 'host-00000', 'host-00001', '--store', `${store}_demo`]],
    ] as const;
    for (const [name, status, args] of calls) {
      const ran = await run(['fleet', ...args, '--json']);
      assert.deepEqual([ran.stderr, ran.status], ['', status], args.join(' '));
      assertDocument(name, ran.stdout);
    }
    const shown = await run(['fleet', 'show', 'host-00003', '--store', `${store}_demo`, '--json']);
    // It may be one of those that stall.
    assert.ok(shown.status === 0 || shown.status === 1, shown.stderr);
    assertDocument('fleet-show', shown.stdout);
    assert.match(refusal(await run(['fleet', 'compare', 'host-00003', '--store', store])), /takes two hosts\.$/);
    const { stdout } = await run(['fleet', 'why', 'mem.dirty-limit', '--store', `${store}_demo`]);
    assert.match(stdout, /^.+ separates the hosts that stall by mem\.dirty-limit: it is /);

    // The same fleet in Grafana: its data source puts times and steps in the place of $__….
    const silent = new RegExp(`now\\(\\) - ${FLEET.silentMs / 1000}\\b`);
    const panels = dashboardQueries();
    assert.ok(panels.length >= 10);
    for (const { title, rawSql } of panels) {
      const asked = rawSql
        .replace(/\$__timeFilter\((\w+)\)/g, '$1 >= now() - 7 * 86400 AND $1 <= now()')
        .replaceAll('$__interval_s', '3600')
        .replaceAll('${cause:sqlstring}', "'mem.dirty-limit', 'dev.capped'");
      assert.doesNotMatch(asked, /\$/, title);
      if (/now\(\) - \d+/.test(rawSql)) assert.match(rawSql, silent, title);
      const { hostname, port } = new URL(store);
      const answer = await fetch(`http://${hostname}:${port}/?database=cli_demo`, {
        method: 'POST',
        body: `${asked} FORMAT JSONCompact`,
      });
      const text = await answer.text();
      assert.equal(answer.status, 200, `${title}: ${text}`);
      const { data }: { readonly data: readonly unknown[] } = JSON.parse(text);
      // The demo's hosts drop nothing, and tell of hours, not of minutes.
      if (!/FROM minutes|dropped_/.test(rawSql)) assert.ok(data.length > 0, title);
    }
  });
});

describe('two servers', { skip }, () => {
  let servers: ClickHouseServer[];
  before(async () => {
    servers = await ClickHouseServer.start(2);
  });
  after(async () => {
    for (const one of servers) await one.stop();
  });

  it('of which one is killed give no answer that lacks its hosts, and count nothing twice when it is back', async () => {
    const [first, second] = servers;
    assert.ok(first && second);
    const stores = servers.map((one) => new ClickHouseStore(one.address('both')));
    for (const store of stores) await store.init({ ...INIT, cluster: 'both' });
    const [store] = stores;
    assert.ok(store);
    const nowMs = await store.nowMs();
    const rows = (from: number): EpisodeRow[] =>
      Array.from({ length: 100 }, (_, at) => episode(`host-${from + at}`, nowMs));
    const period = { fromMs: nowMs - DAY_MS, toMs: nowMs };
    const settled = async (count: number): Promise<number> => {
      let found = 0;
      await until(
        () => `${count} episodes, of which ${found} are there`,
        async () => (found = (await store.episodes(period).catch(() => [])).length) >= count,
        { everyMs: 100 },
      );
      return found;
    };
    await store.add({ episodes: rows(0) });
    assert.equal(await settled(100), 100);
    const ofEach = await Promise.all(servers.map((one) => one.ask('SELECT count() FROM both.episodes_local')));
    assert.ok(
      ofEach.every((count) => Number(count) > 20),
      ofEach.join(' and '),
    );
    await second.kill();
    await assert.rejects(store.episodes(period), /A server of the cluster gives no answer/);
    await store.add({ episodes: rows(100) });
    await second.begin();
    assert.equal(await settled(200), 200);
    await store.add({ episodes: rows(100) });
    await pause(2000);
    assert.equal(await settled(200), 200);
    for (const one of stores) one.close();
  });

  it('answer as the plain store does, say so while one is killed, and answer again when it is back, with what came meanwhile', async () => {
    const [first, second] = servers;
    assert.ok(first && second);
    const stores = servers.map((one) => new ClickHouseStore(one.address('shards')));
    for (const one of stores) await one.init({ ...INIT, cluster: 'both' });
    const [store] = stores;
    assert.ok(store);
    const nowMs = await store.nowMs();
    const memory = new MemoryStore(() => nowMs);
    const incidents = [{ cause: 'planted.1', hasFact: true, withFact: 0.4 }];
    const batches = [...simulate({ hosts: 300, days: 7, seed: 5, nowMs, incidents }).batches()].map(inSeconds);
    const period = { fromMs: nowMs - 7 * DAY_MS, toMs: nowMs };
    const asked = { tool: 'test', period, cause: 'planted.1', known: [] };
    const told = async (of: FleetStore) => {
      const [{ causes }, { answer, hosts }, { silent, agents }] = await Promise.all([
        of.losses(period, 7),
        whyOf(of, asked),
        statusOf(of, 'test'),
      ]);
      return { causes: causes.toSorted((a, b) => a.cause.localeCompare(b.cause)), answer, hosts, silent, agents };
    };
    /** What is spread over servers arrives a moment after it was taken. */
    const agrees = async (): Promise<void> => {
      const plain = await told(memory);
      for (let times = 0; times < 300; times += 1) {
        if (isDeepStrictEqual(await told(store).catch(() => undefined), plain)) return;
        await pause(100);
      }
      assert.deepEqual(await told(store), plain);
    };
    const half = Math.ceil(batches.length / 2);
    const send = async (some: readonly Batch[]): Promise<void> => {
      for (const batch of some) {
        await store.add(batch);
        await memory.add(batch);
      }
    };
    await send(batches.slice(0, half));
    await agrees();
    await second.kill();
    for (const question of [told, (of: FleetStore) => overviewOf(of, asked), (of: FleetStore) => of.episodes(period)])
      await assert.rejects(question(store), /A server of the cluster gives no answer/);
    // With what has come already.
    await send(batches);
    await second.begin();
    await agrees();
    for (const one of stores) one.close();
  });
});
