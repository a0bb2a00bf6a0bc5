// The pages of the fleet in a real browser: everybody can read them, on a phone, in the dark and without the script; a stall is one click from what is known of
// it; no name that a host told becomes markup. And their server: nothing without the token, nothing is changed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { WEB } from '../../src/cli/context.js';
import { fleetAnswers } from '../../src/fleet/page/answers.js';
import { overviewOf } from '../../src/fleet/overview.js';
import { showOf } from '../../src/fleet/show.js';
import { statusOf } from '../../src/fleet/status.js';
import { whyOf } from '../../src/fleet/why.js';
import { renderFleetHost } from '../../src/present/html/fleet/host.js';
import { renderFleetNow, renderFleetOverview } from '../../src/present/html/fleet/overview.js';
import { renderFleetWhyPage } from '../../src/present/html/fleet/why.js';
import { readReportAssets } from '../../src/run/report-assets.js';
import { behindToken, portOf, serve } from '../../src/run/serve.js';
import { ask } from '../support/ask.js';
import { HOSTILE_NAMES } from '../support/diagnosis.js';
import { episodeRow, hostRow } from '../support/fleet-rows.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { CAUSE, DAY_MS, NOW_MS, PERIOD } from '../support/made-fleet.js';
import { launch, open, testReadable } from '../support/page.js';
import { needsCommand } from '../support/requirements.js';

const ASSETS = readReportAssets(WEB, 'fleet');
const TOKEN = '0123abcd';

/** Forty hosts, of which ten stall and have a setting; `name` stands in the place of everything that hosts told. */
async function storeOf(name = 'web'): Promise<MemoryStore> {
  const store = new MemoryStore(() => NOW_MS);
  for (let at = 0; at < 40; at += 1) {
    const host = `${name}${at}`;
    const stalls = at < 10;
    const startedMs = NOW_MS - DAY_MS - at * 3_600_000;
    const fact = (value: string) => ({ area: 'setting' as const, name: `vm.${name}`, value: `${value}${name}` });
    const told = { cause: at === 9 ? name : CAUSE, layer: name, unit: name, culprit: name, recording: name };
    await store.add({
      hosts: [
        hostRow(host, at === 39 ? NOW_MS - DAY_MS : NOW_MS, {
          receivedMs: at === 39 ? NOW_MS - DAY_MS : NOW_MS,
          stalling: at === 0,
        }),
      ],
      episodes: stalls
        ? [episodeRow({ host, startedMs }, { ...told, lostMs: 4000, ...(at > 0 && { endedMs: startedMs + 5000 }) })]
        : [],
      minutes: [
        {
          host,
          atMs: NOW_MS - 60_000,
          device: name,
          reads: 1,
          writes: 2,
          readKib: 3,
          writtenKib: 4,
          busyMs: 5,
          waits: [[64, 60]],
        },
      ],
      facts: [
        { host, firstMs: PERIOD.fromMs, lastMs: NOW_MS - 5 * DAY_MS, facts: [fact('2')] },
        { host, firstMs: NOW_MS - 5 * DAY_MS, lastMs: NOW_MS, facts: [fact(stalls ? '1' : '2')] },
      ],
    });
  }
  return store;
}

type Kind = 'overview' | 'now' | 'why' | 'host' | 'stall';

async function pageOf(kind: Kind, name?: string): Promise<string> {
  const store = await storeOf(name);
  const asked = { tool: 'iowitness 0', period: PERIOD, known: [] };
  if (kind === 'now') return renderFleetNow(await statusOf(store, asked.tool), ASSETS);
  if (kind === 'overview') return renderFleetOverview(await overviewOf(store, asked), ASSETS);
  if (kind === 'why') return renderFleetWhyPage(await whyOf(store, { ...asked, cause: CAUSE }), ASSETS);
  const number = kind === 'stall' ? 1 : undefined;
  const show = await showOf(store, { ...asked, host: `${name ?? 'web'}1`, number });
  return renderFleetHost({ show, hasReport: true, way: {} }, ASSETS);
}

const skip = needsCommand('chromium');

let browser: Browser;

for (const kind of ['overview', 'now', 'why', 'host', 'stall'] as const)
  describe(`the fleet’s page, ${kind}`, { skip }, () => {
    let page = '';
    before(async () => {
      browser = await launch();
      page = await pageOf(kind);
    });
    after(() => browser.close());

    testReadable({ browser: () => browser, html: () => page, widths: [1440, 390] });

    it('has no name as markup', async () => {
      for (const name of HOSTILE_NAMES) {
        const { faults, close } = await open(browser, await pageOf(kind, name), { javaScriptEnabled: false });
        assert.deepEqual(faults, []);
        await close();
      }
    });
  });

