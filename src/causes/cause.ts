// The one interface behind which every cause stands: what it needs, how it judges, and how it tells. A cause is a file of this folder that
// exports `cause`; no list names it. It reads measures and opens no file, so it can be tried on any recording at any time.

import { RECORD_INSTEAD, SOURCE_NOUNS, UNSEEN } from './judge/foreign.js';
import { TRACE } from './judge/fidelity.js';
import { isGiven, missingOf, type Given, type Need } from './judge/needs.js';
import type { Intervals } from '../base/intervals.js';
import type { Measures } from '../analysis/measures.js';
import type { Direction, ProofKind } from '../model/charts.js';
import type { Advice, Culprit, Evidence } from '../model/diagnosis.js';
import type { Quantity, Said } from '../model/quantity.js';
import type { State } from '../model/states.js';
import { JUDGING } from '../model/thresholds/judging.js';

/** One figure of an argument, as a cause gives it. */
export interface Argument {
  readonly measure: string;
  readonly value: Said | string;
  readonly meaning: string;
  readonly source: string;
}

/** The figure that a verdict turns on, and what it is held against: what stands large on the page. */
export interface Yardstick {
  readonly measure: string;
  readonly value: Said | string;
  readonly against: string;
}

/** What of a finding is words: told from the figures that were judged. */
export interface Told {
  readonly sentence: string;
  readonly yardstick: Yardstick;
  /** The limit that the picture of the verdict holds its lines against, where it has one of its own. */
  readonly limit?: Quantity;
  /** The one direction that it limits; absent where it is about both. */
  readonly limits?: Direction;
  readonly culprit: Culprit | null;
  readonly evidence: readonly Argument[];
  readonly advice: readonly (Advice | string)[];
  /** The measurement that would make it certain, told where it is not. */
  readonly decidedBy?: Advice | string;
}

/** What of a finding is judged: how much it explains, and where it stands among others. */
export interface Weight {
  /** The share of the victim's wall time that it explains, 0 to 1: what causes are ranked by. */
  readonly share: number;
  readonly confidence: number;
  /** Causes that name the same time less closely, or a consequence of this one: they are told after it. */
  readonly before?: readonly string[] | 'all';
  /** True for what the program always does, as its way of working: what keeps it from that is told first. */
  readonly isHabit?: boolean;
  /** When the victim lost its time to it, ms since the start; empty for what takes no time (`healthy`, `env.changed`). */
  readonly lost: Intervals;
  /** True where that is known of single looks alone, as thread dumps are: when it began is not told then. */
  readonly isGlimpsed?: boolean;
}

/** The cause holds. */
export interface Found extends Weight, Told {
  readonly kind: 'found';
  /** The measures of the device beneath the victim's disk that it was judged by; absent where it was that disk. */
  readonly at?: Measures;
}

/** The cause does not hold, or could not be looked at. */
export interface Refused {
  readonly kind: 'ruled-out' | 'not-checked';
  readonly why: string;
}

export type Finding = Found | Refused;

/** A judgement: refused, or what it weighs with the figures that it is told from. */
export type Judgement<Figures> = Refused | (Weight & { readonly kind: 'holds'; readonly figures: Figures });

export interface Cause {
  /** The catalogue's id, e.g. 'mem.dirty-limit'; the file is named after it. */
  readonly id: string;
  readonly layer:
    'none' | 'application' | 'scheduler' | 'page cache' | 'memory' | 'filesystem' | 'block' | 'device' | 'any';
  /** 'beside' is reported next to whatever else holds; 'verdict' competes; 'otherwise' is asked when nothing else holds. */
  readonly rank: 'verdict' | 'beside' | 'otherwise';
  /** The picture that shows it. */
  readonly proof: ProofKind;
  /** States of the victim's time that it might explain: of those ruled out the one with most of such time is the nearest rival. */
  readonly waits: readonly State[];
  /** True where requests and names alone can tell it: only such causes are examined on a block trace. */
  readonly fromRequests?: true;
  /** What a need lacks is 'not checked'. */
  examine(measures: Measures): Finding;
}

