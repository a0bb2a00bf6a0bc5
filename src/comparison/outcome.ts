// What became of the first recording's cause, as far as the two diagnoses support it. Gone is only what was looked for and did not hold, in a
// recording that is long enough, of the same program at comparable work, with the setting changed that was to blame; everything else is open, and
// each doubt is told.

import { duration, percent } from '../base/format.js';
import type { Refusals } from '../causes/judge/diagnose.js';
import type { Comparison } from '../model/comparison.js';
import { isNoStall, type Diagnosis, type Verdict } from '../model/diagnosis.js';
import type { Settings } from './settings.js';
import { compareWork, type ComparedWork, type Work } from './work.js';

/** One of the two recordings, as it is held against the other. */
export interface Judged {
  readonly diagnosis: Diagnosis;
  /** What was looked for beside the rivals that the diagnosis lists. */
  readonly otherwise: Refusals;
  readonly work: readonly Work[];
  /** Undefined where the recording holds none. */
  readonly settings: Settings | undefined;
  /** The longest time between two losses to its verdict's cause, ms. */
  readonly longestPauseMs: number;
}

type Outcome = Comparison['outcome'];

/** Whether a cause was looked for, and was found not to hold; why it could not be checked, where it could not. */
function refusalOf({ diagnosis, otherwise }: Judged, cause: string): { isRuledOut: boolean; unchecked?: string } {
  const of = (kind: keyof Refusals) => [...diagnosis[kind], ...otherwise[kind]].find((one) => one.cause === cause);
  const unchecked = of('notChecked')?.why;
  return { isRuledOut: of('ruledOut') !== undefined, ...(unchecked !== undefined && { unchecked }) };
}

function isStall(verdict: Verdict): boolean {
  return !isNoStall(verdict) && verdict.cause !== 'inconclusive';
}

function costs({ share, victim }: Verdict): string {
  return `${percent(share)} of ${victim?.name || 'the victim'}’s time`;
}

/** Why the cause may hold all the same, though the second recording shows no stall. */
function doubtsOfCause({ diagnosis: before, longestPauseMs }: Judged, second: Judged): string[] {
  const { cause, sinceMs, fromStart } = before.verdict;
  const after = second.diagnosis;
  const { isRuledOut, unchecked } = refusalOf(second, cause);
  const doubts = unchecked === undefined ? [] : [`Whether ${cause} holds could not be checked after: ${unchecked}.`];
  if (unchecked === undefined && !isRuledOut)
    doubts.push(`The second diagnosis does not say that ${cause} is ruled out.`);
  if (before.accountingFrom === 'events' && after.accountingFrom !== 'events')
    doubts.push('The second recording has no kernel events of the victim, and may not see what the first one saw.');
  if (after.verdict.sureness === 'possible') doubts.push('That nothing is wrong after is only possible, and not sure.');
  if (after.losses.some(({ severity }) => severity === 'severe'))
    doubts.push('The second recording has severe losses, which may hide it.');
  if (after.recording.durationMs < 2 * longestPauseMs)
    doubts.push(
      `Before, it paused for up to ${duration(longestPauseMs)}; the second one, of ${duration(after.recording.durationMs)}, may lie in a pause.`,
    );
  if (!fromStart && sinceMs !== null && after.recording.durationMs < sinceMs)
    doubts.push(
      `Before, it began ${duration(sinceMs)} into the recording; the second one lasts only ${duration(after.recording.durationMs)}.`,
    );
  return doubts;
}

function doubtsOfWork(before: Judged, after: Judged, work: ComparedWork | undefined): string[] {
  const other = otherVictim(before, after);
  if (other !== undefined) return [other];
  const name = victimOf(after);
  if (!work) return [`How much ${name} got done is not in both recordings, so its work can’t be compared.`];
  return work.isComparable ? [] : [`${name} did less after: it may have been asked for less.`];
}

function victimOf({ diagnosis }: Judged): string {
  const { victim } = diagnosis.verdict;
  return victim ? victim.name || 'an unnamed process' : 'nobody';
}

/** That they are about different programs; undefined where they are about the same. */
function otherVictim(before: Judged, after: Judged): string | undefined {
  const [was, is] = [victimOf(before), victimOf(after)];
  return was === is && was !== 'nobody'
    ? undefined
    : `Before it was about ${was}, after it is about ${is}: record the same program with record --pid.`;
}

