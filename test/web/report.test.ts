// The report in a real browser, opened from disk: it asks nobody for anything, everybody can read it, its charts can be zoomed by
// mouse and keys, and no name from a recording becomes markup.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { hostileCharts, largeCharts, storyCharts } from '../support/charts.js';
import { aDiagnosis, aHealthyDiagnosis, aHostileDiagnosis, HOSTILE_NAMES } from '../support/diagnosis.js';
import { builtReport, launch, open, overflow, testReadable } from '../support/page.js';
import { needsCommand } from '../support/requirements.js';

function shownRange(page: Page): Promise<string> {
  return page.locator('.controls .range').innerText();
}

function legendValues(page: Page): Promise<string[]> {
  return page.locator('[data-id="throughput"] .legend button + b').allInnerTexts();
}

describe('the report in a browser', { skip: needsCommand('chromium') }, () => {
  let browser: Browser;
  const story = () => builtReport(aDiagnosis(), storyCharts());

  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  testReadable({
    browser: () => browser,
    html: story,
    widths: [1280, 360],
    also: async (page) =>
      assert.equal(await page.locator('.plot canvas').count(), 11, 'two of the proof, seven charts and two heatmaps'),
  });

  it('shows the verdict, the key figures and what shows it on a laptop’s first screen', async () => {
    const { page, close } = await open(browser, story());
    for (const selector of ['h1', '.tiles', '[data-chart="0"]', '[data-chart="1"] figcaption'])
      assert.ok(
        await page.locator(selector).evaluate((element) => element.getBoundingClientRect().bottom < innerHeight),
        `${selector} is below the first screen`,
      );
    await close();
  });

  it('zooms and moves by keys, by buttons, by dragging and back', async () => {
    const { page, faults, close } = await open(browser, story());
    const group = page.getByRole('group', { name: 'Charts over time' });
    await group.focus();
    assert.equal(await shownRange(page), '0 s to 60 s');
    await page.keyboard.press('+');
    assert.equal(await shownRange(page), '15 s to 45 s');
    await page.keyboard.press('ArrowRight');
    assert.equal(await shownRange(page), '22.5 s to 52.5 s');
    await page.keyboard.press('-');
    assert.equal(await shownRange(page), '0 s to 60 s');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await shownRange(page), '0 s to 60 s', 'it does not leave the recording');
    await page.getByRole('button', { name: 'zoom in' }).click();
    assert.equal(await shownRange(page), '15 s to 45 s');
    await page.getByRole('button', { name: 'All' }).click();

    const plot = page.locator('[data-id="throughput"] .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox()) ?? assert.fail('the plot has no box');
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.25, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, y, { steps: 5 });
    await page.mouse.up();
    assert.match(await shownRange(page), /^1(4\.\d+|5(\.\d+)?) s to (29\.\d+|30(\.\d+)?) s$/);
    await page.mouse.dblclick(box.x + 100, y);
    assert.equal(await shownRange(page), '0 s to 60 s');
    for (let press = 0; press < 20; press += 1) await group.press('+');
    assert.match(await shownRange(page), /^29\.6 s to 30\.4 s$/, 'it stops at a few bins');
    assert.deepEqual(faults, []);
    await close();
  });

  it('draws the zoomed stretch in every chart', async () => {
    const { page, close } = await open(browser, story());
    const ink = () =>
      page
        .locator('.plot canvas')
        .evaluateAll((all) => all.map((one) => (one instanceof HTMLCanvasElement ? one.toDataURL() : '')));
    const whole = await ink();
    await page.getByRole('group', { name: 'Charts over time' }).press('+');
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const zoomed = await ink();
    assert.deepEqual(
      whole.map((image, at) => image !== zoomed[at]),
      whole.map(() => true),
    );
    await close();
  });

  it('zooms by the wheel with Ctrl, and leaves the plain wheel to the page', async () => {
    const { page, close } = await open(browser, story());
    const plot = page.locator('[data-chart="0"] .u-over');
    await plot.hover();
    await page.mouse.wheel(0, -100);
    assert.equal(await shownRange(page), '0 s to 60 s');
    await plot.hover();
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -100);
    await page.keyboard.up('Control');
    assert.notEqual(await shownRange(page), '0 s to 60 s');
    await close();
  });

  it('tells the values under the cursor in all charts, and the medians when it has left', async () => {
    const { page, close } = await open(browser, story());
    const resting = await legendValues(page);
    const plot = page.locator('[data-chart="0"] .u-over');
    const box = (await plot.boundingBox()) ?? assert.fail('the plot has no box');
    await page.mouse.move(box.x + box.width * 0.75, box.y + 20);
    assert.match((await legendValues(page))[0] ?? '', /^2\d(\.\d)?$/);
    assert.match(await page.locator('.controls .at').innerText(), /^4[45](\.\d+)? s · 02:12:(49|50)\.\d{3} UTC$/);
    await page.mouse.move(5, 5);
    assert.deepEqual(await legendValues(page), resting);

    const cell = page.locator('[data-heatmap="0"] .u-over');
    await cell.scrollIntoViewIfNeeded();
    const area = (await cell.boundingBox()) ?? assert.fail('the heatmap has no box');
    await page.mouse.move(area.x + area.width * 0.75, area.y + area.height * 0.73);
    assert.match(
      await page.locator('[data-heatmap="0"] .tooltip').innerText(),
      /^4\d(\.\d)? s: \d+ requests of .* to /,
    );
    await close();
  });

  it('moves nothing when the mouse goes over a chart', async () => {
    const { page, close } = await open(browser, story());
    const tops = () =>
      page.locator('.chart').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top + scrollY));
    const resting = await tops();
    const plot = page.locator('[data-id="throughput"] .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox()) ?? assert.fail('the plot has no box');
    await page.mouse.move(box.x + box.width * 0.75, box.y + 20);
    assert.match(await page.locator('.controls .at').innerText(), /UTC/);
    assert.deepEqual(await tops(), resting);
    await close();
  });

  it('hides a line by its name, shows one alone with Alt, and keeps both in the address', async () => {
    const { page, faults, close } = await open(browser, story());
    const names = page.locator('[data-id="throughput"] .legend button');
    const pressed = () => names.evaluateAll((all) => all.map((one) => one.getAttribute('aria-pressed')));
    await names.nth(0).click();
    assert.equal((await pressed())[0], 'false');
    assert.match(page.url(), /#hide=throughput\.0$/);
    await names.nth(1).click({ modifiers: ['Alt'] });
    assert.deepEqual(
      await pressed(),
      (await pressed()).map((_, line) => String(line === 1)),
    );
    await names.nth(1).click({ modifiers: ['Alt'] });
    assert.ok((await pressed()).every((one) => one === 'true'));
    assert.doesNotMatch(page.url(), /hide/);
    assert.deepEqual(faults, []);
    await close();
  });

  it('shows again what an address says: stretch, lines, clock and theme', async () => {
    const { page, faults, close } = await open(browser, story(), { colorScheme: 'light' });
    await page.evaluate(() => (location.hash = '#t=10-20&hide=throughput.0,nosuch.3&clock=UTC&theme=dark'));
    await page.locator('[data-id="throughput"] .legend button[aria-pressed="false"]').waitFor();
    assert.equal(await shownRange(page), '02:12:15.000 to 02:12:25.000');
    assert.equal(
      await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor),
      'rgb(21, 24, 28)',
    );
    await page.evaluate(() => (location.hash = '#t=<script>&hide=%00&clock=mars&theme=pink'));
    await page.evaluate(() => (location.hash = '#machine'));
    assert.equal(await shownRange(page), '02:12:05.000 to 02:13:05.000', 'what is not understood shows the whole');
    assert.deepEqual(faults, []);
    await close();
  });

  for (const javaScriptEnabled of [true, false])
    it(`shows another slow request in the place of the first ${javaScriptEnabled ? 'with' : 'without'} its script`, async () => {
      const { page, faults, close } = await open(browser, story(), { javaScriptEnabled });
      const lists = page.locator('#latency .waterfall');
      const shown = async () => await Promise.all((await lists.all()).map((one) => one.isVisible()));
      assert.deepEqual(await shown(), [true, false, false]);
      await page.locator('#latency summary', { hasText: '10 ms' }).last().click();
      assert.deepEqual(await shown(), [false, false, true]);
      assert.deepEqual(faults, []);
      await close();
    });

  it('copies a command, and the verdict for a ticket', async () => {
    const { page, close } = await open(browser, story(), { permissions: ['clipboard-read', 'clipboard-write'] });
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await page.locator('.command .copy').first().click();
    assert.equal(await copied(), await page.locator('.command code').first().innerText());
    await page.getByRole('button', { name: 'Copy for a ticket' }).click();
    assert.match(await copied(), /^\*\*Stall found: [^]*vm\.dirty/);
    await close();
  });

  it('links every part of the page in its contents', async () => {
    const { page, close } = await open(browser, story());
    const targets = await page.locator('.contents a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    assert.ok(targets.length > 10);
    for (const target of targets) assert.equal(await page.locator(target ?? 'none').count(), 1, target ?? '');
    await close();
  });

  it('changes the theme on demand', async () => {
    const { page, close } = await open(browser, story(), { colorScheme: 'light' });
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    assert.equal(await paper(), 'rgb(255, 255, 255)');
    await page.getByRole('button', { name: 'Dark' }).click();
    assert.equal(await paper(), 'rgb(21, 24, 28)');
    await page.getByRole('button', { name: 'Light' }).click();
    assert.equal(await paper(), 'rgb(255, 255, 255)');
    await close();
  });

  it('is whole without JavaScript', async () => {
    const { page, faults, close } = await open(browser, story(), { javaScriptEnabled: false });
    assert.match(await page.locator('h1').innerText(), /dirty limit is too low/);
    assert.equal(await page.locator('svg.drawing').count(), 9);
    for (const useless of ['.controls', 'header .buttons', '.copy'])
      assert.equal(await page.locator(useless).first().isVisible(), false, useless);
    assert.deepEqual(faults, []);
    await close();
  });

  for (const name of HOSTILE_NAMES) {
    it(`lets no name be markup: ${JSON.stringify(name.slice(0, 40))}`, async () => {
      const { page, faults, close } = await open(
        browser,
        builtReport(aHostileDiagnosis(name), hostileCharts(name), name),
        {
          viewport: { width: 360, height: 800 },
        },
      );
      assert.equal(await page.evaluate(() => 'hacked' in window), false);
      assert.equal(await page.locator('script').count(), 4);
      assert.equal(await page.locator('img, [onmouseover], [onerror]').count(), 0);
      assert.equal(await page.locator('.plot canvas').count(), 9, 'the script ran');
      assert.deepEqual(await overflow(page), []);
      assert.deepEqual(faults, []);
      await close();
    });
  }

  it('stands without charts, and when nothing is wrong', async () => {
    const none = {
      ...storyCharts(),
      proof: [],
      charts: [],
      stacks: [],
      bands: [],
      heatmaps: [],
      slowest: [],
      t: new Float64Array(0),
    };
    const { page, faults, close } = await open(browser, builtReport(aHealthyDiagnosis(), none));
    assert.match(await page.locator('.outcome').innerText(), /No stall/);
    assert.deepEqual(faults, []);
    await close();
  });

  it('stays under 1.5 MB with a dozen charts and two heatmaps', async () => {
    const html = builtReport(aDiagnosis(), largeCharts());
    assert.ok(html.length < 1.5e6, `${html.length} bytes`);
    const { page, faults, close } = await open(browser, html);
    assert.equal(await page.locator('.plot canvas').count(), 14);
    assert.deepEqual(faults, []);
    await close();
  });
});
