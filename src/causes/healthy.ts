// No stall: the victim spent its time running, sleeping by its own choice, or waiting for a device that serves it as it should.
// A verdict of its own: it is argued with figures, and refused where too much of the time is not understood.

import type { VictimAccount } from '../analysis/accounting.js';
import { expectedMs, NORMS } from '../analysis/disk-load.js';
import { shareOf, type Measures } from '../analysis/measures.js';
import { duration, percent, rate } from '../base/format.js';
import type { Evidence } from '../model/diagnosis.js';
import { phasesOf } from '../analysis/phases.js';
import { isKernelThread } from '../analysis/threads.js';
import { LEAST_SEEN, NOT_UNDERSTOOD, notChecked, type Cause } from './cause.js';
import { judgeDevice, diskName } from './shared.js';

/** Time whose reason is known and ordinary. */
const ORDINARY = [
  'running',
  'runnable',
  'block-device',
  'block-queue',
  'journal',
  'asleep',
  'pipe-socket',
  'dirty-throttle',
] as const;
const DISK_WAITS = ['block-device', 'block-held', 'block-queue', 'journal'] as const;
/** Bookkeeping around the device is short, but where a busy machine's workers come late; more than this is no bookkeeping. */
const MOST_FINISHING = 0.4;
/** Without events, more waiting for the disk than this can't be acquitted. */
const UNTOLD = 0.7;

function phaseEvidence(m: Measures): Evidence[] {
  return phasesOf(m.input).map((phase) => ({
    measure: `${phase.name} writes of ${phase.blockBytes} bytes`,
    value: `${rate(phase.bytesPerSecond)}, ${Math.round((phase.operations * 1000) / Math.max(1, phase.ms))} a second`,
    meaning: phase.latencyUs
      ? `half of them within ${duration(phase.latencyUs.p50 / 1000)}, 99 % within ${duration(phase.latencyUs.p99 / 1000)}`
      : 'no operation completed',
    source: 'the probe',
  }));
}

/** How long the victim's requests took, queueing included, and what a solid-state disk may take for them. */
function ownLatency({ load, requests }: Measures, { own }: VictimAccount) {
  let count = 0;
  let tookMs = 0;
  let allowedMs = 0;
  for (const row of load?.rows ?? []) {
    const took = (requests?.completed[row] ?? NaN) - (requests?.queued[row] ?? NaN);
    if (own[row] === 0 || !(took >= 0)) continue;
    count += 1;
    tookMs += took;
    allowedMs += expectedMs(NORMS.solid, requests?.kind[row] ?? 0, requests?.bytes[row] ?? 0);
  }
  return { count, tookMs, allowedMs };
}

/** Why a block trace can't acquit what it shows; undefined where it can. */
function doubtOf(m: Measures, account: VictimAccount): string | undefined {
  if (isKernelThread(account.name))
    return 'only threads of the kernel waited for requests, and who waited for them is not in a block trace';
  const seenMs = account.to - account.from;
  if (seenMs < LEAST_SEEN) return `the victim’s requests span only ${duration(seenMs)} of the trace`;
  // Which kind of disk it is is not known, so it must be fast enough for the better one.
  const judged = judgeDevice(m, NORMS.solid);
  if (!judged || Number.isNaN(judged.factor)) return 'the trace holds too few requests to tell how they were served';
  const { tookMs, allowedMs, count } = ownLatency(m, account);
  if (tookMs > allowedMs)
    return `each of the victim’s ${count} requests took ${duration(tookMs / count)} from queue to completion, and a block trace does not say what ${diskName(m)} should give`;
  return judged.factor > 1
    ? `${diskName(m)} takes ${duration(judged.serviceMs / judged.requests)} of its own time for a request, which is ordinary for a spinning disk and slow for any other, and a block trace does not say which it is`
    : undefined;
}

export const cause: Cause = {
  id: 'healthy',
  layer: 'none',
  rank: 'otherwise',
  needs: ['victim'],
  fromRequests: true,
  examine(m) {
    const { account } = m;
    if (!account) return notChecked('no victim');
    // Why a queue keeps requests is not in a block trace, so its time is no ordinary one there.
    const queued = account.source === 'requests' ? shareOf(account, ['block-queue']) : 0;
    // Threads that wait for others of their process without a lock between them wait for work.
    const waitsForWork = account.source === 'events' && m.convoy === undefined ? shareOf(account, ['user-lock']) : 0;
    const finishing = shareOf(account, ['block-finish']);
    const ordinary = shareOf(account, ORDINARY) + waitsForWork + (finishing <= MOST_FINISHING ? finishing : 0) - queued;
    if (1 - ordinary > NOT_UNDERSTOOD)
      return notChecked(`${percent(1 - ordinary)} of the victim’s time went into states that no cause explains yet`);
    const slow = judgeDevice(m);
    const doubt = account.source === 'requests' ? doubtOf(m, account) : undefined;
    if (doubt !== undefined) return notChecked(doubt);
    const waiting = shareOf(account, DISK_WAITS);
    if (account.source === 'samples' && waiting > UNTOLD)
      return notChecked(
        `the victim waited for I/O ${percent(waiting)} of its time, and counters alone can’t tell whether that is as it should be`,
      );
    const device = shareOf(account, ['block-device']);
    const evidence: Evidence[] = [
      ...phaseEvidence(m),
      {
        measure: 'the victim’s time',
        value:
          account.source === 'requests'
            ? `${percent(device)} waiting for the device, ${percent(shareOf(account, ['outside-block']))} outside the block layer`
            : `${percent(shareOf(account, ['running']))} running, ${percent(device)} waiting for the device`,
        meaning: account.source === 'requests' ? 'its requests were answered in time' : 'nothing else held it for long',
        source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/{schedstat,wchan}',
      },
    ];
    if (slow && slow.requests > 0) {
      evidence.push({
        measure: `${diskName(m)}’s service time`,
        value: `${duration(slow.serviceMs / slow.requests)} a request over ${slow.requests} requests`,
        meaning: `${percent(slow.factor)} of what an ordinary disk of its kind may take`,
        source: 'block:block_rq_issue → block:block_rq_complete',
      });
    }
    return {
      kind: 'found',
      share: 0,
      confidence: account.source === 'samples' ? 0.75 : 0.95,
      sentence:
        account.source === 'requests'
          ? `No stall in the block layer: ${diskName(m)} answered the victim’s requests as it should; they took up ${percent(shareOf(account, ['block-device', 'block-queue']))} of its time, and what it did in the rest is not in a block trace.`
          : `No stall: ${m.disk === undefined ? 'the victim' : diskName(m)} ${m.disk === undefined ? 'was not held up' : 'gave the writer what it can give'}; nothing held the victim up for long.`,
      culprit: null,
      evidence,
      advice: [
        'If it is slow at other times, record then: `iowitness record -- COMMAND`, or run check again while it is slow.',
      ],
      lost: [],
    };
  },
};
