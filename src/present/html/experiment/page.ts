// An experiment on one page: what it is and what it is not, the runs that have not degraded, what each arm tells with its figures and distribution, what was
// done, and all arms on one axis of time.

import type { Charts } from '../../../model/charts.js';
import type { Experiment } from '../../../model/experiment.js';
import { besideOf, overallOf, renderExperiment } from '../../experiment.js';
import type { Outcome } from '../../words.js';
import { pagesOf } from '../causes.js';
import { paletteOf } from '../colours.js';
import { html, jsonScript, type Markup } from '../markup.js';
import { renderPage, type ReportAssets } from '../page.js';
import { tied } from '../parts.js';
import { embed } from '../payload.js';
import { proof, timeline } from '../timeline.js';
import { arms, comparisons, distributions, runs, sentences } from './parts.js';

/** Columns of the text for a ticket. */
const TICKET_WIDTH = 120;

interface Look {
  readonly words: string;
  readonly outcome: Outcome;
}

const LOOKS: Readonly<Record<'differs' | 'unclear' | 'alike', Look>> = {
  differs: { words: 'An arm makes a difference', outcome: 'stall' },
  unclear: { words: 'Not told yet', outcome: 'inconclusive' },
  alike: { words: 'No arm makes a difference', outcome: 'healthy' },
};

function lookOf(experiment: Experiment): Look {
  return LOOKS[overallOf(experiment)];
}

function header({ name, done, planned, ended }: Experiment): Markup {
  return html`<p><b>${name}</b> <span>${done} of ${planned} runs${ended === null && ', which are not all'}</span></p>`;
}

function answer(experiment: Experiment): Markup {
  const { words, outcome } = lookOf(experiment);
  const { conclusion, arms: all } = experiment;
  const told = conclusion ?? all.at(-1)?.sentence ?? 'No run was made.';
  return html`<section class="verdict ${outcome}" aria-labelledby="verdict">
    <p class="outcome">${words}</p>
    <h1 id="verdict">${tied(told)}</h1>
    <ul class="limits note">
      ${besideOf(experiment).map((text) => html`<li>${tied(text)}</li> `)}
    </ul>
  </section>`;
}

/** The whole page. */
export function renderExperimentPage(experiment: Experiment, charts: Charts, assets: ReportAssets): string {
  const { words, outcome } = lookOf(experiment);
  const { name, conclusion, tool } = experiment;
  const palette = paletteOf(charts);
  const named = experiment.arms.flatMap(({ causes }) => causes.map(({ cause }) => cause));
  return renderPage(
    {
      title: `${name}: ${words}`,
      description: conclusion ?? words,
      tool,
      outcome,
      header: header(experiment),
      hasVerdict: true,
      parts: [
        answer(experiment),
        sentences(experiment),
        proof(charts, palette, 'When runs degraded'),
        arms(experiment),
        distributions(experiment),
        comparisons(experiment),
        timeline(charts, palette, 'Seconds of a run; every run begins at 0.'),
        runs(experiment),
        named.length > 0 && pagesOf(named, assets.causes),
      ],
      data: [
        jsonScript('charts', embed(charts, null)),
        jsonScript('ticket', `\`\`\`\`text\n${renderExperiment(experiment, TICKET_WIDTH)}\n\`\`\`\``),
        jsonScript('experiment', experiment),
      ],
      saved: 'experiment',
    },
    assets,
  );
}
