// Requests are cut small because the queue takes no larger: many more go to the device than the work needs, and each costs its share.
// Source: Documentation/ABI/stable/sysfs-block (max_sectors_kb, max_hw_sectors_kb); block/blk-merge.c (bio_split_rw).

import { intersect } from '../base/intervals.js';
import { diskWork, processWork } from '../analysis/machine/counted-work.js';
import { column } from '../analysis/machine/time-walk.js';
import { valueAt } from '../analysis/machine/series.js';
import { deviceId } from '../analysis/machine/topology.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { KIND } from '../analysis/requests/requests.js';
import { binary, percent } from '../base/format.js';
import type { Advice } from '../model/diagnosis.js';
import { memory, number, said } from '../model/quantity.js';
import { SPLIT } from '../model/thresholds/block.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, write } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { isGiven, NEEDS, type Given } from './judge/needs.js';
import { diskName, isTraced, queueSetting } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Refused } from './cause.js';

const WAITS = ['block-device', 'block-queue', 'block-finish'] as const;
/** The largest request that drivers allow unless they are asked for more (block/blk-settings.c, BLK_DEF_MAX_SECTORS_CAP). */
const ORDINARY_KIB = 1280;

type Victim = Given<'victim' | 'disk'>;
type WithRequests = Given<'victim' | 'disk' | 'requests'>;

interface Cut {
  /** The share of data requests that are as large as the limit allows. */
  readonly full: number;
  readonly requests: number;
  readonly meanBytes: number;
  /** Splits that the kernel told; NaN where it was not asked. */
  readonly splits: number;
  /** When the first request as large as the limit was sent, ms since the start. */
  readonly sinceMs: number;
}

/** The rows of the victim's own reads and writes. */
function ownRows({ account, load, requests }: WithRequests): number[] {
  const isData = (kind: number | undefined) => kind === KIND.read || kind === KIND.write;
  return [...load.rows].filter((row) => account.own[row] !== 0 && isData(requests.kind[row]));
}

function fromEvents(m: WithRequests, limit: number): Cut {
  const { bytes: sizes, dispatched, weight } = m.requests;
  const rows = ownRows(m);
  const sumOf = (list: readonly number[], of: (row: number) => number) =>
    list.reduce((sum, row) => sum + of(row) * (weight[row] ?? 1), 0);
  const count = sumOf(rows, () => 1);
  const { least, most } = SPLIT.sameSize;
  const full = rows.filter((row) => {
    const ofLimit = valueAt(sizes, row) / limit;
    return ofLimit >= least && ofLimit <= most;
  });
  return {
    full: sumOf(full, () => 1) / count,
    requests: count,
    meanBytes: sumOf(rows, (row) => valueAt(sizes, row)) / count,
    splits: splitsOf(m),
    sinceMs: full.reduce((first, row) => Math.min(first, valueAt(dispatched, row)), Infinity),
  };
}

function splitsOf(m: WithRequests): number {
  if (!isTraced(m, 'block_split')) return NaN;
  const table = m.input.events?.tables.get('block_split');
  // In a block trace the flusher's cuts can't be given back to anybody, and others' say nothing of the victim.
  const isMeant = (row: number) => m.account.source === 'events' || m.account.threads.has(valueAt(table?.pid, row));
  const isHere = (dev: number) => m.topology.disk(deviceId(dev)) === m.disk;
  let count = 0;
  for (const [row, dev] of column(table, 'dev').entries()) if (isHere(dev) && isMeant(row)) count += 1;
  return count;
}

/** Requests as large as the limit on average, while the process itself asks for much more at once; undefined where that was not recorded. */
function fromCounters({ account, disk, input }: Victim, limit: number): Cut | undefined {
  const all = diskWork(input.counters.disks.get(disk), account);
  const own = processWork(input.counters.processes.get(account.pid), account);
  if (Number.isNaN(all.requests + own.calls)) return undefined;
  const meanBytes = all.bytes / all.requests;
  const asked = own.bytes / own.calls;
  return {
    full: asked >= SPLIT.asked.times * limit && meanBytes >= SPLIT.asked.nearLimit * limit ? 1 : 0,
    requests: all.requests,
    meanBytes,
    splits: NaN,
    sinceMs: account.from,
  };
}

/** How its requests are cut, or why that can't be said. */
function cutOf(m: Victim, limit: number): Cut | Refused {
  if (m.account.source === 'samples')
    return fromCounters(m, limit) ?? notChecked('what the victim and its disk read and wrote was not recorded');
  return isGiven(m, ['requests']) ? fromEvents(m, limit) : notChecked(NEEDS.requests.else);
}

/** The largest request that is let through; NaN where that is not known. In a block trace, where the setting is not, the largest of its own. */
function limitOf(m: Victim): number {
  if (m.account.source !== 'requests') return Number(queueSetting(m, 'max_sectors_kb')?.value) * 1024;
  if (!isGiven(m, ['requests'])) return NaN;
  const { bytes: sizes } = m.requests;
  return ownRows(m).reduce((most, row) => Math.max(most, valueAt(sizes, row)), 0);
}

