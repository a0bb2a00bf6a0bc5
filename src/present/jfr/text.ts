// The document of `jfr` as text: the answer as a paragraph, what it rests on and can't tell, then tables of monitors, of what their owners did, of parks,
// files, sockets and pauses. Names are the program's own and are made harmless.

import { bytes, count, duration, harmless, percent } from '../../base/format.js';
import { shortClass, shortMethod } from '../../base/java-names.js';
import type { Jfr, JfrDeed, JfrMonitor } from '../../model/jfr.js';
import { clip, wrap } from '../text-layout.js';
import { endOfPath, textWidth, titledTable, type TitledTable } from '../titled-table.js';

const SHOWN = 10;
const SHOWN_OWNERS = 3;
const LONGEST_NAME = 32;
const LONGEST_PATH = 48;

function pathCell(path: string | null): string {
  return path === null ? '-' : endOfPath(path, LONGEST_PATH);
}

function amount(value: number | null): string {
  return value === null ? '-' : bytes(value);
}

function monitors({ monitors: all }: Jfr): TitledTable {
  const rows = all
    .slice(0, SHOWN)
    .map(({ waitedMs, longestMs, waits, threads, type, owner, address, at }) => [
      duration(waitedMs),
      duration(longestMs),
      count(waits),
      count(threads),
      clip(shortClass(type ?? '-'), LONGEST_NAME),
      owner.thread ? clip(owner.thread.name, LONGEST_NAME) : 'unknown',
      owner.share === null ? '-' : percent(owner.share),
      clip(shortMethod(at[0]?.frame ?? '-'), LONGEST_NAME),
      address ?? '-',
    ]);
  return {
    title: 'Monitors that were waited for',
    head: ['waited', 'longest', 'waits', 'threads', 'class', 'had by', 'share', 'waited in', 'address'],
    rows,
    right: [0, 1, 2, 3, 6],
    expendable: [8, 7, 6],
    all: all.length,
  };
}

function deedRow({ did, what, by, count: times, bytes: moved, ms }: JfrDeed, heldMs: number): string[] {
  return [
    ms === null ? '-' : duration(ms),
    ms === null || heldMs === 0 ? '-' : percent(ms / heldMs),
    count(times),
    amount(moved),
    did,
    did.endsWith('sample') ? shortMethod(what ?? '-') : pathCell(what),
    shortMethod(by ?? '-'),
  ];
}

function deeds({ owner, type, heldMs, meanwhile }: JfrMonitor): TitledTable {
  return {
    title: `What ${owner.thread?.name ?? '?'} did in the ${duration(heldMs)} in which others waited for its ${shortClass(type ?? 'monitor')}`,
    head: ['time', 'share', 'events', 'bytes', 'did', 'what', 'by'],
    rows: meanwhile.map((deed) => deedRow(deed, heldMs)),
    right: [0, 1, 2, 3],
    expendable: [6, 3],
  };
}

function parks({ parks: all }: Jfr): TitledTable {
  const rows = all
    .slice(0, SHOWN)
    .map(({ parkedMs, longestMs, parks: times, threads, type, lock, by }) => [
      duration(parkedMs),
      duration(longestMs),
      count(times),
      count(threads),
      clip(shortClass(type ?? '-'), LONGEST_NAME),
      lock === null ? 'idle or news' : `lock (${lock})`,
      shortMethod(by ?? '-'),
    ]);
  return {
    title: 'Parked',
    head: ['time', 'longest', 'parks', 'threads', 'on', 'kind', 'by'],
    rows,
    right: [0, 1, 2, 3],
    expendable: [6],
    all: all.length,
  };
}

function files({ files: all }: Jfr): TitledTable {
  const rows = all
    .slice(0, SHOWN)
    .map(({ ms, longestMs, count: times, bytes: moved, did, path, thread }) => [
      duration(ms),
      duration(longestMs),
      count(times),
      amount(moved),
      did,
      pathCell(path),
      clip(thread?.name ?? '-', LONGEST_NAME),
    ]);
  return {
    title: 'Files',
    head: ['time', 'longest', 'events', 'bytes', 'did', 'path', 'longest by'],
    rows,
    right: [0, 1, 2, 3],
    expendable: [6, 3],
    all: all.length,
  };
}

function sockets({ sockets: all }: Jfr): TitledTable {
  const rows = all
    .slice(0, SHOWN)
    .map(({ ms, longestMs, count: times, bytes: moved, did, peer }) => [
      duration(ms),
      duration(longestMs),
      count(times),
      amount(moved),
      did,
      peer ?? '-',
    ]);
  return {
    title: 'Sockets',
    head: ['time', 'longest', 'events', 'bytes', 'did', 'peer'],
    rows,
    right: [0, 1, 2, 3],
    all: all.length,
  };
}

function pauses({ pauses: all }: Jfr): TitledTable {
  return {
    title: 'All threads stood still',
    head: ['time', 'longest', 'times', 'for'],
    rows: all.map(({ kind, ms, longestMs, count: times }) => [
      duration(ms),
      duration(longestMs),
      count(times),
      kind === 'gc-pause' ? 'garbage collection' : 'safepoints to begin',
    ]),
    right: [0, 1, 2],
  };
}

function coverLine({ covers }: Jfr): string {
  const { files: many, chunks, events, readBytes, from, to, jvms } = covers;
  const jvm = jvms[0]?.pid ?? null;
  return [
    `${count(events)} events in ${bytes(readBytes)}, ${chunks === 1 ? 'one chunk' : `${count(chunks)} chunks`}${many > 1 ? ` of ${count(many)} files` : ''}`,
    ...(from === null || to === null ? [] : [`from ${from} to ${to}`]),
    ...(jvm === null ? [] : [`of process ${jvm}`]),
  ].join(', ');
}

/** `width`: of the terminal; Infinity in a pipe. */
export function renderJfr(document: Jfr, width: number): string {
  const columns = textWidth(width);
  const owners = document.monitors.filter(({ meanwhile }) => meanwhile.length > 0).slice(0, SHOWN_OWNERS);
  const tables = [
    monitors(document),
    ...owners.map(deeds),
    parks(document),
    files(document),
    sockets(document),
    pauses(document),
  ];
  const lines = [
    ...wrap(document.answer.join(' '), columns),
    '',
    ...wrap(`${coverLine(document)}.`, columns),
    ...document.limits.flatMap((limit) => wrap(limit, columns)),
    ...tables.flatMap((table) => titledTable(table, width)),
  ];
  return lines.map(harmless).join('\n');
}
