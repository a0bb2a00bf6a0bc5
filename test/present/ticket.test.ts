// The verdict for a ticket: Markdown in which no name is markup, and a picture that is one well-formed SVG of the right size.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportAssets } from '../../src/cli/conclude.js';
import { STATES } from '../../src/model/states.js';
import { renderCard } from '../../src/present/card.js';
import { escapeMarkdown, renderMarkdown } from '../../src/present/markdown.js';
import { hostileCharts, storyCharts } from '../support/charts.js';
import { aDiagnosis, aHealthyDiagnosis, aHostileDiagnosis, HOSTILE_NAMES } from '../support/diagnosis.js';

const CSS = reportAssets().css;

describe('the Markdown', () => {
  it('has verdict, key figures, evidence and the fix in under thirty lines', () => {
    const text = renderMarkdown(aDiagnosis());
    assert.ok(text.split('\n').length < 30, text);
    for (const part of [
      /^\*\*Stall found: The page cache’s dirty limit is too low/,
      /^\| time lost \| 52\.3 s \| 93 % of iowitness-probe’s 56 s \|$/m,
      /^\| dirty limit in force \| /m,
      /^1\. Put the limit back to a share of memory: `sysctl -w vm\.dirty_ratio=20/m,
      /recording 6f1c2f0e/,
    ])
      assert.match(text, part);
  });

  it('says once that there is no stall', () => {
    const healthy = aHealthyDiagnosis();
    assert.match(healthy.verdict.sentence, /^No stall: /);
    assert.match(renderMarkdown(healthy), /^\*\*No stall: (?!No stall)/);
  });

  it('lets no name be a link, a table or a mention', () => {
    assert.equal(escapeMarkdown('a|b [x](y) <b> *c* `d`'), 'a\\|b \\[x\\](y) \\<b\\> \\*c\\* \\`d\\`');
    assert.doesNotMatch(escapeMarkdown('@everyone'), /@e/);
    for (const name of HOSTILE_NAMES) {
      const text = renderMarkdown(aHostileDiagnosis(name));
      assert.doesNotMatch(text.replaceAll(/`[^`\n]*`/g, ''), /(?<!\\)<(script|img)/i);
    }
  });
});

describe('the picture', () => {
  /** Every element that is opened is closed in its order. */
  function assertWellFormed(svg: string): void {
    const open: string[] = [];
    for (const [, close, name = '', rest = ''] of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:[^<>"]|"[^"<]*")*)>/g)) {
      if (rest.endsWith('/')) continue;
      if (close === '/') assert.equal(open.pop(), name);
      else open.push(name);
    }
    assert.deepEqual(open, []);
  }

  it('shows sentence, key figures and the proof', () => {
    const svg = renderCard(aDiagnosis(), storyCharts(), CSS);
    assertWellFormed(svg);
    assert.match(svg, /viewBox="0 0 1200 630"/);
    for (const words of ['52.3 s', 'dirty limit', 'Dirty bytes of vdb against its share of the limit'])
      assert.ok(svg.includes(words), words);
    assert.match(svg, /<path class="stroke [^"]*" d="M/);
  });

  it('has a colour for every line and state that a chart may draw', () => {
    const svg = renderCard(aDiagnosis(), storyCharts(), CSS);
    const named = new Set([...svg.matchAll(/\.([\w-]+)\{[^}]*color:/g)].map(([, name]) => name));
    for (const name of ['line-0', 'line-7', 'line-lost', 'line-limit', 'rest-0', 'rest-2'])
      assert.ok(named.has(name), name);
    const withColour = Object.keys(STATES).filter((state) => CSS.includes(`.state-${state}{`));
    assert.ok(withColour.length > 15);
    for (const state of withColour) assert.ok(named.has(`state-${state}`), state);
  });

  it('stands whatever the names are, and without a proof', () => {
    for (const name of HOSTILE_NAMES) {
      const svg = renderCard(aHostileDiagnosis(name), hostileCharts(name), CSS);
      assertWellFormed(svg);
      assert.doesNotMatch(svg, /<(script|img)/i);
    }
  });
});
