// A report opened from disk in a real browser, with everything recorded that must not happen: requests, errors, dialogs.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Charts } from '../../src/model/charts.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import { reportAssets } from '../../src/cli/conclude.js';
import { renderHtml } from '../../src/present/html/report.js';
import { someBlockStats } from './block-stats.js';

/** The report with the browser code and the causes' pages that this build has made. */
export function builtReport(diagnosis: Diagnosis, charts: Charts, processName?: string): string {
  return renderHtml(diagnosis, charts, someBlockStats(processName), reportAssets());
}

/** Debian's chromium, told to talk to nobody. */
export function launch(): Promise<Browser> {
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking'];
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', ...quiet, '--disable-component-update', '--disable-sync'],
  });
}

export interface OpenPage {
  readonly page: Page;
  /** Requests but the file itself, errors and warnings of the console, uncaught errors, dialogs. Must stay empty. */
  readonly faults: readonly string[];
  readonly close: () => Promise<void>;
}

export async function open(browser: Browser, html: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-page-'));
  const file = path.join(folder, 'report.html');
  writeFileSync(file, html);
  const url = pathToFileURL(file).href;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== url) faults.push(`request: ${request.url()}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return {
    page,
    faults,
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds that is serious or critical, as 'rule: element'. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate<AxeResults, undefined>('axe.run()', undefined);
  return results.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html}`));
}

/** What stands out of the page on the right, but for what scrolls in a box of its own. */
export function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter(
        (element) =>
          element.getBoundingClientRect().right > innerWidth + 1 &&
          !element.closest('.scroll *, .command pre *, .contents li, svg *'),
      )
      .map((element) => `${element.tagName}.${element.className}`)
      .concat(document.documentElement.scrollWidth > innerWidth ? ['the page scrolls'] : []),
  );
}

export interface Readable {
  /** Asked when a test runs. */
  readonly browser: () => Browser;
  readonly html: () => string;
  /** px */
  readonly widths: readonly number[];
  /** Which of several pages it is. */
  readonly name?: string;
  /** What else holds of it in every look. */
  readonly also?: (page: Page) => Promise<void>;
}

/** Tests that everybody can read a page, at these widths, in the light and in the dark, and that nothing happens in it that must not. */
export function testReadable({ browser, html, widths, name, also }: Readable): void {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of widths) {
      const look = [...(name === undefined ? [] : [name]), colorScheme, `${width} px`].join(', ');
      it(`is quiet, fits and has no barrier: ${look}`, async () => {
        const { page, faults, close } = await open(browser(), html(), {
          colorScheme,
          viewport: { width, height: 800 },
        });
        await also?.(page);
        assert.deepEqual(await overflow(page), []);
        for (const details of await page.locator('details').all())
          await details.evaluate((one) => one.setAttribute('open', ''));
        assert.deepEqual(await overflow(page), [], 'with everything opened');
        // axe is put into the page past its policy, by the debugger.
        assert.deepEqual(await barriers(page), []);
        assert.deepEqual(faults, []);
        await close();
      });
    }
}
