// A disk that is slower than it used to be before the recording began: fast enough for an ordinary one perhaps, and still many times slower than its users
// are used to. Judged by its counters at the same load, as its past was learnt; where its requests were traced, no more than their time with the device
// counts.

import { valueAt } from '../../../analysis/machine/series.js';
import { timesIn } from '../../../analysis/measures.js';
import { KIND } from '../../../analysis/requests/requests.js';
import { slowerLoad, type AgainstPast, type SlowerLoad } from '../../../analysis/requests/past.js';
import { duration, isoDay, percent } from '../../../base/format.js';
import { firstEndingAfter, intersect } from '../../../base/intervals.js';
import { memory, number, said, time } from '../../../model/quantity.js';
import type { State } from '../../../model/states.js';
import { SLOW } from '../../../model/thresholds/device.js';
import { JUDGING } from '../../../model/thresholds/judging.js';
import { PAST } from '../../../model/thresholds/past.js';
import { holds, ramp, type Argument, type Judgement, type Told } from '../../cause.js';
import { diskName } from '../judgements.js';
import { isGiven } from '../needs.js';
import { lacksCpu, lookAt, waited, withIdleCpus, type Victim, type Waited } from './waited.js';

export interface Remembered extends Waited {
  readonly way: 'remembered';
  readonly past: AgainstPast;
  readonly slower: SlowerLoad;
  readonly factor: number;
  /** True where its own workers may have waited for a CPU. */
  readonly waitsForCpu: boolean;
}

/** ms with the device of the requests of that kind that completed while it was slower, on average; NaN where none was traced. */
function withDevice(m: Victim, past: AgainstPast, { load: { does } }: SlowerLoad): number {
  if (!isGiven(m, ['requests'])) return NaN;
  const { load, requests } = m;
  let [count, ms] = [0, 0];
  for (const row of load.rows) {
    const [from, to] = [valueAt(requests.dispatched, row), valueAt(requests.completed, row)];
    if (requests.kind[row] !== KIND[does] || (past.times.from[firstEndingAfter(past.times, to)] ?? Infinity) > to)
      continue;
    const weight = requests.weight[row] ?? 1;
    count += weight;
    ms += weight * (to - from);
  }
  return count > 0 ? ms / count : NaN;
}

/** Undefined where it is not. */
export function judgeRemembered(m: Victim, waits: readonly State[]): Judgement<Remembered> | undefined {
  const { account, past } = m;
  const found = past && slowerLoad(past);
  if (!past || !found) return undefined;
  const deviceMs = withDevice(m, past, found);
  // What a scheduler keeps is no time of the device.
  if (deviceMs < PAST.deviceShare * found.nowMs) return undefined;
  const nowMs = Math.min(found.nowMs, Number.isNaN(deviceMs) ? Infinity : deviceMs);
  const factor = nowMs / found.usualMs;
  if (factor <= PAST.slower) return undefined;
  const lost = waited(m, intersect(timesIn(account, waits), past.times));
  if (lost.share < JUDGING.noticeable) return undefined;
  const waitsForCpu = isGiven(m, ['requests']) && lacksCpu(m, account, lost.beneath);
  const confidence =
    ramp(factor, PAST.sure) * ramp(found.usual.stretches, PAST.rests) * (waitsForCpu ? SLOW.unsure : 1);
  return holds(
    { share: lost.share, confidence, lost: lost.lost },
    { ...lost, way: 'remembered', past, slower: { ...found, nowMs }, factor, waitsForCpu },
  );
}

const KINDS = { read: 'reads', write: 'writes', flush: 'flushes' } as const;

/** 'writes of up to 16 KiB, one at a time' */
function loadWords({ load: { does, upToBytes, depth } }: SlowerLoad): string {
  const size =
    does === 'flush' ? '' : upToBytes === 0 ? ' of more than 256 KiB' : ` of up to ${String(memory(upToBytes))}`;
  return `${KINDS[does]}${size}, ${depth === 1 ? 'one at a time' : `about ${depth} at a time`}`;
}

function daysWords({ days, stretches }: { readonly days: number; readonly stretches: number }): string {
  return days > 1 ? `${days} days` : `${stretches} stretches of a day`;
}

/** '2026-11-29' */
function dayOf(ms: number): string {
  return isoDay(ms) ?? 'a day that is not known';
}

/** What has changed on the machine since the past that a disk is held against; empty where nothing has. */
export function changedSince({ changed, chapter }: AgainstPast): Argument[] {
  return (changed?.changed ?? []).map(({ what, before, after }) => ({
    measure: `${what} since then`,
    value: 'another',
    meaning: `${before ?? 'nothing'} → ${after ?? 'nothing'}; its past is from before that, up to ${dayOf(chapter.untilMs)}`,
    source: 'the machine’s memory',
  }));
}

/** The evidence of its past. */
function pastEvidence(past: AgainstPast, slower: SlowerLoad): Argument[] {
  return [
    {
      measure: loadWords(slower),
      value: said`${time(slower.nowMs)} each over ${number(slower.requests)}, usually ${time(slower.usualMs)}`,
      meaning: `against its own past at the same load, known from ${daysWords(slower.usual)} since ${dayOf(past.chapter.sinceMs)}`,
      source: '/proc/diskstats, the machine’s memory',
    },
    ...changedSince(past),
  ];
}

export function tellRemembered(
  { past, slower, factor, waitsForCpu, share, lost, beneath }: Remembered,
  m: Victim,
): Told {
  const name = diskName(m);
  const changes = past.changed?.changed ?? [];
  const since = changes.length > 0 ? `; since then ${changes.map(({ what }) => what).join(', ')} changed` : '';
  return {
    sentence: `${name} is slower than it used to be: ${loadWords(slower)}, take ${duration(slower.nowMs)} instead of ${duration(slower.usualMs)}, ${factor.toFixed(1)} times as long as on ${daysWords(slower.usual)} before${since}, and the victim waited for it ${percent(share)} of its time.`,
    yardstick: {
      measure: KINDS[slower.load.does],
      value: said`${time(slower.nowMs)} each`,
      against: `its own past: ${duration(slower.usualMs)}`,
    },
    culprit: beneath.culprit,
    decidedBy: waitsForCpu ? withIdleCpus(name) : 'the same load on another disk of the same kind on this machine',
    evidence: [...pastEvidence(past, slower), ...beneath.evidence],
    advice: [
      ...beneath.advice,
      `Ask what changed on ${name} or beneath it since then: a snapshot, a rebuild, another tenant, spent burst credit, firmware.`,
      ...lookAt(m, lost),
    ],
  };
}