function inWords({ full, requests }: Cut, limit: number, m: Measures): string {
  return `${percent(full)} of its ${requests} requests are as large as ${diskName(m)} takes (${binary(limit)})`;
}

interface Figures {
  readonly cut: Cut;
  readonly limit: number;
  /** What the device could take, bytes; NaN where that is not known. */
  readonly hardware: number;
  readonly share: number;
}

function evidence({ cut, limit, hardware }: Figures, m: Measures): Argument[] {
  return [
    {
      measure: 'size of its requests',
      value: said`${memory(cut.meanBytes)} on average over ${number(cut.requests)}`,
      meaning: inWords(cut, limit, m),
      source: m.load ? 'block:block_rq_complete' : '/proc/diskstats, /proc/PID/io',
    },
    ...(Number.isNaN(cut.splits)
      ? []
      : [
          {
            measure: 'cuts',
            value: said`${number(cut.splits)}`,
            meaning: 'the kernel split what was asked for',
            source: 'block:block_split',
          },
        ]),
    {
      measure: 'limit in force',
      value: said`${memory(limit)}; the device could take ${Number.isNaN(hardware) ? 'an unknown size' : memory(hardware)}`,
      meaning: 'each piece has the cost of a request of its own',
      source: queueSetting(m, 'max_sectors_kb')?.file ?? '',
    },
  ];
}

function advice({ hardware }: Figures, m: Measures): Advice | string {
  const setting = queueSetting(m, 'max_sectors_kb');
  if (!setting)
    return 'Look at max_sectors_kb and max_hw_sectors_kb in /sys/block/DEV/queue: the first is a setting, the second what the device can take.';
  const kib = Number.isNaN(hardware) ? ORDINARY_KIB : Math.min(ORDINARY_KIB, hardware / 1024);
  const changes = `the largest request of ${diskName(m)}, until it is set again or the machine restarts`;
  return advise`Raise it: ${write(String(kib), setting.file, changes, setting.value)}.`;
}

export const cause = defineCause({
  id: 'blk.split',
  fromRequests: true,
  layer: 'block',
  rank: 'verdict',
  proof: 'sizes',
  waits: ['block-device', 'block-queue'],
  needs: ['victim', 'disk'],
  judge(m) {
    const { account } = m;
    const share = shareOf(account, WAITS);
    const limit = limitOf(m);
    if (Number.isNaN(limit)) return notChecked(`how large requests ${diskName(m)} takes was not recorded`);
    if (limit > SPLIT.smallBytes) return ruledOut(`${diskName(m)} takes requests of up to ${binary(limit)}`);
    if (share < JUDGING.noticeable) return ruledOut(`it waited for I/O for only ${percent(share)} of its time`);
    const cut = cutOf(m, limit);
    if ('kind' in cut) return cut;
    if (cut.requests === 0) return ruledOut('it sent no requests');
    // The largest of its own is a limit only where something was cut to it.
    if (account.source === 'requests' && Number.isNaN(cut.splits))
      return notChecked('whether requests were split was not traced (block_split)');
    // Small requests that were asked for as such are not cut: a split leaves two for one.
    if (cut.full < SPLIT.leastFull || cut.splits < cut.requests * SPLIT.leastSplits)
      return ruledOut(inWords(cut, limit, m) + (Number.isNaN(cut.splits) ? '' : `, ${cut.splits} were split`));
    const hardware = Number(queueSetting(m, 'max_hw_sectors_kb')?.value) * 1024;
    const confidence =
      ramp(limit, { ...SPLIT.sure, to: SPLIT.smallBytes }) *
      (hardware > SPLIT.hardwareTimes * limit ? 1 : SPLIT.littleToWin) *
      FIDELITY[account.source].ofDevice;
    const lost = intersect(timesIn(account, WAITS), [{ from: cut.sinceMs, to: account.to }]);
    const before = ['blk.tags', 'blk.scheduler', 'dev.capped', 'dev.slow'];
    return holds({ share, confidence, before, lost }, { cut, limit, hardware, share });
  },
  tell(figures, m) {
    const { cut, limit, share } = figures;
    const name = diskName(m);
    const setting = queueSetting(m, 'max_sectors_kb');
    return {
      sentence: `The victim’s I/O is cut into pieces of ${binary(limit)}, because ${name} takes no larger requests: ${cut.requests} of them, for which it waited ${percent(share)} of its time.`,
      limit: memory(limit),
      yardstick: {
        measure: 'largest request',
        value: said`${memory(limit)}`,
        against: `${percent(cut.full)} of its requests are as large; ordinary are ${binary(ORDINARY_KIB * 1024)}`,
      },
      culprit: {
        kind: 'setting',
        name: setting ? `max_sectors_kb=${setting.value} of ${name}` : `the largest request of ${name}`,
        ...(setting && { file: setting.file }),
      },
      evidence: evidence(figures, m),
      advice: [advice(figures, m)],
    };
  },
});
