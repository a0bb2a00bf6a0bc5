// The top of a comparison's page: what became of the cause with what keeps it from being told, the main differences, and the two recordings side by
// side.

import type { ComparedSide, Comparison } from '../../../model/comparison.js';
import {
  changeText,
  COMPARISON_LOOK,
  COMPARISON_WORDS,
  mainDifferences,
  nameOf,
  sourceText,
  toldText,
} from '../../comparison/words.js';
import { culpritText, OUTCOME_WORDS, outcomeOf, processText, sentenceBeside, sureText } from '../../words.js';
import { causeLink } from '../causes.js';
import { html, type Content, type Markup } from '../markup.js';
import { code, prose, section, terms, tied, type Part } from '../parts.js';

function list(name: string, texts: readonly string[]): Content {
  return (
    texts.length > 0 &&
    html`<ul class="${name}">
      ${texts.map((text) => html`<li>${prose(text)}</li> `)}
    </ul>`
  );
}

export function outcome({ outcome: { kind, sentence, doubts, notes } }: Comparison): Markup {
  return html`<section class="verdict ${COMPARISON_LOOK[kind]}" aria-labelledby="verdict">
    <p class="outcome">${COMPARISON_WORDS[kind]}</p>
    <h1 id="verdict">${tied(sentence)}</h1>
    ${list('limits doubts', doubts)} ${list('limits note', notes)}
  </section>`;
}

export function tiles(comparison: Comparison): Part {
  const main = mainDifferences(comparison);
  if (main.length === 0) return undefined;
  return html`<dl class="tiles">
    ${main.map(
      (one) =>
        html`<div class="pair">
          <dt>${one.label}</dt>
          <dd>
            <b><span class="was">${tied(toldText(one.before))}</span> → ${tied(toldText(one.after))}</b>
            <small>${one.after === null ? 'not found after' : tied(changeText(one))}</small>
          </dd>
        </div> `,
    )}
  </dl>`;
}

function side(title: string, one: ComparedSide): Markup {
  const { verdict } = one;
  const cause = verdict.cause === 'inconclusive' ? code(verdict.cause) : causeLink(verdict.cause);
  const pairs: (readonly [Content, Content])[] = [['Cause', cause]];
  const sure = sureText(verdict);
  if (sure !== undefined) pairs.push(['Confidence', sure]);
  if (verdict.culprit) pairs.push(['Culprit', html`<strong>${culpritText(verdict.culprit)}</strong>`]);
  if (verdict.victim) pairs.push(['Victim', processText(verdict.victim)]);
  const losses = one.losses.filter(({ severity }) => severity === 'severe');
  return html`<div class="side verdict ${outcomeOf(verdict)}">
    <h3>${title}: ${nameOf(one)}</h3>
    <p class="note">${sourceText(one)}</p>
    <p class="outcome">${OUTCOME_WORDS[outcomeOf(verdict)]}</p>
    <p>${tied(sentenceBeside(verdict))}</p>
    ${terms('facts', pairs)} ${list('limits note', one.recording.limits)}
    ${losses.map(({ sentence }) => html`<p class="note">${tied(sentence)}</p>`)}
  </div>`;
}

export function sides({ before, after }: Comparison): Markup {
  return section(
    'recordings',
    'The two recordings',
    html`<div class="sides">${side('Before', before)} ${side('After', after)}</div>`,
  );
}
