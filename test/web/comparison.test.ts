// The page of two recordings in a real browser: everybody can read it, on a phone, in the dark, on paper and without its script, and its legends say which
// lines are before and which after.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { reportAssets } from '../../src/cli/conclude.js';
import { renderComparison } from '../../src/present/html/comparison/page.js';
import { aComparison, comparedCharts } from '../support/comparison.js';
import { HOSTILE_NAMES } from '../support/diagnosis.js';
import { launch, open, overflow, testReadable } from '../support/page.js';
import { needsCommand } from '../support/requirements.js';

const page = (name?: string) => renderComparison(aComparison(name), comparedCharts(), reportAssets());

describe('the page of two recordings in a browser', { skip: needsCommand('chromium') }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  testReadable({ browser: () => browser, html: page, widths: [1280, 390] });

  it('says in legend and stroke what is before: grey, beneath what is after', async () => {
    const opened = await open(browser, page());
    const lines = await opened.page
      .locator('.chart:first-child .legend button')
      .evaluateAll((all) =>
        all.map((one) => [one.textContent?.trim() ?? '', one.querySelector('.key')?.className ?? '']),
      );
    assert.ok(lines.length >= 4);
    for (const [name = '', classes = ''] of lines)
      assert.equal(/\bbefore-\d\b/.test(classes), name.startsWith('before: '), `${name}: ${classes}`);
    assert.ok((await opened.page.locator('.plot canvas').count()) >= 5);
    await opened.close();
  });

  it('shows no change of what is missing, and nothing of what is nothing in both', async () => {
    const opened = await open(browser, page(), { javaScriptEnabled: false });
    const rows = await opened.page.locator('#differences tbody tr').allInnerTexts();
    const row = (label: string) => rows.find((text) => text.startsWith(label))?.split(/\s*\t\s*/);
    assert.deepEqual(row('lost to'), ['lost to mem.dirty-limit', '93\u00a0%', '–', '–']);
    assert.deepEqual(row('written'), ['written by its own calls', '1\u00a0MB/s', '100\u00a0MB/s', '× 100']);
    assert.deepEqual(row('own writes')?.at(-1), '÷ 10000');
    assert.deepEqual(row('time in')?.at(-1), '−100\u00a0%');
    assert.deepEqual(row('dirty limit')?.at(-1), 'as before');
    assert.equal(row('disk: read'), undefined);
    assert.match(await opened.page.locator('.doubts').innerText(), /asked for less/);
    assert.ok((await opened.page.locator('svg.drawing').count()) >= 5, 'the charts stand without the script');
    assert.deepEqual(opened.faults, []);
    await opened.close();
  });

  it('copies the comparison for a ticket', async () => {
    const opened = await open(browser, page(), { permissions: ['clipboard-read', 'clipboard-write'] });
    await opened.page.getByRole('button', { name: 'Copy for a ticket' }).click();
    const copied = await opened.page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /^\*\*Can’t be told: No stall was seen after/);
    assert.match(copied, /^\| vm\.dirty\\_bytes \| 8192 \| none \|$/m);
    await opened.close();
  });

  it('prints its two recordings, figures and charts', async () => {
    const opened = await open(browser, page());
    await opened.page.emulateMedia({ media: 'print' });
    for (const part of ['.sides', '#differences', '.chart'])
      assert.ok(await opened.page.locator(part).first().isVisible());
    for (const useless of ['.controls', 'header .buttons'])
      assert.equal(await opened.page.locator(useless).first().isVisible(), false, useless);
    await opened.close();
  });

  for (const name of HOSTILE_NAMES)
    it(`lets no name be markup: ${JSON.stringify(name.slice(0, 40))}`, async () => {
      const opened = await open(browser, page(name), { viewport: { width: 390, height: 800 } });
      assert.equal(await opened.page.evaluate(() => 'hacked' in window), false);
      assert.equal(await opened.page.locator('script').count(), 4);
      assert.deepEqual(await overflow(opened.page), []);
      assert.deepEqual(opened.faults, []);
      await opened.close();
    });
});
