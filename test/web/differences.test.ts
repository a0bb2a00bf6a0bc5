// The page of what differs in a real browser: everybody can read it, on a phone, in the dark, on paper and without its script; recordings have one colour
// each on the whole page, and a change is marked.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { reportAssets } from '../../src/cli/conclude.js';
import type { Differences } from '../../src/model/differences.js';
import { renderDifferencesPage } from '../../src/present/html/differences/page.js';
import { HOSTILE_NAMES } from '../support/diagnosis.js';
import { launch, open, overflow, testReadable } from '../support/page.js';
import { comparedBySide, planted } from '../support/planted.js';
import { needsCommand } from '../support/requirements.js';

const changed = comparedBySide(
  [
    planted({
      seed: 1,
      slowFrom: 30_000,
      reclaimFrom: 28_000,
      changes: [{ what: '/proc/sys/vm/dirty_bytes', before: '0', after: '8192', atMs: 29_800 }],
    }),
  ],
  () => undefined,
);
const two = comparedBySide(
  [planted({ seed: 1, slowFrom: 30_000 }), planted({ seed: 2, slower: 3, seconds: 40 })],
  () => undefined,
);

/** With facts, which made-up counters do not have; `name` in the place of everything that a machine said. */
function withFacts(differences: Differences, name = 'vm.dirty_bytes'): Differences {
  const fact = (value: string) => ({
    name: value,
    area: 'setting' as const,
    values: differences.recordings.map((_, at) => (at === 0 ? name : null)),
  });
  return {
    ...differences,
    recordings: differences.recordings.map((one) => ({ ...one, path: `/x/${name}.iow`, host: name, kernel: name })),
    answer: `They differ in 2 of 300 facts: ${name}.`,
    facts: {
      ...differences.facts,
      compared: 300,
      groups: [
        { sentence: name, facts: [fact(name), fact(`${name} 2`)], division: null, p: 1, separates: false },
        {
          sentence: name,
          facts: [fact(`${name} 3`)],
          division: { words: `is ${name}`, slowWith: 5, fastWith: 0, slow: 5, fast: 5, agree: 10, p: 0.004 },
          p: 0.02,
          separates: true,
        },
      ],
    },
  };
}

const pageOf = ({ differences, charts }: typeof two) => renderDifferencesPage(differences, charts, reportAssets());
const PAGES = {
  'of one that changed': pageOf(changed),
  'of two': pageOf({ ...two, differences: withFacts(two.differences) }),
};

describe('the page of what differs in a browser', { skip: needsCommand('chromium') }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const [name, page] of Object.entries(PAGES))
    testReadable({ browser: () => browser, html: () => page, widths: [1280, 768, 390], name });

  it('gives a recording one colour on the whole page', async () => {
    const opened = await open(browser, PAGES['of two']);
    const keys = await opened.page
      .locator('.legend button')
      .evaluateAll((all) =>
        all.map((one) => [one.textContent?.trim().slice(0, 2), one.querySelector('.key')?.className]),
      );
    assert.ok(keys.length >= 8);
    for (const letter of ['A ', 'B ']) {
      const classes = new Set(keys.filter(([name]) => name === letter).map(([, className]) => className));
      assert.equal(classes.size, 1, `${letter}: ${[...classes].join(', ')}`);
    }
    await opened.close();
  });

  it('says when it changed, what moved first and what was set, and marks it, without the script too', async () => {
    const opened = await open(browser, PAGES['of one that changed'], { javaScriptEnabled: false });
    assert.match(await opened.page.locator('.verdict').innerText(), /^It changed\n[\s\S]* the victim’s disk: /);
    const when = await opened.page.locator('#when').innerText();
    assert.match(when, /pgscan_direct/);
    assert.match(when, /\/proc\/sys\/vm\/dirty_bytes\s+0 → 8192/);
    assert.ok((await opened.page.locator('#proof svg.drawing .shade').count()) >= 1);
    assert.match(
      (await opened.page.locator('.lane').getAttribute('aria-label')) ?? '',
      /^Bands: change .*the victim’s disk: throughput.* from /,
    );
    assert.deepEqual(opened.faults, []);
    await opened.close();
  });

  it('tells which fact separates, and folds what comes with another one', async () => {
    const opened = await open(browser, PAGES['of two']);
    const facts = await opened.page.locator('#facts').innerText();
    assert.match(facts, /separates: is vm\.dirty_bytes in 5 of 5 slow and 0 of 5 fast ones as good by accident: 2\s%/);
    assert.match(facts, /A fact comes with vm\.dirty_bytes/);
    assert.match(facts, /unknown/);
    await opened.close();
  });

  it('copies for a ticket what the command prints', async () => {
    const opened = await open(browser, PAGES['of two'], { permissions: ['clipboard-read', 'clipboard-write'] });
    await opened.page.getByRole('button', { name: 'Copy for a ticket' }).click();
    const copied = await opened.page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /^````text\nThey differ in 2 of 300 facts[\s\S]*\nMeasures that differ[\s\S]*\n````$/);
    await opened.close();
  });

  it('prints its facts, measures and charts', async () => {
    const opened = await open(browser, PAGES['of two']);
    await opened.page.emulateMedia({ media: 'print' });
    for (const part of ['#facts', '#measures', '#when', '.chart'])
      assert.ok(await opened.page.locator(part).first().isVisible(), part);
    assert.equal(await opened.page.locator('.controls').first().isVisible(), false);
    await opened.close();
  });

  for (const name of HOSTILE_NAMES)
    it(`lets no name be markup: ${JSON.stringify(name.slice(0, 40))}`, async () => {
      const page = pageOf({ ...two, differences: withFacts(two.differences, name) });
      const opened = await open(browser, page, { viewport: { width: 390, height: 800 } });
      assert.equal(await opened.page.evaluate(() => 'hacked' in window), false);
      assert.equal(await opened.page.locator('script').count(), 4);
      assert.deepEqual(await overflow(opened.page), []);
      assert.deepEqual(opened.faults, []);
      await opened.close();
    });
});