/** Serves the fleet's page. */
async function served(act: (url: string) => Promise<void>, store?: MemoryStore): Promise<void> {
  const options = {
    store: store ?? (await storeOf()),
    tool: 'iowitness 0',
    sinceMs: 7 * DAY_MS,
    known: [],
    here: { host: 'web1', folder: '/nowhere' },
    way: {},
    assets: ASSETS,
  };
  const answers = behindToken(TOKEN, 'whoever', fleetAnswers(options));
  const server: Server = await serve({ host: '127.0.0.1', port: 0 }, answers);
  try {
    await act(`http://127.0.0.1:${portOf(server)}/${TOKEN}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('the fleet’s pages together', { skip }, () => {
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('leads from the map and from a list to a stall, and from there to its host and its cause', async () => {
    await served(async (url) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(url);
      assert.match(await page.locator('h1').innerText(), /40 hosts: 1 stalls now, 1 is silent/);
      await page.locator('#map svg a').first().click();
      assert.match(await page.locator('h1').innerText(), /^web\d, .* stalled by mem\.dirty-limit, 4\ss lost\.$/);
      await page.locator('#stall a').getByText('mem.dirty-limit').click();
      assert.match(await page.locator('h1').innerText(), /^vm\.web separates the hosts that stall by mem\.dirty-limit/);
      await page.goto(url);
      await page.locator('#newest a[href="host/web3/1"]').click();
      await page.locator('#stall a').getByText('web3').click();
      assert.match(await page.locator('h1').innerText(), /^web3: no stall now\.$/);
      assert.match(await page.locator('#changes').innerText(), /vm\.web\s+2web → 1web/);
      await page.getByRole('link', { name: 'Fleet' }).click();
      assert.match(await page.locator('h1').innerText(), /40 hosts/);
    });
  });
});

describe('the first page', { skip }, () => {
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('is there before it is known what separates hosts, tells that when it is, and saves what it is asked for then', async () => {
    const store = await storeOf();
    // Facts are what takes long to ask for.
    let letAnswer = (): void => {};
    const mayAnswer = new Promise<void>((settle) => (letAnswer = settle));
    const facts = store.facts.bind(store);
    store.facts = async (...asked) => {
      await mayAnswer;
      return await facts(...asked);
    };
    await served(async (url) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(url);
      assert.equal(await page.locator('#map svg').count(), 10);
      assert.match(await page.locator('#why dd').innerText(), /^asking/);
      letAnswer();
      await page.locator('#why dd').getByText('vm.web separates the hosts').waitFor();
      const [saved] = await Promise.all([page.waitForEvent('download'), page.locator('#save-data').click()]);
      const document: unknown = JSON.parse(readFileSync(await saved.path(), 'utf8'));
      assert.ok(typeof document === 'object' && document && 'hosts' in document && document.hosts === 40);
    }, store);
  });
});

/** Ten thousand hosts of which nobody hears any more, and thirty that stall all the time by causes with long names. */
async function worstStore(): Promise<MemoryStore> {
  const store = new MemoryStore(() => NOW_MS);
  const names = Array.from({ length: 10_000 }, (_, at) => `database-server-${at}.rack-12.example.org`);
  const hours = Array.from({ length: 7 * 24 }, (_, hour) => NOW_MS - (hour + 0.5) * 3_600_000);
  const stalls = names
    .slice(0, 40)
    .flatMap((host, at) =>
      hours.map((startedMs, hour) =>
        episodeRow(
          { host, startedMs },
          { number: hour + 1, cause: `mem.dirty-backpressure-${at}`, lostMs: 900_000, endedMs: startedMs + 900_000 },
        ),
      ),
    );
  await store.add({
    hosts: names.map((host) => hostRow(host, NOW_MS - DAY_MS, { receivedMs: NOW_MS - DAY_MS })),
    episodes: stalls,
  });
  return store;
}

describe('the server of the fleet’s page', () => {
  it('gives a first page of less than 500 kB however bad it is, packed where that is taken, and all hosts where they are asked for', async () => {
    await served(
      async (url) => {
        const page = await ask(url);
        assert.ok(page.body.length < 500_000, `${page.body.length} bytes`);
        assert.equal(page.headers['content-encoding'], undefined);
        const packed = await fetch(url);
        assert.equal(packed.headers.get('content-encoding'), 'gzip');
        assert.ok(Number(packed.headers.get('content-length')) < 100_000);
        assert.equal(await packed.text(), page.body);
        const silent = (text: string) =>
          text.match(/href="(\.\/)?host\/database-server-\d+\.rack-12\.example\.org"/g)?.length;
        assert.equal(silent((await ask(`${url}now`)).body), 10_000);
        const status: { readonly silent: readonly unknown[] } = JSON.parse((await ask(`${url}status`)).body);
        assert.equal(status.silent.length, 10_000);
      },
      await worstStore(),
    );
  });

  it('gives nothing without the token, to another name, or to whoever would change something', async () => {
    await served(async (url) => {
      const page = await ask(url);
      assert.equal(page.status, 200);
      assert.equal(page.headers['cache-control'], 'no-store');
      const base = url.replace(`${TOKEN}/`, '');
      for (const wrong of ['', '0123abce/', '0123abc/', '0123abcd0/', 'host/web1'])
        assert.equal((await ask(base + wrong)).status, 403, wrong);
      assert.equal((await ask(url, 'GET', { host: 'evil.example' })).status, 403);
      for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await ask(url, method)).status, 405);
      for (const missing of [
        'x',
        'host',
        'host/',
        'host/none',
        'host/web1/9',
        'host/web1/x',
        'host/%ff',
        'why/a/b',
        'host/web1/1/x',
      ])
        assert.equal((await ask(url + missing)).status, 404, missing);
      assert.match((await ask(`${url}host/web1/1/report`)).body, /does not lie on this machine/);
    });
  });
});
