// A file is read in order, in requests that bring no more than was asked for, each waited for by itself: next to nothing is read ahead, because
// the disk's setting is that small or because the program told the kernel that it reads at random. With the setting at 0 a request is a page;
// otherwise it is what one call asks for, and the setting if that is more. Told from real random reads by where each read begins, and from
// direct ones by the stack.
// Source: mm/readahead.c (page_cache_sync_ra); Documentation/ABI/stable/sysfs-block (read_ahead_kb); posix_fadvise(2), madvise(2).

import { kindOf, KIND } from '../analysis/requests/requests.js';
import { CACHED_READS, timesBelow } from '../analysis/victim/calls.js';
import { column } from '../analysis/machine/time-walk.js';
import { type Intervals, total, without } from '../base/intervals.js';
import { growthOf, valueAt } from '../analysis/machine/series.js';
import { deviceId } from '../analysis/machine/topology.js';
import { isThere } from '../analysis/machine/processes.js';
import { timesIn } from '../analysis/measures.js';
import { percent } from '../base/format.js';
import { flow, memory, number, part, said, time, type Said } from '../model/quantity.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { NO_READ_AHEAD } from '../model/thresholds/memory.js';
import type { Series } from '../model/counters.js';
import { advise, look, write } from './judge/advice.js';
import { limitsReached } from './judge/beneath.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import {
  diskName,
  isTraced,
  queueSetting,
  readAheadOff,
  USUAL_READ_AHEAD_KIB,
  type QueueSetting,
} from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument } from './cause.js';

type Victim = Given<'victim' | 'sleeps' | 'disk'>;

const SECTOR_BYTES = 512;

interface Reads {
  readonly count: number;
  readonly bytes: number;
  /** Those that began where the same thread's read before ended and brought no more than was asked for. */
  readonly onward: number;
  /** The mean of those, bytes. */
  readonly onwardBytes: number;
  /** Of all of them those between the first and the last reading of what its calls took. */
  readonly counted: { readonly count: number; readonly bytes: number };
}

/** /proc/PID/io of the victim. */
function callCounters({ account, input }: Victim): Series | undefined {
  return input.counters.processes.get(account.pid)?.io;
}

/** What the victim's own threads asked its disk for; `most` is what a request may have that was not made larger than the call, bytes. */
function readsOf(m: Victim, most: number): Reads {
  const { account, input, topology, disk } = m;
  const readings = callCounters(m)?.t;
  const table = input.events?.tables.get('block_bio_queue');
  const [dev, sector, sectors, rwbs] = ['dev', 'sector', 'nr_sector', 'rwbs'].map((name) => column(table, name));
  const ends = new Map<number, number>();
  const reads = { count: 0, bytes: 0, onward: 0 };
  const counted = { count: 0, bytes: 0 };
  let onwardBytes = 0;
  for (let row = 0; row < (table?.length ?? 0); row += 1) {
    const [t, thread, long] = [valueAt(table?.t, row), valueAt(table?.pid, row), valueAt(sectors, row)];
    if (t < account.from || t > account.to || !account.threads.has(thread)) continue;
    if (kindOf(input.events?.strings.get(valueAt(rwbs, row)) ?? '', long) !== KIND.read) continue;
    if (topology.disk(deviceId(valueAt(dev, row))) !== disk) continue;
    const begin = valueAt(sector, row);
    const size = long * SECTOR_BYTES;
    reads.count += 1;
    reads.bytes += size;
    if (t >= (readings?.[0] ?? Infinity) && t <= (readings?.at(-1) ?? -Infinity)) {
      counted.count += 1;
      counted.bytes += size;
    }
    if (ends.get(thread) === begin && size <= most) {
      reads.onward += 1;
      onwardBytes += size;
    }
    ends.set(thread, begin + long);
  }
  return { ...reads, onwardBytes: onwardBytes / reads.onward, counted };
}

