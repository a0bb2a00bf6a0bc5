// The device takes long for each request, whoever sends it and however few there are.
// Judged by service time, which leaves out the time a request merely queues behind others inside the device, against a generous norm
// for the kind of disk: latency must be judged given the load (Lu et al., Perseus, FAST 2023).
// It is told in four ways, each a file of judge/slow: by what its requests took (served.ts), by its own past as the machine remembers it (remembered.ts) and
// as the recording shows it (grown.ts), and without requests by its counters (counted.ts). A disk that is slow for its kind and does what it did for days is
// not slow.

import { intersect, type Intervals, total } from '../base/intervals.js';
import { duration, percent } from '../base/format.js';
import { diskWork } from '../analysis/machine/counted-work.js';
import { normOf, type Measures } from '../analysis/measures.js';
import { allowedFor } from '../analysis/requests/norm.js';
import { isAsEver } from '../analysis/requests/past.js';
import { countedLayers } from '../analysis/victim/counted-beneath.js';
import { HARM, SLOW } from '../model/thresholds/device.js';
import { DOUBTS, JUDGING } from '../model/thresholds/judging.js';
import { movedByChildren } from './judge/children-beside.js';
import { isGiven, NEEDS } from './judge/needs.js';
import { harmOf } from './judge/neighbour-harm.js';
import { DEVICE_WAITS, diskName, judgeDevice, SAMPLED_WAITS } from './judge/judgements.js';
import { judgeCounted, tellCounted, type Counted } from './judge/slow/counted.js';
import { judgeGrown, tellGrown, type Grown } from './judge/slow/grown.js';
import { judgeRemembered, tellRemembered, type Remembered } from './judge/slow/remembered.js';
import { judgeServed, tellServed, waitedForSlow, type Served } from './judge/slow/served.js';
import { times, type Victim, type Waited, type WithRequests } from './judge/slow/waited.js';
import { defineCause, notChecked, ruledOut, type Judgement, type Weight } from './cause.js';

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

/** Why a disk that is slow for its kind is not called slow: it was so for days; undefined where that is not known. */
function asEver(m: Measures): string | undefined {
  const { past } = m;
  if (!isAsEver(past)) return undefined;
  return `${diskName(m)} takes what it usually took at that load, ${times(past.factor)} that, on ${past.days} days before`;
}

/** For how much of these times the disk had something to do, by its counters, ms. */
function busyMs({ input, disk }: Victim, within: Intervals): number {
  const series = input.counters.disks.get(disk);
  return [...within].reduce((sum, one) => sum + diskWork(series, one).busyMs, 0);
}

/** Why counters can't tell whose slowness it is: while the disk was slow, one beneath it was at work for others, whose requests waited for each other there. */
function crowdBeneath(m: Victim, { lost }: Weight): string | undefined {
  const { input, topology, account, disk } = m;
  for (const layer of countedLayers(input, topology, disk, account)) {
    const work = diskWork(input.counters.disks.get(layer.disk), account);
    if (layer.others < DOUBTS.mostlyOthers || work.queueMs <= allowedFor(normOf(topology, layer.disk), work)) continue;
    if (busyMs({ ...m, disk: layer.disk }, lost) >= SLOW.leastBusy * total(lost))
      return `${diskName(m)} took long, but ${percent(layer.others)} of what ${topology.name(layer.disk)} moved, on which it stands, was others’, and each of the ${work.requests} requests there took ${duration(work.queueMs / work.requests)} with its queueing: counters alone can’t tell whose slowness it is`;
  }
  return undefined;
}

/** By its counters, where they alone were recorded. */
function judgeCounters(m: Victim): Judgement<Counted | Remembered> {
  const judged = judgeByCounters(m);
  if (judged.kind !== 'holds') return judged;
  const busy = busyMs(m, judged.lost) / total(judged.lost);
  return busy < SLOW.leastBusy
    ? ruledOut(
        `${diskName(m)} had something to do for only ${percent(busy)} of the time that the victim may have waited for it`,
      )
    : judged;
}

function judgeByCounters(m: Victim): Judgement<Counted | Remembered> {
  const usual = asEver(m);
  const counted = judgeCounted(m);
  if (counted.kind === 'holds') {
    const crowd = crowdBeneath(m, counted);
    if (crowd !== undefined) return notChecked(crowd);
    const doubt = counted.figures.factor < SLOW.sure.to ? movedByChildren(m) : undefined;
    if (doubt !== undefined)
      return notChecked(`${doubt}: what the disk takes for the victim’s requests alone is not in counters`);
    return usual === undefined ? counted : ruledOut(usual);
  }
  return judgeRemembered(m, SAMPLED_WAITS) ?? counted;
}

function judgeRequests(m: WithRequests): Judgement<Served | Grown | Remembered> {
  const found = waitedForSlow(m);
  const seeming = companyBeneath(m, found);
  if (seeming !== undefined) return ruledOut(seeming);
  const served = judgeServed(m, found);
  const usual = served && asEver(m);
  if (usual !== undefined) return ruledOut(usual);
  return served ?? judgeRemembered(m, DEVICE_WAITS) ?? judgeGrown(m) ?? ruledOut(fastEnough(m, found.share));
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
  judge(m): Judgement<Counted | Grown | Remembered | Served> {
    if (m.account.source === 'samples') return judgeCounters(m);
    return isGiven(m, ['requests']) ? judgeRequests(m) : notChecked(NEEDS.requests.else);
  },
  tell(figures, m) {
    if (figures.way === 'counted') return tellCounted(figures, m);
    if (figures.way === 'remembered') return tellRemembered(figures, m);
    return figures.way === 'grown' ? tellGrown(figures, m) : tellServed(figures, m);
  },
});
