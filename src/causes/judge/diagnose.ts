// Measures + causes → the diagnosis: which cause holds first, which hold as well, which are ruled out and why, which could not be checked.
// The order is argued in order.ts, and what is said where nothing holds in inconclusive.ts.

import { shareOf, timesIn, type Measures } from '../../analysis/measures.js';
import type { Shown } from '../../analysis/shown.js';
import { intersect, type Intervals, NO_INTERVALS, total } from '../../base/intervals.js';
import { wallTime } from '../../model/case.js';
import { phasesOf } from '../../analysis/victim/probe-phases.js';
import { aboutOnset } from '../../onset/about.js';
import { measuresOf } from '../../onset/series.js';
import { writersOf } from '../../analysis/attribution/writers.js';
import { jvmsOf } from './jvms.js';
import type { Diagnosis, Verdict } from '../../model/diagnosis.js';
import { LOSS_KINDS } from '../../model/losses.js';
import { JUDGING, SHOWN } from '../../model/thresholds/judging.js';
import { adviceOf, examine, type Cause, type Finding, type Found, type Refused } from '../cause.js';
import { limitsOf } from './foreign.js';
import { Searches } from '../../statistics/step-draws.js';
import { inconclusive } from './inconclusive.js';
import { keyFigures } from './key-figures.js';
import { inOrder, type Holding } from './order.js';
import { partText } from './part.js';
import { confidenceOf } from './small-part.js';
import { verdictOf } from './verdict.js';

/** Everything that a report needs of the causes: the diagnosis, and what its verdict is shown by. */
export interface Outcome {
  readonly diagnosis: Diagnosis;
  readonly shown: Shown;
  /** Causes that are asked only where nothing else holds, and were refused: no rivals of a stall that a page would list, but looked for. */
  readonly otherwise: Refusals;
}

/** Which causes do not hold or could not be checked, and why. */
export type Refusals = Pick<Diagnosis, 'ruledOut' | 'notChecked'>;

interface Examined {
  readonly cause: Cause;
  readonly finding: Finding;
}

function holds(one: Examined): one is Holding {
  return one.finding.kind === 'found';
}

/** What searches for changes draw once. */
const SEARCHES = new Searches();

/** What else changed when it set in. */
function aboutVerdict(m: Measures, { onset, sinceMs }: Verdict): Diagnosis['aboutOnset'] {
  if (!onset?.withinMs || sinceMs === null) return null;
  return aboutOnset(m, measuresOf(m), { atMs: sinceMs, withinMs: onset.withinMs }, SEARCHES);
}

function accounting({ account }: Measures, lost: Intervals): Diagnosis['accounting'] {
  if (!account) return [];
  const wall = account.to - account.from;
  const states: Diagnosis['accounting'] = [...account.ms].map(([state, ms]) => ({
    state,
    ms,
    share: Math.min(1, ms / wall),
    lostMs: total(intersect(timesIn(account, [state]), lost)),
  }));
  const missing = wall - states.reduce((sum, one) => sum + one.ms, 0);
  if (missing > wall * 1e-6) states.push({ state: 'unexplained', ms: missing, share: missing / wall, lostMs: 0 });
  return states.sort((a, b) => b.ms - a.ms);
}

function lossesOf(m: Measures): Diagnosis['losses'] {
  const joined = new Map<string, Diagnosis['losses'][number]>();
  for (const { code, where, count } of m.input.losses) {
    const kind = LOSS_KINDS[code];
    const known = joined.get(`${code} ${where}`);
    const sum = (known?.count ?? 0) + (count ?? 0);
    joined.set(`${code} ${where}`, {
      code,
      severity: kind.severity,
      sentence: kind.sentence,
      remedy: kind.remedy,
      where,
      ...(sum > 0 && { count: sum }),
    });
  }
  return [...joined.values()];
}

function recordingOf(m: Measures): Diagnosis['recording'] {
  const { input } = m;
  const { manifest } = input;
  return {
    path: input.path,
    kind: input.source,
    limits: [...partText(input), ...limitsOf(m)],
    id: manifest.id ?? null,
    host: manifest.host ?? null,
    kernel: manifest.kernel ?? null,
    startedAt: wallTime(manifest, 0) ?? null,
    durationMs: input.durationMs,
    complete: input.complete,
    endedBecause: manifest.endedBecause ?? null,
    events: input.events?.count ?? 0,
  };
}

/** What holds, in the order in which it is told. */
interface Ranked {
  /** Sure enough to be verdicts. */
  readonly stalls: readonly Holding[];
  /** Where there are none: the likeliest, if one of them would explain much. */
  readonly candidates: readonly Holding[];
  readonly beside: readonly Holding[];
}

