// A cause that holds → a verdict: how sure and since when, with what is argued of every cause alike, when the time was lost and through whose locks.

import type { Measures } from '../../analysis/measures.js';
import { threadName } from '../../analysis/machine/processes.js';
import { unitsOf } from '../../analysis/machine/units.js';
import { recurrenceOf } from '../../analysis/victim/recurrence.js';
import type { VictimAccount } from '../../model/account.js';
import { wallTime } from '../../model/case.js';
import type { Culprit, Verdict } from '../../model/diagnosis.js';
import { LOSS_KINDS } from '../../model/losses.js';
import { number, part, said, time } from '../../model/quantity.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import { byAccident } from '../../onset/changes.js';
import { GLIMPSED, onsetOfLoss, type LossOnset } from '../../onset/of-loss.js';
import { adviceOf, evidenceOf, type Argument, type Found } from '../cause.js';
import { surenessOf } from './calibration.js';
import { victimOf } from './inconclusive.js';
import type { Holding } from './order.js';
import { confidenceOf, restOfLoss } from './small-part.js';

/** That the victim waited for locks of others which were held up themselves, where that is a noticeable part of its time. */
function heldByOthers({ account, input }: Measures): Argument[] {
  const holders = [...(account?.holders ?? [])].sort((a, b) => b[1] - a[1]);
  const heldUpMs = holders.reduce((sum, [, heldMs]) => sum + heldMs, 0);
  const [first] = holders;
  if (!account || !first || heldUpMs < JUDGING.noticeable * (account.to - account.from)) return [];
  const others = holders.length > 1 ? ` and ${holders.length - 1} more` : '';
  return [
    {
      measure: 'waited through locks of others',
      value: said`${time(heldUpMs)} (${part(heldUpMs / (account.to - account.from))}), most for ${threadName(input, first[0]) || 'thread'} (${String(first[0])})${others}`,
      meaning: 'they held locks that it waited for and were held up themselves: it is charged with what held them up',
      source: 'sched_waking (who gave the lock back), sched_switch',
    },
  ];
}

/** When the time was lost, where that comes and goes; a cause that tells it itself says it better. */
function whenLost({ cause, finding }: Holding, { account }: Measures): Argument[] {
  const again = account && recurrenceOf(finding.lost, account.from, account.to);
  // Samples tell a rhythm, and how long a single stretch was only to their own distance.
  if (!again || (account.source === 'samples' && again.periodMs === undefined)) return [];
  if (finding.evidence.some(({ measure }) => measure === 'bursts')) return [];
  const { count, meanMs, longestMs, periodMs } = again;
  return [
    {
      measure: 'when',
      value:
        periodMs === undefined
          ? said`${number(count)} times, ${time(meanMs)} on average, the longest ${time(longestMs)}`
          : said`${number(count)} times, ${time(meanMs)} on average, one every ${time(periodMs)}`,
      meaning:
        periodMs === undefined
          ? 'it comes and goes'
          : 'it returns at a fixed distance: something starts it on a schedule',
      source: `the victim’s time that ${cause.id} explains`,
    },
  ];
}

/** How sure it is that it set in, and when. */
function setIn(onset: LossOnset | undefined): Argument[] {
  if (!onset?.withinMs || onset.p === null) return [];
  const [from, to] = onset.withinMs;
  return [
    {
      measure: 'set in',
      value: said`between ${time(from)} and ${time(to)}`,
      meaning: `into the recording; by accident ${byAccident(onset.p, 'steady stalls')}`,
      source: 'change points of the time lost',
    },
  ];
}

/** With the systemd unit, container or pod of a culprit that is a process. */
function withUnit({ input }: Measures, culprit: Culprit): Culprit {
  const unit = unitsOf(input)(culprit.pid);
  return unit === undefined ? culprit : { ...culprit, unit };
}

function onsetOf({ lost, isGlimpsed }: Found, { from, to }: VictimAccount): LossOnset | undefined {
  if (lost.length === 0) return undefined;
  return isGlimpsed ? GLIMPSED : onsetOfLoss(lost, from, to);
}

export function verdictOf(m: Measures, one: Holding): Verdict {
  const { cause, finding } = one;
  const { account, input } = m;
  const onset = account && onsetOf(finding, account);
  const sinceMs = onset?.sinceMs ?? null;
  const isFromStart = onset?.kind === 'throughout' || onset?.kind === 'from-start';
  const severe = input.losses.some((loss) => LOSS_KINDS[loss.code].severity === 'severe');
  // What holds a command up from its first moment on can't have been there before: the recorder started it.
  const isCommand = input.victims.some(({ role }) => role === 'command');
  // A verdict on lossy data is worth less, and says so through its losses.
  const score = Math.min(1, Math.max(0, finding.confidence)) * (severe ? JUDGING.lossy : 1);
  const confidence = confidenceOf(m, one, score);
  return {
    cause: cause.id,
    layer: cause.layer,
    sureness: surenessOf(confidence),
    confidence,
    score,
    share: Math.min(1, Math.max(0, finding.share)),
    since: sinceMs === null ? null : (wallTime(input.manifest, sinceMs) ?? null),
    sinceMs,
    // Of a stall that a watch recorded the account begins later than the recording.
    fromStart: isFromStart && !isCommand && !(account && input.lost && account.from > 0),
    onset: onset ? { kind: onset.kind, withinMs: onset.withinMs, p: onset.p } : null,
    victim: victimOf(m),
    culprit: finding.culprit && withUnit(m, finding.culprit),
    sentence: finding.sentence,
    evidence: [
      ...finding.evidence,
      ...restOfLoss(m, one),
      ...whenLost(one, m),
      ...setIn(onset),
      ...heldByOthers(m),
    ].map(evidenceOf),
    advice: finding.advice.map(adviceOf),
  };
}
