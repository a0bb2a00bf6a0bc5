// The words that every form of a diagnosis shares: who, since when, how sure, and what the diagnosis's codes mean in a sentence.
// Plain text leaves here, not yet made safe for a terminal or a page: each renderer does that at its own border.

import { binary, clockText, duration, figure, rate } from '../base/format.js';
import type { Culprit, Diagnosis, ProcessRef, Verdict, Writer } from '../model/diagnosis.js';
import { isNoStall } from '../model/diagnosis.js';
import { STATES } from '../model/states.js';

/** What a verdict amounts to, whatever its cause. */
export type Outcome = 'stall' | 'healthy' | 'inconclusive';

/** Their sign, and their colour on paper. */
export const OUTCOME_LOOK: Readonly<Record<Outcome, { readonly sign: string; readonly paper: string }>> = {
  stall: { sign: '✗', paper: '#b3261e' },
  healthy: { sign: '✓', paper: '#1b6e3a' },
  inconclusive: { sign: '?', paper: '#7d5700' },
};

export function outcomeOf(verdict: Verdict): Outcome {
  if (isNoStall(verdict)) return 'healthy';
  return verdict.cause === 'inconclusive' ? 'inconclusive' : 'stall';
}

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  stall: 'Stall found',
  healthy: 'No stall',
  inconclusive: 'No verdict',
};

/** The verdict's sentence where its outcome stands before it already. */
export function sentenceBeside(verdict: Verdict): string {
  const { sentence } = verdict;
  const outcome = `${OUTCOME_WORDS[outcomeOf(verdict)]}: `;
  return sentence.startsWith(outcome) ? sentence.slice(outcome.length) : sentence;
}

/** How a process came to be named beside a device's bytes. */
export const VIA_WORDS: Readonly<Record<Writer['via'], string>> = {
  direct: 'issued by the process itself',
  flushed: 'written back by another thread, mostly the kernel’s flusher, for pages that the process had made dirty',
  holder: 'written back for pages dirtied before the recording began: the process alone has the file open for writing',
  metadata: 'structures of the filesystem: by the process where it wrote them itself, as in its fsync',
  journal: 'written by the filesystem’s journal on behalf of all its users',
  stacked: 'asked for through a device that stands on this one, where the bytes are counted too',
  unattributed: 'nobody can be named',
};

/** The file that they belong to: its name, its number where no name is known, '' where neither is. */
export function fileText({ file, inode, deleted }: Writer): string {
  const name = file ?? (inode === null ? '' : `inode ${inode}`);
  return deleted ? `${name} (deleted)` : name;
}

/** 'flushed', 'stacked, through loop0'. */
export function viaText({ via, through }: Pick<Writer, 'via' | 'through'>): string {
  return through === null ? via : `${via}, through ${through}`;
}

/** The sentence of a state; a state that this version does not know is shown by its name. */
export function stateWords(state: string): string {
  const [, words = state] = Object.entries(STATES).find(([known]) => known === state) ?? [];
  return words;
}

/** The other way round, for charts, whose lines carry sentences. */
export function stateOf(words: string): string | undefined {
  return Object.entries(STATES).find(([, known]) => known === words)?.[0];
}

/** 'postgres (812)', with its unit or container where that is known. */
export function processText({ name, pid, unit }: ProcessRef): string {
  return `${name || 'unnamed'} (${[pid, unit].filter((part) => part !== undefined).join(', ')})`;
}

export function culpritText(culprit: Culprit): string {
  const { name, pid, unit } = culprit;
  return pid === undefined ? name : processText({ name, pid, ...(unit !== undefined && { unit }) });
}

/** 'sure (97 in 100)': the step, and how many of such verdicts are right; undefined where there is no verdict to be sure of. */
export function sureText({ sureness, confidence }: Verdict): string | undefined {
  return sureness === null ? undefined : `${sureness} (${Math.round(confidence * 100)} in 100)`;
}

/** 'write of 64 KiB'; a flush has no size. */
export function requestText({ kind, bytes }: { readonly kind: string; readonly bytes: number }): string {
  return bytes === 0 ? kind : `${kind} of ${binary(bytes)}`;
}

