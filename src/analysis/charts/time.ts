// The victim's time on the axis: by state, and as what the verdict explains against all else.

import { addToBins, type Intervals, without } from '../../base/intervals.js';
import { entry } from '../../base/maps.js';
import type { Chart, ChartLine } from '../../model/charts.js';
import { STATES, WAITING, type State } from '../../model/states.js';
import { timesIn, type Measures } from '../measures.js';
import type { Axis } from './axis.js';

type Account = NonNullable<Measures['account']>;

function shareIn({ bins, binMs }: Axis, times: Intervals): Float64Array {
  const share = new Float64Array(bins);
  for (const { from, to } of times) addToBins(share, binMs, from, to, 100 / binMs);
  return share;
}

function titleOf({ name, pid }: Account): string {
  return `${name || 'the victim'} (${pid})`;
}

export function statesChart({ account }: Measures, axis: Axis): Chart[] {
  if (!account) return [];
  const byState = new Map<State, Float64Array>();
  for (const { state, from, to } of account.segments) {
    const bins = entry(byState, state, () => new Float64Array(axis.bins));
    addToBins(bins, axis.binMs, from, to, 100 / axis.binMs);
  }
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  const lines = [...byState]
    .sort((a, b) => sum(b[1]) - sum(a[1]))
    .map(([state, values]) => ({ name: STATES[state], values }));
  return [{ id: 'victim', title: `Where the time of ${titleOf(account)} went`, unit: '%', lines, stacked: true }];
}

const OTHERWISE: readonly (readonly [name: string, states: readonly State[]])[] = [
  ['running', ['running']],
  ['waiting for something else', [...WAITING]],
  ['idle', ['asleep', 'pipe-socket', 'user-lock', 'file-lock']],
];

/** When the victim lost its time to the cause that `label` names; nothing where it lost none. */
export function lostChart({ account }: Measures, axis: Axis, lost: Intervals, label: string): Chart[] {
  if (!account || lost.length === 0) return [];
  const rest = OTHERWISE.map(([name, states]): ChartLine => {
    const times = without(timesIn(account, states), lost);
    return { name, role: 'rest', values: shareIn(axis, times) };
  });
  return [
    {
      id: 'lost',
      title: `Time of ${titleOf(account)} lost to it`,
      unit: '%',
      lines: [{ name: label, role: 'lost', values: shareIn(axis, lost) }, ...rest],
      stacked: true,
    },
  ];
}

/** When it was held up by whatever. */
export function heldUpLine({ account }: Measures, axis: Axis): ChartLine[] {
  // What only its requests tell has no states.
  if (!account || account.source === 'requests') return [];
  return [{ name: 'held up', role: 'lost', values: shareIn(axis, timesIn(account, [...WAITING])) }];
}
