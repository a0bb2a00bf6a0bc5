// The document of `threads` as text: the answer as a paragraph, then tables of locks, of threads by stack, of cut stacks, and what changed from dump
// to dump. Names are the program's own and are made harmless.

import { count, duration, harmless } from '../../base/format.js';
import { shortClass, shortMethod } from '../../base/java-names.js';
import type { ThreadLock, Threads } from '../../model/threads.js';
import { clip, wrap } from '../text-layout.js';
import { endOfPath, textWidth, titledTable, type TitledTable } from '../titled-table.js';

/** What `heap` shows as well. */
type Told = Omit<Threads, 'schema'>;

const SHOWN_LOCKS = 12;
const SHOWN_GROUPS = 12;
const SHOWN_DUMPS = 20;
const SHOWN_CUTS = 12;
const LONGEST_NAME = 32;
const LONGEST_PATH = 24;

function ownerCell({ owner }: ThreadLock): string {
  if (owner.thread) return `${clip(owner.thread.name, LONGEST_NAME)} (${owner.grade})`;
  const [candidate] = owner.candidates;
  return owner.candidates.length === 1 && candidate ? `unknown (${clip(candidate.name, LONGEST_NAME)}?)` : 'unknown';
}

function doesCell({ does }: ThreadLock): string {
  if (does === null) return '-';
  const { kernel } = does;
  if (kernel === null || kernel.call === null || kernel.call === 'futex') return does.doing;
  return `${kernel.call}(2) ${endOfPath(kernel.path ?? '', LONGEST_PATH)}`.trim();
}

function lockTable({ locks }: Told): TitledTable {
  const rows = locks
    .slice(0, SHOWN_LOCKS)
    .map((lock) => [
      count(lock.waiters.length),
      clip(shortClass(lock.type) || '-', LONGEST_NAME),
      lock.kind,
      ownerCell(lock),
      doesCell(lock),
      lock.forMs === null ? '-' : duration(lock.forMs),
      lock.id.replace(/^.*@/, '@'),
    ]);
  return {
    title: 'Locks that are waited for',
    head: ['waiting', 'lock', 'kind', 'holder', 'it does', 'for', 'id'],
    rows,
    right: [0],
    expendable: [6, 2, 5],
    all: locks.length,
  };
}

function groupTable({ groups }: Told): TitledTable {
  const rows = groups
    .slice(0, SHOWN_GROUPS)
    .map(({ threads, names, state, frames, depth }) => [
      count(threads),
      (state ?? '-').toLowerCase(),
      count(depth),
      clip(names.join(', '), LONGEST_NAME),
      shortMethod(frames[0] ?? ''),
    ]);
  return {
    title: 'Threads by stack',
    head: ['threads', 'state', 'frames', 'names', 'innermost'],
    rows,
    right: [0, 2],
    all: groups.length,
  };
}

function dumpTable({ dumps }: Told): TitledTable {
  const from = Math.max(0, dumps.length - SHOWN_DUMPS);
  const rows = dumps
    .slice(from)
    .map((dump, at) => [
      String(from + at + 1),
      dump.at ?? '-',
      count(dump.threads),
      count(dump.waiting),
      dump.unmoved === null ? '-' : count(dump.unmoved),
      count(dump.cut),
      dump.lock ?? '-',
      dump.owner ?? (dump.lock === null ? '-' : 'unknown'),
    ]);
  return {
    title: 'What changed',
    head: ['dump', 'taken', 'threads', 'waiting', 'unmoved', 'cut', 'most wait for', 'held by'],
    rows: dumps.length < 2 ? [] : rows,
    right: [0, 2, 3, 4, 5],
    expendable: [6],
    all: dumps.length,
  };
}

function cutTable({ cutStacks }: Told): TitledTable {
  const rows = cutStacks.slice(0, SHOWN_CUTS).map(({ thread, frames, why }) => [count(frames), why, thread.name]);
  return { title: 'Cut stacks', head: ['frames', 'cut by', 'thread'], rows, right: [0], all: cutStacks.length };
}

/** `width`: of the terminal; Infinity in a pipe. */
export function renderThreads(document: Told, width: number): string {
  const columns = textWidth(width);
  const lines = [
    ...wrap(document.answer.join(' '), columns),
    ...document.limits.flatMap((limit) => ['', ...wrap(limit, columns)]),
    ...titledTable(lockTable(document), width),
    ...document.deadlocks.flatMap((circle) => [
      '',
      `Deadlock: ${circle.map(({ name }) => name).join(' → ')} → ${circle[0]?.name}`,
    ]),
    ...[cutTable(document), dumpTable(document), groupTable(document)].flatMap((table) => titledTable(table, width)),
  ];
  return lines.map(harmless).join('\n');
}
