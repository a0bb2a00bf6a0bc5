// The files that the victim reads no longer fit into the page cache: what was thrown out is read again soon after.
// Source: mm/workingset.c: a refault is a page that comes back before as many others were used as there is memory.

import { CACHED_READS, timesBelow } from '../analysis/victim/calls.js';
import { processWork } from '../analysis/machine/counted-work.js';
import { growthOf } from '../analysis/machine/series.js';
import { type Intervals, NO_INTERVALS, total, without } from '../base/intervals.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { binary, bytes, percent } from '../base/format.js';
import { flow, part, said, size, time } from '../model/quantity.js';
import type { Series } from '../model/counters.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { THRASH } from '../model/thresholds/memory.js';
import { advise } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { limitReached, memoryCulprit, memoryLimit, swapping, raiseLimit } from './judge/memory.js';
import type { Given } from './judge/needs.js';
import { diskName } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument } from './cause.js';

interface Reads {
  /** What the victim read from a disk, bytes; NaN where that was not recorded. */
  readonly read: number;
  /** What of all that was read had been in memory shortly before, bytes. */
  readonly again: number;
  /** What of cached files was thrown out meanwhile, bytes; NaN where that was not recorded. */
  readonly thrownOut: number;
  readonly times: Intervals;
  /** Shares of the victim's time: waiting for reads, and making room for them. */
  readonly waited: number;
  readonly reclaimed: number;
}

/** Pages of files that reclaim took, memory cgroups' included (mm/vmscan.c, PGSTEAL_FILE; before Linux 5.8 the machine's alone, by who did it). */
function thrownOut(vmstat: Series): number {
  const files = growthOf(vmstat, 'pgsteal_file');
  return Number.isNaN(files) ? growthOf(vmstat, 'pgsteal_kswapd') + growthOf(vmstat, 'pgsteal_direct') : files;
}

function readsOf({ account, input }: Given<'victim'>): Reads {
  const { vmstat, processes } = input.counters;
  // Before Linux 5.9 files and anonymous pages were counted together.
  const files = growthOf(vmstat, 'workingset_refault_file');
  // Pages that a filesystem's server brings are not thrown out for want of memory, or come back from another machine's.
  const times = without(timesBelow(account, input.events, CACHED_READS), timesIn(account, ['server']));
  return {
    read: growthOf(processes.get(account.pid)?.io, 'read_bytes'),
    again: (Number.isNaN(files) ? growthOf(vmstat, 'workingset_refault') : files) * input.pageBytes,
    thrownOut: thrownOut(vmstat) * input.pageBytes,
    times,
    waited:
      account.source === 'events'
        ? total(times) / (account.to - account.from)
        : shareOf(account, ['block-device', 'block-queue', 'block-held']),
    reclaimed: shareOf(account, ['reclaim']),
  };
}

/** Without stacks a wait for the disk may be one for a write: why it is none for reads. */
function mostlyWrites({ account, input }: Given<'victim'>, read: number): string | undefined {
  const { diskBytes } = processWork(input.counters.processes.get(account.pid), account);
  return account.source === 'samples' && read < THRASH.leastReads * diskBytes
    ? `${bytes(read)} of the ${bytes(diskBytes)} that it moved were read: it did not wait for reads`
    : undefined;
}

/** Counters have what is read of files and what is read of swap in one: why it may be the victim's own memory that comes back. */
function mostlySwap({ account, input }: Given<'victim'>, read: number): string | undefined {
  const swapped = growthOf(input.counters.vmstat, 'pswpin') * input.pageBytes;
  return account.source === 'samples' && 2 * swapped > read
    ? `it read ${bytes(read)}, and ${bytes(swapped)} came back from swap meanwhile: counters alone don’t tell whether any of it was of files`
    : undefined;
}

interface Figures extends Reads {
  readonly share: number;
  /** What it read again, as a part of what it read. */
  readonly ofReads: number;
  readonly limit: ReturnType<typeof memoryLimit>;
}

