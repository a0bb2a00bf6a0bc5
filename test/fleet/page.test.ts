// What the fleet's page answers where it has nothing to show: that a host is not there is told apart from a store that gives no answer.

import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { ClickHouseStore } from '../../src/fleet/clickhouse/store.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { fleetAnswers } from '../../src/fleet/page/answers.js';
import type { FleetStore } from '../../src/fleet/port.js';
import { portOf, serve } from '../../src/run/serve.js';
import { FakeClickHouse } from '../support/fake-clickhouse.js';
import { episodeRow, hostRow } from '../support/fleet-rows.js';
import { DAY_MS, NOW_MS } from '../support/made-fleet.js';

const ASSETS = { css: '', js: '', causes: {} };
const WAY = { relay: 'relay://hub:9471', certificate: '/home/al/my key.pem' };

describe('the fleet’s page', () => {
  let fake: FakeClickHouse;
  let server: Server | undefined;
  before(async () => {
    fake = await FakeClickHouse.start();
  });
  after(() => fake.stop());
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function answer(store: FleetStore, what: string): Promise<readonly [number, string]> {
    const here = { host: 'web1', folder: '/nowhere' };
    const answers = fleetAnswers({ store, tool: 'test', sinceMs: DAY_MS, known: [], here, way: WAY, assets: ASSETS });
    server = await serve({ host: '127.0.0.1', port: 0 }, (path, ...rest) => answers(path.slice(1), ...rest));
    const got = await fetch(`http://127.0.0.1:${portOf(server)}/${what}`);
    return [got.status, await got.text()];
  }

  it('says that a host or an address is not there', async () => {
    const store = new MemoryStore(() => NOW_MS);
    await store.add({ hosts: [hostRow('web1', NOW_MS)] });
    for (const [what, said] of [
      ['host/web9', /^Nobody has heard of a host web9: .*\n$/],
      ['host/web1/7', /^web1 has told of no episode 7 .*\n$/],
      ['nothing', /^There is nothing of that name\.\n$/],
    ] as const) {
      const [status, text] = await answer(store, what);
      assert.equal(status, 404, text);
      assert.match(text, said);
      server?.closeAllConnections();
      server?.close();
    }
  });

  it('has the command that fetches a recording which lies elsewhere, to be copied, with what it was started with', async () => {
    const store = new MemoryStore(() => NOW_MS);
    const at = { host: 'db1', startedMs: NOW_MS - 60_000 };
    await store.add({
      hosts: [hostRow('db1', NOW_MS)],
      episodes: [episodeRow(at, { number: 1, recording: '20261130-1.iow' }), episodeRow(at, { number: 2 })],
    });
    const [, text] = await answer(store, 'host/db1/1');
    const [block] = /<pre[^>]*><code>[^<]*<\/code><\/pre>\s*<button[^>]*class="copy"/.exec(text) ?? [];
    assert.match(
      block?.replaceAll('&#39;', "'") ?? text,
      /iowitness fleet fetch db1 1 --relay relay:\/\/hub:9471 --certificate '\/home\/al\/my key\.pem' --authority AUTHORITY\.pem</,
    );
    server?.closeAllConnections();
    server?.close();
    const [, without] = await answer(store, 'host/db1/2');
    assert.doesNotMatch(without, /fleet fetch/);
  });

  for (const [how, reply, said] of [
    ['refuses', { status: 500, body: 'Code: 241. DB::Exception: Memory limit exceeded' }, /answers with an error/],
    ['breaks off', { body: '{"data":[[' }, /broke off its answer: ask again\.\n$/],
  ] as const)
    it(`says in one sentence that a store ${how}, and not that a host is not there`, async () => {
      fake.answer = () => reply;
      const store = new ClickHouseStore(fake.address);
      const [status, text] = await answer(store, 'host/web1');
      store.close();
      assert.equal(status, 503, text);
      assert.match(text, said);
      assert.equal(text.trim().split('\n').length, 1);
    });

  it('says so where nobody listens at the store’s address', async () => {
    const store = new ClickHouseStore('http://127.0.0.1:9/x');
    assert.deepEqual(await answer(store, ''), [
      503,
      'Nobody listens at http://127.0.0.1:9/x: is the ClickHouse server running?\n',
    ]);
    store.close();
  });
});
