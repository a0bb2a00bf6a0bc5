// What differs between recordings on one page: the answer, the recordings over each other on one axis of time, the facts that separate them, the measures
// that differ, and when each of them changed.

import { basename } from 'node:path';
import type { Charts } from '../../../model/charts.js';
import type { Differences } from '../../../model/differences.js';
import { renderDifferences } from '../../differences/text.js';
import { lookOf } from '../../differences/words.js';
import { paletteOf } from '../colours.js';
import { html, jsonScript, type Markup } from '../markup.js';
import { renderPage, type ReportAssets } from '../page.js';
import { tied } from '../parts.js';
import { embed } from '../payload.js';
import { proof, timeline } from '../timeline.js';
import { facts, measures, onsetsOf, recordings } from './parts.js';

/** Columns of the text for a ticket. */
const TICKET_WIDTH = 120;

function header({ recordings: all }: Differences): Markup {
  const hosts = [...new Set(all.map(({ host }) => host ?? 'unknown host'))];
  const [first] = all;
  const what = all.length === 1 && first ? basename(first.path) : `${all.length} recordings`;
  return html`<p><b>${hosts.length > 3 ? `${hosts.length} hosts` : hosts.join(', ')}</b> <span>${what}</span></p>`;
}

function answer(differences: Differences): Markup {
  const { words, outcome } = lookOf(differences);
  return html`<section class="verdict ${outcome}" aria-labelledby="verdict">
    <p class="outcome">${words}</p>
    <h1 id="verdict">${tied(differences.answer)}</h1>
  </section>`;
}

function note({ recordings: all }: Differences, { bands }: Charts): string {
  const origin = all.length > 1 ? 'Each recording counts from its own start.' : '';
  const grey = bands.length > 0 ? 'Grey is where something changed, with 95 %; the lane tells what.' : '';
  return [origin, grey].filter((text) => text !== '').join(' ');
}

/** As the command prints it: a ticket takes it as it is. */
function ticket(differences: Differences): string {
  return `\`\`\`\`text\n${renderDifferences(differences, { colour: false, verbose: false, width: TICKET_WIDTH })}\n\`\`\`\``;
}

/** The whole page. */
export function renderDifferencesPage(differences: Differences, charts: Charts, assets: ReportAssets): string {
  const { recordings: all, answer: sentence, tool, when } = differences;
  const { words, outcome } = lookOf(differences);
  const palette = paletteOf(charts);
  const names = all.map(({ path }) => basename(path));
  const isOnset = when.some(({ changes: some }) => some.length > 0);
  return renderPage(
    {
      title: `${words}: ${names.length > 2 ? `${names.length} recordings` : names.join(' and ')}`,
      description: sentence,
      tool,
      outcome,
      header: header(differences),
      hasVerdict: true,
      parts: [
        answer(differences),
        proof(charts, palette, isOnset || all.length === 1 ? 'What shows it' : 'Over each other'),
        recordings(differences),
        facts(differences),
        onsetsOf(differences),
        measures(differences),
        timeline(charts, palette, note(differences, charts)),
      ],
      data: [
        // Several did not happen at the same time of day: only seconds since the start are one axis.
        jsonScript('charts', embed(charts, all.length === 1 ? (all[0]?.startedAt ?? null) : null)),
        jsonScript('ticket', ticket(differences)),
        jsonScript('differences', differences),
      ],
      saved: 'differences',
    },
    assets,
  );
}
