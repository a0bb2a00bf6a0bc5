// The page of an experiment in a real browser: everybody can read it, on a phone, in the dark, on paper and without its script; an arm has one colour on the
// whole page, and a hostile name stays text.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { reportAssets } from '../../src/cli/conclude.js';
import type { Experiment } from '../../src/model/experiment.js';
import { renderExperimented } from '../../src/pipeline.js';
import { HOSTILE_NAMES } from '../support/diagnosis.js';
import { experimentOf } from '../support/experiment-document.js';
import { launch, open, testReadable } from '../support/page.js';
import { needsCommand } from '../support/requirements.js';

const pageOf = (experiment: Experiment) => renderExperimented(experiment, reportAssets());
const crossed = experimentOf({ repeats: 4, seed: 101 });
const PAGES = {
  'of four arms that are crossed': pageOf(crossed),
  'of one run of each': pageOf(experimentOf({ repeats: 1, seed: 5 })),
};

describe('the page of an experiment in a browser', { skip: needsCommand('chromium') }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const [name, page] of Object.entries(PAGES))
    testReadable({ browser: () => browser, html: () => page, widths: [1280, 390], name });

  it('says at its top what it is not and what it is, and gives an arm one colour on the whole page', async () => {
    const opened = await open(browser, PAGES['of four arms that are crossed']);
    assert.equal((await opened.page.locator('#verdict').textContent())?.replaceAll('\u00a0', ' '), crossed.conclusion);
    const keys = await opened.page
      .locator('.legend button')
      .evaluateAll((all) =>
        all.map((one) => [one.textContent?.trim() ?? '', one.querySelector('.key')?.className ?? '']),
      );
    const colours = new Map<string, Set<string>>();
    for (const [arm = '', colour = ''] of keys) colours.set(arm, (colours.get(arm) ?? new Set()).add(colour));
    assert.equal(colours.size, 4);
    for (const [arm, own] of colours) assert.equal(own.size, 1, arm);
    // Survival, throughput and requests.
    assert.equal(await opened.page.locator('[data-chart]').count(), 3);
    await opened.close();
  });

  it('shows names as they are, whatever they hold', async () => {
    for (const name of HOSTILE_NAMES) {
      const opened = await open(browser, pageOf({ ...crossed, name, path: name, notes: [name] }));
      assert.deepEqual(opened.faults, []);
      await opened.close();
    }
  });
});
