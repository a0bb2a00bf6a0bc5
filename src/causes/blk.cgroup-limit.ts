// The victim's own cgroup may only do so much I/O on its disk: its bios are held back before they enter the block layer, and the
// device idles meanwhile. A limit on a device beneath is not this cause: it shows as a slow device (dev.slow says so).
// Source: Documentation/admin-guide/cgroup-v1/blkio-controller.rst, Documentation/admin-guide/cgroup-v2.rst (io.max), block/blk-throttle.c.

import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { total, type Interval } from '../base/intervals.js';
import { KIND } from '../analysis/requests/requests.js';
import { duration, percent, rate } from '../base/format.js';
import type { CgroupLimit } from '../model/facts.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { diskName, limitsOn, utilisation } from './judge/shared.js';
import { CGROUP_LIMIT } from '../model/thresholds/block.js';
import { JUDGING } from '../model/thresholds/judging.js';

/** What the victim did on its disk while it was held back, in the limit's own unit; without events, from its io counters. */
function rateOf(m: Measures, limit: CgroupLimit, from: number, to: number): number {
  const seconds = (to - from) / 1000;
  if (seconds <= 0 || !m.account) return NaN;
  const reads = limit.what.startsWith('r');
  const bytesWanted = limit.what.endsWith('bps');
  if (m.load && m.requests && m.account.source === 'events') {
    let sum = 0;
    for (const row of m.load.rows) {
      const completed = m.requests.completed[row] ?? 0;
      const kind = m.requests.kind[row];
      if (m.account.own[row] === 0 || completed < from || completed > to || (kind === KIND.read) !== reads) continue;
      sum += bytesWanted ? (m.requests.bytes[row] ?? 0) : 1;
    }
    return sum / seconds;
  }
  const io = m.input.counters.processes.get(m.account.pid)?.io;
  const column = io?.columns.get(bytesWanted ? (reads ? 'read_bytes' : 'write_bytes') : reads ? 'syscr' : 'syscw');
  if (!io || !column || column.length < 2) return NaN;
  return ((column.at(-1) ?? NaN) - (column[0] ?? NaN)) / (((io.t.at(-1) ?? 0) - (io.t[0] ?? 0)) / 1000);
}

function amount(limit: CgroupLimit, value: number): string {
  return limit.what.endsWith('bps') ? rate(value) : `${value >= 10 ? Math.round(value) : value.toFixed(1)} IOPS`;
}

/** The stretch in which it was held back at all: the limit need not have been felt before or after. */
function span(times: readonly Interval[]): Interval {
  return { from: times[0]?.from ?? 0, to: times.at(-1)?.to ?? 0 };
}

export const cause: Cause = {
  id: 'blk.cgroup-limit',
  layer: 'block',
  rank: 'verdict',
  needs: ['victim', 'disk', 'facts'],
  examine(m) {
    const { account, disk } = m;
    if (!account || disk === undefined) return ruledOut('no victim');
    const name = diskName(m);
    const limits = limitsOn(m, 'io', disk);
    const share = shareOf(account, ['block-held']);
    const held = timesIn(account, ['block-held']);
    if (limits.length === 0) {
      return ruledOut(
        `no cgroup of the victim has an I/O limit on ${name}${share >= JUDGING.noticeable ? `, although its I/O was held back for ${percent(share)} of its time` : ''}`,
      );
    }
    if (share < JUDGING.noticeable)
      return ruledOut(
        `I/O was held back before the block layer for only ${percent(share)} of the victim’s time (limits: ${limits.map((one) => amount(one, one.value)).join(', ')})`,
      );
    const { from, to } = span(held);
    const reached = limits
      .map((limit) => ({ limit, rate: rateOf(m, limit, from, to) }))
      .map((one) => ({ ...one, of: one.rate / one.limit.value }))
      .sort((a, b) => (Number.isNaN(b.of) ? -1 : b.of) - (Number.isNaN(a.of) ? -1 : a.of))[0];
    if (!reached) return ruledOut('no limit');
    const busy = utilisation(m, held);
    const { reached: reach, sure, busy: byBusy, fromCounters } = CGROUP_LIMIT;
    const near = reached.of >= reach.least && reached.of < reach.most;
    return {
      kind: 'found',
      share,
      confidence:
        (near ? sure.near : sure.far) * (account.source === 'events' ? 1 : fromCounters) * ramp(busy || 0, byBusy),
      sentence: `The I/O limit of cgroup ${reached.limit.cgroup} (${amount(reached.limit, reached.limit.value)} ${reached.limit.what.startsWith('r') ? 'reads' : 'writes'} on ${name}) held the victim’s I/O back for ${percent(share)} of its time, before the device ever saw it.`,
      culprit: { kind: 'cgroup', name: reached.limit.cgroup, file: reached.limit.file },
      evidence: [
        {
          measure: 'held back before the block layer',
          value: `${duration(total(held))} (${percent(share)})`,
          meaning: 'the victim slept for I/O that a kernel thread queued only later',
          source:
            account.source === 'events'
              ? 'sched_switch with kernel stacks, block:block_bio_queue'
              : '/proc/PID/wchan, /proc/diskstats',
        },
        {
          measure: 'limit in force',
          value: `${amount(reached.limit, reached.limit.value)} (${reached.limit.what})`,
          meaning: `set on cgroup ${reached.limit.cgroup} for ${name}`,
          source: reached.limit.file,
        },
        {
          measure: 'what the victim got meanwhile',
          value: amount(reached.limit, reached.rate),
          meaning: near
            ? `${percent(reached.of)} of the limit: it is the limit that sets the pace`
            : `${percent(reached.of)} of the limit`,
          source: account.source === 'events' ? 'block:block_rq_complete' : '/proc/PID/io',
        },
        {
          measure: `${name} while the I/O was held back`,
          value: `busy ${percent(busy)}`,
          meaning: busy < byBusy.from ? 'the device idled: it is not to blame' : 'the device served others',
          source: m.load ? 'block events' : '/proc/diskstats',
        },
      ],
      advice: [
        `Raise or remove the limit: it is set in ${reached.limit.file}.`,
        'Move the process to a cgroup without the limit if the limit is meant for others.',
      ],
      lost: held,
    };
  },
};
