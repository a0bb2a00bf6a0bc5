// The top of the page: the verdict as one sentence with its key figures, what to do, the evidence, and what else holds.

import { percent } from '../../base/format.js';
import type { Advice, Diagnosis, Evidence, Verdict } from '../../model/diagnosis.js';
import {
  culpritText,
  OUTCOME_WORDS,
  outcomeOf,
  processText,
  sentenceBeside,
  sinceText,
  limitsTitle,
  sureText,
} from '../words.js';
import { stepsOf, type Command, type Step } from '../steps.js';
import { causeLink } from './causes.js';
import { html, type Content, type Markup } from './markup.js';
import { code, disclosed, prose, section, terms, tied, type Part } from './parts.js';

export function verdictOf({ verdict, keyFigures }: Diagnosis): Markup {
  const outcome = outcomeOf(verdict);
  const { culprit, victim } = verdict;
  const pairs: (readonly [Content, Content])[] = [
    ['Cause', outcome === 'inconclusive' ? code(verdict.cause) : causeLink(verdict.cause)],
  ];
  if (outcome === 'stall') pairs.push(['Layer', verdict.layer]);
  const sure = sureText(verdict);
  if (sure !== undefined) pairs.push(['Confidence', sure]);
  // The key figures below say it larger.
  const isSaid = keyFigures.length > 0;
  if (outcome === 'stall' && !isSaid) pairs.push(['Costs', `${percent(verdict.share)} of the victim’s time`]);
  if (culprit) {
    const file =
      culprit.file !== undefined && culprit.file !== culprit.name ? html`<small>${culprit.file}</small>` : '';
    pairs.push(['Culprit', html`<strong>${culpritText(culprit)}</strong> <small>${culprit.kind}</small> ${file}`]);
  }
  if (victim) pairs.push(['Victim', processText(victim)]);
  const since = sinceText(verdict);
  if (since !== undefined && !isSaid) pairs.push(['Since', since]);
  return html`<section class="verdict ${outcome}" aria-labelledby="verdict">
    <p class="outcome">${OUTCOME_WORDS[outcome]}</p>
    <h1 id="verdict">${tied(sentenceBeside(verdict))}</h1>
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

function evidenceList(all: readonly Evidence[]): Markup {
  return html`<ul class="evidence">
    ${all.map(
      (one) =>
        html`<li>
          <span>${one.measure} <small class="source">${one.source}</small></span>
          <b class="value">${tied(one.value)}</b>
          <span class="meaning">${tied(one.meaning)}</span>
        </li> `,
    )}
  </ul>`;
}

/** The few figures that somebody reads who has ten seconds. */
export function tiles({ keyFigures }: Diagnosis): Markup | undefined {
  if (keyFigures.length === 0) return undefined;
  return html`<dl class="tiles">
    ${keyFigures.map(
      ({ kind, label, value, beside }) =>
        html`<div class="${kind}">
          <dt>${label}</dt>
          <dd><b>${tied(value)}</b> <small>${tied(beside)}</small></dd>
        </div> `,
    )}
  </dl>`;
}

/** A command to copy, with what it changes and what puts it back, where it changes anything. */
export function commandBlock({ command, changes, undo }: Command): Markup {
  const effect =
    changes !== null &&
    html`<small class="effect">changes ${tied(changes)}${undo === null ? '' : html`; undo: ${prose(undo)}`}</small>`;
  return html`<div class="command ${changes === null ? 'looks' : 'changes'}">
    <pre tabindex="0"><code>${command}</code></pre>
    <button type="button" class="copy" hidden>Copy</button>
    ${effect}
  </div>`;
}

function stepContent(step: Step): Content {
  if (step.kind === 'command') return commandBlock(step.command);
  return step.kind === 'code' ? code(step.text) : html`<span>${tied(step.text)}</span>`;
}

function adviceList(advice: readonly Advice[]): Markup {
  return html`<ol class="advice">
    ${advice.map((one) => html`<li>${stepsOf(one).map(stepContent)}</li>`)}
  </ol>`;
}

function alsoItem(verdict: Verdict): Markup {
  return disclosed(
    html`${code(verdict.cause)} ${tied(verdict.sentence)}`,
    evidenceList(verdict.evidence),
    adviceList(verdict.advice),
    html`<p>${causeLink(verdict.cause)} says what it means.</p>`,
  );
}

export function also({ also: all }: Diagnosis): Part {
  return all.length === 0 ? undefined : section('also', 'Holds as well', ...all.map(alsoItem));
}

/** What to do, before anything is argued. */
export function remedy({ verdict }: Diagnosis): Markup | undefined {
  return verdict.advice.length === 0 ? undefined : section('advice', 'What to do', adviceList(verdict.advice));
}

/** The figures that carry the verdict. */
export function evidence({ verdict }: Diagnosis): Part {
  return verdict.evidence.length > 0 && section('evidence', 'Evidence', evidenceList(verdict.evidence));
}
