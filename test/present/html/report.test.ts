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
      'onset',
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

describe('the slowest requests', () => {
  const [, part = ''] = /<section id="latency"([^]*?)<\/section>/.exec(page) ?? [];

  it('are one list of which one is open, slowest first', () => {
    const items = [...part.matchAll(/<details name="slowest"\s*(open)?/g)].map(([, open]) => open);
    assert.deepEqual(items, ['open', undefined, undefined]);
    const took = [...part.matchAll(/<b class="figures">([^<]*)<\/b>/g)].map(([, text]) => text);
    assert.deepEqual(took, ['40 ms', '20 ms', '10 ms']);
  });

  it('stand between the ends of what is shown, before the device and in it, and tell what is left out', () => {
    // 48 ms are shown of the first, 8 of them before it: it is queued for 20 and in the device for 20.
    const [, x, width] = /class="area state-block-device"\s+x="([\d.]+)%"\s+width="([\d.]+)%"/.exec(part) ?? [];
    assert.ok(Math.abs(Number(x) - (100 * 28) / 50) < 0.1, x);
    assert.ok(Math.abs(Number(width) - (100 * 20) / 50) < 0.1, width);
    assert.match(part, /20 ms queued, 20 ms with the device;\s+5 others on vdb\s+meanwhile/);
    assert.match(part, /and 3 more that overlap it less/);
    assert.match(part, /unknown: flush/);
    assert.match(part, /dirty-throttle 16 %/);
  });
});

describe('the kernel stacks', () => {
  it('are boxes as wide as the time asleep, a row a function, and trees that say the same', () => {
    const [, part = ''] = /<section id="stacks"([^]*?)<\/section>/.exec(page) ?? [];
    const boxes = [...part.matchAll(/y="(\d+)"\s+width="([\d.]+)%"[^>]*>\s*<title>([^:]*):/g)].map(([, y, w, name]) => [
      name,
      y,
      w,
    ]);
    assert.deepEqual(boxes, [
      ['dirty-throttle', '0', '100.000'],
      ['ksys_write', '18', '100.000'],
      ['balance_dirty_pages', '36', '100.000'],
      ['io_schedule_timeout', '54', '100.000'],
    ]);
    assert.match(part, /class="flame" width="100%" height="72" aria-hidden="true"/);
    assert.match(part, /ksys_write → balance_dirty_pages → io_schedule_timeout/);
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
