// How many threads stand behind the lock, and what the thread that holds it does meanwhile.

import { addToBins } from '../../../base/intervals.js';
import type { Chart, ChartLine } from '../../../model/charts.js';
import { threadName } from '../../machine/processes.js';
import type { Axis } from '../axis.js';
import { WAITING, type State } from '../../../model/states.js';
import type { Shown } from '../../shown.js';

export function convoyProof({ at }: Shown, axis: Axis): Chart[] {
  const { convoy, javaLock, account, input } = at;
  if (!convoy || !account) return [];
  const waiting = new Float64Array(axis.bins);
  for (const thread of convoy.waiting.keys())
    for (const { state, from, to } of account.lines.get(thread) ?? [])
      if (state === 'user-lock') addToBins(waiting, axis.binMs, from, to, 1 / axis.binMs);
  // As the verdict has it: where thread dumps tell the holder, wake-ups may speak of another lock.
  const task = javaLock?.holder?.task ?? convoy.holder;
  const isAtSocket = (javaLock?.holder?.atSocket ?? 0) > 0;
  const isHeldUp = (state: State) => WAITING.has(state) || (isAtSocket && state === 'pipe-socket');
  const holder = { running: new Float64Array(axis.bins), heldUp: new Float64Array(axis.bins) };
  for (const { state, from, to } of account.lines.get(task) ?? []) {
    const bins = state === 'running' ? holder.running : isHeldUp(state) ? holder.heldUp : undefined;
    if (bins) addToBins(bins, axis.binMs, from, to, 100 / axis.binMs);
  }
  const name = `${javaLock?.holder?.thread.name ?? (threadName(input, task) || 'the holder')} (${task})`;
  const lines: ChartLine[] = [
    { name: isAtSocket ? 'at a socket, in I/O or held up' : 'in I/O or held up', role: 'lost', values: holder.heldUp },
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
