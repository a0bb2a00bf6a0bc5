// The page as text: its policy names exactly the script and the style that are in it, and its parts stand in their order.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { renderHtml } from '../../../src/present/html/report.js';
import { storyCharts } from '../../support/charts.js';
import { aDiagnosis } from '../../support/diagnosis.js';

const assets = { js: "document.title = '</script><!-- ' + 1;\n", css: 'h1 { color: red } /* </style> */' };
const page = renderHtml(aDiagnosis(), storyCharts(), assets);

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
    assert.doesNotMatch(page, /\s(?:src|href|style|on\w+)=/);
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
      'evidence',
      'advice',
      'also',
      'timeline',
      'time',
      'probe',
      'latency',
      'writers',
      'ruled-out',
      'not-checked',
      'losses',
      'changes',
      'machine',
      'guide',
    ]);
  });
});
