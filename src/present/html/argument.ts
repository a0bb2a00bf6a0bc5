// The top of the page: the verdict as one sentence, the figures that carry it, what to do, and what else holds.

import { percent } from '../../base/format.js';
import type { Advice, Diagnosis, Evidence, Verdict } from '../../model/diagnosis.js';
import { culpritText, OUTCOME_WORDS, outcomeOf, processText, sinceText, limitsTitle, sureText } from '../words.js';
import { causeLink } from './causes.js';
import { html, type Content, type Markup } from './markup.js';
import { code, prose, section, terms, tied } from './parts.js';

export function verdictOf({ verdict }: Diagnosis): Markup {
  const outcome = outcomeOf(verdict);
  const { culprit, victim } = verdict;
  const pairs: (readonly [Content, Content])[] = [
    ['Cause', outcome === 'inconclusive' ? code(verdict.cause) : causeLink(verdict.cause)],
  ];
  if (outcome === 'stall') pairs.push(['Layer', verdict.layer]);
  const sure = sureText(verdict);
  if (sure !== undefined) pairs.push(['Confidence', sure]);
  if (outcome === 'stall') pairs.push(['Costs', `${percent(verdict.share)} of the victim’s time`]);
  if (culprit) {
    const file =
      culprit.file !== undefined && culprit.file !== culprit.name ? html`<small>${culprit.file}</small>` : '';
    pairs.push(['Culprit', html`<strong>${culpritText(culprit)}</strong> <small>${culprit.kind}</small> ${file}`]);
  }
  if (victim) pairs.push(['Victim', processText(victim)]);
  const since = sinceText(verdict);
  if (since !== undefined) pairs.push(['Since', since]);
  return html`<section class="verdict ${outcome}" aria-labelledby="verdict">
    <p class="outcome">${OUTCOME_WORDS[outcome]}</p>
    <h1 id="verdict">${tied(verdict.sentence)}</h1>
    ${terms('facts', pairs)}
  </section>`;
}

/** What the source can't tell, right below the verdict: nobody must take it for more than it is. */
export function limits({ recording }: Diagnosis): Markup | undefined {
  if (recording.limits.length === 0) return undefined;
  return section(
    'limits',
    limitsTitle(recording.kind),
    html`<ul class="limits">
      ${recording.limits.map((text) => html`<li>${prose(text)}</li> `)}
    </ul>`,
  );
}

function evidenceList(evidence: readonly Evidence[]): Markup {
  return html`<ul class="evidence">
    ${evidence.map(
      (one) =>
        html`<li>
          <span>${one.measure} <small class="source">${one.source}</small></span>
          <b class="value">${tied(one.value)}</b>
          <span class="meaning">${tied(one.meaning)}</span>
        </li> `,
    )}
  </ul>`;
}

/** What a command changes and what puts it back, where it changes anything. */
function effect({ changes, undo }: Advice['commands'][number]): Markup | '' {
  if (changes === null) return '';
  return html`<small class="effect"
    >changes ${tied(changes)}${undo === null ? '' : html`; undo: ${prose(undo)}`}</small
  >`;
}

function adviceList(advice: readonly Advice[]): Markup {
  return html`<ol class="advice">
    ${advice.map(({ text, commands }) => html`<li>${prose(text)} ${commands.map(effect)}</li>`)}
  </ol>`;
}

function alsoItem(verdict: Verdict): Markup {
  return html`<details>
    <summary>${code(verdict.cause)} ${tied(verdict.sentence)}</summary>
    ${evidenceList(verdict.evidence)} ${adviceList(verdict.advice)}
    <p>${causeLink(verdict.cause)} says what it means.</p>
  </details>`;
}

function also({ also: all }: Diagnosis): Markup | undefined {
  return all.length === 0 ? undefined : section('also', 'Holds as well', ...all.map(alsoItem));
}

/** The evidence, and beside it what to do and what else holds. */
export function argument(diagnosis: Diagnosis): Markup {
  const { verdict } = diagnosis;
  return html`<div class="pair">
    ${verdict.evidence.length > 0 && section('evidence', 'Evidence', evidenceList(verdict.evidence))}
    <div>
      ${verdict.advice.length > 0 && section('advice', 'What to do', adviceList(verdict.advice))} ${also(diagnosis)}
    </div>
  </div>`;
}
