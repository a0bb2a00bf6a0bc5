// No stall: the victim spent its time running, sleeping by its own choice, or waiting for a device that serves it as it should.
// A verdict of its own: it is argued with figures, and refused where too much of the time is not understood.

import type { Segment } from '../model/segment.js';
import type { VictimAccount } from '../model/account.js';
import { NO_INTERVALS, total } from '../base/intervals.js';
import { shareOf, type Measures } from '../analysis/measures.js';
import { duration, percent } from '../base/format.js';
import { isAsEver } from '../analysis/requests/past.js';
import { phasesOf } from '../analysis/victim/probe-phases.js';
import { flow, frequency, number, part, ratio, said, time } from '../model/quantity.js';
import { STATES } from '../model/states.js';
import { STARVED } from '../model/thresholds/cpu.js';
import { HEALTHY, JUDGING } from '../model/thresholds/judging.js';
import { advise, look } from './judge/advice.js';
import { doubtOf } from './judge/doubts.js';
import { FIDELITY } from './judge/fidelity.js';
import { jamOf } from './judge/java-lock.js';
import type { Given } from './judge/needs.js';
import { judgeDevice, diskName } from './judge/judgements.js';
import { changedSince } from './judge/slow/remembered.js';
import { defineCause, holds, notChecked, type Argument, type Yardstick } from './cause.js';

/** Time whose reason is known and ordinary. */
const ORDINARY = ['running', 'block-device', 'asleep', 'pipe-socket'] as const;

/** Waiting that is ordinary while it is little: where it is not, somebody made the victim wait, and no cause says who. */
const WHILE_LITTLE = [
  { states: ['runnable', 'cpu-wakeup'], most: STARVED.byTurns },
  { states: ['block-queue'], most: JUDGING.notUnderstood },
  { states: ['dirty-throttle'], most: JUDGING.notUnderstood },
] as const;

/** The share of its time that it waited for locks in user space until another process's thread woke it. */
function lockedByOthers({ source, segments, threads, from, to }: VictimAccount): number {
  if (source !== 'events') return 0;
  const isForeign = ({ state, wokenBy }: Segment) =>
    state === 'user-lock' && wokenBy !== undefined && wokenBy !== 0 && !threads.has(wokenBy);
  return total(segments.timesOf(isForeign)) / (to - from);
}

/** The share of the victim's time whose reason is known and ordinary, as far as its recording can tell. */
function ordinaryShare({ account, convoy }: Given<'victim'>, foreignLocks: number): number {
  // Why a queue keeps requests is not in a block trace, so its time is no ordinary one there.
  const little = WHILE_LITTLE.map(({ states, most }) => {
    const share = shareOf(account, states);
    return account.source !== 'requests' && share <= most ? share : 0;
  });
  // Threads that wait for others of their process without a lock between them wait for work; a lock that another process gives back is
  // shared with that, and what it did meanwhile was not watched.
  const waitsForWork =
    account.source === 'events' && convoy === undefined ? shareOf(account, ['user-lock']) - foreignLocks : 0;
  // A sample of a wait for the journal may be one for the device, which `doubtOf` judges.
  const journal = shareOf(account, ['journal']);
  const inJournal = account.source === 'samples' ? 0 : journal;
  const finishing = shareOf(account, ['block-finish']) + inJournal;
  const bookkeeping = finishing <= HEALTHY.mostFinishing ? finishing : 0;
  const ordinary = shareOf(account, ORDINARY) + little.reduce((sum, one) => sum + one, 0);
  return ordinary + (journal - inJournal) + waitsForWork + bookkeeping;
}

function phaseEvidence(m: Measures): Argument[] {
  return phasesOf(m.input).map((phase) => ({
    measure: `${phase.name} writes of ${phase.blockBytes} bytes`,
    value: said`${flow(phase.bytesPerSecond)}, ${frequency((phase.operations * 1000) / Math.max(1, phase.ms))} a second`,
    meaning: phase.latencyUs
      ? `half of them within ${duration(phase.latencyUs.p50 / 1000)}, 99 % within ${duration(phase.latencyUs.p99 / 1000)}`
      : 'no operation completed',
    source: 'the probe',
  }));
}

/** Where else the time went that nobody is to blame for: the most of it. */
function elsewhere(account: VictimAccount): string {
  const [most] = [...account.ms.keys()]
    .filter((state) => state !== 'running' && state !== 'block-device')
    .map((state) => ({ state, share: shareOf(account, [state]) }))
    .sort((a, b) => b.share - a.share);
  return most && most.share >= JUDGING.noticeable
    ? `most of the rest, ${percent(most.share)}, ${STATES[most.state]}`
    : 'nothing else held it for long';
}

/** What took a good part of its time and is no fault of the I/O: the most of it, in words. */
function besides(account: VictimAccount): string {
  const threads = account.source === 'events' ? shareOf(account, ['user-lock']) : 0;
  const waits = [
    { share: threads, what: 'for its own threads' },
    { share: shareOf(account, ['pipe-socket']), what: 'in poll, at a pipe or a socket' },
    { share: shareOf(account, ['runnable', 'cpu-wakeup']), what: 'for its turn on a CPU' },
  ];
  const [most] = waits.sort((a, b) => b.share - a.share);
  return most && most.share > JUDGING.notUnderstood
    ? `; for ${percent(most.share)} of its time it waited ${most.what}`
    : '; nothing held the victim up for long';
}

