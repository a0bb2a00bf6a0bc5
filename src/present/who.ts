// What `who` found, for people: the table of who wrote and read what, what calls wrote beside what reached the disk, what still waits, and what is
// not known.

import { grouped } from '../base/maps.js';
import { bytes, figure, harmless, percent } from '../base/format.js';
import type { Writer } from '../model/diagnosis.js';
import { isOfBefore, type Who, type WhoProgram } from '../model/who.js';
import { columnsWithin, wrap } from './text-layout.js';
import { programText } from './writers.js';
import { fileText, viaText } from './words.js';

/** Lines of a table; what is below them is summed up. */
const MOST_ROWS = 20;

const amount = (value: number): string => (value > 0 ? bytes(value) : '-');

function howText(row: Writer, hasLost: boolean): string {
  if (!isOfBefore(row)) return viaText(row);
  return hasLost ? 'not seen to be made dirty' : 'dirtied before the recording';
}

/** Rows of processes of one name that wrote or read one file in one way. */
interface WhoRow {
  readonly who: string;
  readonly how: string;
  readonly file: string;
  readonly writeBytes: number;
  readonly readBytes: number;
}

/** As `rows` has them, most bytes first. */
function joined(rows: readonly Writer[], hasLost: boolean): WhoRow[] {
  const same = grouped(rows, (row) => JSON.stringify([row.process, row.unit, howText(row, hasLost), fileText(row)]));
  return [...same.values()]
    .flatMap((all): WhoRow[] => {
      const [first] = all;
      if (!first) return [];
      const { process: name, unit } = first;
      const pids = [...new Set(all.flatMap(({ pid }) => (pid === null ? [] : [pid])))];
      const who = programText({ name, pids });
      return [
        {
          who: harmless(unit === null ? who : `${who}, ${unit}`),
          how: howText(first, hasLost),
          file: fileText(first),
          writeBytes: all.reduce((sum, row) => sum + row.writeBytes, 0),
          readBytes: all.reduce((sum, row) => sum + row.readBytes, 0),
        },
      ];
    })
    .sort((a, b) => b.writeBytes + b.readBytes - (a.writeBytes + a.readBytes));
}

function table(rows: readonly Writer[], hasLost: boolean, width: number): string[] {
  if (rows.length === 0) return ['Nobody wrote or read anything here.'];
  const all = joined(rows, hasLost);
  const shown = all.slice(0, MOST_ROWS);
  const rest = all.slice(MOST_ROWS);
  const sum = (of: (row: WhoRow) => number): number => rest.reduce((total, row) => total + of(row), 0);
  return columnsWithin(
    [
      ['Written', 'Read', 'Who', 'How', 'File'],
      ...shown.map((row) => [
        amount(row.writeBytes),
        amount(row.readBytes),
        row.who,
        harmless(row.how),
        harmless(row.file),
      ]),
      ...(rest.length === 0
        ? []
        : [[amount(sum((row) => row.writeBytes)), amount(sum((row) => row.readBytes)), `${rest.length} more`, '', '']]),
    ],
    width,
    { right: [0, 1], expendable: [3] },
  );
}

/** A line a program: what it called for, and what came of it. */
function called({ process, pid, calledWriteBytes, writeBytes }: WhoProgram): string[] {
  if (writeBytes === 0) return [];
  return [
    [
      harmless(`${process} (${pid})`),
      calledWriteBytes === null ? 'not counted' : amount(calledWriteBytes),
      amount(writeBytes),
      calledWriteBytes !== null && calledWriteBytes > 0 ? `× ${figure(writeBytes / calledWriteBytes)}` : '',
    ].join('\t'),
  ];
}

function amplification({ amplification: found, device, programs, hasLost }: Who, width: number): string[] {
  if (!found) return [];
  const { of, ratio, deviceBytes, calledBytes, but } = found;
  const parts = (['data', 'journal', 'metadata', 'before', 'unattributed'] as const).flatMap((part) =>
    of[part] > 0
      ? [`${part === 'before' ? (hasLost ? 'by nobody seen' : 'dirtied before') : part} ${bytes(of[part])}`]
      : [],
  );
  const rows = programs.flatMap(called).map((line) => line.split('\t'));
  const reached = deviceBytes - of.before;
  return [
    '',
    ...columnsWithin([['Program', 'By calls', `To ${device}`, ''], ...rows.slice(0, MOST_ROWS)], width, {
      right: [1, 2],
      expendable: [],
    }),
    '',
    ...wrap(
      ratio === null
        ? `By calls they wrote ${bytes(calledBytes)}, to whatever file or pipe, and ${bytes(reached)} reached ${device}: ${but.join('; ')}.`
        : `For each byte that they wrote by calls, ${figure(ratio)} reached ${device}: ${bytes(reached)} of ${bytes(calledBytes)}.`,
      width,
    ),
    ...wrap(`${device} was written: ${parts.join(', ')}.`, width),
  ];
}

function ofCounters({ programs }: Who, width: number): string[] {
  if (programs.length === 0) return ['No process that may be seen asked any disk for anything.'];
  return columnsWithin(
    [
      ['Made dirty', 'Read', 'Called to write', 'Who'],
      ...programs
        .slice(0, MOST_ROWS)
        .map(({ process, pid, writeBytes, readBytes, calledWriteBytes }) => [
          amount(writeBytes),
          amount(readBytes),
          amount(calledWriteBytes ?? 0),
          harmless(`${process} (${pid})`),
        ]),
    ],
    width,
    { right: [0, 1, 2], expendable: [2] },
  );
}

function waitingText({ waiting, device }: Who): string {
  if (!waiting) return 'What is dirty and still waits to be written is not known.';
  const where = waiting.of === 'disk' ? `for ${device}` : 'for all disks of this machine together';
  if (waiting.bytes === 0) return `Nothing that is dirty waits to be written ${where}.`;
  return `${bytes(waiting.bytes)} are dirty and still wait to be written ${where}, as a rule within 30 s.`;
}

export function renderWho(who: Who, width: number): string {
  const { path, device, layer, folder, isFile, seconds, counted, writers, elsewhere, source, limits } = who;
  const within = Math.min(width, 100);
  const told = writers.reduce((sum, row) => sum + row.writeBytes + row.readBytes, 0);
  const where = folder === null ? '' : isFile ? `; the rows are of this file` : `; files below ${folder}`;
  const moved = counted.writeBytes + counted.readBytes;
  const others = elsewhere && elsewhere.writeBytes + elsewhere.readBytes;
  return [
    ...wrap(
      harmless(
        `${path === device ? '' : `${path} on `}${device} (${layer}), ${figure(seconds)} s: ${bytes(counted.writeBytes)} written, ${bytes(counted.readBytes)} read in all${where}`,
      ),
      within,
    ),
    '',
    ...(source === 'events' ? table(writers, who.hasLost, width) : ofCounters(who, width)),
    ...(elsewhere && others
      ? [`${bytes(elsewhere.writeBytes)} written and ${bytes(elsewhere.readBytes)} read elsewhere on ${device}.`]
      : []),
    ...(source === 'events' && moved > 0 && Math.abs(told + (others ?? 0) - moved) > 0.01 * moved
      ? [`The events tell of ${percent((told + (others ?? 0)) / moved)} of what the counters do.`]
      : []),
    ...amplification(who, within),
    '',
    ...wrap(waitingText(who), within),
    ...limits.flatMap((text) => wrap(harmless(text), within)),
  ].join('\n');
}
