// The victim asks for durability after every small write, and spends its time waiting for that, although the device answers as it should.
// Told from a slow device by service time, and from somebody else's commits by whose syncs they are.

import { intersect, total, union, without, type Interval } from '../base/intervals.js';
import { SYNC_CALLS, timesBelow } from '../analysis/victim/calls.js';
import { isKernelThread } from '../analysis/machine/processes.js';
import { durableRequests } from '../analysis/victim/durable.js';
import { growthOf, growthWithin } from '../analysis/machine/series.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { bytes, duration, percent } from '../base/format.js';
import { frequency, number, part, said, size, time } from '../model/quantity.js';
import type { State } from '../model/states.js';
import { SYNC_WRITES } from '../model/thresholds/application.js';
import { HARM } from '../model/thresholds/device.js';
import { FIDELITY } from './judge/fidelity.js';
import { isGiven, NEEDS, type Given } from './judge/needs.js';
import { harmOf } from './judge/neighbour-harm.js';
import { diskName, judgeDevice } from './judge/shared.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Refused } from './cause.js';

type Victim = Given<'victim' | 'disk'>;

interface Durability {
  readonly times: readonly Interval[];
  readonly count: number;
  /** What it wrote between two of them; NaN where that was not recorded. */
  readonly bytesEach: number;
  readonly source: string;
  /** How a block trace shows them. */
  readonly shownBy?: string;
}

/** From events: its own calls for durability, and what it wrote between them. */
function fromEvents({ account, syncs, input }: Victim): Durability | Refused {
  if (!syncs) return notChecked('the filesystem’s sync events were not recorded');
  const count = syncs.own.length;
  return {
    times: timesBelow(account, input.events, SYNC_CALLS),
    count,
    bytesEach: growthOf(input.counters.processes.get(account.pid)?.io, 'wchar') / count,
    source: 'ext4_sync_file_enter, xfs_file_fsync or btrfs_sync_file; kernel stacks',
  };
}

/** From counters: a wait that is no plain wait for pages, and the flushes of the disk meanwhile, as far as its writes can have asked for them. */
function fromCounters(m: Victim): Durability | Refused {
  const { account, input } = m;
  const count = growthWithin(input.counters.disks.get(m.disk), 'fl_ios', account.from, account.to);
  if (Number.isNaN(count)) return notChecked(`how often ${diskName(m)} was flushed was not recorded`);
  const io = input.counters.processes.get(account.pid)?.io;
  const calls = growthOf(io, 'syscw');
  if (SYNC_WRITES.foreignFlushes * SYNC_WRITES.flushesEach * calls < count)
    return ruledOut(
      `${diskName(m)} was flushed ${count} times while it wrote ${calls} times: others asked for most of that`,
    );
  return {
    times: timesIn(account, ['journal', 'block-device', 'block-held', 'block-queue']),
    count,
    bytesEach: growthOf(io, 'wchar') / count,
    source: '/proc/diskstats (flushes), /proc/PID/io, /proc/PID/wchan',
  };
}

/** From a block trace: flushes and FUA writes of its own, or the commits of a journal that follow its writes. */
function fromRequests(m: Victim): Durability | Refused {
  if (!isGiven(m, ['requests'])) return notChecked(NEEDS.requests.else);
  const { account, disk } = m;
  if (isKernelThread(m.input, account.pid))
    return notChecked('who asks a thread of the kernel for durability is not in the trace');
  const { count, times, throughJournal, ...found } = durableRequests(m.input, m.topology, m.requests, account, disk);
  return {
    times: intersect(times, [account]),
    count,
    bytesEach: found.bytes / count,
    source: 'block:block_bio_queue',
    shownBy: throughJournal ? 'a commit of the journal follows each of its writes' : 'it sends the flushes itself',
  };
}

const WAYS = { events: fromEvents, samples: fromCounters, requests: fromRequests } as const;

/** What a sync does not take by itself: while something else holds the victim up, it is that one's time. */
const HELD_UP: readonly State[] = ['block-held', 'runnable', 'cpu-wakeup', 'cgroup-cpu', 'stopped', 'fs-frozen'];

