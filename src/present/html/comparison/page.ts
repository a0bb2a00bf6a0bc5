// Two recordings on one page: what became of the cause, which recording is which with its verdict, the figures and settings that differ, and the charts
// over each other.

import { basename } from 'node:path';
import type { Charts } from '../../../model/charts.js';
import type { Comparison } from '../../../model/comparison.js';
import { renderComparisonMarkdown } from '../../comparison/markdown.js';
import { COMPARISON_LOOK, COMPARISON_WORDS, nameOf } from '../../comparison/words.js';
import { causePages } from '../causes.js';
import { paletteOf } from '../colours.js';
import { html, jsonScript, type Markup } from '../markup.js';
import { renderPage, type ReportAssets } from '../page.js';
import { embed } from '../payload.js';
import { proof, timeline } from '../timeline.js';
import { differences, settings } from './differences.js';
import { outcome, sides, tiles } from './top.js';

function header({ before, after }: Comparison): Markup {
  const hosts = [...new Set([before, after].map(({ recording }) => recording.host ?? 'unknown host'))];
  return html`<p>
    <b>${hosts.join(' → ')}</b> <span>before ${nameOf(before)}</span> <span>after ${nameOf(after)}</span>
  </p>`;
}

/** The whole page. */
export function renderComparison(comparison: Comparison, charts: Charts, assets: ReportAssets): string {
  const { before, after, tool } = comparison;
  const { kind, sentence } = comparison.outcome;
  const palette = paletteOf(charts);
  const names = [before, after].map(({ recording }) => recording.host ?? basename(recording.path));
  return renderPage(
    {
      title: `${COMPARISON_WORDS[kind]}: ${before.verdict.cause} on ${[...new Set(names)].join(' and ')}`,
      description: sentence,
      tool,
      outcome: COMPARISON_LOOK[kind],
      header: header(comparison),
      hasVerdict: true,
      parts: [
        outcome(comparison),
        tiles(comparison),
        sides(comparison),
        proof(charts, palette, 'What showed it, before and after'),
        differences(comparison),
        settings(comparison),
        timeline(charts, palette, 'Grey lines are before, coloured ones after, each from its recording’s own start.'),
        causePages(
          {
            verdict: before.verdict,
            also: [...before.also, after.verdict, ...after.also],
            ruledOut: [],
            notChecked: [],
          },
          assets.causes,
        ),
      ],
      data: [
        // The two did not happen at the same time of day: only seconds since the start are one axis.
        jsonScript('charts', embed(charts, null)),
        jsonScript('ticket', renderComparisonMarkdown(comparison)),
        jsonScript('comparison', comparison),
      ],
      saved: 'comparison',
    },
    assets,
  );
}
