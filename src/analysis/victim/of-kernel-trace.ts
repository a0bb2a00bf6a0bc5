// The account of a thread from somebody else's trace of switches without kernel stacks: what its uninterruptible sleeps were for is told by its
// own requests alone. As long as one was with the device or queued, the sleep was a wait for it; what they don't cover stays unexplained.

import { intersect, type Intervals, union, without } from '../../base/intervals.js';
import type { VictimAccount } from '../../model/account.js';
import type { Segment } from '../../model/segment.js';
import { Timeline } from '../../model/timeline.js';
import type { State } from '../../model/states.js';
import type { Requests } from '../requests/requests.js';
import { stagesOf } from './own-requests.js';

function isOpen({ state, stack }: Segment): boolean {
  return state === 'unexplained' && stack === undefined;
}

export function withStagesOfOwn(account: VictimAccount, requests: Requests): VictimAccount {
  const open = Array.from(account.segments.filter(isOpen));
  const { device, queue, passing } = stagesOf(requests, (row) => account.own[row] !== 0);
  const queued = intersect(without(open, device), queue);
  const withDevice = intersect(without(open, queued), union([...device, ...passing]));
  const left = without(open, withDevice);
  const as = (state: State, parts: Intervals): Segment[] =>
    parts.map(({ from, to }) => ({ from, to, state, whole: 'unexplained' }));
  const all = [
    ...account.segments.filter((segment) => !isOpen(segment)),
    ...as('block-device', withDevice),
    ...as('block-queue', queued),
    ...as('unexplained', without(left, queued)),
  ].sort((a, b) => a.from - b.from);
  const segments = Timeline.of(all);
  return { ...account, segments, ms: segments.sums() };
}
