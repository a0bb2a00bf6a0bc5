// No stall: the victim spent its time running, sleeping by its own choice, or waiting for a device that serves it as it should.
// A verdict of its own: it is argued with figures, and refused where too much of the time is not understood.

import { shareOf, type Measures } from '../analysis/measures.js';
import { duration, percent, rate } from '../base/format.js';
import type { Evidence } from '../model/diagnosis.js';
import { phasesOf } from '../analysis/phases.js';
import { notChecked, type Cause } from './cause.js';
import { judgeDevice, diskName } from './shared.js';

/** Time whose reason is known and ordinary. */
const ORDINARY = [
  'running',
  'runnable',
  'block-device',
  'block-queue',
  'block-finish',
  'journal',
  'asleep',
  'pipe-socket',
  'dirty-throttle',
] as const;
const DISK_WAITS = ['block-device', 'block-held', 'block-queue', 'journal'] as const;
/** Without events, more waiting for the disk than this can't be acquitted. */
const UNTOLD = 0.7;
/** More than this share in other states is not called healthy. */
const NOT_UNDERSTOOD = 0.25;

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

export const cause: Cause = {
  id: 'healthy',
  layer: 'none',
  rank: 'otherwise',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return notChecked('no victim');
    const ordinary = shareOf(account, ORDINARY);
    if (1 - ordinary > NOT_UNDERSTOOD)
      return notChecked(`${percent(1 - ordinary)} of the victim’s time went into states that no cause explains yet`);
    const slow = judgeDevice(m);
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
        value: `${percent(shareOf(account, ['running']))} running, ${percent(device)} waiting for the device`,
        meaning: 'nothing else held it for long',
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
      confidence: account.source === 'events' ? 0.95 : 0.75,
      sentence: `No stall: ${m.disk === undefined ? 'the victim' : diskName(m)} ${m.disk === undefined ? 'was not held up' : 'gave the writer what it can give'}; nothing held the victim up for long.`,
      culprit: null,
      evidence,
      advice: [
        'If it is slow at other times, record then: `iowitness record -- COMMAND`, or run check again while it is slow.',
      ],
      lost: [],
    };
  },
};
