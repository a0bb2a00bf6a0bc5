// The victim's waits for durability, from events, counters or requests, and whether its mount asks for that instead of the program. A file of
// its own because two causes judge them: app.sync-writes, where the program asks, and fs.sync-mount, where the mount does.

import { intersect, type Intervals, NO_INTERVALS, total, union, without } from '../../base/intervals.js';
import { sleepsBelow, SYNC_CALLS, timesBelow } from '../../analysis/victim/calls.js';
import { isKernelThread } from '../../analysis/machine/processes.js';
import { durableRequests } from '../../analysis/victim/durable.js';
import { writtenItself } from '../../analysis/machine/counted-work.js';
import { growthOf, growthWithin } from '../../analysis/machine/series.js';
import { timesIn, type Measures } from '../../analysis/measures.js';
import { duration, percent } from '../../base/format.js';
import { remembered } from '../../base/remember.js';
import type { Mount } from '../../model/facts.js';
import { number, part, said, time } from '../../model/quantity.js';
import type { Timeline } from '../../model/timeline.js';
import type { State } from '../../model/states.js';
import { SYNC_WRITES } from '../../model/thresholds/application.js';
import { HARM } from '../../model/thresholds/device.js';
import { SYNC_MOUNT } from '../../model/thresholds/filesystem.js';
import { notChecked, ruledOut, type Argument, type Refused } from '../cause.js';
import { behindCpus } from './cpu-behind.js';
import { isGiven, NEEDS, type Given } from './needs.js';
import { harmOf } from './neighbour-harm.js';
import { diskName, judgeDevice } from './judgements.js';

type Victim = Given<'victim' | 'disk'>;

/** How often it waited for durability, and when. */
export interface Durability {
  readonly times: Intervals;
  /** By all its threads; `times` are one's. */
  readonly count: number;
  /** How many of them waited for that at once, on average. */
  readonly atOnce: number;
  /** What it wrote between two of them; NaN where that was not recorded. */
  readonly bytesEach: number;
  readonly source: string;
  /** How a block trace shows them. */
  readonly shownBy?: string;
}

/** How long each takes its thread, ms, of so much of the waits as is meant. */
export function eachMs({ count, atOnce }: Durability, times: Intervals): number {
  return (atOnce * total(times)) / count;
}

/** The same in words, with how many threads wait at once where that is more than one: each waits for those of the others as well. */
export function eachTakes(found: Durability, times: Intervals): string {
  const threads = Math.round(found.atOnce);
  const beside = threads > 1 ? ` with ${threads} threads of it waiting at once` : '';
  return `each takes ${duration(eachMs(found, times))}${beside}`;
}

/** From events: its own calls for durability, and what it wrote between them. */
function fromEvents({ account, syncs, input }: Victim): Durability | Refused {
  if (!syncs) return notChecked('the filesystem’s sync events were not recorded');
  const count = syncs.own.length;
  const process = input.counters.processes.get(account.pid);
  const called = writtenItself(process) / count;
  const asks = sleepsBelow(input.events, SYNC_CALLS);
  const waitedBy = (lines: Iterable<Timeline>) => [...lines].reduce((sum, line) => sum + total(line.timesOf(asks)), 0);
  const own = account.lines.get(account.thread);
  return {
    times: timesBelow(account, input.events, SYNC_CALLS),
    count,
    atOnce: Math.max(1, waitedBy(account.lines.values()) / waitedBy(own ? [own] : []) || 1),
    // Who writes through a mapping calls nothing: then it is the pages that it made dirty.
    bytesEach: called < 1 ? growthOf(process?.io, 'write_bytes') / count : called,
    source: 'ext4_sync_file_enter, xfs_file_fsync or btrfs_sync_file; kernel stacks',
  };
}

/** From counters: a wait that is no plain wait for pages, and the flushes of the disk meanwhile, as far as its writes can have asked for them. */
function fromCounters(m: Victim): Durability | Refused {
  const { account, input } = m;
  const disk = input.counters.disks.get(m.disk);
  const count = growthWithin(disk, 'fl_ios', account.from, account.to);
  if (Number.isNaN(count)) return notChecked(`how often ${diskName(m)} was flushed was not recorded`);
  const process = input.counters.processes.get(account.pid);
  const calls = growthOf(process?.io, 'syscw');
  if (SYNC_WRITES.foreignFlushes * SYNC_WRITES.flushesEach * calls < count)
    return ruledOut(
      `${diskName(m)} was flushed ${count} times while it wrote ${calls} times: others asked for most of that`,
    );
  const times = timesIn(account, ['journal', 'block-device', 'block-held', 'block-queue']);
  const worked = [...times].reduce((sum, { from, to }) => sum + growthWithin(disk, 'io_ticks', from, to), 0);
  if (worked < SYNC_WRITES.leastBusy * total(times))
    return notChecked(
      `${diskName(m)} had something to do for ${percent(worked / total(times))} of the time that it may have waited for that: what it waited for is elsewhere`,
    );
  return {
    times,
    count,
    // Flushes of the disk, of which one is under way at a time.
    atOnce: 1,
    bytesEach: writtenItself(process) / count,
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
    // A block trace shows requests, and no threads.
    atOnce: 1,
    bytesEach: found.bytes / count,
    source: 'block:block_bio_queue',
    shownBy: throughJournal ? 'a commit of the journal follows each of its writes' : 'it sends the flushes itself',
  };
}

