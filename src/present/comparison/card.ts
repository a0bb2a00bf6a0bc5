// A comparison as a picture for a ticket or a chat: what became of the cause, the main differences, and the first of the charts over each other.

import type { Charts } from '../../model/charts.js';
import type { Comparison } from '../../model/comparison.js';
import { drawCard } from '../card.js';
import { changeText, COMPARISON_LOOK, COMPARISON_WORDS, mainDifferences, nameOf, toldText } from './words.js';

/** `css` is the page's style sheet. */
export function renderComparisonCard(comparison: Comparison, charts: Charts, css: string): string {
  const { outcome, before, after, tool } = comparison;
  return drawCard(
    {
      outcome: COMPARISON_LOOK[outcome.kind],
      head: COMPARISON_WORDS[outcome.kind],
      // What keeps it from being told belongs to it, wherever the picture goes.
      sentence: [outcome.sentence, ...outcome.doubts].join(' '),
      tiles: mainDifferences(comparison).map((one) => ({
        label: one.label,
        value: `${toldText(one.before)} → ${toldText(one.after)}`,
        beside: one.after === null ? 'not found after' : changeText(one),
      })),
      chart: charts.proof[0] ?? charts.charts[0],
      charts,
      foot: [`before: ${nameOf(before)}`, `after: ${nameOf(after)}`, tool],
    },
    css,
  );
}
