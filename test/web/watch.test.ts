// The page that a watch serves, in a real browser: everybody can read it, on a phone, in the dark and without its script; what is seen now comes by itself; an
// episode is one click from its report's address; no name of a machine becomes markup. And its server: nothing without the token, nothing is changed.

import assert from 'node:assert/strict';
import path from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { HeldFolder } from '../../src/base/held-folder.js';
import { WEB } from '../../src/cli/context.js';
import type { Seconds } from '../../src/model/history.js';
import type { Episode, WatchNow } from '../../src/model/watch.js';
import { renderWatchPage, type WatchPage } from '../../src/present/html/watch/page.js';
import { readReportAssets } from '../../src/run/report-assets.js';
import { Journal } from '../../src/run/watch/journal.js';
import { watchCharts } from '../../src/run/watch/page/charts.js';
import { WatchPageFeed } from '../../src/run/watch/page/page.js';
import { ask } from '../support/ask.js';
import { HOSTILE_NAMES } from '../support/diagnosis.js';
import { launch, open, testReadable } from '../support/page.js';
import { needsCommand } from '../support/requirements.js';

const NOW_MS = Date.parse('2026-11-30T03:00:00Z');
const at = (secondsAgo: number) => new Date(NOW_MS - secondsAgo * 1000).toISOString();

function episode(number: number, name: string, different: Partial<Episode> = {}): Episode {
  return {
    number,
    startedAt: at(1800),
    endedAt: at(1780),
    durationMs: 20_000,
    lostSeconds: 18,
    noticed: 'waits',
    victim: { pid: 812, name },
    recording: `/var/lib/iowitness/watch/recordings/${number}.iow`,
    verdict: {
      cause: 'dev.slow',
      layer: 'device',
      sureness: 'likely',
      confidence: 0.8,
      since: at(1800),
      victim: { pid: 812, name },
      culprit: { kind: 'device', name: 'sda' },
      sentence: `sda took 40 ms for each of ${name}’s requests, 20 times its usual.`,
    },
    lostMs: 17_000,
    note: null,
    ...different,
  };
}

/** An hour in which sda took 40 ms for 20 s. */
function anHour(): Seconds[] {
  return Array.from({ length: 60 }, (_, minute) => {
    const values = (usual: number, slow: number) =>
      Array.from({ length: 60 }, (__, second) => (minute === 30 && second < 20 ? slow : usual));
    return {
      kind: 'seconds',
      from: at(3600 - minute * 60),
      seconds: 60,
      figures: {
        'io.full_us': values(2000, 900_000),
        'sda.writes': values(120, 20),
        'sda.wait_us': values(2000, 40_000),
        'sda.busy_ms': values(100, 1000),
        lost: values(0, 1),
      },
    };
  });
}

const NOW: WatchNow = {
  at: at(0),
  lost: 0,
  episode: null,
  figures: { 'io.full_us': 2000, 'cpu.busy_permille': 120, 'sda.writes': 120, 'sda.wait_us': 2000, 'sda.busy_ms': 100 },
};

/** `name`: in the place of everything that a machine said. */
function pageOf(name = 'postgres', different: Partial<WatchPage> = {}): string {
  const episodes = [episode(2, name), episode(1, name, { recording: null, verdict: null, note: `not kept: ${name}` })];
  const page: WatchPage = {
    host: name,
    tool: 'iowitness 0',
    episodes: {
      schema: 'iowitness.episodes/1',
      tool: 'iowitness 0',
      folder: '/var/lib/iowitness/watch',
      watches: [{ from: at(7200), to: null, tool: 'iowitness 0', watching: name, missing: name }],
      gaps: [{ from: at(4000), to: at(3990), ms: 10_000, why: 'not running', withinMs: 100 }],
      suppressed: [{ from: at(900), to: at(900), count: 1, noticed: 'waits', why: 'too soon' }],
      clockSteps: [],
      episodes,
    },
    now: NOW,
    charts: watchCharts(anHour(), episodes, NOW_MS),
    startedAt: at(3600),
    baseline: {
      disks: [
        {
          name,
          model: name,
          key: 'a'.repeat(24),
          knownBy: 'serial',
          isHere: true,
          changedNow: [],
          chapters: [
            {
              since: at(86_400),
              until: at(0),
              changed: [{ what: name, before: null, after: name }],
              state: {},
              days: 1,
              stretches: 3000,
              leftOut: 3,
              usual: [
                {
                  does: 'write',
                  upToBytes: 16_384,
                  depth: 1,
                  usualMs: 2,
                  mostMs: 5,
                  stretches: 3000,
                  days: 1,
                  tells: true,
                },
              ],
              best: { operationsPerSecond: 1000, bytesPerSecond: 1e7 },
              writers: [],
              byDay: [],
            },
          ],
        },
        ...['b', 'c'].map((key) => ({
          name: `gone ${name}`,
          model: null,
          key: key.repeat(24),
          knownBy: 'file',
          isHere: false,
          changedNow: [],
          chapters: [],
        })),
      ],
      without: [{ name, why: name }],
    },
    ...different,
  };
  return renderWatchPage(page, readReportAssets(WEB, 'live'));
}