function timeEvidence({ account }: Given<'victim'>): Argument {
  const ofState = (state: 'running' | 'block-device' | 'outside-block') => part(shareOf(account, [state]));
  const isTrace = account.source === 'requests';
  return {
    measure: 'the victim’s time',
    value: isTrace
      ? said`${ofState('block-device')} waiting for the device, ${ofState('outside-block')} outside the block layer`
      : said`${ofState('running')} running, ${ofState('block-device')} waiting for the device`,
    meaning: isTrace ? 'its requests were answered in time' : elsewhere(account),
    source: FIDELITY[account.source].waits,
  };
}

/** No norm is kept for flushes and discards, and none is held against a handful of requests. */
function besideOrdinary(factor: number, disk: string): string {
  return Number.isFinite(factor) ? `${percent(factor)} of what ${disk} may take` : `too few to be held against ${disk}`;
}

/** How its disk did against its own past, and what that past is for its kind. */
function pastEvidence({ past }: Measures): Argument[] {
  if (!past) return [];
  return [
    {
      measure: 'against its own past',
      value: said`${ratio(past.factor)} the usual`,
      meaning: `at the same loads, ${percent(past.knownShare)} of what it did, as known from ${past.days} ${past.days === 1 ? 'day' : 'days'} and ${past.stretches} stretches at least`,
      source: '/proc/diskstats, the machine’s memory',
    },
    ...changedSince(past),
  ];
}

/** Where a disk is slow for its kind and was so for days. */
function asEver(m: Measures): string {
  const factor = judgeDevice(m)?.factor ?? NaN;
  if (!isAsEver(m.past) || !(factor > 1)) return '';
  return ` Healthy by its own past of ${m.past.days} days, though it takes ${factor.toFixed(1)} times what an ordinary disk of its kind may.`;
}

function deviceEvidence(m: Measures): Argument[] {
  const judged = judgeDevice(m);
  if (!judged || judged.requests === 0) return pastEvidence(m);
  return [
    ...pastEvidence(m),
    {
      measure: `${diskName(m)}’s service time`,
      value: said`${time(judged.serviceMs / judged.requests)} a request over ${number(judged.requests)} requests`,
      meaning: besideOrdinary(judged.factor, 'an ordinary disk of its kind'),
      source: 'block:block_rq_issue → block:block_rq_complete',
    },
  ];
}

/** What it got of its disk; without requests, how little it was held up. */
function yardstick(m: Given<'victim'>): Yardstick {
  const judged = judgeDevice(m);
  if (judged && judged.requests > 0)
    return {
      measure: 'each request',
      value: said`${time(judged.serviceMs / judged.requests)}`,
      against: besideOrdinary(judged.factor, 'an ordinary disk'),
    };
  return {
    measure: 'running',
    value: said`${part(shareOf(m.account, ['running']))} of its time`,
    against: elsewhere(m.account),
  };
}

function sentence(m: Given<'victim'>): string {
  if (m.account.source === 'requests')
    return `No stall in the block layer: ${diskName(m)} answered the victim’s requests as it should; they took up ${percent(shareOf(m.account, ['block-device', 'block-queue']))} of its time, and what it did in the rest is not in a block trace.`;
  const whatWasFine =
    m.disk === undefined ? 'the victim was not held up' : `${diskName(m)} gave the writer what it can give`;
  return `No stall: ${whatWasFine}${besides(m.account)}.${asEver(m)}`;
}

export const cause = defineCause({
  id: 'healthy',
  layer: 'none',
  rank: 'otherwise',
  proof: 'latency',
  waits: [],
  needs: ['victim'],
  fromRequests: true,
  judge(m) {
    const jam = jamOf(m);
    if (jam !== undefined) return notChecked(jam);
    const foreignLocks = lockedByOthers(m.account);
    const other = 1 - ordinaryShare(m, foreignLocks);
    if (other > JUDGING.notUnderstood) {
      const ofLocks =
        foreignLocks >= JUDGING.noticeable
          ? `, ${percent(foreignLocks)} of it into locks that other processes gave back`
          : '';
      return notChecked(`${percent(other)} of the victim’s time went into states that no cause explains yet${ofLocks}`);
    }
    const doubt = doubtOf(m);
    if (doubt !== undefined) return notChecked(doubt);
    return holds(
      { share: 0, confidence: HEALTHY.sure * FIDELITY[m.account.source].ofHealth, lost: NO_INTERVALS },
      null,
    );
  },
  tell: (_figures, m) => ({
    sentence: sentence(m),
    yardstick: yardstick(m),
    culprit: null,
    evidence: [...phaseEvidence(m), timeEvidence(m), ...deviceEvidence(m)],
    advice: [
      advise`If it is slow at other times, record then: ${look('iowitness record -- COMMAND')}, or run check again while it is slow.`,
    ],
  }),
});