/** What its calls took, all and on average, bytes; NaN where that was not recorded, or it reads by faults of a mapping. */
function callsOf(m: Victim): { readonly taken: number; readonly mean: number } {
  const io = callCounters(m);
  const taken = growthOf(io, 'rchar');
  return taken > 0 ? { taken, mean: taken / growthOf(io, 'syscr') } : { taken: NaN, mean: NaN };
}

/**
 * The largest request that brings no more than it was asked for, bytes. Where the setting asks for little, all that several of fit into the
 * usual read-ahead; where it does not, those of a program that told the kernel that it reads at random: a fault brings a page, a call what
 * it asks for (mm/readahead.c, force_page_cache_ra).
 */
function mostAskedFor({ input }: Victim, setting: QueueSetting | undefined, callBytes: number): number {
  const { pageBytes } = input;
  const most = (USUAL_READ_AHEAD_KIB * 1024) / NO_READ_AHEAD.merged;
  if (setting) return most;
  return Number.isNaN(callBytes) ? pageBytes : Math.min(most, Math.ceil(callBytes / pageBytes) * pageBytes);
}

/** Why such requests need not come from a reader in order without read-ahead; undefined where they do. */
function otherwise(m: Victim, reads: Reads, setting: QueueSetting | undefined, taken: number): string | undefined {
  const { pageBytes } = m.input;
  // No larger than the setting: it is known what ended them.
  const isBySetting = setting && reads.onwardBytes <= Math.max(pageBytes, Number(setting.value) * 1024);
  if (isBySetting === true) return undefined;
  const { count, bytes } = reads.counted;
  const ofRead = percent(taken / bytes);
  if (bytes - taken > (1 - NO_READ_AHEAD.wholePages) * pageBytes * count)
    return `its calls took ${ofRead} of those pages, as where small files that lie side by side are read one after the other`;
  if (!setting && reads.onwardBytes > pageBytes && taken > NO_READ_AHEAD.mostTaken * bytes)
    return `its calls took ${ofRead} of what was read, as where it is compressed or in memory, so their size does not tell what ended each`;
  return undefined;
}

interface Figures {
  readonly reads: Reads;
  readonly times: Intervals;
  readonly share: number;
  /** The setting that reads next to nothing ahead; undefined where the disk would. */
  readonly setting: QueueSetting | undefined;
}

/** How the setting stands, in words. */
function amountOf({ value }: QueueSetting): Said {
  return Number(value) === 0 ? said`switched off` : said`only ${memory(Number(value) * 1024)}`;
}

function evidence({ reads, times, share, setting }: Figures, m: Victim): Argument[] {
  const { account } = m;
  return [
    {
      measure: 'waiting for cached reads',
      value: said`${time(total(times))} (${part(share)}), at ${flow((reads.bytes * 1000) / (account.to - account.from))}`,
      meaning: 'asleep in the page cache’s read path until the device had brought a page',
      source: FIDELITY[account.source].waits,
    },
    {
      measure: 'reads in order, one at a time',
      value: said`${number(reads.onward)} of ${number(reads.count)} (${part(reads.onward / reads.count)}), ${memory(reads.onwardBytes)} each`,
      meaning: `each began where the one before ended and brought no more than was asked for: the usual read-ahead of ${USUAL_READ_AHEAD_KIB} KiB brings ${Math.floor((USUAL_READ_AHEAD_KIB * 1024) / reads.onwardBytes)} of them at once`,
      source: 'block:block_bio_queue',
    },
    {
      measure: 'read-ahead',
      value: setting ? amountOf(setting) : 'on for the disk',
      meaning: setting
        ? `read_ahead_kb is ${setting.value}`
        : 'so the file was opened or mapped for random reads (POSIX_FADV_RANDOM, MADV_RANDOM)',
      source: setting?.file ?? queueSetting(m, 'read_ahead_kb')?.file ?? '/sys/block',
    },
  ];
}

