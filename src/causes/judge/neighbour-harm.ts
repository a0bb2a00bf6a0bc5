// Whether others' I/O on the victim's disk hurts it: what they cost of its waiting, and whether its own requests are slower for it. Both are
// asked for, because a fast device serves many at once without harm.

import { total } from '../../base/intervals.js';
import { timesIn } from '../../analysis/measures.js';
import { isGuilty } from '../../analysis/attribution/owners.js';
import type { Slowdown } from '../../analysis/victim/company.js';
import { isDiscarding, type Neighbour } from '../../analysis/victim/neighbours.js';
import type { State } from '../../model/states.js';
import type { Given } from './needs.js';
import { HARM } from '../../model/thresholds/device.js';

/** What the victim waits in while others are served. */
export const NEIGHBOUR_WAITS: readonly State[] = ['block-device', 'block-queue'];

export interface NeighbourHarm {
  /** The one that cost most. */
  readonly first: Neighbour;
  /** The share of the victim's time in which it waited while others were served. */
  readonly share: number;
  /** True where that is enough to notice, and its requests are held up. */
  readonly noticed: boolean;
  /** True where it is enough to notice, and too few of its requests were answered in company to tell whether that held them up. */
  readonly undecided: boolean;
  /** How much longer its requests take in company; without a quiet time to compare with, against what an ordinary disk may take. */
  readonly slowed: number;
}

/** Whether nothing shows what the victim's requests take without the others. */
export function isNeverAlone({ slowdown }: Slowdown): boolean {
  return !Number.isFinite(slowdown);
}

/** Undefined where nobody else used the disk. */
export function harmOf(m: Given<'victim'>): NeighbourHarm | undefined {
  const { account, neighbours } = m;
  // What the flusher writes and nobody can be named for counts, and nobody is named for it; what was queued before anybody looked may be the
  // victim's own. Whose locks the victim waits for works with it: processes of one database are no neighbours.
  const isOthersIo = ({ origin }: Neighbour) =>
    (isGuilty(origin) && !account.holders.has(origin.pid ?? -1)) ||
    (origin.via === 'unattributed' && (account.source === 'requests' || origin.name === 'flusher'));
  // Whoever deleted what a journal discards: it is the mount’s option that does it.
  const others = neighbours?.others.filter((one) => isDiscarding(one) || isOthersIo(one)) ?? [];
  const first = others[0];
  if (!neighbours || !first || (first.bytes === 0 && !first.discards)) return undefined;
  const foreignMs = others.reduce((sum, other) => sum + other.waitMs, 0);
  const share = foreignMs / (account.to - account.from);
  const mean = neighbours.contendedMeanMs;
  const isMuch =
    share >= HARM.leastShare && foreignMs >= HARM.leastOfWaiting * total(timesIn(account, NEIGHBOUR_WAITS));
  return {
    first,
    share,
    noticed: isMuch && mean >= HARM.stillFast * m.norm.fixedMs,
    undecided: isMuch && Number.isNaN(mean),
    slowed: isNeverAlone(neighbours) ? mean / m.norm.fixedMs : neighbours.slowdown,
  };
}
