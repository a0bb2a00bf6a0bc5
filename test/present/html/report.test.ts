// The page as text: its policy names exactly the script and the style that are in it, and its parts stand in their order.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { loadCauses, loadDrills } from '../../../src/catalogue.js';
import { reportAssets } from '../../../src/cli/conclude.js';
import { renderHtml } from '../../../src/present/html/report.js';
import { someBlockStats } from '../../support/block-stats.js';
import { storyCharts } from '../../support/charts.js';
import { aDiagnosis, aTraceDiagnosis } from '../../support/diagnosis.js';

const assets = {
  js: "document.title = '</script><!-- ' + 1;\n",
  css: 'h1 { color: red } /* </style> */',
  causes: { 'mem.dirty-limit': '<p>The limit is <code>too</code> low.</p>' },
};
const page = renderHtml(aDiagnosis(), storyCharts(), someBlockStats(), assets);

describe('the page', () => {
  it('lets only its own script and style run, and loads nothing', () => {
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = (text: string | undefined) =>
      `'sha256-${createHash('sha256')
        .update(text ?? '')
        .digest('base64')}'`;
    const [, script] = /<script>(.*?)<\/script>/s.exec(page) ?? [];
    const [, style] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
    assert.match(policy, /^default-src 'none'; /);
    assert.ok(policy.includes(`script-src ${hash(script)};`));
    assert.ok(policy.includes(`style-src ${hash(style)};`));
    assert.doesNotMatch(policy, /unsafe|http/);
    assert.doesNotMatch(page, /\s(?:src|style|on\w+)=|\shref="(?!#|data:image\/svg\+xml,)/);
  });

  it('keeps assets from ending their element', () => {
    assert.match(page, /document\.title = '\\x3c\/script>\\x3c!-- ' \+ 1;<\/script>/);
    assert.equal(page.match(/<\/style>/g)?.length, 1);
  });

  it('has its parts in order', () => {
    const ids = [...page.matchAll(/<section\s+(?:id="([^"]*)"|class="(verdict)[^"]*")/g)].map(
      (match) => match[1] ?? match[2],
    );
    assert.deepEqual(ids, [
      'verdict',
      'proof',
      'advice',
      'evidence',
      'also',
      'timeline',
      'time',
      'probe',
      'latency',
      'block-layer',
      'writers',
      'stacks',
      'ruled-out',
      'not-checked',
      'losses',
      'changes',
      'machine',
      'causes',
      'guide',
    ]);
  });

  it('holds the page of every cause that it names, and every link leads to one', () => {
    const { verdict, also, ruledOut, notChecked } = aDiagnosis();
    const targets = [...page.matchAll(/href="#([^"]*)"/g)].map((match) => match[1] ?? '');
    assert.ok(targets.length > 0);
    for (const target of targets) assert.ok(page.includes(`id="${target}"`), target);
    for (const { cause } of [verdict, ...also, ...ruledOut, ...notChecked])
      assert.ok(targets.includes(`cause-${cause.replaceAll('.', '-')}`), cause);
    assert.ok(page.includes('<p>The limit is <code>too</code> low.</p>'));
  });
});

describe('the page of a block trace', () => {
  const trace = renderHtml(aTraceDiagnosis(), storyCharts(), undefined, assets);

  it('says right below the verdict what it can’t tell', () => {
    const ids = [...trace.matchAll(/<section\s+(?:id="([^"]*)"|class="(verdict)[^"]*")/g)].map(
      (match) => match[1] ?? match[2],
    );
    assert.deepEqual(ids.slice(0, 3), ['verdict', 'limits', 'proof']);
    assert.match(trace, /<li>Not in a block trace: <code>settings<\/code>\.<\/li>/);
  });

  it('shows what is unknown as unknown, and claims nothing that was not recorded', () => {
    assert.match(trace, /<b>Unknown host<\/b>/);
    assert.match(trace, /kernel unknown/);
    assert.match(trace, /time unknown/);
    assert.match(trace, /<title>mem\.dirty-limit on sda – iowitness<\/title>/);
    assert.match(trace, /"startedAt":null/);
    assert.doesNotMatch(trace, /No setting changed|Nothing was lost while recording|ended: |>null|undefined/);
  });
});

describe('the causes’ pages', () => {
  it('are there for every cause, with all their parts, and for nothing else', async () => {
    const { causes } = reportAssets();
    const ids = (await loadCauses()).map((cause) => cause.id);
    assert.deepEqual(Object.keys(causes).toSorted(), ids.toSorted());
    for (const id of ids) {
      const headings = [...(causes[id] ?? '').matchAll(/<h2>(.*?)<\/h2>/g)].map((match) => match[1]);
      assert.deepEqual(headings, ['How it is told', 'Easily mistaken for it', 'What to do', 'How to undo it'], id);
      assert.doesNotMatch(causes[id] ?? '', /<script|<img|\sstyle=/, id);
    }
  });

  /** A machine is what it is: a CPU can't be made slow on demand, only recorded where it is. */
  const NOT_PROVOKED = new Set(['cpu.slow']);

  it('have a drill each, but for health, which has several', async () => {
    const drills = (await loadDrills()).map((drill) => drill.id);
    for (const { id } of await loadCauses())
      assert.ok(NOT_PROVOKED.has(id) || drills.some((drill) => drill === id || drill.startsWith(`${id}.`)), id);
  });
});
