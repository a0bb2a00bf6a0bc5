// A diagnosis for a terminal, behind its first screen: the argument, in the order in which a doubter asks. Evidence, rivals, who used what, what could not
// be seen. Everything that came from the machine passes through harmless() before it is laid out.

import { binary, duration, harmless } from '../base/format.js';
import type { Diagnosis } from '../model/diagnosis.js';
import { ABOUT_ONSET, aboutLines, movedFirstText } from './onset.js';
import type { TerminalPage } from './terminal-page.js';
import { columns, pad, widthOf, wrap } from './text-layout.js';
import { jvmTitle, PHASE_FIGURES, phaseFigures, phasesTitle } from './words.js';
import { writerLines } from './writers.js';

type Jvm = NonNullable<Diagnosis['jvms']>[number];

/** More of each would bury the argument; the report and --json have them all. */
const MOST = { ruledOut: 8, notChecked: 4, changes: 5, moved: 12, also: 3, devices: 2, programs: 3 } as const;

function evidence(page: TerminalPage, { verdict }: Diagnosis): string[] {
  const column = Math.max(0, ...verdict.evidence.map((one) => widthOf(harmless(one.measure))));
  return verdict.evidence.flatMap((one) => {
    const value = harmless(one.value);
    const told = wrap(`${value} – ${harmless(one.meaning)}`, page.width - column - 4);
    return told.map((line, at) =>
      at === 0 && line.startsWith(value)
        ? `${pad(harmless(one.measure), column)}  ${page.paint('bold', value)}${page.paint('dim', line.slice(value.length))}`
        : `${pad(at === 0 ? harmless(one.measure) : '', column)}  ${page.paint('dim', line)}`,
    );
  });
}

/** Of the devices that moved most bytes, who is behind them. */
function writers(page: TerminalPage, { writers: all }: Diagnosis): string[] {
  const { lines, left } = writerLines(all, { devices: MOST.devices, programs: MOST.programs }, page.width - 2);
  return left > 0
    ? [...lines, page.paint('dim', `and ${left} more ${left === 1 ? 'device' : 'devices'}: see the report or --json`)]
    : lines;
}

function phases({ phases: all, recording }: Diagnosis): string[] {
  if (all.length === 0) return [];
  const rows = all.map((phase) => [
    harmless(phase.name),
    binary(phase.blockBytes),
    ...phaseFigures(phase),
    phase.error === undefined ? '' : harmless(phase.error),
  ]);
  const head = [phasesTitle(recording.kind).names, 'block', ...PHASE_FIGURES, ''];
  return columns([head, ...rows], [1, 2, 3, 4, 5, 6]);
}

function changes(page: TerminalPage, { changes: all }: Diagnosis): string[] {
  const times = all.slice(0, MOST.changes).map((one) => duration(one.atMs));
  const column = Math.max(0, ...times.map(widthOf));
  return page.pairs(
    all.map((one, at) => [
      `${pad(times[at] ?? '', column, 'right')}  ${one.what}`,
      `${one.before ?? 'absent'} → ${one.after ?? 'absent'}`,
    ]),
    MOST.changes,
  );
}

function about(page: TerminalPage, { aboutOnset }: Diagnosis): string[] {
  if (!aboutOnset) return [];
  return [...wrap(movedFirstText(aboutOnset), page.width - 2), ...aboutLines(page, aboutOnset, MOST.moved)];
}

function jvmLines(page: TerminalPage, { answer, limits: unknown }: Jvm): string[] {
  return [...answer, ...unknown].flatMap((sentence) => wrap(harmless(sentence), page.width - 2, '  '));
}

/** All of it, below the first screen. */
export function argument(page: TerminalPage, diagnosis: Diagnosis): void {
  const cause = (one: { cause: string; why: string }) => [one.cause, one.why] as const;
  page.section(
    'Holds as well',
    page.pairs(
      // What changed has a section of its own.
      diagnosis.also.filter((one) => one.cause !== 'env.changed').map((one) => [one.cause, one.sentence]),
      MOST.also,
    ),
  );
  page.section('Evidence', evidence(page, diagnosis));
  page.section(ABOUT_ONSET, about(page, diagnosis));
  for (const jvm of diagnosis.jvms ?? []) page.section(harmless(jvmTitle(jvm)), jvmLines(page, jvm));
  page.section('Not to blame', page.pairs(diagnosis.ruledOut.map(cause), MOST.ruledOut));
  page.section('Who used which device', writers(page, diagnosis));
  page.section('Could not be checked', page.pairs(diagnosis.notChecked.map(cause), MOST.notChecked));
  page.section('Changed while recording', changes(page, diagnosis));
  page.section(phasesTitle(diagnosis.recording.kind).title, phases(diagnosis));
}
