// The lower part of the page: where the time went, who used which device, what was ruled out, what could not be seen, and the machine.

import { grouped } from '../../base/maps.js';
import { binary, bytes, clockText, duration, figure } from '../../base/format.js';
import {
  ACCOUNTING_WORDS,
  endedText,
  orUnknown,
  PHASE_FIGURES,
  phaseFigures,
  processText,
  KIND_WORDS,
  phasesTitle,
  statesOfVerdict,
  stateWords,
  VIA_WORDS,
} from '../words.js';
import { STATES } from '../../model/states.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { causeLink } from './causes.js';
import { html, type Content, type Markup } from './markup.js';
import { filesText, programText, useOfDevices, type DeviceUse, type Program } from '../writers.js';
import { code, disclosed, foldedTable, prose, section, shareBar, table, terms, type Column } from './parts.js';

const knownState = (state: string) => (Object.hasOwn(STATES, state) ? state : 'unexplained');

export function accounting({ accounting: states, accountingFrom, verdict }: Diagnosis): Markup {
  const whose = verdict.victim ? `the time of ${processText(verdict.victim)}` : 'the victim’s time';
  const title = { long: `Where ${whose} went`, short: 'Where the time went' };
  if (states.length === 0)
    return section('time', title, html`<p>The accounting ${ACCOUNTING_WORDS.none}: nobody was watched.</p>`);
  let left = 0;
  const bar = states.map((one) => {
    const x = left;
    left += one.share * 100;
    const shape = html`<rect x="${x.toFixed(3)}%" width="${(one.share * 100).toFixed(3)}%" height="100%" />`;
    return html`<g class="area state-${knownState(one.state)}">${shape}</g>`;
  });
  const ofVerdict = statesOfVerdict(states);
  const rows = states.map((one) => [
    html`<i class="key state-${knownState(one.state)}"></i
      >${ofVerdict.has(one.state) ? html`<b>${one.state}</b> ◀` : one.state}`,
    shareBar(one.share),
    duration(one.ms),
    stateWords(one.state),
  ]);
  const head: Column[] = [
    { title: 'state', kind: 'name' },
    { title: 'share' },
    { title: 'time', kind: 'figures' },
    { title: 'meaning', kind: 'words' },
  ];
  return section(
    'time',
    title,
    html`<svg class="stack" aria-hidden="true">${bar}</svg>`,
    table(`Wall time by state, ${ACCOUNTING_WORDS[accountingFrom]}`, head, rows),
  );
}

export function phases({ phases: all, recording }: Diagnosis): Markup | undefined {
  if (all.length === 0) return undefined;
  const rows = all.map((phase) => [
    phase.name,
    binary(phase.blockBytes),
    duration(phase.ms),
    ...phaseFigures(phase),
    ...(all.some((one) => one.error !== undefined) ? [phase.error ?? ''] : []),
  ]);
  const { title, caption, names } = phasesTitle(recording.kind);
  const titles = ['block', 'lasted', ...PHASE_FIGURES];
  const head: Column[] = [
    { title: names, kind: 'name' },
    ...titles.map((one): Column => ({ title: one, kind: 'figures' })),
    { title: 'ended with' },
  ];
  return section('probe', title, table(caption, head.slice(0, rows[0]?.length), rows));
}

/** Programs that are shown before the rest is folded. */
const SHOWN_PROGRAMS = 10;

const PROGRAM_COLUMNS: readonly Column[] = [
  { title: 'program', kind: 'name' },
  { title: 'share of its bytes' },
  { title: 'written', kind: 'figures' },
  { title: 'read', kind: 'figures' },
  { title: 'file', kind: 'words' },
  { title: 'how', kind: 'words' },
];

function filesCell(program: Program): Content {
  const [first, ...more] = program.files;
  if (more.length === 0) return first ?? '';
  return disclosed(
    filesText(program),
    html`<ul class="files">
      ${more.map((file) => html`<li>${file}</li>`)}
    </ul>`,
  );
}

function programRow(program: Program): Content[] {
  const { unit, share, writeBytes, readBytes, through, via } = program;
  return [
    html`${programText(program)} ${unit !== null && html`<br /><small>${unit}</small>`}`,
    shareBar(share),
    bytes(writeBytes),
    bytes(readBytes),
    filesCell(program),
    `${through === null ? '' : `through ${through}: `}${VIA_WORDS[via]}`,
  ];
}