describe('the page of a watch in a browser', { skip: needsCommand('chromium') }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  testReadable({
    browser: () => browser,
    html: pageOf,
    widths: [1280, 360],
    also: async (page) => assert.equal(await page.locator('.plot canvas').count(), 4, 'four charts'),
  });

  it('tells what is there without its script, and no name becomes markup', async () => {
    for (const name of HOSTILE_NAMES) {
      const { page, faults, close } = await open(browser, pageOf(name), { javaScriptEnabled: false });
      assert.equal(await page.locator('a[href="episodes/2"]').count(), 1);
      assert.equal(await page.locator('a[href="episodes/1"]').count(), 0, 'what was not kept has no report');
      assert.match(await page.locator('#now').innerText(), /nobody is held up/);
      assert.match(await page.locator('#episodes').innerText(), /nobody watched for 10\ss/);
      assert.match(await page.locator('#baseline').innerText(), /writes\s+up to 16 KiB/);
      assert.match(await page.locator('#baseline summary').innerText(), /^2 disks that are not here now$/);
      assert.equal(await page.locator('#baseline h3:visible').count(), 1, 'those are folded');
      assert.deepEqual(faults, []);
      await close();
    }
  });

  it('begins by the clock, as an hour is looked for by that, and goes from the start when it is told to', async () => {
    const { page, faults, close } = await open(browser, pageOf());
    const range = () => page.locator('.controls .range').innerText();
    assert.equal(await page.locator('#clock').innerText(), 'UTC');
    assert.equal(await range(), '02:00:00 to 03:00:00');
    assert.doesNotMatch(page.url(), /clock/);
    await page.evaluate(() => (location.hash = '#clock=%2Bs'));
    await page.locator('#clock', { hasText: '+s' }).waitFor();
    assert.equal(await range(), '0 s to 1:00:00');
    await page.getByRole('button', { name: 'zoom in' }).click();
    assert.match(page.url(), /clock=%2Bs/);
    assert.deepEqual(faults, []);
    await close();
  });

  it('is served: what is seen now comes by itself, and an episode is one click away', async () => {
    await served(async (feed) => {
      const page = await browser.newPage();
      feed.tell(NOW);
      await page.goto(feed.url);
      assert.match(await page.locator('h1').innerText(), /the last one was episode 3/);
      feed.tell({ ...NOW, lost: 2, episode: 4 });
      await page.getByText('2 processes are held up').waitFor({ timeout: 15_000 });
      const answer = page.waitForResponse((one) => one.url().endsWith('/episodes/3'));
      await page.locator('a[href="episodes/3"]').click();
      // Its recording is not there in this test.
      assert.equal((await answer).status(), 500);
      await page.close();
    });
  });
});

/** Serves the page of a journal with an episode. */
async function served(act: (feed: WatchPageFeed) => Promise<void>): Promise<void> {
  const place = mkdtempSync('/var/tmp/iowitness-page-');
  const folder = HeldFolder.at(place);
  const journal = await Journal.open(folder, { failed: assert.ifError });
  journal.add({ kind: 'watch', from: at(60), to: null, tool: 'iowitness 0', watching: 'postgres', missing: null });
  journal.add({
    kind: 'episode',
    ...episode(3, 'postgres', { recording: path.join(place, 'gone.iow') }),
    startedAt: new Date().toISOString(),
    endedAt: null,
  });
  await journal.close();
  folder.close();
  const settings = { token: '0123abcd', folder: place, memory: undefined, tool: 'iowitness 0', web: WEB };
  const feed = await WatchPageFeed.start({ ...settings, address: { host: '127.0.0.1', port: 0 } });
  try {
    await act(feed);
  } finally {
    feed.close();
    rmSync(place, { recursive: true });
  }
}

describe('the server of a watch’s page', () => {
  it('gives nothing without the token, to another name, or to whoever would change something', async () => {
    await served(async ({ url }) => {
      const page = await ask(url);
      assert.equal(page.status, 200);
      assert.match(page.body, /Watching postgres/);
      assert.equal(page.headers['cache-control'], 'no-store');
      assert.equal(page.headers['referrer-policy'], 'no-referrer');
      const base = url.replace('0123abcd/', '');
      for (const wrong of ['', '0123abce/', '0123abc/', '0123abcd0/', 'now', 'episodes/3'])
        assert.equal((await ask(base + wrong)).status, 403, wrong);
      assert.equal((await ask(url, 'GET', { host: 'evil.example' })).status, 403);
      for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await ask(url, method)).status, 405);
      for (const missing of ['episodes/9', 'episodes/../..', 'recordings', 'now/x'])
        assert.equal((await ask(url + missing)).status, missing === 'episodes/../..' ? 403 : 404, missing);
      assert.deepEqual(JSON.parse((await ask(`${url}now`)).body), ['The first second has not ended yet.']);
    });
  });

  it('is refused an address that others could ask', async () => {
    const settings = { token: 'a', folder: '/x', memory: undefined, tool: 'x', web: WEB };
    await assert.rejects(
      WatchPageFeed.start({ ...settings, address: { host: '0.0.0.0', port: 0 } }),
      /this machine alone/,
    );
  });
});