/** While the device was slow, or others on it held the victim up, it is their time, not that of the number of syncs. */
function ownTimes(m: Victim, { times }: Durability): Interval[] {
  const harm = harmOf(m);
  const crowded = harm?.noticed === true && harm.slowed >= HARM.slowed ? (m.neighbours?.company ?? []) : [];
  return without(without(union(times), union([...m.slow, ...timesIn(m.account, HELD_UP)])), crowded);
}

interface Figures {
  readonly found: Durability;
  readonly times: readonly Interval[];
  /** Of the victim's time. */
  readonly share: number;
  /** How often, how much and how long, in words. */
  readonly words: string;
}

/** Why that is not what sets its pace; undefined where it does. */
function objection(m: Victim, { found, share, words }: Figures, perSecond: number): Refused | undefined {
  if (share < SYNC_WRITES.leastShare || perSecond < SYNC_WRITES.leastPerSecond) return ruledOut(words);
  if (Number.isNaN(found.bytesEach))
    return notChecked(`it asked for durability ${found.count} times, and how much it wrote was not recorded`);
  if (found.bytesEach > SYNC_WRITES.smallBytes) return ruledOut(words);
  const others = [...(m.syncs?.others.values() ?? [])].reduce((a, b) => a + b, 0);
  return others > SYNC_WRITES.outnumbered * found.count
    ? ruledOut(`${words}; but others asked ${others} times, against its own ${found.count}`)
    : undefined;
}

function evidence({ found, times, share }: Figures, m: Victim): Argument[] {
  const { account } = m;
  const { shownBy } = found;
  const device = total(intersect(times, timesIn(account, ['block-device']))) / (account.to - account.from);
  return [
    {
      measure: 'waiting for durability',
      value: said`${time(total(times))} (${part(share)})`,
      meaning: `${percent(device)} of its time with the device, the rest in the ${shownBy === undefined ? 'filesystem' : 'queue or the journal'}`,
      source: found.source,
    },
    {
      measure: 'syncs',
      value: said`${number(found.count)}, ${size(found.bytesEach)} each`,
      meaning: `small writes, each made durable by itself${shownBy === undefined ? '' : ` (${shownBy})`}: the number of syncs sets the pace, not the bytes`,
      source: found.source,
    },
    ...serviceTime(m),
  ];
}

function serviceTime(m: Measures): Argument[] {
  const judged = judgeDevice(m);
  if (!judged || judged.requests === 0) return [];
  return [
    {
      measure: `${diskName(m)}’s service time`,
      value: said`${time(judged.serviceMs / judged.requests)} a request over ${number(judged.requests)}`,
      meaning: `${percent(judged.factor)} of what an ordinary disk may take: the device is not to blame`,
      source: 'block:block_rq_issue → block:block_rq_complete',
    },
  ];
}

export const cause = defineCause({
  id: 'app.sync-writes',
  layer: 'application',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  fromRequests: true,
  judge(m) {
    const { account } = m;
    if (m.input.victims.some(({ pid, role }) => pid === account.pid && role === 'probe'))
      return ruledOut('the probe writes durably on purpose, to measure that');
    const found = WAYS[account.source](m);
    if ('kind' in found) return found;
    if (found.count === 0) return ruledOut('it never asked for durability');
    const wall = account.to - account.from;
    const times = ownTimes(m, found);
    const share = total(times) / wall;
    const perSecond = (found.count * 1000) / wall;
    const words = `it asked for durability ${String(frequency(perSecond))} times a second, after ${bytes(found.bytesEach)} each, and waited for it ${percent(share)} of its time`;
    const figures = { found, times, share, words };
    const against = objection(m, figures, perSecond);
    if (against) return against;
    const confidence =
      ramp(share, { from: SYNC_WRITES.leastShare, ...SYNC_WRITES.sure }) * FIDELITY[account.source].ofDevice;
    return holds({ share, confidence, isHabit: true, lost: times }, figures);
  },
  tell: (figures, m) => ({
    sentence: `The process makes every small write durable before the next: ${figures.words}; each takes ${duration(total(figures.times) / figures.found.count)}, which is what ${diskName(m)} needs.`,
    culprit: { kind: 'process', name: m.account.name, pid: m.account.pid },
    evidence: evidence(figures, m),
    advice: [
      'Gather several writes for one sync (group commit), if losing the last few milliseconds is acceptable.',
      'A disk whose write cache survives a power cut answers flushes at once.',
    ],
  }),
});