/** When the stall began, by the clock and from the recording's start; undefined where nothing began. */
export function sinceText({ since, sinceMs, fromStart }: Verdict): string | undefined {
  if (fromStart) return 'before the recording began';
  if (since === null) return sinceMs === null ? undefined : `${duration(sinceMs)} into the recording`;
  return sinceMs === null ? clockText(since) : `${clockText(since)}, ${duration(sinceMs)} into the recording`;
}

const ENDS: ReadonlyMap<string, string> = new Map([
  ['time', 'its time was up'],
  ['interrupt', 'interrupted'],
]);

/** Why a recording ended, in words that can stand in brackets. */
export function endedText(because: string): string {
  return ENDS.get(because) ?? because;
}

/** Of what a verdict explains, a state that has less than this does not carry it. */
const LEAST_OF_VERDICT = 0.01;

/** The states that carry the verdict: those most of which it explains, and the one that has most of what it explains. */
export function statesOfVerdict(accounting: Diagnosis['accounting']): ReadonlySet<string> {
  const lost = accounting.reduce((sum, { lostMs }) => sum + lostMs, 0);
  const most = Math.max(0, ...accounting.map(({ lostMs }) => lostMs));
  const carries = ({ ms, lostMs }: Diagnosis['accounting'][number]) =>
    lostMs > LEAST_OF_VERDICT * lost && (lostMs >= ms / 2 || lostMs === most);
  return new Set(accounting.filter(carries).map(({ state }) => state));
}

/** Where the accounting of the victim's time comes from. */
export const ACCOUNTING_WORDS: Readonly<Record<Diagnosis['accountingFrom'], string>> = {
  events: 'from the kernel’s own events: every sleep with its beginning, its end and its kernel stack',
  samples: 'estimated from samples of /proc, because there were no kernel events',
  requests:
    'from its requests alone: whether it waited for them, or did something else meanwhile, is not in a block trace',
  none: 'could not be made',
};

export const KIND_WORDS: Readonly<Record<Diagnosis['recording']['kind'], string>> = {
  recording: 'recording',
  'block-trace': 'block trace',
  'kernel-trace': 'kernel trace',
  statistics: 'log of statistics',
  benchmark: 'result of fio',
};

/** Above what a source, or a part of one, can't tell. */
export function limitsTitle(kind: Diagnosis['recording']['kind']): string {
  return kind === 'recording' ? 'About this recording' : `From a ${KIND_WORDS[kind]} alone`;
}

/** A fact of the recording that its source may not tell. */
export function orUnknown(fact: string | null): string {
  return fact ?? 'unknown';
}

/** Above the probe's phases, or a benchmark's jobs, and above the names of them. */
export function phasesTitle(kind: Diagnosis['recording']['kind']): {
  readonly title: string;
  readonly caption: string;
  readonly names: string;
} {
  return kind === 'benchmark'
    ? { title: 'What fio measured', caption: 'Jobs by what they did', names: 'job' }
    : { title: 'What the probe achieved', caption: 'Phases of the probe', names: 'writes' };
}

/** What is told of each phase of the probe in figures. */
export const PHASE_FIGURES = ['rate', 'per second', 'median', '99 % within', 'slowest'] as const;

/** They, in that order; a dash for what a phase without time or without an operation can't have. */
export function phaseFigures({ ms, bytesPerSecond, operations, latencyUs }: Diagnosis['phases'][number]): string[] {
  const time = (us: number | undefined) => (us === undefined ? '–' : duration(us / 1000));
  return [
    ms > 0 ? rate(bytesPerSecond) : '–',
    ms > 0 ? figure((operations * 1000) / ms) : '–',
    time(latencyUs?.p50),
    time(latencyUs?.p99),
    time(latencyUs?.max),
  ];
}

/** 'Java threads of java (4711), by 6 dumps that took it 31.5 ms at most' */
export function jvmTitle({ process, dumps, askedMs }: NonNullable<Diagnosis['jvms']>[number]): string {
  return `Java threads of ${processText(process)}, by ${dumps} ${dumps === 1 ? 'dump' : 'dumps'} that took it ${duration(askedMs)} at most`;
}
