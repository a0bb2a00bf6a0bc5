// Requests fail on the victim's disk, or are sent again: a dying disk, a lost path, a full thin pool, a backing file that ends.
// Source: include/trace/events/block.h (block_rq_complete, block_rq_error, block_rq_requeue); block/blk-core.c (blk_errors).

import type { VictimAccount } from '../model/account.js';
import { deviceId } from '../analysis/machine/topology.js';
import { ERRNO, failuresOf } from '../analysis/victim/failures.js';
import { intersect, total, union, type Interval } from '../base/intervals.js';
import { column } from '../analysis/machine/time-walk.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { duration, percent } from '../base/format.js';
import { NEEDS, notChecked, ramp, ruledOut, type Cause, type Finding } from './cause.js';
import { diskName } from './judge/shared.js';
import { ERRORS } from '../model/thresholds/device.js';
import { JUDGING } from '../model/thresholds/judging.js';

/** Times of failed requests on the victim's disk or beneath it. */
function errorsOn(m: Measures): { times: number[]; device: string } {
  const disks = m.disk === undefined ? [] : [m.disk, ...m.topology.beneath(m.disk)];
  const times: number[] = [];
  let device = diskName(m);
  for (const name of ['block_rq_complete', 'block_rq_error']) {
    const table = m.input.events?.tables.get(name);
    const [error, dev] = [column(table, 'error'), column(table, 'dev')];
    for (let row = 0; row < (table?.length ?? 0); row += 1) {
      if ((error[row] ?? 0) === 0) continue;
      const disk = m.topology.disk(deviceId(dev[row] ?? 0));
      if (!disks.includes(disk)) continue;
      device = m.topology.name(disk);
      times.push(table?.t[row] ?? 0);
    }
    // block_rq_error repeats what the completion told already.
    if (times.length > 0) break;
  }
  return { times, device };
}

/**
 * Counters tell neither a request's nor a call's result, but a call that writes counts in syscw whatever comes of it, and only what it wrote
 * in wchar (fs/read_write.c, vfs_write): calls that write nothing fail, for whatever reason.
 */
function fromCounters(m: Measures, account: VictimAccount): Finding {
  const io = m.input.counters.processes.get(account.pid)?.io;
  const calls = io?.columns.get('syscw');
  const written = io?.columns.get('wchar');
  if (!io || !calls || !written) return notChecked(NEEDS.requests.else);
  let count = 0;
  const lost: Interval[] = [];
  for (let index = 1; index < io.t.length; index += 1) {
    const made = (calls[index] ?? NaN) - (calls[index - 1] ?? NaN);
    if (!(made > 0) || written[index] !== written[index - 1]) continue;
    count += made;
    lost.push({ from: io.t[index - 1] ?? 0, to: io.t[index] ?? 0 });
  }
  const share = Math.min(1, total(union(lost)) / (account.to - account.from));
  const figures = `${count} of its calls wrote nothing`;
  if (count < ERRORS.leastFailed || share < JUDGING.noticeable) return ruledOut(figures);
  return {
    kind: 'found',
    share,
    confidence: ERRORS.untold,
    sentence: `The victim’s writes fail: ${figures}, in ${percent(share)} of its time.`,
    culprit: null,
    decidedBy: 'the results of its calls and requests (raw_syscalls:sys_exit, block:block_rq_complete): record as root',
    evidence: [
      {
        measure: 'calls that wrote nothing',
        value: String(count),
        meaning: 'they may fail by an I/O error, for want of space, or because a pipe or socket is full',
        source: '/proc/PID/io (syscw, wchar)',
      },
    ],
    advice: ['Read the program’s own log and `dmesg`: they name the error.'],
    lost: union(lost),
  };
}

export const cause: Cause = {
  id: 'dev.errors',
  layer: 'device',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  fromRequests: true,
  examine(m) {
    const { account, load } = m;
    if (account?.source === 'samples') return fromCounters(m, account);
    if (!account || !load) return notChecked(NEEDS.requests.else);
    const { times: failed, device } = errorsOn(m);
    // A thin pool or a backing filesystem without space fails requests with ENOSPC, and the filesystem passes that on.
    const errors = failed.length > 0 ? [ERRNO.EIO, ERRNO.EROFS, ERRNO.ENOSPC] : [ERRNO.EIO, ERRNO.EROFS];
    const calls = failuresOf(m.input, account.threads, errors, account.from, account.to);
    const count = failed.length;
    if (count === 0 && calls.count === 0) return ruledOut(`no request failed on ${diskName(m)}`);
    const after: Interval[] = failed.map((t) => ({ from: t, to: Math.min(account.to, t + ERRORS.aftermathMs) }));
    const waits = intersect(
      union(after),
      timesIn(account, [
        'block-device',
        'block-queue',
        'block-finish',
        'journal',
        'asleep',
        'pipe-socket',
        'running',
        'fs-lock',
        'outside-block',
      ]),
    );
    const lost = union([...waits, ...calls.times]);
    const share = Math.min(1, total(lost) / (account.to - account.from));
    const part = count / Math.max(1, load.rows.length);
    const seesCalls = account.source === 'events';
    const figures = `${count} of ${load.rows.length} requests on ${device} failed (${percent(part)})${seesCalls ? `, and ${calls.count} calls of the victim` : ''}`;
    if (share < JUDGING.noticeable) return ruledOut(`${figures}: that cost it ${percent(share)} of its time`);
    return {
      kind: 'found',
      share,
      confidence: count > 0 ? ramp(count, ERRORS.sure) : ERRORS.callsOnly,
      sentence: `${device} fails: ${figures}.`,
      culprit: { kind: 'device', name: device },
      before: ['dev.slow', 'dev.capped', 'app.sync-writes', 'dev.neighbour'],
      evidence: [
        {
          measure: 'failed requests',
          value: `${count} of ${load.rows.length} (${percent(part)})`,
          meaning: `completed with an error by ${device}`,
          source: 'block:block_rq_complete, block:block_rq_error',
        },
        ...(seesCalls
          ? [
              {
                measure: 'calls of the victim that failed',
                value: `${calls.count}, and ${duration(total(calls.times))} spent on them`,
                meaning: 'EIO, EROFS or ENOSPC came back to it',
                source: 'raw_syscalls:sys_exit',
              },
            ]
          : []),
        ...(m.requests && m.requests.requeues > 0
          ? [
              {
                measure: 'requeues',
                value: String(m.requests.requeues),
                meaning: 'requests that had to be sent again',
                source: 'block:block_rq_requeue',
              },
            ]
          : []),
      ],
      advice: [
        `Read what the kernel says of ${device} (\`dmesg\`), and SMART or the provider’s health page.`,
        'Save the data first: a filesystem on a failing device may turn read-only at any moment.',
      ],
      lost,
    };
  },
};