/** How a cause is written: what it needs is there when it judges, and what it tells comes from what it judged. */
interface Definition<N extends Need, Figures> extends Omit<Cause, 'examine'> {
  readonly needs: readonly N[];
  /** True where the cause may as well lie with a device beneath the victim's disk: each is judged, and the deepest that explains is named. */
  readonly beneath?: true;
  readonly judge: (measures: Given<N>) => Judgement<Figures>;
  readonly tell: (figures: Figures, measures: Given<N>) => Told;
}

/** Makes a cause of its definition. */
export function defineCause<N extends Need, Figures>(definition: Definition<N, Figures>): Cause {
  const { needs, beneath, judge, tell, ...rest } = definition;
  const examineAt = (measures: Measures): Finding => {
    if (!isGiven(measures, needs)) return notChecked(missingOf(measures, needs));
    const judged = judge(measures);
    if (judged.kind !== 'holds') return judged;
    const { kind: _holds, figures, ...weight } = judged;
    const at = measures.top === undefined ? {} : { at: measures };
    return { kind: 'found', ...at, ...weight, ...tell(figures, measures) };
  };
  return {
    ...rest,
    examine(measures) {
      const finding = examineAt(measures);
      if (beneath !== true) return finding;
      const least = finding.kind === 'found' ? JUDGING.explainsFromBeneath * finding.share : 0;
      const isEnough = (one: Finding): boolean => one.kind === 'found' && one.share >= least;
      return measures.beneath.map(examineAt).find(isEnough) ?? finding;
    },
  };
}

export function holds<Figures>(weight: Weight, figures: Figures): Judgement<Figures> {
  return { kind: 'holds', ...weight, figures };
}

/** An argument with its words and figures apart; a figure that is not known is 'unknown' in the words and absent among the figures. */
export function evidenceOf({ measure, value, meaning, source }: Argument): Evidence {
  return { measure, ...figuresOf(value), meaning, source };
}

/** Words and the figures in them. */
export function figuresOf(said: Said | string): Pick<Evidence, 'value' | 'figures'> {
  if (typeof said === 'string') return { value: said, figures: [] };
  const figures = said.figures.flatMap(({ value, unit }) => (Number.isFinite(value) ? [{ value, unit }] : []));
  return { value: said.text, figures };
}

export function adviceOf(advice: Advice | string): Advice {
  return typeof advice === 'string' ? { text: advice, commands: [] } : advice;
}

export function ruledOut(why: string): Refused {
  return { kind: 'ruled-out', why };
}

export function notChecked(why: string): Refused {
  return { kind: 'not-checked', why };
}

function sureFromRequests({ account }: Measures): number {
  const seenMs = account ? account.to - account.from : 0;
  return JUDGING.unwatched * ramp(seenMs, { ...JUDGING.seen, to: JUDGING.leastSeenMs });
}

/** Examines one cause. Missing needs and exceptions become 'not checked', so that the others stand. */
export function examine(cause: Cause, measures: Measures): Finding {
  const { source } = measures.input;
  if (source === 'recording') return examineOn(cause, measures);
  // When its threads ran is in a trace that has these events.
  if (cause.layer === 'scheduler' && measures.account?.source === 'events') return examineOn(cause, measures);
  if (cause.fromRequests !== true)
    return notChecked(`${SOURCE_NOUNS[source]} does not hold ${UNSEEN[cause.layer]}; ${RECORD_INSTEAD}`);
  const finding = examineOn(cause, measures);
  if (finding.kind !== 'found') return finding;
  const evidence = finding.evidence.map((one) => ({ ...one, source: TRACE }));
  return { ...finding, evidence, confidence: finding.confidence * sureFromRequests(measures) };
}

function examineOn(cause: Cause, measures: Measures): Finding {
  try {
    return cause.examine(measures);
  } catch (error) {
    return notChecked(`the check itself failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a confidence is at the ends of a range of some measure. */
interface Ramp {
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
}

/** Confidence that goes from `low` at `from` to `high` at `to`; values beyond are held. */
export function ramp(value: number, { from, to, low, high }: Ramp): number {
  const x = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return low + (high - low) * x;
}
