// The victim's slowest requests as bars over time: what its thread did, the request itself before and with the device, and what else the device had. One
// is open; a browser shows another one in its place without a script.

import { duration, percent } from '../../base/format.js';
import type { Flight, Waterfall } from '../../model/charts.js';
import { html, type Content, type Markup } from './markup.js';
import { requestText } from '../words.js';

/** Below this part of what is shown a state of the victim has no bar. */
const LEAST_WIDTH = 0.001;

/** A stretch of time as a bar. */
type Bar = readonly [classes: string, from: number, to: number];

function strip({ from, to }: Waterfall, bars: readonly Bar[]): Markup {
  const at = (ms: number) => Math.min(1, Math.max(0, (ms - from) / (to - from))) * 100;
  return html`<svg class="strip" aria-hidden="true">
    ${bars.map(([classes, start, end]) => {
      const x = at(start);
      // What is shorter than a pixel is seen all the same.
      const width = Math.max(0.15, at(end) - x);
      return html`<rect class="area ${classes}" x="${x.toFixed(2)}%" width="${width.toFixed(2)}%" height="100%" />`;
    })}
  </svg>`;
}

function lane(name: Content, bars: Markup, said: Content): Markup {
  return html`<li><span>${name}</span> ${bars} <span class="figures">${said}</span></li> `;
}

const OWN = { queued: 'state-block-queue', inDevice: 'state-block-device' } as const;
const OTHERS = { queued: 'rest-1', inDevice: 'rest-0' } as const;

function barsOf({ queued, dispatched, completed }: Flight, colours: typeof OWN | typeof OTHERS): Bar[] {
  const inDevice: Bar = [colours.inDevice, dispatched, completed];
  return queued === undefined ? [inDevice] : [[colours.queued, queued, dispatched], inDevice];
}

function beganAt({ queued, dispatched }: Flight): number {
  return queued ?? dispatched;
}

/** '20 ms before the device, 4 ms in it' */
function stagesText(one: Flight): string {
  const inDevice = `${duration(one.completed - one.dispatched)} with the device`;
  return one.queued === undefined ? inDevice : `${duration(one.dispatched - one.queued)} queued, ${inDevice}`;
}

function victimLane(one: Waterfall): Markup | undefined {
  const { victim, from, to, request } = one;
  const shown = victim.filter((state) => state.to - state.from >= LEAST_WIDTH * (to - from));
  if (shown.length === 0) return undefined;
  const names = [...new Set(shown.map(({ state }) => state))];
  return html`${lane(
      html`${request.who} itself`,
      strip(
        one,
        shown.map(({ state, from: start, to: end }): Bar => [`state-${state}`, start, end]),
      ),
      '',
    )}
    <li class="names">
      <span class="hidden">It was:</span>
      ${names.map((state) => html`<span><i class="key state-${state}"></i>${state} ${percent(shareOf(one, state))}</span> `)}
    </li> `;
}

function shareOf({ victim, from, to }: Waterfall, state: string): number {
  const ms = victim.filter((one) => one.state === state).reduce((sum, one) => sum + one.to - one.from, 0);
  return ms / (to - from);
}

function companyLane(one: Waterfall, other: Flight): Markup {
  const after = beganAt(other) - beganAt(one.request);
  const when = after < 0 ? `${duration(-after)} before it` : `${duration(after)} after it`;
  return lane(
    html`${other.who || 'unknown'}: ${requestText(other)}<span class="hidden">, ${when}, ${stagesText(other)}</span>`,
    strip(one, barsOf(other, OTHERS)),
    duration(other.completed - beganAt(other)),
  );
}

function fall(one: Waterfall, at: number): Markup {
  const { request, company, more, device, isAnswered } = one;
  const began = beganAt(request);
  const others = company.length + more;
  return html`<details name="slowest" ${at === 0 ? html`open` : ''}>
    <summary>
      <b class="figures">${duration(request.completed - began)}</b> ${requestText(request)}
      <small
        >at ${duration(began)}: ${stagesText(request)}${isAnswered ? '' : ', not answered when the recording ended'};
        ${others === 0 ? 'nothing else' : `${others} ${others === 1 ? 'other' : 'others'}`} on ${device}
        meanwhile</small
      >
    </summary>
    <ol class="waterfall">
      ${victimLane(one)}
      ${lane(html`<b>this ${requestText(request)}</b>`, strip(one, barsOf(request, OWN)), duration(request.completed - began))}
      ${company.map((other) => companyLane(one, other))}
    </ol>
    ${more > 0 && html`<p class="note">and ${more} more that overlap it less</p>`}
  </details>`;
}

/** Undefined where no request of the victim's is known. */
export function slowest(all: readonly Waterfall[]): Markup | undefined {
  if (all.length === 0) return undefined;
  return html`<h3>The victim’s slowest requests</h3>
    <p class="note">
      <span><i class="key state-block-queue"></i>before the device</span>
      <span><i class="key state-block-device"></i>with the device</span>; beneath each request, in grey, what else the
      device had.
    </p>
    ${all.map(fall)}`;
}
