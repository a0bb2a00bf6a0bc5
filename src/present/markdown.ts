// A diagnosis as a few lines of Markdown, for a ticket: verdict, key figures, evidence, what to do, and which recording says so.

import { clockText, harmless } from '../base/format.js';
import type { Diagnosis } from '../model/diagnosis.js';
import { culpritText, OUTCOME_WORDS, outcomeOf, processText, sentenceBeside, sureText } from './words.js';

/** The report has the rest. */
const MOST_EVIDENCE = 6;

/** Text from a machine as plain Markdown: nothing in it is taken for markup, a link or a mention. */
export function escapeMarkdown(text: string): string {
  return harmless(text)
    .replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')
    .replace(/@/g, '@\u200b');
}

/** Words with `commands` between backquotes, which stay code. */
function prose(text: string): string {
  return text
    .split('`')
    .map((part, at) => (at % 2 === 1 ? codeSpan(part) : escapeMarkdown(part)))
    .join('');
}

function codeSpan(text: string): string {
  const clean = harmless(text);
  const fence = clean.includes('`') ? '``' : '`';
  return `${fence}${clean}${fence}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return [row(head), row(head.map(() => '---')), ...rows.map((cells) => row(cells.map(escapeMarkdown))), ''];
}

export function renderMarkdown({ verdict, keyFigures, recording, tool, losses }: Diagnosis): string {
  const sure = [verdict.cause, sureText(verdict)].filter((part) => part !== undefined).join(', ');
  const who = [
    verdict.culprit && `culprit: ${culpritText(verdict.culprit)}`,
    verdict.victim && `victim: ${processText(verdict.victim)}`,
  ].filter((part) => typeof part === 'string');
  const severe = losses.filter(({ severity }) => severity === 'severe');
  const evidence = verdict.evidence.slice(0, MOST_EVIDENCE).map((one) => [one.measure, one.value, one.meaning]);
  return [
    `**${OUTCOME_WORDS[outcomeOf(verdict)]}: ${escapeMarkdown(sentenceBeside(verdict))}**`,
    '',
    `${codeSpan(sure)}${who.map((part) => ` · ${escapeMarkdown(part)}`).join('')}`,
    '',
    ...table(
      ['', '', ''],
      keyFigures.map(({ label, value, beside }) => [label, value, beside]),
    ),
    ...table(['evidence', 'figure', 'meaning'], evidence),
    ...verdict.advice.map(({ text }, at) => `${at + 1}. ${prose(text)}`),
    '',
    ...severe.map(({ sentence }) => `Careful: ${prose(sentence)}`),
    escapeMarkdown(
      [
        recording.host ?? 'unknown host',
        recording.kernel === null ? 'kernel unknown' : `Linux ${recording.kernel}`,
        recording.startedAt === null ? 'time unknown' : clockText(recording.startedAt),
        `recording ${recording.id ?? recording.path}`,
        tool,
      ].join(' · '),
    ),
  ].join('\n');
}
