// No stall: the victim spent its time running, sleeping by its own choice, or waiting for a device that serves it as it should.
// A verdict of its own: it is argued with figures, and refused where too much of the time is not understood.

import type { Segment } from '../model/segment.js';
import type { VictimAccount } from '../model/account.js';
import { total } from '../base/intervals.js';
import { shareOf, type Measures } from '../analysis/measures.js';
import { duration, percent, rate } from '../base/format.js';
import { phasesOf } from '../analysis/victim/probe-phases.js';
import { notChecked, type Cause, type Argument } from './cause.js';
import { doubtOf } from './judge/doubts.js';
import { judgeDevice, diskName } from './judge/shared.js';
import { HEALTHY, JUDGING } from '../model/thresholds/judging.js';

/** Time whose reason is known and ordinary. */
const ORDINARY = [
  'running',
  'runnable',
  'cpu-wakeup',
  'block-device',
  'block-queue',
  'asleep',
  'pipe-socket',
  'dirty-throttle',
] as const;

function phaseEvidence(m: Measures): Argument[] {
  return phasesOf(m.input).map((phase) => ({
    measure: `${phase.name} writes of ${phase.blockBytes} bytes`,
    value: `${rate(phase.bytesPerSecond)}, ${Math.round((phase.operations * 1000) / Math.max(1, phase.ms))} a second`,
    meaning: phase.latencyUs
      ? `half of them within ${duration(phase.latencyUs.p50 / 1000)}, 99 % within ${duration(phase.latencyUs.p99 / 1000)}`
      : 'no operation completed',
    source: 'the probe',
  }));
}

/** The share of its time that it waited for locks in user space until another process's thread woke it. */
function lockedByOthers({ source, segments, threads, from, to }: VictimAccount): number {
  if (source !== 'events') return 0;
  const isForeign = ({ state, wokenBy }: Segment) =>
    state === 'user-lock' && wokenBy !== undefined && wokenBy !== 0 && !threads.has(wokenBy);
  return total(segments.filter(isForeign)) / (to - from);
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
    // Threads that wait for others of their process without a lock between them wait for work; a lock that another process gives back is
    // shared with that, and what it did meanwhile was not watched.
    const foreignLocks = lockedByOthers(account);
    const waitsForWork =
      account.source === 'events' && m.convoy === undefined ? shareOf(account, ['user-lock']) - foreignLocks : 0;
    // A sample of a wait for the journal may be one for the device, which `doubtOf` judges.
    const journal = shareOf(account, ['journal']);
    const inJournal = account.source === 'samples' ? 0 : journal;
    const finishing = shareOf(account, ['block-finish']) + inJournal;
    const ordinary =
      shareOf(account, ORDINARY) +
      (journal - inJournal) +
      waitsForWork +
      (finishing <= HEALTHY.mostFinishing ? finishing : 0) -
      queued;
    if (1 - ordinary > JUDGING.notUnderstood)
      return notChecked(
        `${percent(1 - ordinary)} of the victim’s time went into states that no cause explains yet${foreignLocks >= JUDGING.noticeable ? `, ${percent(foreignLocks)} of it into locks that other processes gave back` : ''}`,
      );
    const slow = judgeDevice(m);
    const doubt = doubtOf(m, account);
    if (doubt !== undefined) return notChecked(doubt);
    const device = shareOf(account, ['block-device']);
    const evidence: Argument[] = [
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
      confidence: account.source === 'samples' ? HEALTHY.sureFromCounters : HEALTHY.sure,
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
