// ClickHouse as it is spoken to, against a server that answers as it is told: what is sent, and what its errors amount to.

import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { NumberMap } from '../../src/base/number-map.js';
import { parseFactSets } from '../../src/fleet/clickhouse/fact-bytes.js';
import { factId, linesOf, tableRows } from '../../src/fleet/clickhouse/rows.js';
import { schemaSteps, TABLES, type Found } from '../../src/fleet/clickhouse/schema.js';
import { ClickHouseStore } from '../../src/fleet/clickhouse/store.js';
import { episodesOf } from '../../src/fleet/episodes.js';
import { statusOf } from '../../src/fleet/status.js';
import { FakeClickHouse } from '../support/fake-clickhouse.js';
import { hostRow } from '../support/fleet-rows.js';

const fake = await FakeClickHouse.start();
const store = new ClickHouseStore(fake.address);
after(async () => {
  store.close();
  await fake.stop();
});
beforeEach(() => {
  fake.asked.length = 0;
  fake.answer = () => ({});
});

const PERIOD = { fromMs: 1000, toMs: 2000 };

describe('a batch', () => {
  it('is inserted as compressed lines of JSON, the facts’ names before the sets and the sign of life last', async () => {
    const fact = { area: 'kernel', name: 'kernel', value: '6.1.0' } as const;
    await store.add({
      hosts: [hostRow('a', 5999, { stalling: true, droppedEpisodes: 1, droppedMinutes: 2 })],
      facts: [{ host: 'a', firstMs: 0, lastMs: 1000, facts: [fact] }],
    });
    const tables = fake.asked.map(({ query }) => /INTO (\S+)/.exec(query)?.[1]);
    assert.deepEqual(tables, ['fleet.fact_names', 'fleet.fact_sets', 'fleet.hosts']);
    assert.deepEqual(JSON.parse(fake.asked[1]?.rows ?? ''), {
      host: 'a',
      first_seen: 0,
      last_seen: 1,
      facts: [factId(fact)],
    });
    assert.equal(JSON.parse(fake.asked[2]?.rows ?? '').sent, 5);
  });

  it('says who asks in headers, so that no log of addresses has the password', async () => {
    await store.hosts();
    assert.equal(fake.asked[0]?.headers['x-clickhouse-user'], 'reader');
    assert.equal(fake.asked[0]?.headers['x-clickhouse-key'], 'top-secret');
    assert.doesNotMatch(fake.asked[0]?.url ?? '', /secret/);
  });

  it('holds half characters as what UTF-8 has for them', () => {
    const [lines] = tableRows({
      hours: [{ host: 'a\ud800', hourMs: 0, watchedSeconds: 1, lostSeconds: 0, requests: 1, kib: 1 }],
    }).map(linesOf);
    assert.equal(JSON.parse(lines?.text ?? '').host, 'a\ufffd');
  });
});

describe('a question', () => {
  it('is sent again where the server ended the connection in between', async () => {
    await store.hosts();
    fake.hangUp();
    assert.deepEqual(await store.hosts(), []);
  });

  it('keeps what a host is called out of the statement', async () => {
    await store.episodes({ ...PERIOD, cause: "x' OR 1=1 --", unit: "\\' OR 1 --" });
    assert.ok(fake.asked[0]?.query.includes("cause = 'x\\' OR 1=1 --'"));
    assert.ok(fake.asked[0]?.query.includes("unit = '\\\\\\' OR 1 --'"));
  });

  it('about the whole fleet brings what is shown of its stalls, and not each of them', async () => {
    const one = (cell: string) => ({ body: `{"data":[[${cell}]]}` });
    fake.answer = ({ query }) => {
      if (query.includes('now()')) return one('1700000000');
      return query.includes('SELECT count()') ? one('"70000"') : {};
    };
    await statusOf(store, 'test');
    const { found } = await episodesOf(store, 'test', { sinceMs: 1000, limit: 7, cause: 'dev.slow' });
    assert.equal(found, 70_000);
    const ends = fake.asked
      .map(({ query }) => query)
      .filter((query) => query.includes('.episodes'))
      .map(
        (query) =>
          [...query.matchAll(/(?:GROUP BY \w+|LIMIT 1 BY host|LIMIT \d+|cause = '[\w.]+')(?= ORDER BY| FORMAT)/g)].at(
            -1,
          )?.[0],
      );
    assert.deepEqual(
      new Set(ends),
      new Set(['GROUP BY cause', 'GROUP BY host', 'LIMIT 1 BY host', 'LIMIT 7', "cause = 'dev.slow'"]),
    );
  });

  const ERRORS: readonly (readonly [status: number, body: string, sentence: RegExp])[] = [
    [404, 'Code: 60, e.displayText() = DB::Exception: Table fleet.hosts doesn’t exist.', /fleet init makes its tables/],
    [404, 'Code: 81. DB::Exception: Database fleet does not exist.', /fleet init makes its tables/],
    [403, 'Code: 516. DB::Exception: reader: Authentication failed', /refuses this user or password/],
    [
      500,
      'Code: 193, e.displayText() = DB::Exception: Wrong password for user reader',
      /refuses this user or password/,
    ],
    [500, 'Code: 164, e.displayText() = DB::Exception: Cannot insert in readonly mode', /may not do that/],
    [500, 'Code: 27\u001b[2J cannot parse', /HTTP 500\): Code: 27\ufffd\[2J cannot parse$/],
  ];
  for (const [status, body, sentence] of ERRORS) {
    it(`that fails with “${body.slice(0, 30)}…” fails in one sentence without the password`, async () => {
      fake.answer = () => ({ status, body });
      await assert.rejects(store.hosts(), (error: Error) => {
        assert.match(error.message, sentence);
        assert.doesNotMatch(error.message, /top-secret/);
        return true;
      });
    });
  }

  it('whose answer breaks off is no answer', async () => {
    fake.answer = () => ({ body: '{"data":[["a"' });
    await assert.rejects(store.hosts(), /broke off/);
  });

  it('that nobody listens to says so', async () => {
    const nobody = new ClickHouseStore('http://127.0.0.1:9/x');
    await assert.rejects(nobody.hosts(), /Nobody listens at http:\/\/127\.0\.0\.1:9\/x/);
  });
});