function rank(m: Measures, examined: readonly Examined[]): Ranked {
  const of = (which: Cause['rank']) => examined.filter((one) => one.cause.rank === which).filter(holds);
  const held = inOrder(m, of('verdict'));
  const rest = m.account ? shareOf(m.account, ['unexplained']) : 0;
  // Where more of the time is not understood than a cause explains, the stall is most likely what is not understood.
  const isOutweighed = ({ share }: Found) => rest > JUDGING.notUnderstood && share < rest;
  const stalls = held.filter(({ finding }) => finding.confidence >= JUDGING.sureEnough && !isOutweighed(finding));
  // What would explain less than may stay unexplained on a healthy machine is no reason to leave it open.
  const likely = held
    .filter(({ finding }) => finding.share > JUDGING.notUnderstood || isOutweighed(finding))
    .slice(0, SHOWN.candidates);
  return { stalls, candidates: stalls.length > 0 ? [] : likely, beside: of('beside') };
}

function isOtherwise({ cause }: Examined): boolean {
  return cause.rank === 'otherwise';
}

/** What the verdict says: a stall, or what is asked where there is none; undefined where it can't be said. */
function firstOf({ stalls, candidates }: Ranked, examined: readonly Examined[]): Holding | undefined {
  return stalls[0] ?? (candidates.length > 0 ? undefined : examined.filter(isOtherwise).find(holds));
}

function noVerdict(m: Measures, { candidates }: Ranked, examined: readonly Examined[]): Verdict {
  const refused = examined.filter(isOtherwise).findLast((one) => one.finding.kind === 'not-checked')?.finding;
  return inconclusive(m, refused?.kind === 'not-checked' ? refused.why : 'nothing was recorded', candidates);
}

/** Those of a rank that were refused, the nearest rivals first: those that might have explained most of the victim's time. */
function refusals(m: Measures, which: Cause['rank'], examined: readonly Examined[]): Refusals {
  const { account } = m;
  const mightExplain = ({ cause }: Examined) => (account ? shareOf(account, cause.waits) : 0);
  const nearestFirst = examined
    .filter(({ cause }) => cause.rank === which)
    .toSorted((a, b) => mightExplain(b) - mightExplain(a));
  const refusedAs = (kind: Refused['kind']) =>
    nearestFirst.flatMap(({ cause, finding }) =>
      finding.kind === kind ? [{ cause: cause.id, why: finding.why }] : [],
    );
  return { ruledOut: refusedAs('ruled-out'), notChecked: refusedAs('not-checked') };
}

/** Argues the diagnosis from the measures of one recording. */
export function diagnose(m: Measures, causes: readonly Cause[], tool: string): Outcome {
  const { input } = m;
  const examined: Examined[] = causes.map((cause) => ({ cause, finding: examine(cause, m) }));
  const ranked = rank(m, examined);
  const { stalls, candidates, beside } = ranked;
  const first = firstOf(ranked, examined);
  const verdict = first ? verdictOf(m, first) : noVerdict(m, ranked, examined);
  const lost = stalls[0]?.finding.lost ?? NO_INTERVALS;
  const diagnosis: Diagnosis = {
    schema: 'iowitness.diagnosis/2',
    tool,
    recording: recordingOf(m),
    verdict,
    keyFigures: keyFigures(m, verdict, first?.finding),
    aboutOnset: aboutVerdict(m, verdict),
    also: [...stalls.slice(1), ...beside].map((one) => verdictOf(m, one)),
    candidates: candidates.map((one) => ({
      cause: one.cause.id,
      confidence: confidenceOf(m, one, one.finding.confidence),
      score: one.finding.confidence,
      decidedBy: one.finding.decidedBy === undefined ? null : adviceOf(one.finding.decidedBy).text,
    })),
    changes: input.changes.map((change) => ({ ...change })),
    accounting: accounting(m, lost),
    accountingFrom: m.account?.source ?? 'none',
    ...refusals(m, 'verdict', examined),
    losses: lossesOf(m),
    phases: phasesOf(input),
    writers: writersOf(m),
    ...jvmsOf(m),
    machine: [...(input.facts.at(-1)?.summary ?? [])].map(([label, value]) => ({ label, value })),
  };
  // Without a verdict the likeliest cause is what can be shown.
  const { cause, finding } = first ?? candidates[0] ?? {};
  return {
    diagnosis,
    shown: {
      kind: cause?.proof ?? 'time',
      at: finding?.at ?? m,
      ...(finding?.limit && { limit: finding.limit }),
      ...(finding?.limits && { limits: finding.limits }),
      lost,
      label: verdict.cause,
    },
    otherwise: refusals(m, 'otherwise', examined),
  };
}
