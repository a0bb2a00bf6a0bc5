// Requests fail on the victim's disk, or are sent again: a dying disk, a lost path, a full thin pool, a backing file that ends.
// Source: include/trace/events/block.h (block_rq_complete, block_rq_error, block_bio_complete, block_rq_requeue); block/blk-core.c (blk_errors).

import { failedRequests } from '../analysis/requests/failures.js';
import { ERRNO, failuresOf, type Failures } from '../analysis/victim/failures.js';
import { intersect, total, union } from '../base/intervals.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { percent } from '../base/format.js';
import { number, part, said, time } from '../model/quantity.js';
import type { State } from '../model/states.js';
import { ERRORS } from '../model/thresholds/device.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, look } from './judge/advice.js';
import { emptyWrites } from './judge/empty-writes.js';
import { isGiven, NEEDS, type Given } from './judge/needs.js';
import { diskName } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Judgement, type Told } from './cause.js';

/** What the victim may be in because of a failure shortly before. */
const AFTERMATH: readonly State[] = [
  'block-device',
  'block-queue',
  'block-finish',
  'journal',
  'asleep',
  'pipe-socket',
  'running',
  'fs-lock',
  'outside-block',
];

/** Calls that wrote nothing. */
interface Counted {
  readonly way: 'counted';
  readonly count: number;
  readonly share: number;
}

interface Failed {
  readonly way: 'failed';
  /** Requests. */
  readonly count: number;
  readonly of: number;
  readonly device: string;
  /** Calls of the victim; absent where their results were not recorded. */
  readonly calls?: Failures;
}

/** Counters tell that calls write nothing, and not why. */
function judgeCounters(m: Given<'victim'>): Judgement<Counted> {
  const empty = emptyWrites(m);
  if (!empty) return notChecked(NEEDS.requests.else);
  const { count, times: lost } = empty;
  const share = Math.min(1, total(lost) / (m.account.to - m.account.from));
  return count < ERRORS.leastFailed || share < JUDGING.noticeable
    ? ruledOut(
        count === 0
          ? 'each of its calls to write wrote something'
          : `${count} of its calls to write wrote nothing: too little to matter`,
      )
    : holds({ share, confidence: ERRORS.untold, lost }, { way: 'counted', count, share });
}

function tellCounted({ count, share }: Counted): Told {
  return {
    sentence: `The victim’s writes fail: ${count} of its calls wrote nothing, in ${percent(share)} of its time.`,
    yardstick: { measure: 'calls that wrote nothing', value: said`${number(count)}`, against: 'a sound disk: none' },
    culprit: null,
    decidedBy: 'the results of its calls and requests (raw_syscalls:sys_exit, block:block_rq_complete): record as root',
    evidence: [
      {
        measure: 'calls that wrote nothing',
        value: said`${number(count)}`,
        meaning: 'an I/O error, no space, or a full pipe or socket may be the reason',
        source: '/proc/PID/io (syscw, wchar)',
      },
    ],
    advice: [advise`Read the program’s own log and ${look('dmesg')}: they name the error.`],
  };
}

function judgeRequests(m: Given<'victim' | 'disk' | 'requests'>): Judgement<Failed> {
  const { account, load } = m;
  const { times: failed, disk } = failedRequests(m.input, m.topology, m.disk);
  const device = disk === undefined ? diskName(m) : m.topology.name(disk);
  // A thin pool or a backing filesystem without space fails requests with ENOSPC, and the filesystem passes that on.
  const errors = failed.length > 0 ? [ERRNO.EIO, ERRNO.EROFS, ERRNO.ENOSPC] : [ERRNO.EIO, ERRNO.EROFS];
  const calls = failuresOf(m.input, account.threads, errors, account.from, account.to);
  const count = failed.length;
  if (count === 0 && calls.count === 0) return ruledOut(`no request failed on ${diskName(m)}`);
  const after = failed.map((t) => ({ from: t, to: Math.min(account.to, t + ERRORS.aftermathMs) }));
  const lost = union([...intersect(union(after), timesIn(account, AFTERMATH)), ...calls.times]);
  const share = Math.min(1, total(lost) / (account.to - account.from));
  const figures: Failed = {
    way: 'failed',
    count,
    of: load.rows.length,
    device,
    // Calls are watched from the first failure on: that none has failed since says nothing.
    ...(calls.count > 0 && { calls }),
  };
  if (share < JUDGING.noticeable) return ruledOut(`${failures(figures)}: that cost it ${percent(share)} of its time`);
  const confidence = count > 0 ? ramp(count, ERRORS.sure) : ERRORS.callsOnly;
  const before = ['dev.slow', 'dev.capped', 'app.sync-writes', 'dev.neighbour'];
  return holds({ share, confidence, before, lost }, figures);
}

function failures({ count, of, device, calls }: Failed): string {
  const ofCalls = calls ? `, and ${calls.count} calls of the victim` : '';
  return `${count} of ${of} requests on ${device} failed (${percent(count / Math.max(1, of))})${ofCalls}`;
}

function tellFailed(figures: Failed, m: Measures): Told {
  const { count, of, device } = figures;
  return {
    sentence: `${device} fails: ${failures(figures)}.`,
    yardstick: {
      measure: 'failed requests',
      value: said`${number(count)} of ${number(of)}`,
      against: 'a sound disk: none',
    },
    culprit: { kind: 'device', name: device },
    evidence: [
      {
        measure: 'failed requests',
        value: said`${number(count)} of ${number(of)} (${part(count / Math.max(1, of))})`,
        meaning: `completed with an error by ${device}`,
        source: 'block:block_rq_complete, block:block_rq_error, block:block_bio_complete',
      },
      ...failedCalls(figures),
      ...requeues(m),
    ],
    advice: [
      advise`Read what the kernel says of ${device} (${look('dmesg')}), and SMART or the provider’s health page.`,
      'Save the data first: a filesystem on a failing device may turn read-only at any moment.',
    ],
  };
}

function failedCalls({ calls }: Failed): Argument[] {
  if (!calls) return [];
  return [
    {
      measure: 'calls of the victim that failed',
      value: said`${number(calls.count)}, and ${time(total(calls.times))} spent on them`,
      meaning: 'EIO, EROFS or ENOSPC came back to it',
      source: 'raw_syscalls:sys_exit',
    },
  ];
}

function requeues({ requests }: Measures): Argument[] {
  if (!requests || requests.requeues === 0) return [];
  return [
    {
      measure: 'requeues',
      value: said`${number(requests.requeues)}`,
      meaning: 'requests that had to be sent again',
      source: 'block:block_rq_requeue',
    },
  ];
}

export const cause = defineCause({
  id: 'dev.errors',
  layer: 'device',
  rank: 'verdict',
  proof: 'latency',
  waits: ['block-device'],
  needs: ['victim', 'disk'],
  fromRequests: true,
  judge(m): Judgement<Counted | Failed> {
    if (m.account.source === 'samples') return judgeCounters(m);
    return isGiven(m, ['requests']) ? judgeRequests(m) : notChecked(NEEDS.requests.else);
  },
  tell: (figures, m) => (figures.way === 'counted' ? tellCounted(figures) : tellFailed(figures, m)),
});
