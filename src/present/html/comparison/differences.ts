// The tables of a comparison's page: figures of both with their change, in their groups, and the settings that differ.

import { grouped } from '../../../base/maps.js';
import type { Comparison, Difference } from '../../../model/comparison.js';
import { changeText, GROUP_WORDS, toldDifferences, toldText } from '../../comparison/words.js';
import { html, type Content, type Markup } from '../markup.js';
import { code, section, table, tied, type Column, type Part } from '../parts.js';

const FIGURES: readonly Column[] = [
  { title: 'measure', kind: 'label' },
  ...['before', 'after', 'change'].map((title): Column => ({ title, kind: 'figures' })),
];

function row(one: Difference): Content[] {
  return [one.label, toldText(one.before), toldText(one.after), changeText(one)].map(tied);
}

export function differences(comparison: Comparison): Part {
  const figures = toldDifferences(comparison);
  if (figures.length === 0) return undefined;
  const groups = [...grouped(figures, ({ group }) => group)];
  return section(
    'differences',
    'What changed',
    html`<p class="note">A dash is for what a recording does not tell.</p>`,
    html`<div class="tables">${groups.map(([group, all]) => table(GROUP_WORDS[group], FIGURES, all.map(row)))}</div>`,
  );
}

function value(text: string | null): Content {
  return text === null ? html`<em>none</em>` : code(text);
}

export function settings({ settings: all }: Comparison): Markup {
  const title = { long: 'Settings that differ', short: 'Settings' };
  if (all === null)
    return section('settings', title, html`<p>They can’t be compared: one of the two holds no settings.</p>`);
  if (all.length === 0)
    return section('settings', title, html`<p>No setting of the machine, the disk or the victim’s limits differs.</p>`);
  const columns: Column[] = [{ title: 'what' }, { title: 'before' }, { title: 'after' }];
  const rows = all.map(({ what, before, after }) => [what, value(before), value(after)]);
  return section('settings', title, table('As they were at the end of each recording', columns, rows));
}
