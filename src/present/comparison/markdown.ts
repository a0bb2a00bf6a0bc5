// A comparison as Markdown for a ticket: what became of the cause and what keeps it from being told, which recording is which, and what changed.

import type { Comparison } from '../../model/comparison.js';
import { escapeMarkdown, table } from '../markdown.js';
import { OUTCOME_WORDS, outcomeOf, sentenceBeside, sureText } from '../words.js';
import { changeText, COMPARISON_WORDS, nameOf, sourceText, toldDifferences, toldText } from './words.js';

/** The page and the JSON have the rest. */
const MOST_SETTINGS = 20;

function settings({ settings: all }: Comparison): string[] {
  if (all === null) return ['Settings are not in both recordings.'];
  if (all.length === 0) return ['No setting differs.'];
  const rows = all.slice(0, MOST_SETTINGS).map(({ what, before, after }) => [what, before ?? 'none', after ?? 'none']);
  const more = all.length - rows.length;
  return [...table(['setting', 'before', 'after'], rows), ...(more > 0 ? [`${more} more settings differ.`] : [])];
}

export function renderComparisonMarkdown(comparison: Comparison): string {
  const { before, after, outcome, tool } = comparison;
  const both = [before, after];
  const verdicts = both.map(({ verdict }) =>
    [OUTCOME_WORDS[outcomeOf(verdict)], verdict.cause, sureText(verdict)]
      .filter((part) => part !== undefined)
      .join(', '),
  );
  return [
    `**${COMPARISON_WORDS[outcome.kind]}: ${escapeMarkdown(outcome.sentence)}**`,
    '',
    ...[...outcome.doubts, ...outcome.notes].map((text) => `- ${escapeMarkdown(text)}`),
    '',
    ...table(
      ['', 'before', 'after'],
      [
        ['recording', ...both.map(nameOf)],
        ['of', ...both.map(sourceText)],
        ['verdict', ...verdicts],
        ['in words', ...both.map(({ verdict }) => sentenceBeside(verdict))],
      ],
    ),
    ...table(
      ['', 'before', 'after', 'change'],
      toldDifferences(comparison).map((one) => [one.label, toldText(one.before), toldText(one.after), changeText(one)]),
    ),
    ...settings(comparison),
    '',
    escapeMarkdown(tool),
  ].join('\n');
}
