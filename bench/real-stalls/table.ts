// The results as lines, as a Markdown table and as totals.

import { medianOf } from '../../src/base/median.js';
import { percent, type Judgement, type Result } from './judge.js';

/** A claim of at least this much that is wrong is the worst kind. */
const CLAIM = 0.9;

export function renderLine(result: Result): string {
  const { name, judgement, why, cause, confidence, culprit, unexplained, onsetErrorMs } = result;
  const onset = onsetErrorMs === undefined ? '' : `, onset ${onsetErrorMs > 0 ? '+' : ''}${onsetErrorMs} ms`;
  const more = why === '' ? '' : ` (${why})`;
  return `${judgement.padEnd(10)} ${name}: ${cause} ${percent(confidence)} ${culprit}${more}${onset}, unexplained ${percent(unexplained)}`;
}

function renderRow(result: Result): string {
  const { kept, onsetErrorMs } = result;
  const cells = [
    kept.id,
    `${kept.seed}${kept.load ? ', loaded' : ''}`,
    kept.of + (kept.company === undefined ? '' : ` (beside: ${kept.company})`),
    `${result.cause} ${percent(result.confidence)}`,
    result.culprit,
    result.also.join(', '),
    onsetErrorMs === undefined ? '' : `${(onsetErrorMs / 1000).toFixed(2)} s`,
    percent(result.unexplained),
    `**${result.judgement}**${result.why === '' ? '' : `: ${result.why}`}`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const HEAD = ['scenario', 'seed', 'truth', 'verdict', 'culprit', 'also', 'onset error', 'unexplained', 'judgement'];

/** The whole table, wrong ones first. */
export function renderTable(results: readonly Result[]): string {
  const order: readonly Judgement[] = ['wrong', 'acceptable', 'right'];
  const rows = order.flatMap((judgement) =>
    results.filter((one) => one.judgement === judgement).sort((a, b) => a.name.localeCompare(b.name)),
  );
  return [
    `| ${HEAD.join(' | ')} |`,
    `| ${HEAD.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => renderRow(row)),
  ].join('\n');
}

/** Totals, a sentence each. */
export function renderTotals(results: readonly Result[]): string {
  const count = (judgement: Judgement, some: readonly Result[] = results) =>
    some.filter((one) => one.judgement === judgement).length;
  const claims = results.filter((one) => one.confidence >= CLAIM && one.cause !== 'inconclusive');
  const onsets = results.flatMap((one) => (one.onsetErrorMs === undefined ? [] : [Math.abs(one.onsetErrorMs)]));
  return [
    `Of ${results.length}: right ${count('right')}, acceptable ${count('acceptable')}, wrong ${count('wrong')}.`,
    `Of ${claims.length} that claimed at least 90 %: wrong ${count('wrong', claims)}.`,
    `CPU time that was idle meanwhile, median: ${percent(medianOf(results.map((one) => one.kept.idleCpu)))}.`,
    `With company or under load: ${results.filter((one) => one.kept.load || one.kept.company !== undefined).length}.`,
    `Onsets made while it was recorded: ${onsets.length}, told with a median error of ${medianOf(onsets)} ms, within 300 ms ${onsets.filter((ms) => ms <= 300).length}.`,
    `More than a tenth of the time unexplained: ${results.filter((one) => one.unexplained > 0.1).length}.`,
  ].join('\n');
}
