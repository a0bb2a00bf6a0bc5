// What thread dumps of watched JVMs show: the answer in sentences, and the threads at the lock that most wait for, a lane each: what the kernel saw it do over
// time, and a stroke where a dump saw it wait or hold.

import { duration } from '../../base/format.js';
import { addTo } from '../../base/maps.js';
import type { Charts, LockLanes, ThreadLane } from '../../model/charts.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { jvmTitle } from '../words.js';
import { html, type Markup } from './markup.js';
import { section, table, type Part } from './parts.js';

function lane({ parts, seenMs }: ThreadLane, endMs: number): Markup {
  const at = (ms: number) => `${((ms / endMs) * 100).toFixed(2)}%`;
  return html`<svg class="thread-lane" aria-hidden="true">
    ${parts.map(
      ({ state, fromMs, toMs }) =>
        html`<g class="area state-${state}"
          ><title>${state}, ${duration(fromMs)} to ${duration(toMs)}</title
          ><rect x="${at(fromMs)}" width="${at(toMs - fromMs)}" height="100%"
        /></g>`,
    )}
    ${seenMs.map((ms) => html`<line class="seen" x1="${at(ms)}" x2="${at(ms)}" y1="0" y2="100%" />`)}
  </svg>`;
}

/** 'dirty-throttle 97 %, running 3 %' of what is drawn. */
function inWords({ parts }: ThreadLane): string {
  const sums = new Map<string, number>();
  for (const { state, fromMs, toMs } of parts) addTo(sums, state, toMs - fromMs);
  const all = [...sums.values()].reduce((a, b) => a + b, 0);
  const most = [...sums].sort((a, b) => b[1] - a[1]).slice(0, 2);
  return most.map(([state, ms]) => `${state} ${Math.round((ms / all) * 100)} %`).join(', ') || 'not recorded';
}

function lanesTable({ lock, lanes, more }: LockLanes, endMs: number): Markup {
  const rows = lanes.map((one) => [
    html`${one.role === 'holder' ? html`<b>${one.name}</b>` : one.name} (${one.task})`,
    lane(one, endMs),
    inWords(one),
    `${one.role === 'holder' ? 'holds it' : 'waits for it'} in ${one.seenMs.length} of the dumps`,
  ]);
  return html`${table(
    `Threads at ${lock}, 0 s to ${duration(endMs)}; a stroke is a dump that shows the thread there`,
    [{ title: 'thread', kind: 'name' }, { title: 'what the kernel saw' }, { title: 'mostly' }, { title: 'dumps' }],
    rows,
  )}
  ${more > 0 && html`<p class="note">And ${more} more threads that wait for it.</p>`}`;
}

export function threads({ jvms = [] }: Diagnosis, charts: Charts): Part {
  if (jvms.length === 0) return undefined;
  return section(
    'threads',
    'Java threads',
    ...jvms.map(
      (jvm) =>
        html`<h3>${jvmTitle(jvm)}</h3>
          ${jvm.answer.map((sentence) => html`<p>${sentence}</p>`)}
          ${jvm.limits.map((sentence) => html`<p class="note">${sentence}</p>`)}`,
    ),
    charts.lanes && lanesTable(charts.lanes, charts.t.length * charts.binMs),
  );
}
