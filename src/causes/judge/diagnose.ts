// Measures + causes → the diagnosis: which cause holds first, which hold as well, which are ruled out and why, which could not be checked.
// Causes that hold are ranked by the victim's time that each explains, weighed by how sure it is.

import { advise, look } from './advice.js';
import { limitsOf } from './block-trace.js';
import { chanceOf, surenessOf } from './calibration.js';
import { findOnset } from '../../analysis/victim/onset.js';
import type { Measures } from '../../analysis/measures.js';
import { progressWithin } from '../../analysis/victim/progress.js';
import { wallTime } from '../../model/case.js';
import { phasesOf } from '../../analysis/victim/probe-phases.js';
import { threadName } from '../../analysis/machine/processes.js';
import { writersOf } from '../../analysis/attribution/writers.js';
import { percent } from '../../base/format.js';
import { number, part, said, time } from '../../model/quantity.js';
import type { Advice, Diagnosis, Verdict } from '../../model/diagnosis.js';
import { LOSS_KINDS } from '../../model/losses.js';
import { STATES } from '../../model/states.js';
import { busyShare } from '../../analysis/requests/disk-load.js';
import { adviceOf, evidenceOf, examine, type Argument, type Cause, type Finding, type Found } from '../cause.js';
import { DEVICE_JUDGING, JUDGING } from '../../model/thresholds/judging.js';
import { partText } from './part.js';

/** Everything that a report needs of the causes: the diagnosis, and when the victim lost its time to the first one. */
export interface Outcome {
  readonly diagnosis: Diagnosis;
  readonly lost: Found['lost'];
}

interface Examined {
  readonly cause: Cause;
  readonly finding: Finding;
}

type Holding = { readonly cause: Cause; readonly finding: Found };

function holds(one: Examined): one is Holding {
  return one.finding.kind === 'found';
}

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

function verdictOf(m: Measures, { cause, finding }: Holding): Verdict {
  const { account, input } = m;
  const onset = finding.lost.length > 0 && account ? findOnset(finding.lost, account.from, account.to) : undefined;
  const severe = input.losses.some((loss) => LOSS_KINDS[loss.code].severity === 'severe');
  // A verdict on lossy data is worth less, and says so through its losses.
  const score = Math.min(1, Math.max(0, finding.confidence)) * (severe ? JUDGING.lossy : 1);
  const confidence = chanceOf(cause.id, score, account?.source === 'samples');
  return {
    cause: cause.id,
    layer: cause.layer,
    sureness: surenessOf(confidence),
    confidence,
    score,
    share: Math.min(1, Math.max(0, finding.share)),
    since: (onset && wallTime(input.manifest, onset.sinceMs)) ?? null,
    sinceMs: onset ? onset.sinceMs : null,
    fromStart: onset?.fromStart ?? false,
    victim: account ? { pid: account.pid, name: account.name } : null,
    culprit: finding.culprit,
    sentence: finding.sentence,
    evidence: [...finding.evidence, ...heldByOthers(m)].map(evidenceOf),
    advice: finding.advice.map(adviceOf),
  };
}

/** The causes that a finding stands before: its own list, and what the victim always does, where it got on with that until then. */
function beforeOf(m: Measures, { finding }: Holding, found: readonly Holding[]): readonly string[] | 'all' {
  const { before = [] } = finding;
  const habits = found.filter((one) => one.finding.isHabit === true);
  if (before === 'all' || finding.isHabit === true || habits.length === 0 || !m.account) return before;
  const collapsed = progressWithin(m.input, m.account.pid, m.account, finding.lost) <= JUDGING.collapsed;
  return collapsed ? [...before, ...habits.map(({ cause }) => cause.id)] : before;
}

/** By the victim's time that each explains, weighed by how sure it is; what another stands before comes after it. */
function inOrder(m: Measures, found: readonly Holding[]): Holding[] {
  const weight = ({ finding }: Holding) => finding.share * finding.confidence;
  const ordered = [...found].sort((a, b) => weight(b) - weight(a));
  for (const leader of ordered.toReversed()) {
    const before = beforeOf(m, leader, found);
    const follows = (one: Holding) => one !== leader && (before === 'all' || before.includes(one.cause.id));
    const from = ordered.findIndex(follows);
    const at = ordered.indexOf(leader);
    if (from < 0 || from > at) continue;
    ordered.splice(at, 1);
    ordered.splice(from, 0, leader);
  }
  return ordered;
}

/** What a block trace shows for certain, whoever waited: whether the device had work, and how it did it. */
function deviceOf(m: Measures): Argument[] {
  const { load, input } = m;
  if (input.source !== 'block-trace' || !load) return [];
  const busy = busyShare(load, [{ from: 0, to: input.durationMs }]);
  return [
    {
      measure: `${m.topology.name(load.disk)} during the trace`,
      value: said`busy ${part(busy)} of ${time(input.durationMs)}, ${number(load.rows.length)} requests`,
      meaning:
        busy < DEVICE_JUDGING.hadRoom
          ? 'the device had room: whoever was slow meanwhile was held up above the block layer, or asked for nothing'
          : 'the device had work for most of the time',
      source: 'the trace’s records',
    },
  ];
}

function decides({ id }: Cause, { text, commands }: Advice): Advice {
  return { text: `What would decide on ${id}: ${text}.`, commands };
}

