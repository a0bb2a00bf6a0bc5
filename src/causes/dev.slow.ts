// The device takes long for each request, whoever sends it and however few there are.
// Judged by service time, which leaves out the time a request merely queues behind others inside the device, against a generous norm
// for the kind of disk: latency must be judged given the load (Lu et al., Perseus, FAST 2023).
// It is told in three ways, each a file of judge/slow: by what its requests took (served.ts), by its own past (grown.ts), and without
// requests by its counters (counted.ts).

import { intersect, total } from '../base/intervals.js';
import { duration, percent } from '../base/format.js';
import { HARM } from '../model/thresholds/device.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { isGiven, NEEDS } from './judge/needs.js';
import { harmOf } from './judge/neighbour-harm.js';
import { diskName, judgeDevice } from './judge/judgements.js';
import { judgeCounted, tellCounted, type Counted } from './judge/slow/counted.js';
import { judgeGrown, tellGrown, type Grown } from './judge/slow/grown.js';
import { judgeServed, lostToSlow, tellServed, type Served } from './judge/slow/served.js';
import { times, waited, type Waited, type WithRequests } from './judge/slow/waited.js';
import { defineCause, notChecked, ruledOut, type Judgement } from './cause.js';

/** Why the disk only seems slow: while it was, a device beneath it served somebody else. */
function companyBeneath(m: WithRequests, { lost, share }: Waited): string | undefined {
  if (share < JUDGING.noticeable) return undefined;
  for (const lower of m.beneath) {
    const harm = isGiven(lower, ['victim']) ? harmOf(lower) : undefined;
    if (!harm?.noticed || harm.slowed < HARM.slowed) continue;
    const meanwhile = total(intersect(lost, lower.neighbours?.company ?? [])) / total(lost);
    if (meanwhile >= JUDGING.explainsFromBeneath)
      return `${diskName(m)} seemed slow, but for ${percent(meanwhile)} of that time ${m.topology.name(lower.disk ?? '')}, on which it stands, served ${harm.first.origin.name}`;
  }
  return undefined;
}

function fastEnough(m: WithRequests, share: number): string {
  const most = judgeDevice(m)?.classes[0];
  return most
    ? `${diskName(m)} needed ${duration(most.serviceMs / most.requests)} for each of ${most.requests} ${most.class}, ${times(most.factor)} what an ordinary disk of its kind may take; the victim waited ${percent(share)} of its time for it while it was slow`
    : `${diskName(m)} served nothing`;
}

function judgeRequests(m: WithRequests): Judgement<Served | Grown> {
  const found = waited(m, lostToSlow(m));
  const seeming = companyBeneath(m, found);
  if (seeming !== undefined) return ruledOut(seeming);
  return judgeServed(m, found) ?? judgeGrown(m) ?? ruledOut(fastEnough(m, found.share));
}

export const cause = defineCause({
  id: 'dev.slow',
  layer: 'device',
  rank: 'verdict',
  proof: 'latency',
  waits: ['block-device'],
  needs: ['victim', 'disk'],
  fromRequests: true,
  beneath: true,
  judge(m): Judgement<Counted | Grown | Served> {
    if (m.account.source === 'samples') return judgeCounted(m);
    return isGiven(m, ['requests']) ? judgeRequests(m) : notChecked(NEEDS.requests.else);
  },
  tell(figures, m) {
    if (figures.way === 'counted') return tellCounted(figures, m);
    return figures.way === 'grown' ? tellGrown(figures, m) : tellServed(figures, m);
  },
});
