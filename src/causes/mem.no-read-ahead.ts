// A file is read in order, page by page, each page waited for by itself: nothing is read ahead, because the disk's setting is 0 or because the
// program told the kernel that it reads at random. Told from real random reads by where each read begins, and from direct ones by the stack.
// Source: mm/readahead.c (page_cache_sync_ra); Documentation/ABI/stable/sysfs-block (read_ahead_kb); posix_fadvise(2), madvise(2).

import { kindOf, KIND } from '../analysis/requests/requests.js';
import { CACHED_READS, timesBelow } from '../analysis/victim/calls.js';
import { column } from '../analysis/machine/time-walk.js';
import { type Intervals, total, without } from '../base/intervals.js';
import { growthOf, valueAt } from '../analysis/machine/series.js';
import { deviceId } from '../analysis/machine/topology.js';
import { timesIn } from '../analysis/measures.js';
import { percent } from '../base/format.js';
import { flow, memory, number, part, said, time } from '../model/quantity.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { NO_READ_AHEAD } from '../model/thresholds/memory.js';
import { advise, look, write } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { diskName, isTraced, queueSetting, readAheadOff, type QueueSetting } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument } from './cause.js';

type Victim = Given<'victim' | 'sleeps' | 'disk'>;

const SECTOR_BYTES = 512;

interface Reads {
  readonly count: number;
  readonly bytes: number;
  /** Those of one page that began where the same thread's read before ended. */
  readonly onward: number;
}

/** What the victim's own threads asked its disk for. */
function readsOf({ account, input, topology, disk }: Victim): Reads {
  const table = input.events?.tables.get('block_bio_queue');
  const [dev, sector, sectors, rwbs] = ['dev', 'sector', 'nr_sector', 'rwbs'].map((name) => column(table, name));
  const ends = new Map<number, number>();
  const reads = { count: 0, bytes: 0, onward: 0 };
  for (let row = 0; row < (table?.length ?? 0); row += 1) {
    const [t, thread, long] = [valueAt(table?.t, row), valueAt(table?.pid, row), valueAt(sectors, row)];
    if (t < account.from || t > account.to || !account.threads.has(thread)) continue;
    if (kindOf(input.events?.strings.get(valueAt(rwbs, row)) ?? '', long) !== KIND.read) continue;
    if (topology.disk(deviceId(valueAt(dev, row))) !== disk) continue;
    const begin = valueAt(sector, row);
    reads.count += 1;
    reads.bytes += long * SECTOR_BYTES;
    if (ends.get(thread) === begin && long * SECTOR_BYTES <= input.pageBytes) reads.onward += 1;
    ends.set(thread, begin + long);
  }
  return reads;
}

/** How much of what was read for it its calls took; NaN where that was not recorded, or it reads by faults of a mapping. */
function takenByCalls({ account, input }: Victim, { bytes }: Reads): number {
  const taken = growthOf(input.counters.processes.get(account.pid)?.io, 'rchar');
  return taken > 0 ? taken / bytes : NaN;
}

interface Figures {
  readonly reads: Reads;
  readonly times: Intervals;
  readonly share: number;
  /** The setting that reads nothing ahead; undefined where the disk would. */
  readonly setting: QueueSetting | undefined;
}

function evidence({ reads, times, share, setting }: Figures, m: Victim): Argument[] {
  const { account, input } = m;
  return [
    {
      measure: 'waiting for cached reads',
      value: said`${time(total(times))} (${part(share)}), at ${flow((reads.bytes * 1000) / (account.to - account.from))}`,
      meaning: 'asleep in the page cache’s read path until the device had brought a page',
      source: FIDELITY[account.source].waits,
    },
    {
      measure: 'reads in order, a page each',
      value: said`${number(reads.onward)} of ${number(reads.count)} (${part(reads.onward / reads.count)})`,
      meaning: `each began where the one before ended and was of ${String(memory(input.pageBytes))}: with read-ahead one request would have brought dozens`,
      source: 'block:block_bio_queue',
    },
    {
      measure: 'read-ahead',
      value: setting ? 'switched off' : 'on for the disk',
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
    const reads = readsOf(m);
    const ofReads = reads.count === 0 ? 0 : reads.onward / reads.count;
    if (reads.onward < NO_READ_AHEAD.least || ofReads < NO_READ_AHEAD.leastOfReads)
      return ruledOut(`${waited}, and ${percent(ofReads)} of them were single pages in order`);
    const setting = readAheadOff(m);
    const used = takenByCalls(m, reads);
    if (!setting && used < NO_READ_AHEAD.wholePages)
      return notChecked(
        `${waited}, ${percent(ofReads)} of them single pages in order; but its calls took ${percent(used)} of those pages, as where small files that lie side by side are read one after the other`,
      );
    const { bySetting, byAdvice } = NO_READ_AHEAD;
    const confidence = ramp(share, { from: JUDGING.noticeable, ...(setting ? bySetting : byAdvice) });
    return holds({ share, confidence, lost: times }, { reads, times, share, setting });
  },
  tell: (figures, m) => {
    const { setting, share } = figures;
    const { name, pid } = m.account;
    const how = `The victim reads in order, and nothing is read ahead: it waits for each page by itself, ${percent(share)} of its time,`;
    return {
      sentence: setting
        ? `${how} because read-ahead is switched off on ${diskName(m)}.`
        : `${how} although ${diskName(m)} has read-ahead: it told the kernel that it reads at random.`,
      yardstick: {
        measure: 'read ahead',
        value: setting ? `${setting.value} KiB` : 'none',
        against: 'most disks: 128 KiB',
      },
      culprit: setting
        ? { kind: 'setting', name: `read_ahead_kb=${setting.value} of ${diskName(m)}`, file: setting.file }
        : { kind: 'process', name, pid },
      evidence: evidence(figures, m),
      advice: setting
        ? [
            advise`Switch it on: ${write('128', setting.file, 'how much is read ahead of whoever reads in order', setting.value)}. 128 is what the kernel sets for most disks.`,
          ]
        : [
            'Let the program leave out POSIX_FADV_RANDOM and MADV_RANDOM where it reads in order, or give POSIX_FADV_SEQUENTIAL there.',
          ],
      decidedBy: advise`what it tells the kernel when it opens the file: ${look(`strace -f -e trace=fadvise64,madvise -p ${pid}`)}`,
    };
  },
});