function deviceTable({ device, layer, bytes: moved, programs }: DeviceUse): Content {
  const caption = `${device}, ${layer}: ${bytes(moved)}`;
  return foldedTable(caption, PROGRAM_COLUMNS, programs.map(programRow), {
    most: SHOWN_PROGRAMS,
    more: (number) => `${number === 1 ? 'one more program' : `${number} more programs`} on ${device}`,
  });
}

export function writers({ writers: all }: Diagnosis): Markup | undefined {
  if (all.length === 0) return undefined;
  return section('writers', 'Who used which device', useOfDevices(all).map(deviceTable));
}

/** Causes whose reasons are shown; those of the others, which come less near, are folded. */
const NEAREST = 8;

/** A cause's id and why it was judged so. */
function reasons(id: string, title: string, all: readonly { cause: string; why: string }[]): Markup | undefined {
  if (all.length === 0) return undefined;
  const list = (some: typeof all) =>
    terms(
      'reasons',
      some.map(({ cause, why }) => [causeLink(cause), prose(why)] as const),
    );
  const rest = all.slice(NEAREST);
  return section(
    id,
    title,
    list(all.slice(0, NEAREST)),
    rest.length > 0 && disclosed(`${rest.length} more, which come less near`, list(rest)),
  );
}

export function ruledOut({ ruledOut: all }: Diagnosis): Markup | undefined {
  return reasons('ruled-out', 'Ruled out, and why', all);
}

export function notChecked({ notChecked: all }: Diagnosis): Markup | undefined {
  return reasons('not-checked', 'Not checked, and what it would need', all);
}

const NOTHING_LOST: Readonly<Record<Diagnosis['recording']['kind'], string>> = {
  recording: 'Nothing was lost while recording.',
  'kernel-trace': 'The trace tells of no lost events.',
  statistics: 'The log tells of nothing that it lacks.',
  benchmark: 'fio tells of nothing that it lacks.',
  'block-trace':
    'No record is missing that its numbers tell of; what the recorder itself dropped a trace does not say.',
};

export function losses({ losses: all, recording }: Diagnosis): Markup {
  if (all.length === 0) return section('losses', 'What was lost', html`<p>${NOTHING_LOST[recording.kind]}</p>`);
  return section(
    'losses',
    'What was lost',
    terms(
      'reasons',
      [...grouped(all, ({ code: kind }) => kind).values()].flatMap((same): [Content, Content][] => {
        const [loss] = same;
        if (!loss) return [];
        const places = same.map(
          ({ where, count }) => `${where}${count === undefined ? '' : `, ${figure(count)} in all`}`,
        );
        return [
          [
            html`<span class="severity ${loss.severity}">${loss.severity}</span> ${code(loss.code)}`,
            html`${prose(loss.sentence)} <small>${places.join('; ')}</small><br />${prose(loss.remedy)}`,
          ],
        ];
      }),
    ),
  );
}

export function changes({ changes: all, recording }: Diagnosis): Markup | undefined {
  // Nothing else holds settings: that none changed can't be said.
  if (recording.kind !== 'recording') return undefined;
  if (all.length === 0)
    return section('changes', 'Settings that changed', html`<p>No setting changed while recording.</p>`);
  const value = (text: string | null) => (text === null ? html`<em>absent</em>` : code(text));
  const rows = all.map((one) => [code(one.what), duration(one.atMs), value(one.before), value(one.after)]);
  const head: Column[] = [
    { title: 'what' },
    { title: 'first seen after', kind: 'figures' },
    { title: 'before' },
    { title: 'after' },
  ];
  return section('changes', 'Settings that changed', table('Changes in the order in which they were seen', head, rows));
}

export function machine({ machine: facts, recording, tool }: Diagnosis): Markup {
  const pairs: (readonly [Content, Content])[] = facts.map(({ label, value }) => [label, value]);
  const state = recording.complete
    ? `ended: ${recording.endedBecause === null ? 'reason unknown' : endedText(recording.endedBecause)}`
    : 'incomplete';
  const started = recording.startedAt === null ? 'at an unknown time' : clockText(recording.startedAt);
  if (recording.kind !== 'recording')
    pairs.push(['host', orUnknown(recording.host)], ['kernel', orUnknown(recording.kernel)]);
  pairs.push(
    [KIND_WORDS[recording.kind], html`${code(recording.path)} <small>${recording.id ?? ''}</small>`],
    [
      'recorded',
      recording.kind !== 'recording'
        ? `${started}, ${duration(recording.durationMs)}, ${figure(recording.events)} records`
        : `${started}, ${duration(recording.durationMs)}, ${figure(recording.events)} kernel events; ${state}`,
    ],
    ['made by', tool],
  );
  return section('machine', 'The machine and the recording', terms('reasons', pairs));
}