export const cause = defineCause({
  id: 'mem.no-read-ahead',
  layer: 'page cache',
  rank: 'verdict',
  proof: 'latency',
  waits: ['block-device'],
  needs: ['victim', 'sleeps', 'disk'],
  judge(m) {
    const { account, input } = m;
    const times = without(timesBelow(account, input.events, CACHED_READS), timesIn(account, ['server', 'swap']));
    const share = total(times) / (account.to - account.from);
    const waited = `it waited ${percent(share)} of its time for cached reads`;
    if (share < JUDGING.noticeable) return ruledOut(waited);
    if (!isTraced(m, 'block_bio_queue')) return notChecked(`${waited}, and where they began was not recorded`);
    const setting = readAheadOff(m);
    const calls = callsOf(m);
    const reads = readsOf(m, mostAskedFor(m, setting, calls.mean));
    const ofReads = reads.count === 0 ? 0 : reads.onward / reads.count;
    const inOrder = `${percent(ofReads)} of them in order and no larger than what was asked for`;
    if (reads.onward < NO_READ_AHEAD.least || ofReads < NO_READ_AHEAD.leastOfReads)
      return ruledOut(`${waited}, ${inOrder}`);
    const why = otherwise(m, reads, setting, calls.taken);
    if (why !== undefined) return notChecked(`${waited}, ${inOrder}; but ${why}`);
    const limit = limitsReached(m, [m.disk, ...m.topology.beneath(m.disk)], times).find(
      ({ limit: { what } }) => what === 'rbps',
    )?.limit;
    if (limit)
      return ruledOut(
        `${waited}, ${inOrder}; but cgroup ${limit.cgroup} is limited to ${String(flow(limit.value))}, which it gets: larger requests would bring no more`,
      );
    const { bySetting, byAdvice } = NO_READ_AHEAD;
    const confidence = ramp(share, { from: JUDGING.noticeable, ...(setting ? bySetting : byAdvice) });
    return holds({ share, confidence, lost: times }, { reads, times, share, setting });
  },
  tell: (figures, m) => {
    const { setting, share, reads } = figures;
    const { name, pid } = m.account;
    const ahead = setting && Number(setting.value) > 0 ? 'next to nothing' : 'nothing';
    const each = reads.onwardBytes <= m.input.pageBytes ? 'each page' : `every ${String(memory(reads.onwardBytes))}`;
    const how = `The victim reads in order, and ${ahead} is read ahead: it waits for ${each} by itself, ${percent(share)} of its time,`;
    const calls = look(`strace -f -e trace=fadvise64,madvise -p ${isThere(m.input, pid) ? pid : 'PID'}`);
    return {
      sentence: setting
        ? `${how} because read-ahead is ${amountOf(setting).text} on ${diskName(m)}.`
        : `${how} although ${diskName(m)} has read-ahead: it told the kernel that it reads at random.`,
      yardstick: {
        measure: 'read ahead',
        value: setting ? `${setting.value} KiB` : 'none',
        against: `most disks: ${USUAL_READ_AHEAD_KIB} KiB`,
      },
      culprit: setting
        ? { kind: 'setting', name: `read_ahead_kb=${setting.value} of ${diskName(m)}`, file: setting.file }
        : { kind: 'process', name, pid },
      evidence: evidence(figures, m),
      advice: setting
        ? [
            advise`Let it read ahead: ${write(String(USUAL_READ_AHEAD_KIB), setting.file, 'how much is read ahead of whoever reads in order', setting.value)}. ${String(USUAL_READ_AHEAD_KIB)} is what the kernel sets for most disks.`,
          ]
        : [
            advise`Let the program leave out POSIX_FADV_RANDOM and MADV_RANDOM where it reads in order, or give POSIX_FADV_SEQUENTIAL there. ${calls} shows what it says while it opens files.`,
          ],
      decidedBy: advise`what it tells the kernel when it opens the file: ${calls}`,
    };
  },
});
