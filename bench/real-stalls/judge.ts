// A diagnosis held against the truth of its scenario. Pure.

import type { Diagnosis, Verdict } from '../../src/model/diagnosis.js';
import { LOAD_NAMES } from './load.js';
import type { Kept } from './run.js';

export type Judgement = 'right' | 'acceptable' | 'wrong';

/** A verdict below this leaves the question open, as `inconclusive` does. */
const SURE = 0.6;
/** With less idle CPU than this somebody always waits for one. */
const HARDLY_IDLE = 0.15;

export interface Judged {
  readonly judgement: Judgement;
  readonly why: string;
}

function namesOf({ culprit }: Verdict): string {
  return culprit === null ? '' : `${culprit.name} ${culprit.file ?? ''} ${culprit.pid ?? ''}`;
}

function names(verdict: Verdict, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => new RegExp(pattern).test(namesOf(verdict)));
}

function says({ sentence }: Verdict, kept: Kept): boolean {
  return kept.says === undefined || new RegExp(kept.says).test(sentence);
}

function tellsTruth(verdict: Verdict, kept: Kept): boolean {
  const named = kept.culprits.length === 0 || names(verdict, kept.culprits);
  return kept.verdicts.includes(verdict.cause) && named && says(verdict, kept);
}

/** Starvation where no CPU was idle, or the load of this harness, is as true as what the scenario made. */
function isTrueOfLoad(verdict: Verdict, kept: Kept): boolean {
  if (verdict.cause === 'cpu.starved') return kept.idleCpu < HARDLY_IDLE;
  return kept.load && verdict.cause === 'dev.neighbour' && names(verdict, LOAD_NAMES);
}

/** Whether a verdict is right or as true, however sure it is, and blames nobody who is innocent. */
export function isTrue(verdict: Verdict, kept: Kept): boolean {
  if (verdict.cause !== 'env.changed' && names(verdict, kept.wrongNames)) return false;
  return tellsTruth(verdict, kept) || kept.acceptable.includes(verdict.cause) || isTrueOfLoad(verdict, kept);
}

/** Right, acceptable (open, or as true), or wrong, and why. */
export function judge({ verdict, also }: Diagnosis, kept: Kept): Judged {
  const claims = [verdict, ...also.filter((one) => one.confidence >= SURE)];
  const innocent = claims.find((one) => one.cause !== 'env.changed' && names(one, kept.wrongNames));
  if (innocent && innocent.confidence >= SURE)
    return { judgement: 'wrong', why: `blames ${innocent.culprit?.name} (${innocent.cause})` };
  if (tellsTruth(verdict, kept) && verdict.confidence >= SURE) return { judgement: 'right', why: '' };
  if (verdict.cause === 'inconclusive' || verdict.confidence < SURE) return { judgement: 'acceptable', why: 'open' };
  if (kept.acceptable.includes(verdict.cause)) return { judgement: 'acceptable', why: 'as true' };
  if (isTrueOfLoad(verdict, kept)) return { judgement: 'acceptable', why: 'true of the loaded machine' };
  if (kept.verdicts.includes(verdict.cause) && !says(verdict, kept))
    return { judgement: 'wrong', why: `says nothing of ${kept.says}` };
  if (kept.verdicts.includes(verdict.cause))
    return verdict.culprit === null
      ? { judgement: 'acceptable', why: 'names nobody' }
      : { judgement: 'wrong', why: `names ${verdict.culprit.name}` };
  if (also.some((one) => tellsTruth(one, kept))) return { judgement: 'acceptable', why: 'the truth stands second' };
  return { judgement: 'wrong', why: '' };
}

export interface Result extends Judged {
  readonly name: string;
  readonly kept: Kept;
  readonly cause: string;
  readonly confidence: number;
  readonly culprit: string;
  readonly also: readonly string[];
  readonly unexplained: number;
  /** Ms between the onset that was told and the one that was made; absent where none was made or none told. */
  readonly onsetErrorMs?: number;
  readonly sentence: string;
}

export function resultOf(name: string, kept: Kept, diagnosis: Diagnosis): Result {
  const { verdict, also, accounting } = diagnosis;
  // Of another cause the onset is another one.
  const made = kept.verdicts.includes(verdict.cause) ? kept.onsetMs : undefined;
  const told = verdict.fromStart ? 0 : verdict.sinceMs;
  return {
    name,
    kept,
    ...judge(diagnosis, kept),
    cause: verdict.cause,
    confidence: verdict.confidence,
    culprit: verdict.culprit?.name ?? '',
    also: also.filter((one) => one.cause !== 'env.changed').map((one) => `${one.cause} ${percent(one.confidence)}`),
    unexplained: accounting.find((one) => one.state === 'unexplained')?.share ?? 0,
    ...(made !== undefined && told !== null && { onsetErrorMs: Math.round(told - made) }),
    sentence: verdict.sentence,
  };
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
