// The files that the victim reads no longer fit into the page cache: what was thrown out is read again soon after.
// Source: mm/workingset.c: a refault is a page that comes back before as many others were used as there is memory.

import { CACHED_READS, timesBelow } from '../analysis/victim/calls.js';
import { processWork } from '../analysis/machine/counted-work.js';
import { growthOf } from '../analysis/machine/series.js';
import { total } from '../base/intervals.js';
import { shareOf } from '../analysis/measures.js';
import { bytes, duration, percent, rate } from '../base/format.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { memoryCulprit, memoryLimit, swapping } from './judge/memory.js';
import { diskName } from './judge/shared.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { THRASH } from '../model/thresholds/memory.js';

export const cause: Cause = {
  id: 'mem.thrash',
  layer: 'page cache',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account, input } = m;
    if (!account) return ruledOut('no victim');
    const { vmstat, processes } = input.counters;
    const read = growthOf(processes.get(account.pid)?.io, 'read_bytes');
    // Before Linux 5.9 files and anonymous pages were counted together.
    const files = growthOf(vmstat, 'workingset_refault_file');
    const again = (Number.isNaN(files) ? growthOf(vmstat, 'workingset_refault') : files) * input.pageBytes;
    const times = timesBelow(account, input.events, CACHED_READS);
    const wall = account.to - account.from;
    const waited =
      account.source === 'events'
        ? total(times) / wall
        : shareOf(account, ['block-device', 'block-queue', 'block-held']);
    // Making room is the other half of the price; where it is the larger one, the reads are a consequence of it.
    const reclaimed = shareOf(account, ['reclaim']);
    const share = Math.min(1, reclaimed > waited ? waited : waited + reclaimed);
    const figures = `it waited ${percent(waited)} of its time for cached reads`;
    if (!(read > 0) || share < JUDGING.noticeable) return ruledOut(figures);
    // Without stacks a wait for the disk may be one for a write.
    const { diskBytes } = processWork(processes.get(account.pid), account);
    if (account.source === 'samples' && read < THRASH.leastReads * diskBytes)
      return ruledOut(`${bytes(read)} of the ${bytes(diskBytes)} that it moved were read: it did not wait for reads`);
    if (swapping(m)) return ruledOut(`${figures}; its own memory is swapped, which is worse`);
    const part = Math.min(1, again / read);
    if (!(part >= THRASH.leastAgain))
      return ruledOut(`${figures}, and ${percent(part)} of what it read had been in memory shortly before`);
    const limit = memoryLimit(m);
    return {
      kind: 'found',
      share,
      confidence:
        ramp(part, { from: THRASH.leastAgain, ...THRASH.sure }) *
        (account.source === 'events' ? 1 : THRASH.fromCounters),
      sentence: `The files that the victim reads no longer fit into memory: ${percent(part)} of what it reads from ${diskName(m)} was there shortly before, and it waits for that ${percent(share)} of its time.`,
      culprit: memoryCulprit(limit),
      before: ['dev.slow', 'dev.capped', ...(reclaimed > waited ? [] : ['mem.reclaim'])],
      evidence: [
        {
          measure: 'read again',
          value: `${bytes(again)} of the ${bytes(read)} that it read (${percent(part)})`,
          meaning: 'pages that came back soon after they were thrown out',
          source: '/proc/vmstat (workingset_refault_file), /proc/PID/io (read_bytes)',
        },
        {
          measure: 'waiting for cached reads',
          value: `${duration(total(times))}, at ${rate(read / (wall / 1000))}`,
          meaning: 'asleep in the page cache’s read path until the device had brought a page',
          source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/wchan',
        },
        ...(limit
          ? [
              {
                measure: 'memory of its cgroup',
                value: `${bytes(limit.used)} of ${bytes(limit.value)}`,
                meaning: 'the limit decides how much of the files stays',
                source: limit.file,
              },
            ]
          : []),
      ],
      advice: [
        limit
          ? `Raise the limit in ${limit.file}: page cache counts towards it.`
          : 'Give the page cache more memory: fewer or smaller processes, less tmpfs.',
        'A process that scans may tell the kernel so (posix_fadvise, O_DIRECT), so that it does not throw out what others need.',
      ],
      lost: account.source === 'events' ? times : [],
    };
  },
};
