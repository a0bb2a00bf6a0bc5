// How much the victim got done, and whether it was about as much in both recordings. A program that asks for less has no stall, whatever became of
// its cause: what was moved by its own calls (/proc/PID/io: rchar, wchar) is asked first, then what its requests moved.

import { growthWithin } from '../analysis/machine/series.js';
import type { Measures } from '../analysis/measures.js';
import { KIND } from '../analysis/requests/requests.js';
import { rate } from '../base/format.js';
import { COMPARISON } from '../model/thresholds/comparison.js';

/** Bytes a second of the victim's life. */
export interface Work {
  readonly by: 'calls' | 'requests';
  readonly read: number;
  readonly written: number;
}

const WORDS: Readonly<Record<Work['by'], string>> = { calls: 'By its own calls', requests: 'By its requests' };

function byCalls({ account, input }: Measures): Work[] {
  if (!account) return [];
  const io = input.counters.processes.get(account.pid)?.io;
  const perSecond = (name: string) =>
    growthWithin(io, name, account.from, account.to) / ((account.to - account.from) / 1000);
  const [read, written] = [perSecond('rchar'), perSecond('wchar')];
  return read + written > 0 ? [{ by: 'calls', read, written }] : [];
}

function byRequests({ account, requests }: Measures): Work[] {
  if (!account || !requests || account.own.length === 0) return [];
  const moved = { [KIND.read]: 0, [KIND.write]: 0 };
  for (let row = 0; row < requests.answered; row += 1) {
    const kind = requests.kind[row] ?? KIND.other;
    const known = moved[kind];
    if (account.own[row] && known !== undefined)
      moved[kind] = known + (requests.bytes[row] ?? 0) * (requests.weight[row] ?? 1);
  }
  const seconds = (account.to - account.from) / 1000;
  const [read, written] = [(moved[KIND.read] ?? 0) / seconds, (moved[KIND.write] ?? 0) / seconds];
  return read + written > 0 ? [{ by: 'requests', read, written }] : [];
}

/** What tells how much it did, the best first; empty where nothing does. */
export function workOf(m: Measures): Work[] {
  return [...byCalls(m), ...byRequests(m)];
}

const VERBS = { read: 'read', written: 'wrote' } as const;

type Direction = keyof typeof VERBS;

function text(work: Work, told: readonly Direction[]): string {
  return told.map((direction) => `${VERBS[direction]} ${rate(work[direction])}`).join(' and ');
}

/** Directions in which more than a trifle was moved. */
function toldOf(was: Work, is: Work): Direction[] {
  const whole = was.read + was.written + is.read + is.written;
  return (['read', 'written'] as const).filter(
    (direction) => was[direction] + is[direction] >= COMPARISON.trifle * whole,
  );
}

export interface ComparedWork {
  readonly isComparable: boolean;
  /** With the figures of both. */
  readonly sentence: string;
}

/** Undefined where they tell nothing that can be compared. */
export function compareWork(name: string, before: readonly Work[], after: readonly Work[]): ComparedWork | undefined {
  for (const was of before) {
    const is = after.find(({ by }) => by === was.by);
    if (!is) continue;
    const whole = was.read + was.written;
    const isLess = (direction: Direction) =>
      was[direction] >= COMPARISON.ofItsWork * whole && is[direction] < COMPARISON.leastWork * was[direction];
    const told = toldOf(was, is);
    return {
      isComparable: !isLess('read') && !isLess('written'),
      sentence: `${WORDS[was.by]}, ${name} ${text(is, told)}; before: ${told.map((one) => rate(was[one])).join(' and ')}.`,
    };
  }
  return undefined;
}
