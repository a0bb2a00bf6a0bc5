// Where the victim slept in the kernel, as an icicle and as trees to open: functions that only one other calls stand on one line with it.

import { duration, percent } from '../../base/format.js';
import type { Charts, StackNode, StateStacks } from '../../model/charts.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { State } from '../../model/states.js';
import { flame } from './flame.js';
import { html, type Markup } from './markup.js';
import { section, type Part } from './parts.js';

/** Nearly all of what lies below a function lies below its only callee; the rest is rounding, or what is too little to show. */
const ALL = 0.999;
/** What is left of the time asleep is what is too little to show. */
const MOST = 0.9;

/** From a function down to where the way parts. */
function chainFrom(node: StackNode): { readonly frames: readonly string[]; readonly end: StackNode } {
  const [only] = node.children;
  if (!only || node.children.length > 1 || only.ms <= ALL * node.ms) return { frames: [node.frame], end: node };
  const { frames, end } = chainFrom(only);
  return { frames: [node.frame, ...frames], end };
}

function branch(node: StackNode, wholeMs: number): Markup {
  const { frames, end } = chainFrom(node);
  const width = ((node.ms / wholeMs) * 100).toFixed(1);
  return html`<li>
    <svg class="share-bar" aria-hidden="true"><rect width="${width}%" height="100%" /></svg>
    <span class="figures">${duration(node.ms)}</span> <code>${frames.join(' → ')}</code>
    ${
      end.children.length > 0 &&
      html`<ul>
        ${end.children.map((child) => branch(child, wholeMs))}
      </ul>`
    }
  </li>`;
}

function tree({ state, ms, share, roots }: StateStacks, at: number): Markup {
  return html`<details ${at === 0 || state === 'unexplained' ? html`open` : ''}>
    <summary><i class="key state-${state}"></i><b>${state}</b> ${duration(ms)} (${percent(share)} of its time)</summary>
    <ul class="stacks">
      ${roots.map((root) => branch(root, ms))}
    </ul>
  </details>`;
}

/** What is no sleep, so that no stack is taken of it. */
const AWAKE: readonly string[] = ['running', 'runnable', 'cpu-wakeup', 'ended'] satisfies State[];

/** Where only some of its sleeps have a stack: the picture would pass for all of them. */
function partly(all: readonly StateStacks[], { accounting }: Pick<Diagnosis, 'accounting'>): string {
  const withStack = all.reduce((sum, { ms }) => sum + ms, 0);
  const asleep = accounting.reduce((sum, { state, ms }) => sum + (AWAKE.includes(state) ? 0 : ms), 0);
  if (withStack > MOST * asleep) return '';
  return ` Stacks are known of ${duration(withStack)} of the ${duration(asleep)} that it slept: a sleep without one is not here.`;
}

export function stacks({ stacks: all }: Charts, diagnosis: Pick<Diagnosis, 'accounting'>): Part {
  if (all.length === 0) return undefined;
  return section(
    'stacks',
    { long: 'Where it slept in the kernel', short: 'Kernel stacks' },
    html`<p class="note">
      From the call down to the function that it slept in, as wide as the time asleep; below it as trees, with the time
      of each.${partly(all, diagnosis)}
    </p>`,
    flame(all),
    ...all.map(tree),
  );
}