describe('sets of facts', () => {
  const u64 = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const [first, second] = [2 ** 51 + 12_345, 7];
  const bytes = Buffer.concat([
    Buffer.from([3, ...Buffer.from('web')]),
    Buffer.from([10, 0, 0, 0, 20, 0, 0, 0]),
    Buffer.from([3]),
    u64(first),
    u64(99),
    u64(second),
  ]);
  const places = new NumberMap();
  places.set(first, 0);
  places.set(second, 1);

  it('are read, without facts that have no name', () => {
    const [set, ...more] = parseFactSets(bytes, places);
    assert.deepEqual(more, []);
    assert.deepEqual(
      { ...set, facts: [...(set?.facts ?? [])] },
      { host: 'web', firstMs: 10_000, lastMs: 20_000, facts: [0, 1] },
    );
  });

  it('that are cut anywhere are refused', () => {
    for (let length = 1; length < bytes.length; length += 1)
      assert.throws(() => parseFactSets(bytes.subarray(0, length), places), /broke off|malformed/, String(length));
  });

  it('of more facts than a host can have take no memory', () => {
    const many = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert.throws(() => parseFactSets(many, places), /malformed|broke off/);
  });
});

describe('the schema', () => {
  const NOTHING: Found = { hasDatabase: false, columns: new Map(), weeks: new Map(), old: new Map() };
  const wanted = { database: 'fleet', cluster: undefined, keepFromMs: Date.parse('2026-11-20') };
  const whole: Found = {
    ...NOTHING,
    hasDatabase: true,
    columns: new Map(TABLES.map(({ name, columns }) => [name, new Set(columns.map(([column]) => column))])),
  };

  it('is made whole of nothing, and once', () => {
    assert.equal(schemaSteps(NOTHING, wanted).length, 1 + TABLES.length);
    assert.deepEqual(schemaSteps(whole, wanted), []);
  });

  it('of an earlier version gets the columns that it lacks', () => {
    const columns = new Map(whole.columns);
    columns.set('episodes', new Set([...(whole.columns.get('episodes') ?? [])].filter((name) => name !== 'unit')));
    const steps = schemaSteps({ ...whole, columns }, wanted);
    assert.deepEqual(
      steps.map(({ statement }) => statement),
      ['ALTER TABLE fleet.episodes ADD COLUMN unit String'],
    );
  });

  it('drops a week once all of it is too old, and no day earlier', () => {
    const weeks = new Map([['episodes', ['2026-11-02', '2026-11-09', '2026-11-16']]]);
    const dropped = (keepFrom: string) =>
      schemaSteps({ ...whole, weeks }, { ...wanted, keepFromMs: Date.parse(keepFrom) }).map(({ what }) => what);
    assert.deepEqual(dropped('2026-11-16'), [
      'drop the week of 2026-11-02 from episodes',
      'drop the week of 2026-11-09 from episodes',
    ]);
    assert.deepEqual(dropped('2026-11-15T23:59:59Z'), ['drop the week of 2026-11-02 from episodes']);
  });

  it('has no pid, path or device number in any key', () => {
    for (const { key, columns, name } of TABLES) {
      const names = new Set(columns.map(([column]) => column));
      for (const part of key.split(', ')) {
        assert.ok(names.has(part), `${name}: ${part}`);
        assert.doesNotMatch(part, /pid|path|devno|major|minor|cgroup/);
      }
    }
  });

  it('of a cluster has the rows of each server in a table of its own, and one over all', () => {
    const steps = schemaSteps(NOTHING, { ...wanted, cluster: 'all' }).map(({ statement }) => statement);
    assert.ok(steps.some((one) => /fleet\.hosts_local .*ReplacingMergeTree/.test(one)));
    assert.ok(
      steps.some((one) => /fleet\.hosts .*Distributed\(all, fleet, hosts_local, cityHash64\(host\)\)/.test(one)),
    );
  });
});