/** What would show more than this recording does. */
function recordNext({ input, account }: Measures): Advice | string {
  const again = look('iowitness record --for 60s --pid PID');
  if (input.source === 'block-trace') return advise`Record what a block trace leaves out: ${again}, as root.`;
  return account?.source === 'events'
    ? advise`Look at the accounting and record for longer: ${again}.`
    : 'Record as root, so that the victim’s sleeps and the requests are seen.';
}

/** What is said when no cause holds and health can't be argued: where the time went, and what would decide. */
function inconclusive(m: Measures, why: string, candidates: readonly Holding[]): Verdict {
  const { account } = m;
  const largest = [...(account?.ms ?? [])].filter(([state]) => state !== 'running').sort((a, b) => b[1] - a[1])[0];
  const wall = account ? account.to - account.from : 0;
  return {
    cause: 'inconclusive',
    layer: 'none',
    sureness: null,
    confidence: 0,
    score: 0,
    share: 0,
    since: null,
    sinceMs: null,
    fromStart: false,
    victim: account ? { pid: account.pid, name: account.name } : null,
    culprit: null,
    sentence:
      candidates.length > 0
        ? `It can’t be told which it is: ${candidates.map(({ cause, finding }) => `${cause.id} (${finding.sentence.replace(/\.$/, '')})`).join(', or ')}.`
        : largest && wall > 0
          ? `No cause of the catalogue explains what was recorded: the victim spent ${percent(largest[1] / wall)} of its time ${STATES[largest[0]]}; ${why}.`
          : `There is no verdict: ${why}.`,
    evidence: [...candidates.flatMap(({ finding }) => finding.evidence), ...deviceOf(m)].map(evidenceOf),
    advice: [
      ...candidates.flatMap(({ cause, finding }) =>
        finding.decidedBy === undefined ? [] : [decides(cause, adviceOf(finding.decidedBy))],
      ),
      recordNext(m),
    ].map(adviceOf),
  };
}

function accounting(m: Measures): Diagnosis['accounting'] {
  const { account } = m;
  if (!account) return [];
  const wall = account.to - account.from;
  const states: Diagnosis['accounting'] = [...account.ms].map(([state, ms]) => ({
    state,
    ms,
    share: Math.min(1, ms / wall),
  }));
  const missing = wall - states.reduce((sum, one) => sum + one.ms, 0);
  if (missing > wall * 1e-6) states.push({ state: 'unexplained', ms: missing, share: missing / wall });
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

/** Argues the diagnosis from the measures of one recording. */
export function diagnose(m: Measures, causes: readonly Cause[], tool: string): Outcome {
  const examined: Examined[] = causes.map((cause) => ({ cause, finding: examine(cause, m) }));
  const of = (rank: Cause['rank']) => examined.filter((one) => one.cause.rank === rank);
  const held = inOrder(m, of('verdict').filter(holds));
  const stalls = held.filter((one) => one.finding.confidence >= JUDGING.sureEnough);
  // What would explain less than may stay unexplained on a healthy machine is no reason to leave it open.
  const candidates =
    stalls.length > 0 ? [] : held.filter(({ finding }) => finding.share > JUDGING.notUnderstood).slice(0, 2);
  const beside = of('beside').filter(holds);
  const otherwise = of('otherwise');
  const first = stalls[0] ?? (candidates.length > 0 ? undefined : otherwise.find(holds));
  const refused = otherwise.findLast((one) => one.finding.kind === 'not-checked')?.finding;
  const verdict = first
    ? verdictOf(m, first)
    : inconclusive(m, refused?.kind === 'not-checked' ? refused.why : 'nothing was recorded', candidates);
  const { input } = m;
  const facts = input.facts.at(-1);
  const diagnosis: Diagnosis = {
    schema: 'iowitness.diagnosis/2',
    tool,
    recording: {
      path: input.path,
      kind: input.source,
      limits: [...partText(m.input), ...limitsOf(m)],
      id: input.manifest.id ?? null,
      host: input.manifest.host ?? null,
      kernel: input.manifest.kernel ?? null,
      startedAt: wallTime(input.manifest, 0) ?? null,
      durationMs: input.durationMs,
      complete: input.complete,
      endedBecause: input.manifest.endedBecause ?? null,
      events: input.events?.count ?? 0,
    },
    verdict,
    also: [...stalls.slice(1), ...beside].map((one) => verdictOf(m, one)),
    candidates: candidates.map(({ cause, finding }) => ({
      cause: cause.id,
      confidence: chanceOf(cause.id, finding.confidence, m.account?.source === 'samples'),
      decidedBy: finding.decidedBy === undefined ? null : adviceOf(finding.decidedBy).text,
    })),
    changes: input.changes.map((change) => ({ ...change })),
    accounting: accounting(m),
    accountingFrom: m.account?.source ?? 'none',
    ruledOut: of('verdict').flatMap(({ cause, finding }) =>
      finding.kind === 'ruled-out' ? [{ cause: cause.id, why: finding.why }] : [],
    ),
    notChecked: of('verdict').flatMap(({ cause, finding }) =>
      finding.kind === 'not-checked' ? [{ cause: cause.id, why: finding.why }] : [],
    ),
    losses: lossesOf(m),
    phases: phasesOf(input),
    writers: writersOf(m),
    machine: [...(facts?.summary ?? [])].map(([label, value]) => ({ label, value })),
  };
  return { diagnosis, lost: stalls[0]?.finding.lost ?? [] };
}
