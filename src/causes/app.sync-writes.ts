// The victim asks for durability after every small write, and spends its time waiting for that, although the device answers as it should.
// Told from a slow device by service time, and from somebody else's commits by whose syncs they are.

import { intersect, total, union, without } from '../base/intervals.js';
import { SYNC_CALLS, timesBelow } from '../analysis/victim/calls.js';
import { isKernelThread } from '../analysis/machine/processes.js';
import { durableRequests } from '../analysis/victim/durable.js';
import { growthOf, growthWithin } from '../analysis/machine/series.js';
import { harmOf } from './judge/neighbour-harm.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { bytes, duration, percent } from '../base/format.js';
import type { Interval } from '../base/intervals.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { FIDELITY } from './judge/fidelity.js';
import { diskName, judgeDevice } from './judge/shared.js';
import { SYNC_WRITES } from '../model/thresholds/application.js';
import { HARM } from '../model/thresholds/device.js';

interface Durability {
  readonly times: readonly Interval[];
  readonly count: number;
  /** What it wrote between two of them. */
  readonly bytesEach: number;
  readonly source: string;
  /** Flushes that can't have been its own, where the rest is too little to judge by. */
  readonly foreign?: string;
  /** How a block trace shows them. */
  readonly shownBy?: string;
}

/** From events: its own calls for durability, and what it wrote between them. */
function fromEvents(m: Measures): Durability | undefined {
  const { account, syncs } = m;
  if (!account || !syncs) return undefined;
  const written = growthOf(m.input.counters.processes.get(account.pid)?.io, 'wchar');
  const count = syncs.own.length;
  return {
    times: timesBelow(account, m.input.events, SYNC_CALLS),
    count,
    bytesEach: written / count,
    source: 'ext4_sync_file_enter, xfs_file_fsync or btrfs_sync_file; kernel stacks',
  };
}

/** From counters: a wait that is no plain wait for pages, and the flushes of the disk meanwhile, as far as its writes can have asked for them. */
function fromCounters(m: Measures): Durability | undefined {
  const { account, disk } = m;
  const series = disk === undefined ? undefined : m.input.counters.disks.get(disk);
  if (!account || !series) return undefined;
  const count = growthWithin(series, 'fl_ios', account.from, account.to);
  const io = m.input.counters.processes.get(account.pid)?.io;
  const written = growthOf(io, 'wchar');
  const calls = growthOf(io, 'syscw');
  return {
    ...(SYNC_WRITES.foreignFlushes * SYNC_WRITES.flushesEach * calls < count && {
      foreign: `${diskName(m)} was flushed ${count} times while it wrote ${calls} times: others asked for most of that`,
    }),
    times: timesIn(account, ['journal', 'block-device', 'block-held', 'block-queue']),
    count,
    bytesEach: written / count,
    source: '/proc/diskstats (flushes), /proc/PID/io, /proc/PID/wchan',
  };
}

/** From a block trace: flushes and FUA writes of its own, or the commits of a journal that follow its writes. */
function fromRequests(m: Measures): Durability | undefined {
  const { account, requests, disk } = m;
  // Whoever asked a thread of the kernel for it is not in the trace.
  if (!account || !requests || disk === undefined || isKernelThread(account.name)) return undefined;
  const {
    count,
    bytes: written,
    times,
    throughJournal,
  } = durableRequests(m.input, m.topology, requests, account, disk);
  return {
    times: intersect(times, [account]),
    count,
    bytesEach: written / count,
    source: 'block:block_bio_queue',
    shownBy: throughJournal ? 'a commit of the journal follows each of its writes' : 'it sends the flushes itself',
  };
}

const WAYS = { events: fromEvents, samples: fromCounters, requests: fromRequests } as const;

export const cause: Cause = {
  id: 'app.sync-writes',
  layer: 'application',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  fromRequests: true,
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    if (m.input.victims.some(({ pid, role }) => pid === account.pid && role === 'probe'))
      return ruledOut('the probe writes durably on purpose, to measure that');
    const found = WAYS[account.source](m);
    if (!found || !(found.count > 0)) return ruledOut('it never asked for durability');
    if (found.foreign !== undefined) return ruledOut(found.foreign);
    const wall = account.to - account.from;
    // While the device was slow, or others on it held the victim up, it is their time, not that of the number of syncs.
    const harm = harmOf(m);
    const crowded = harm?.noticed === true && harm.slowed >= HARM.slowed ? (m.neighbours?.company ?? []) : [];
    const times = without(without(union(found.times), m.slow), crowded);
    const share = total(times) / wall;
    const perSecond = (found.count * 1000) / wall;
    const figures = `it asked for durability ${perSecond >= 10 ? Math.round(perSecond) : perSecond.toFixed(1)} times a second, after ${bytes(found.bytesEach)} each, and waited for it ${percent(share)} of its time`;
    const { leastShare, leastPerSecond, smallBytes, outnumbered } = SYNC_WRITES;
    if (share < leastShare || perSecond < leastPerSecond || !(found.bytesEach <= smallBytes)) return ruledOut(figures);
    const judged = judgeDevice(m);
    const others = [...(m.syncs?.others.values() ?? [])].reduce((a, b) => a + b, 0);
    if (others > outnumbered * found.count)
      return ruledOut(`${figures}; but others asked ${others} times, against its own ${found.count}`);
    const device = total(intersect(times, timesIn(account, ['block-device']))) / wall;
    return {
      kind: 'found',
      share,
      confidence:
        ramp(share, { from: leastShare, ...SYNC_WRITES.sure }) *
        FIDELITY[account.source].ofDevice,
      sentence: `The process makes every small write durable before the next: ${figures}; each takes ${duration(total(times) / found.count)}, which is what ${diskName(m)} needs.`,
      culprit: { kind: 'process', name: account.name, pid: account.pid },
      isHabit: true,
      evidence: [
        {
          measure: 'waiting for durability',
          value: `${duration(total(times))} (${percent(share)})`,
          meaning: `${percent(device)} of its time with the device, the rest in the ${found.shownBy === undefined ? 'filesystem' : 'queue or the journal'}`,
          source: found.source,
        },
        {
          measure: 'syncs',
          value: `${found.count}, ${bytes(found.bytesEach)} each`,
          meaning: `small writes, each made durable by itself${found.shownBy === undefined ? '' : ` (${found.shownBy})`}: the number of syncs sets the pace, not the bytes`,
          source: found.source,
        },
        ...(judged && judged.requests > 0
          ? [
              {
                measure: `${diskName(m)}’s service time`,
                value: `${duration(judged.serviceMs / judged.requests)} a request over ${judged.requests}`,
                meaning: `${percent(judged.factor)} of what an ordinary disk may take: the device is not to blame`,
                source: 'block:block_rq_issue → block:block_rq_complete',
              },
            ]
          : []),
      ],
      advice: [
        'Gather several writes for one sync (group commit), if losing the last few milliseconds is acceptable.',
        'A disk whose write cache survives a power cut answers flushes at once.',
      ],
      lost: times,
    };
  },
};
