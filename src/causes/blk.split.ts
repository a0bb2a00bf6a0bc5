// Requests are cut small because the queue takes no larger: many more go to the device than the work needs, and each costs its share.
// Source: Documentation/ABI/stable/sysfs-block (max_sectors_kb, max_hw_sectors_kb); block/blk-merge.c (bio_split_rw).

import { intersect } from '../base/intervals.js';
import { diskWork, processWork } from '../analysis/machine/counted-work.js';
import { column } from '../analysis/machine/time-walk.js';
import { deviceId } from '../analysis/machine/topology.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { KIND } from '../analysis/requests/requests.js';
import { bytes, percent } from '../base/format.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { diskName, queueSetting } from './judge/shared.js';
import { SPLIT } from '../model/thresholds/block.js';
import { JUDGING } from '../model/thresholds/judging.js';

const WAITS = ['block-device', 'block-queue', 'block-finish'] as const;

interface Cut {
  /** The share of data requests that are as large as the limit allows. */
  readonly full: number;
  readonly requests: number;
  readonly meanBytes: number;
  /** Splits that the kernel told; NaN without events. */
  readonly splits: number;
  /** When the first request as large as the limit was sent, ms since the start. */
  readonly sinceMs: number;
}

function fromEvents(m: Measures, limit: number): Cut | undefined {
  const { account, load, requests } = m;
  if (!account || !load || !requests) return undefined;
  let count = 0;
  let full = 0;
  let sum = 0;
  let sinceMs = Infinity;
  for (const row of load.rows) {
    const kind = requests.kind[row];
    if (account.own[row] === 0 || (kind !== KIND.read && kind !== KIND.write)) continue;
    const size = requests.bytes[row] ?? 0;
    count += 1;
    sum += size;
    if (size < limit * SPLIT.sameSize.least || size > limit * SPLIT.sameSize.most) continue;
    full += 1;
    sinceMs = Math.min(sinceMs, requests.dispatched[row] ?? Infinity);
  }
  const table = m.input.events?.tables.get('block_split');
  const dev = column(table, 'dev');
  // In a block trace the flusher's cuts can't be given back to anybody, and others' say nothing of the victim.
  const isMeant = (row: number) => account.source === 'events' || account.threads.has(table?.pid[row] ?? 0);
  const splits = dev.reduce(
    (all, one, row) => all + (m.topology.disk(deviceId(one)) === m.disk && isMeant(row) ? 1 : 0),
    0,
  );
  return { full: full / count, requests: count, meanBytes: sum / count, splits, sinceMs };
}

/** The largest of its requests, which is the limit where it is cut: for want of the setting. */
function largestOf({ account, load, requests }: Measures): number {
  let largest = NaN;
  for (const row of load?.rows ?? []) {
    const kind = requests?.kind[row];
    if (account?.own[row] === 0 || (kind !== KIND.read && kind !== KIND.write)) continue;
    const size = requests?.bytes[row] ?? 0;
    if (!(size <= largest)) largest = size;
  }
  return largest;
}

/** Requests as large as the limit on average, while the process itself asks for much more at once. */
function fromCounters(m: Measures, limit: number): Cut | undefined {
  const { account, disk } = m;
  const { disks, processes } = m.input.counters;
  if (!account) return undefined;
  const all = diskWork(disks.get(disk ?? ''), account);
  const own = processWork(processes.get(account.pid), account);
  const meanBytes = all.bytes / all.requests;
  const asked = own.bytes / own.calls;
  if (Number.isNaN(meanBytes + asked)) return undefined;
  return {
    full: asked >= SPLIT.asked.times * limit && meanBytes >= SPLIT.asked.nearLimit * limit ? 1 : 0,
    requests: all.requests,
    meanBytes,
    splits: NaN,
    sinceMs: account.from,
  };
}

export const cause: Cause = {
  id: 'blk.split',
  fromRequests: true,
  layer: 'block',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const share = shareOf(account, WAITS);
    const setting = queueSetting(m, 'max_sectors_kb');
    const limit = account.source === 'requests' ? largestOf(m) : Number(setting?.value) * 1024;
    const hardware = Number(queueSetting(m, 'max_hw_sectors_kb')?.value) * 1024;
    const name = diskName(m);
    if (!(limit <= SPLIT.smallBytes))
      return ruledOut(`${name} takes requests of up to ${Number.isNaN(limit) ? 'unknown size' : bytes(limit)}`);
    if (share < JUDGING.noticeable) return ruledOut(`it waited for I/O for only ${percent(share)} of its time`);
    const cut = account.source === 'samples' ? fromCounters(m, limit) : fromEvents(m, limit);
    if (!cut || !(cut.requests > 0)) return ruledOut('it sent no requests');
    const figures = `${percent(cut.full)} of its ${cut.requests} requests are as large as ${name} takes (${bytes(limit)})`;
    // Small requests that were asked for as such are not cut: a split leaves two for one.
    if (cut.full < SPLIT.leastFull || cut.splits < cut.requests * SPLIT.leastSplits)
      return ruledOut(`${figures}, ${Number.isNaN(cut.splits) ? '' : `${cut.splits} were split`}`);
    return {
      kind: 'found',
      share,
      confidence:
        ramp(limit, { ...SPLIT.sure, to: SPLIT.smallBytes }) *
        (hardware > SPLIT.hardwareTimes * limit ? 1 : SPLIT.littleToWin) *
        (account.source === 'samples' ? SPLIT.fromCounters : 1),
      sentence: `The victim’s I/O is cut into pieces of ${bytes(limit)}, because ${name} takes no larger requests: ${cut.requests} of them, for which it waited ${percent(share)} of its time.`,
      culprit: {
        kind: 'setting',
        name: setting ? `max_sectors_kb=${setting.value} of ${name}` : `the largest request of ${name}`,
        ...(setting && { file: setting.file }),
      },
      before: ['blk.tags', 'blk.scheduler', 'dev.capped', 'dev.slow'],
      evidence: [
        {
          measure: 'size of its requests',
          value: `${bytes(cut.meanBytes)} on average over ${cut.requests}`,
          meaning: figures,
          source: m.load ? 'block:block_rq_complete' : '/proc/diskstats, /proc/PID/io',
        },
        ...(Number.isNaN(cut.splits)
          ? []
          : [
              {
                measure: 'cuts',
                value: String(cut.splits),
                meaning: 'the kernel split what was asked for',
                source: 'block:block_split',
              },
            ]),
        {
          measure: 'limit in force',
          value: `${bytes(limit)}; the device could take ${Number.isNaN(hardware) ? 'an unknown size' : bytes(hardware)}`,
          meaning: 'each piece has the cost of a request of its own',
          source: setting?.file ?? '',
        },
      ],
      advice: [
        setting
          ? `Raise it: \`echo ${Number.isNaN(hardware) ? 1280 : Math.min(1280, hardware / 1024)} > ${setting.file}\`.`
          : 'Look at max_sectors_kb and max_hw_sectors_kb in /sys/block/DEV/queue: the first is a setting, the second what the device can take.',
      ],
      lost: intersect(timesIn(account, WAITS), [{ from: cut.sinceMs, to: account.to }]),
    };
  },
};
