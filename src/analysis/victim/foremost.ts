// Of several lives the one whose time is the process's, or the victim's: the thread that a process's account is about, and the process that a diagnosis
// is about, are chosen by the same rule.

import type { Timeline } from '../../model/timeline.js';
import { WAITING } from '../../model/states.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import { ACCOUNT } from '../../model/thresholds/victim.js';

/** What of a time says whose time it is, ms. */
export interface Lived {
  readonly heldUp: number;
  /** Held up or running. */
  readonly atWork: number;
  readonly whole: number;
}

export function livedOf(line: Timeline): Lived {
  const heldUp = line.msIn(WAITING);
  const whole = [...line.sums().values()].reduce((sum, ms) => sum + ms, 0);
  return { heldUp, atWork: heldUp + line.msIn(['running']), whole };
}

/**
 * The one that was held up longest; of equals the first, but for a child that stands for its parent, which waited for it and did nothing
 * itself. Where none was held up noticeably, the one that did most: an idle worker or a child that waited for a CPU once says nothing of its
 * process.
 */
export function mostHeldUp<One extends Lived>(lives: readonly One[], isChild: (one: One) => boolean): One | undefined {
  // Of the longest life: one of a moment may have been spent in waiting for a CPU.
  const noticeable = JUDGING.noticeable * Math.max(...lives.map(({ whole }) => whole));
  if (!lives.some(({ heldUp }) => heldUp >= noticeable)) return lives.toSorted((a, b) => b.atWork - a.atWork)[0];
  const all = lives.toSorted((a, b) => b.heldUp - a.heldUp);
  const most = all[0]?.heldUp ?? 0;
  return all.find((one) => one.heldUp >= ACCOUNT.standsForParent * most && isChild(one)) ?? all[0];
}

/** The thread whose time is the process's. */
export function foremost(
  lines: ReadonlyMap<number, Timeline>,
  isChild: (thread: number) => boolean = () => false,
): [number, Timeline] | [] {
  const lives = [...lines].map(([thread, line]) => ({ thread, line, ...livedOf(line) }));
  const first = mostHeldUp(lives, ({ thread }) => isChild(thread));
  return first ? [first.thread, first.line] : [];
}
