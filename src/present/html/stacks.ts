// Where the victim slept in the kernel, as an icicle and as trees to open: functions that only one other calls stand on one line with it.

import { duration, percent } from '../../base/format.js';
import type { Charts, StackNode, StateStacks } from '../../model/charts.js';
import { flame } from './flame.js';
import { html, type Markup } from './markup.js';
import { section, type Part } from './parts.js';

/** Nearly all of what lies below a function lies below its only callee; the rest is rounding, or what is too little to show. */
const ALL = 0.999;

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

export function stacks({ stacks: all }: Charts): Part {
  if (all.length === 0) return undefined;
  return section(
    'stacks',
    { long: 'Where it slept in the kernel', short: 'Kernel stacks' },
    html`<p class="note">
      From the call down to the function that it slept in, as wide as the time asleep; below it as trees, with the time
      of each.
    </p>`,
    flame(all),
    ...all.map(tree),
  );
}
