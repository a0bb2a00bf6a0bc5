// How many threads stand behind the lock, and what the thread that holds it does meanwhile.

import { addToBins } from '../../../base/intervals.js';
import type { Chart, ChartLine } from '../../../model/charts.js';
import { threadName } from '../../machine/processes.js';
import type { Axis } from '../axis.js';
import { WAITING } from '../../../model/states.js';
import type { Shown } from '../../shown.js';

export function convoyProof({ at }: Shown, axis: Axis): Chart[] {
  const { convoy, account, input } = at;
  if (!convoy || !account) return [];
  const waiting = new Float64Array(axis.bins);
  for (const thread of convoy.waiting.keys())
    for (const { state, from, to } of account.lines.get(thread) ?? [])
      if (state === 'user-lock') addToBins(waiting, axis.binMs, from, to, 1 / axis.binMs);
  const holder = { running: new Float64Array(axis.bins), inIo: new Float64Array(axis.bins) };
  for (const { state, from, to } of account.lines.get(convoy.holder) ?? []) {
    const bins = state === 'running' ? holder.running : WAITING.has(state) ? holder.inIo : undefined;
    if (bins) addToBins(bins, axis.binMs, from, to, 100 / axis.binMs);
  }
  const name = `${threadName(input, convoy.holder) || 'the holder'} (${convoy.holder})`;
  const lines: ChartLine[] = [
    { name: 'in I/O or held up', role: 'lost', values: holder.inIo },
    { name: 'running', role: 'rest', values: holder.running },
  ];
  return [
    {
      id: 'proof-convoy',
      title: 'Threads that wait for the lock',
      unit: 'threads',
      lines: [{ name: 'waiting', values: waiting }],
    },
    { id: 'proof-holder', title: `What its holder ${name} does`, unit: '%', stacked: true, lines },
  ];
}
