// What makes a verdict's evidence and advice good for a script as well as for people: each number of the words is among the figures, each
// command of the words among the commands, and a command that changes something says how that is undone.

import assert from 'node:assert/strict';
import { measure } from '../../src/analysis/measures.js';
import { loadCauses } from '../../src/catalogue.js';
import { adviceOf, evidenceOf, examine } from '../../src/causes/cause.js';
import { diagnose } from '../../src/causes/judge/diagnose.js';
import type { Case } from '../../src/model/case.js';
import type { Advice, Diagnosis, Evidence } from '../../src/model/diagnosis.js';
import { flow, frequency, memory, number, part, ratio, size, time, type Unit } from '../../src/model/quantity.js';

/** The words that a figure may have: bytes are told by thousands or by powers of two, as the thing is. */
const WORDS_OF: Readonly<Record<Unit, readonly ((value: number) => unknown)[]>> = {
  ms: [time],
  share: [part],
  bytes: [size, memory],
  'bytes/s': [flow],
  count: [number],
  'per second': [frequency],
  times: [ratio],
};
/** Numbers of processes and counts of those of one name, in brackets behind a name, are no figures; a thread whose name is not known is named by its number. */
const PROCESSES = /(\bthread \d+ )?\(\d+( and \d+ more)?(, started by the victim)?\)( and \d+ more)?/g;

/** What is left of the words without their figures; undefined where a figure is not in them, in its order. */
function withoutFigures({ value, figures }: Evidence): string | undefined {
  let rest = value;
  let left = '';
  for (const figure of figures) {
    const texts = WORDS_OF[figure.unit].map((words) => String(words(figure.value)));
    const text = texts.find((one) => rest.includes(one));
    if (text === undefined) return undefined;
    const at = rest.indexOf(text);
    left += rest.slice(0, at);
    rest = rest.slice(at + text.length);
  }
  return left + rest;
}

function faultOfEvidence(evidence: Evidence): string | undefined {
  const left = withoutFigures(evidence);
  if (left === undefined) return `${JSON.stringify(evidence.figures)} are not in '${evidence.value}'`;
  return /(^|[\s(<=])\d/.test(left.replace(PROCESSES, ''))
    ? `'${evidence.value}' has a number that is no figure`
    : undefined;
}

function faultsOfAdvice({ text, commands }: Advice): string[] {
  const told = [...text.matchAll(/`([^`]+)`/g)].map(([, command]) => command);
  const listed = commands.map(({ command }) => command);
  const faults = told.join('\n') === listed.join('\n') ? [] : [`'${text}' has other commands than ${String(listed)}`];
  for (const { command, changes, undo } of commands) {
    if ((changes === null) !== (undo === null))
      faults.push(`'${command}' changes ${changes}, and is undone by ${undo}`);
    if (undo?.includes(`\`${command}\``) === true) faults.push(`'${command}' is undone by itself`);
    if (/undefined|NaN|\?/.test(command + (undo ?? ''))) faults.push(`'${command}', undone by '${undo}', has a gap`);
  }
  return faults;
}

/** What is wrong with how one cause is told. The values of settings are their own texts, which have no unit. */
function faultsOfTelling(cause: string, evidence: readonly Evidence[], advice: readonly Advice[]): string[] {
  const ofEvidence = cause === 'env.changed' ? [] : evidence.map(faultOfEvidence);
  const faults = [...ofEvidence, ...advice.flatMap(faultsOfAdvice)];
  return faults.flatMap((fault) => (fault === undefined ? [] : [`${cause}: ${fault}`]));
}

/** The diagnosis of a made-up case; every cause that holds there, first or not, must be told well. */
export async function diagnosed(input: Case): Promise<Diagnosis> {
  const causes = await loadCauses();
  const measures = measure(input);
  const faults = causes.flatMap((cause) => {
    const finding = examine(cause, measures);
    if (finding.kind !== 'found') return [];
    return faultsOfTelling(cause.id, finding.evidence.map(evidenceOf), finding.advice.map(adviceOf));
  });
  assert.deepEqual(faults, []);
  return diagnose(measures, causes, 'test').diagnosis;
}

/** What is wrong with how the verdicts of a diagnosis are told. */
export function faultsIn({ verdict, also }: Diagnosis): string[] {
  return [verdict, ...also].flatMap(({ cause, evidence, advice }) => faultsOfTelling(cause, evidence, advice));
}
