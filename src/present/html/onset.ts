// What else changed when a stall set in, or a measure changed: a table for the page of a diagnosis and for that of a comparison.

import { aboutRows, ABOUT_ONSET, movedFirstText, whenText } from '../onset.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { AboutOnset } from '../../model/onset.js';
import { html, type Markup } from './markup.js';
import { foldedTable, section, tied, type Column, type Part } from './parts.js';

const HEAD: readonly Column[] = [{ title: 'when', kind: 'figures' }, { title: 'what' }, { title: 'change' }];
/** So many are shown before somebody asks for more. */
const FEW = 8;

export function aboutTable(about: AboutOnset): Markup {
  const rows = aboutRows(about).map((row) => [tied(whenText(row)), row.what, tied(row.change)]);
  return html`<p>${tied(movedFirstText(about))}</p>
    ${
      rows.length > 0 &&
      foldedTable(
        'Settings, processes and counters that changed about then, what moved first before the rest',
        HEAD,
        rows,
        { most: FEW },
      )
    }`;
}

export function aboutOnset({ aboutOnset: about }: Diagnosis): Part {
  return about ? section('onset', { long: ABOUT_ONSET, short: 'What moved first' }, aboutTable(about)) : undefined;
}