/** A setting that was to blame and is what it was. */
function doubtsOfSetting({ diagnosis, settings: before }: Judged, { settings: after }: Judged): string[] {
  const { culprit } = diagnosis.verdict;
  if (culprit?.file === undefined || !before) return [];
  if (!after) return [`Whether ${culprit.name} was changed is not in the second recording.`];
  const [what, setting] = [...before].find(([, { file }]) => file === culprit.file) ?? [];
  const isSame = what !== undefined && setting !== undefined && after.get(what)?.value === setting.value;
  return isSame ? [`What was to blame is as it was: ${what} is ${setting.value || 'empty'}.`] : [];
}

function withoutStall(before: Judged, after: Judged): Pick<Outcome, 'kind' | 'sentence' | 'doubts'> {
  const { cause } = before.diagnosis.verdict;
  const work = workBetween(before, after);
  const doubts = [
    ...doubtsOfWork(before, after, work),
    ...doubtsOfSetting(before, after),
    ...doubtsOfCause(before, after),
  ];
  if (doubts.length > 0)
    return { kind: 'open', sentence: `No stall was seen after, but that does not say that ${cause} is gone.`, doubts };
  return {
    kind: 'gone',
    sentence: `${cause} cost ${costs(before.diagnosis.verdict)} before, and holds no more.`,
    doubts,
  };
}

function withStall({ diagnosis: before }: Judged, second: Judged): Pick<Outcome, 'kind' | 'sentence' | 'doubts'> {
  const { cause } = before.verdict;
  const after = second.diagnosis;
  const again = [after.verdict, ...after.also].find((one) => one.cause === cause);
  if (again) {
    const first = again === after.verdict ? '' : `; most of it goes to ${after.verdict.cause} now`;
    const sentence = `${cause} costs ${costs(again)} after, and cost ${percent(before.verdict.share)} before${first}.`;
    return { kind: 'still-there', sentence, doubts: [] };
  }
  const { isRuledOut, unchecked } = refusalOf(second, cause);
  const unknown =
    unchecked === undefined ? `${cause} is not ruled out there` : `whether ${cause} holds as well could not be checked`;
  const rest = isRuledOut ? `${cause} is ruled out there` : unknown;
  const sentence = `${after.verdict.cause} costs ${costs(after.verdict)} after, and ${rest}.`;
  return { kind: 'another', sentence, doubts: [] };
}

function judged(before: Judged, after: Judged): Pick<Outcome, 'kind' | 'sentence' | 'doubts'> {
  const [was, is] = [before.diagnosis.verdict, after.diagnosis.verdict];
  if (is.cause === 'inconclusive') {
    const sentence =
      was.cause === 'inconclusive'
        ? 'There is no verdict, before or after.'
        : `There is no verdict after, so what became of ${was.cause} is open.`;
    const named = after.diagnosis.candidates.filter(({ cause }) => cause === was.cause);
    const likely = named.map((one) => `${one.cause} is among the likeliest causes after (${percent(one.confidence)}).`);
    return { kind: 'open', sentence, doubts: [`After: ${is.sentence}`, ...likely] };
  }
  if (was.cause === 'inconclusive') {
    const found = isStall(is) ? `after it is ${is.cause}` : 'no stall was seen after';
    const sentence = `There was no verdict before, so nothing can be said to be gone; ${found}.`;
    return { kind: 'open', sentence, doubts: [`Before: ${was.sentence}`] };
  }
  if (isStall(was)) return isStall(is) ? withStall(before, after) : withoutStall(before, after);
  if (!isStall(is)) return { kind: 'none', sentence: 'Neither recording shows a stall.', doubts: [] };
  return {
    kind: 'appeared',
    sentence: `${is.cause} costs ${costs(is)} after, and there was no stall before.`,
    doubts: [],
  };
}

function workBetween(before: Judged, after: Judged): ComparedWork | undefined {
  return compareWork(victimOf(after), before.work, after.work);
}

/** What has to be known beside it, whatever it is. */
function notesOn(before: Judged, after: Judged): string[] {
  const [was, is] = [before.diagnosis, after.diagnosis];
  const other = otherVictim(before, after);
  const work = other === undefined ? workBetween(before, after) : undefined;
  const notes = work ? [work.sentence] : [];
  if (other !== undefined && isStall(is.verdict)) notes.push(other);
  if (was.verdict.sureness === 'possible') notes.push(`Before, ${was.verdict.cause} was only possible.`);
  if (is.verdict.sureness === 'possible') notes.push(`After, ${is.verdict.cause} is only possible.`);
  if (was.accountingFrom !== is.accountingFrom)
    notes.push(
      `The victim’s time is known from ${was.accountingFrom} before and from ${is.accountingFrom} after: shares of it are not equally exact.`,
    );
  return notes;
}

export function outcomeOf(before: Judged, after: Judged): Outcome {
  return { ...judged(before, after), notes: notesOn(before, after) };
}