function evidence({ read, again, times, ofReads, limit }: Figures, { account }: Given<'victim'>): Argument[] {
  return [
    {
      measure: 'read again',
      value: said`${size(again)} of the ${size(read)} that it read (${part(ofReads)})`,
      meaning: 'pages that came back soon after they were thrown out',
      source: '/proc/vmstat (workingset_refault_file), /proc/PID/io (read_bytes)',
    },
    {
      measure: 'waiting for cached reads',
      value: said`${time(total(times))}, at ${flow((read * 1000) / (account.to - account.from))}`,
      meaning: 'asleep in the page cache’s read path until the device had brought a page',
      source: FIDELITY[account.source].waits,
    },
    ...limitReached(limit, 'the limit decides how much of the files stays'),
  ];
}

export const cause = defineCause({
  id: 'mem.thrash',
  layer: 'page cache',
  rank: 'verdict',
  proof: 'memory',
  waits: ['block-device'],
  needs: ['victim'],
  judge(m) {
    const reads = readsOf(m);
    const { read, again, times, waited, reclaimed } = reads;
    // Making room is the other half of the price; where it is the larger one, the reads are a consequence of it.
    const share = Math.min(1, reclaimed > waited ? waited : waited + reclaimed);
    const figures = `it waited ${percent(waited)} of its time for cached reads`;
    if (read === 0) return ruledOut('nothing that it read came from a disk');
    if (share < JUDGING.noticeable) return ruledOut(figures);
    if (Number.isNaN(read + again)) return notChecked(`${figures}, and how much was read again was not recorded`);
    const writes = mostlyWrites(m, read);
    if (writes !== undefined) return ruledOut(writes);
    if (swapping(m)) return ruledOut(`${figures}; its own memory is swapped, which is worse`);
    const swap = mostlySwap(m, read);
    if (swap !== undefined) return notChecked(swap);
    const ofReads = Math.min(1, again / read);
    if (ofReads < THRASH.leastAgain)
      return ruledOut(`${figures}, and ${percent(ofReads)} of what it read had been in memory shortly before`);
    const limit = memoryLimit(m);
    // Somebody's program that is started again comes back too. What is thrash throws out as much as it reads again.
    if (!limit && reads.thrownOut < THRASH.leastThrownOut * again)
      return ruledOut(
        `${figures}, and ${bytes(reads.thrownOut)} were thrown out of memory while ${bytes(again)} came back: what comes back went long before`,
      );
    const { source } = m.account;
    const confidence = ramp(ofReads, { from: THRASH.leastAgain, ...THRASH.sure }) * FIDELITY[source].ofStates;
    const before = ['dev.slow', 'dev.capped', ...(reclaimed > waited ? [] : ['mem.reclaim'])];
    const lost = source === 'events' ? times : NO_INTERVALS;
    return holds({ share, confidence, before, lost }, { ...reads, share, ofReads, limit });
  },
  tell(figures, m) {
    const { share, ofReads, limit } = figures;
    return {
      sentence: `The files that the victim reads no longer fit into memory: ${percent(ofReads)} of what it reads from ${diskName(m)} had been in memory shortly before, and it waits for these reads ${percent(share)} of its time.`,
      yardstick: {
        measure: 'read again',
        value: said`${part(ofReads)} of what it reads`,
        against: limit ? `memory limit: ${binary(limit.value)}` : 'with enough memory: none',
      },
      culprit: memoryCulprit(limit),
      evidence: evidence(figures, m),
      advice: [
        limit
          ? advise`Raise the limit, for a start to twice as much: ${raiseLimit(limit)}. Page cache counts towards it.`
          : 'Give the page cache more memory: fewer or smaller processes, less tmpfs.',
        'A process that scans may tell the kernel so (posix_fadvise, O_DIRECT), so that it does not throw out what others need.',
      ],
    };
  },
});
