// What is known of kernels as text: a line or two an entry, or one entry whole.

import { harmless } from '../base/format.js';
import type { KnownFit, KnownList } from '../model/known.js';
import { columns, wrap } from './text-layout.js';

function mark({ by, unsure }: KnownFit): string {
  if (by === 'symptom') return unsure === null ? 'shows it' : 'may show it';
  return unsure === null ? '' : 'unsure';
}

/** The list, with what fits and how sure that is. */
export function renderKnown(
  { entries, kernel, flavour, note, recording, known }: KnownList,
  isAll: boolean,
  width: number,
): string {
  const whose = recording === null ? 'this machine' : recording;
  const head = isAll
    ? `All ${known} entries.`
    : `${entries.length} of ${known} known regressions fit ${whose}: Linux ${kernel} (${flavour}). Each is a lead, no verdict.`;
  const rows = entries.map((one) => [one.id, mark(one), one.title]);
  return [
    ...wrap(harmless(head), width),
    ...(note === null ? [] : wrap(harmless(note), width)),
    '',
    ...columns(rows, [], width - 2).map((line) => `  ${line}`),
    ...(entries.length > 0 ? ['', ...wrap('iowitness known NAME tells one of them whole.', width)] : []),
  ].join('\n');
}

/** Entries whole. */
export function renderEntry(entries: readonly KnownFit[], width: number): string {
  return entries
    .map(({ id, title, what, symptom, advice, sources, unsure }) =>
      [
        ...wrap(`${title} (${id})`, width),
        '',
        ...wrap(what, width),
        '',
        ...wrap(`How it shows: ${symptom}`, width, '  '),
        ...wrap(`What to do: ${advice}`, width, '  '),
        ...(unsure === null ? [] : wrap(`Not sure: ${unsure}`, width, '  ')),
        ...(sources.length === 0 ? [] : ['', 'Sources']),
        ...sources.flatMap(({ address, says }) => wrap(`  ${address} (${says})`, width, '    ')),
      ].join('\n'),
    )
    .join('\n\n');
}
