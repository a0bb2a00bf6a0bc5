// What a watch says at its start of the time before it: the journal and the last beat of the one before → since when nobody watched, and what that one could not
// keep. A reboot takes the beat, so that only the journal's last word is left.

import { isoMoment } from '../../base/format.js';
import type { Entry } from '../../model/watch.js';
import { gather } from './journal.js';
import type { Beat } from './pulse.js';

type GapEntry = Entry & { readonly kind: 'gap' };

/** Beats come this often. */
export const WITHIN_MS = 100;

export function gapEntry(why: GapEntry['why'], fromMs: number, toMs: number, withinMs: number): GapEntry {
  const [from, to] = [isoMoment(fromMs), isoMoment(toMs)];
  return { kind: 'gap', from, to, ms: Math.round(toMs - fromMs), why, withinMs };
}

/** None where there was no watch before. `nowMs`: of the wall clock, as all of these. */
export function gapsBefore(before: readonly Entry[], beat: Beat | undefined, nowMs: number): GapEntry[] {
  const last = gather(before).watches.at(-1);
  if (!last) return [];
  const lastWord = before.flatMap((one) => ('to' in one && one.to !== null ? [Date.parse(one.to)] : [])).at(-1);
  const fromMs = beat?.wallMs ?? (last.to === null ? (lastWord ?? Date.parse(last.from)) : Date.parse(last.to));
  const withinMs = beat === undefined && last.to === null ? Math.round(nowMs - fromMs) : WITHIN_MS;
  const { unkeptSinceMs } = beat ?? {};
  return [
    ...(unkeptSinceMs === undefined ? [] : [gapEntry('not kept', unkeptSinceMs, fromMs, 0)]),
    ...(nowMs > fromMs ? [gapEntry('not running', fromMs, nowMs, withinMs)] : []),
  ];
}

/** What a watch that runs can't keep now, or one that has ended could not. */
export function unkeptNow(beat: (Beat & { readonly runs: boolean }) | undefined, nowMs: number): GapEntry[] {
  if (beat?.unkeptSinceMs === undefined) return [];
  return [gapEntry('not kept', beat.unkeptSinceMs, beat.runs ? nowMs : beat.wallMs, 0)];
}
