// The one interface behind which every cause stands: what it needs, and what it finds. A cause is a file of this folder that exports
// `cause`; no list names it. It reads measures and opens no file, so it can be tried on any recording at any time.

import { RECORD_INSTEAD, UNSEEN } from './judge/block-trace.js';
import type { Interval } from '../base/intervals.js';
import type { Measures } from '../analysis/measures.js';
import type { Culprit, Evidence } from '../model/diagnosis.js';
import { JUDGING } from '../model/thresholds/judging.js';

/** What a cause may need of the recording, in the words that 'not checked, because …' is made of. */
export const NEEDS = {
  victim: {
    has: (m: Measures) => m.account !== undefined,
    else: 'no process was watched, or nothing was recorded of it',
  },
  sleeps: {
    has: (m: Measures) => m.account?.source === 'events',
    else: 'the victim’s sleeps were not recorded (that needs root and tracefs)',
  },
  stages: {
    has: (m: Measures) => m.account !== undefined && m.account.source !== 'samples',
    else: 'when the victim waited for its requests was not recorded (that needs root and tracefs)',
  },
  requests: {
    has: (m: Measures) => m.load !== undefined,
    else: 'no request on the victim’s disk was recorded (that needs root, tracefs and a local disk)',
  },
  disk: { has: (m: Measures) => m.disk !== undefined, else: 'the victim’s disk is not known' },
  facts: { has: (m: Measures) => m.input.facts.length > 0, else: 'the machine’s settings were not recorded' },
} as const;

export type Need = keyof typeof NEEDS;

/** The cause holds. */
export interface Found {
  readonly kind: 'found';
  /** The share of the victim's wall time that it explains, 0 to 1: what causes are ranked by. */
  readonly share: number;
  readonly confidence: number;
  readonly sentence: string;
  readonly culprit: Culprit | null;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly string[];
  /** Causes that name the same time less closely, or a consequence of this one: they are told after it. */
  readonly before?: readonly string[] | 'all';
  /** True for what the program always does, as its way of working: what keeps it from that is told first. */
  readonly isHabit?: boolean;
  /** The measurement that would make it certain, told where it is not. */
  readonly decidedBy?: string;
  /** When the victim lost its time to it, ms since the start; empty for what takes no time (`healthy`, `env.changed`). */
  readonly lost: readonly Interval[];
}

export type Finding =
  Found | { readonly kind: 'ruled-out'; readonly why: string } | { readonly kind: 'not-checked'; readonly why: string };

export interface Cause {
  /** The catalogue's id, e.g. 'mem.dirty-limit'; the file is named after it. */
  readonly id: string;
  readonly layer:
    'none' | 'application' | 'scheduler' | 'page cache' | 'memory' | 'filesystem' | 'block' | 'device' | 'any';
  /** 'beside' is reported next to whatever else holds; 'verdict' competes; 'otherwise' is asked when nothing else holds. */
  readonly rank: 'verdict' | 'beside' | 'otherwise';
  readonly needs: readonly Need[];
  /** True where requests and names alone can tell it: only such causes are examined on a block trace. */
  readonly fromRequests?: true;
  examine(measures: Measures): Finding;
}

export function ruledOut(why: string): Finding {
  return { kind: 'ruled-out', why };
}

export function notChecked(why: string): Finding {
  return { kind: 'not-checked', why };
}

function sureFromRequests({ account }: Measures): number {
  const seenMs = account ? account.to - account.from : 0;
  return JUDGING.unwatched * ramp(seenMs, { ...JUDGING.seen, to: JUDGING.leastSeenMs });
}

/** Examines one cause. Missing needs and exceptions become 'not checked', so that the others stand. */
export function examine(cause: Cause, measures: Measures): Finding {
  if (measures.input.source !== 'block-trace') return examineOn(cause, measures);
  if (cause.fromRequests !== true)
    return notChecked(`a block trace does not hold ${UNSEEN[cause.layer]}; ${RECORD_INSTEAD}`);
  const finding = examineOn(cause, measures);
  if (finding.kind !== 'found') return finding;
  const evidence = finding.evidence.map((one) => ({ ...one, source: 'the trace’s records' }));
  return { ...finding, evidence, confidence: finding.confidence * sureFromRequests(measures) };
}

function examineOn(cause: Cause, measures: Measures): Finding {
  const missing = cause.needs.find((need) => !NEEDS[need].has(measures));
  if (missing) return notChecked(NEEDS[missing].else);
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