const WAYS = { events: fromEvents, samples: fromCounters, requests: fromRequests } as const;

/** The victim's waits for durability, or why they can't be told. */
export function durabilityOf(m: Victim): Durability | Refused {
  return WAYS[m.account.source](m);
}

/** What a sync does not take by itself: while something else holds the victim up, it is that one's time. */
const HELD_UP: readonly State[] = ['block-held', 'runnable', 'cpu-wakeup', 'cgroup-cpu', 'stopped', 'fs-frozen'];

/** While the device was slow, or others on it held the victim up or may have, it is their time, not that of the number of syncs. */
function undisturbed(m: Victim, times: Intervals): Intervals {
  const harm = harmOf(m);
  const isCrowded = harm && (harm.undecided || (harm.noticed && harm.slowed >= HARM.slowed));
  const crowded = isCrowded ? (m.neighbours?.company ?? []) : [];
  return without(without(union(times), union([...m.slow, ...timesIn(m.account, HELD_UP)])), crowded);
}

/** When the victim waited for the filesystem's journal, whatever that waited for meanwhile. */
export function journalWaits({ account }: Given<'victim'>): Intervals {
  return union(account.segments.timesOf((segment) => (segment.whole ?? segment.state) === 'journal'));
}

function findBehindCpus(m: Measures): Intervals {
  if (!isGiven(m, ['victim', 'disk']) || m.account.source !== 'events') return NO_INTERVALS;
  const found = durabilityOf(m);
  const syncs = 'kind' in found ? NO_INTERVALS : found.times;
  return behindCpus(m, undisturbed(m, union([...syncs, ...journalWaits(m)])));
}

/**
 * When the victim waited for a sync or for the journal, and what it lacked was a CPU for the threads of the kernel that write for it. Whoever asked for the
 * commit, these write it.
 */
export const durableBehindCpus = remembered(findBehindCpus, () => '');

/** What is left of these waits where others have the disk or the CPUs: the time that the number of syncs costs. */
export function ownTimes(m: Victim, times: Intervals): Intervals {
  return without(undisturbed(m, times), durableBehindCpus(m));
}

/** The waits, as evidence tells them. */
export function waitingFor({ source, shownBy }: Durability, times: Intervals, { account }: Victim): Argument {
  const wall = account.to - account.from;
  const device = total(intersect(times, timesIn(account, ['block-device']))) / wall;
  return {
    measure: 'waiting for durability',
    value: said`${time(total(times))} (${part(total(times) / wall)})`,
    meaning: `${percent(device)} of its time with the device, the rest in the ${shownBy === undefined ? 'filesystem' : 'queue or the journal'}`,
    source,
  };
}

/** That the device is not to blame, where its requests tell. */
export function serviceTime(m: Measures): Argument[] {
  const judged = judgeDevice(m);
  if (!judged || judged.requests === 0) return [];
  return [
    {
      measure: `${diskName(m)}’s service time`,
      value: said`${time(judged.serviceMs / judged.requests)} a request over ${number(judged.requests)}`,
      meaning: `${percent(judged.factor)} of what an ordinary disk may take${judged.factor <= 1 ? ': the device is not to blame' : ''}`,
      source: 'block:block_rq_issue → block:block_rq_complete',
    },
  ];
}

function isSync({ options }: Mount): boolean {
  return options.split(',').includes('sync');
}

/** The mounts on its disk of what the victim has open; all of that disk where nothing tells. */
export function mountsOfVictim({ account, input, topology, disk }: Victim): Mount[] {
  const here = (input.facts.at(-1)?.mounts ?? []).filter(({ mountPoint }) => topology.diskOfPath(mountPoint) === disk);
  const used = new Set(input.files.flatMap(({ pid, device }) => (pid === account.pid ? [device] : [])));
  return used.size > 0 ? here.filter(({ device }) => used.has(device)) : here;
}

/** The victim's mount, where that makes each of its writes durable. */
export function syncMountOf(m: Victim): Mount | undefined {
  const mine = mountsOfVictim(m);
  return mine.length > 0 && mine.every(isSync) ? mine[0] : undefined;
}

/** True where the program asks for durability itself: in calls of its own beside its writes, or by how it opened a file. */
export function asksItself({ account, input }: Victim, found: Durability): boolean {
  if (input.files.some(({ pid, durable }) => pid === account.pid && durable === true)) return true;
  const writes = growthOf(input.counters.processes.get(account.pid)?.io, 'syscw');
  return account.source === 'events' && writes > 0 && found.count >= SYNC_MOUNT.mostEach * writes;
}
