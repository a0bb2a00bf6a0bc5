// Where in the kernel the victim slept, as trees of functions with the time below each: what somebody asks for who doubts a state, and the only
// thing to go by where nothing explains one.

import { addTo, entry } from '../../base/maps.js';
import type { StackNode, StateStacks } from '../../model/charts.js';
import type { State } from '../../model/states.js';
import type { Measures } from '../measures.js';

/** States and functions with less of the victim's time are not shown; what nothing explains always is. */
const LEAST_SHARE = 0.005;

interface Growing {
  ms: number;
  readonly children: Map<string, Growing>;
}

/** How long it slept with each stack, by state; the stages of one sleep are the sleep's. */
function timesByStack({ account }: Measures): Map<State, Map<number, number>> {
  const found = new Map<State, Map<number, number>>();
  for (const { state, whole, stack, from, to } of account?.segments ?? []) {
    if (stack === undefined || state === 'running' || state === 'runnable') continue;
    const times = entry(found, whole ?? state, () => new Map<number, number>());
    addTo(times, stack, to - from);
  }
  return found;
}

function nodesOf(children: ReadonlyMap<string, Growing>, leastMs: number): StackNode[] {
  return [...children]
    .filter(([, { ms }]) => ms >= leastMs)
    .sort((a, b) => b[1].ms - a[1].ms)
    .map(([frame, node]) => ({ frame, ms: node.ms, children: nodesOf(node.children, leastMs) }));
}

/** Stacks are told the innermost function first; the tree begins at the outermost. */
function treeOf(
  times: ReadonlyMap<number, number>,
  stacks: readonly (readonly string[])[],
  leastMs: number,
): StackNode[] {
  const root: Growing = { ms: 0, children: new Map() };
  for (const [stack, ms] of times) {
    let node = root;
    for (const frame of (stacks[stack] ?? []).toReversed()) {
      node = entry(node.children, frame, (): Growing => ({ ms: 0, children: new Map() }));
      node.ms += ms;
    }
  }
  return nodesOf(root.children, leastMs);
}

export function stacksOf(m: Measures): StateStacks[] {
  const { account, input } = m;
  const stacks = input.events?.stacks.stacks;
  if (!account || !stacks) return [];
  const wall = account.to - account.from;
  return [...timesByStack(m)]
    .map(([state, times]) => ({ state, times, ms: [...times.values()].reduce((a, b) => a + b, 0) }))
    .filter(({ state, ms }) => ms >= LEAST_SHARE * wall || (state === 'unexplained' && ms > 0))
    .sort((a, b) => b.ms - a.ms)
    .map(({ state, times, ms }) => ({
      state,
      ms,
      share: ms / wall,
      // Of what is little itself all that is not a tenth of it is shown.
      roots: treeOf(times, stacks, Math.min(LEAST_SHARE * wall, ms / 10)),
    }));
}
