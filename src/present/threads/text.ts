// The document of `threads` as text: the answer as a paragraph, then tables of locks, of threads by stack, of cut stacks, and what changed from dump
// to dump. Names are the program's own and are made harmless.

import { count, duration, harmless } from '../../base/format.js';
import { shortClass, shortMethod } from '../../base/java-names.js';
import type { ThreadLock, Threads } from '../../model/threads.js';
import { clip, columnsWithin, wrap } from '../text-layout.js';

/** What `heap` shows as well. */
type Told = Omit<Threads, 'schema'>;

const DEFAULT_WIDTH = 100;
const SHOWN_LOCKS = 12;
const SHOWN_GROUPS = 12;
const SHOWN_DUMPS = 20;
const SHOWN_CUTS = 12;
const LONGEST_NAME = 32;
/** Of a path the end tells more than the beginning. */
const LONGEST_PATH = 24;

function table(
  title: string,
  rows: readonly (readonly string[])[],
  width: number,
  right: number[],
  expendable: number[],
): string[] {
  const [head] = rows;
  if (!head || rows.length === 1) return [];
  const lines = columnsWithin(rows, width - 2, { right, expendable });
  return ['', title, ...lines.map((line) => `  ${clip(line, width - 2)}`)];
}

function more(all: number, shown: number): string {
  return all > shown ? `, ${count(shown)} of ${count(all)}` : '';
}

function ownerCell({ owner }: ThreadLock): string {
  if (owner.thread) return `${clip(owner.thread.name, LONGEST_NAME)} (${owner.grade})`;
  const [candidate] = owner.candidates;
  return owner.candidates.length === 1 && candidate ? `unknown (${clip(candidate.name, LONGEST_NAME)}?)` : 'unknown';
}

function doesCell({ does }: ThreadLock): string {
  if (does === null) return '-';
  const { kernel } = does;
  if (kernel === null || kernel.call === null) return does.doing;
  const path = kernel.path ?? '';
  return `${kernel.call}(2) ${path.length > LONGEST_PATH ? `…${path.slice(1 - LONGEST_PATH)}` : path}`.trim();
}

function lockRows({ locks }: Told): string[][] {
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
  return [['waiting', 'lock', 'kind', 'holder', 'it does', 'for', 'id'], ...rows];
}

function groupRows({ groups }: Told): string[][] {
  const rows = groups
    .slice(0, SHOWN_GROUPS)
    .map(({ threads, names, state, frames, depth }) => [
      count(threads),
      (state ?? '-').toLowerCase(),
      count(depth),
      clip(names.join(', '), LONGEST_NAME),
      shortMethod(frames[0] ?? ''),
    ]);
  return [['threads', 'state', 'frames', 'names', 'innermost'], ...rows];
}

function dumpRows({ dumps }: Told): string[][] {
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
  return dumps.length < 2
    ? []
    : [['dump', 'taken', 'threads', 'waiting', 'unmoved', 'cut', 'most wait for', 'held by'], ...rows];
}

function cutRows({ cutStacks }: Told): string[][] {
  const rows = cutStacks.slice(0, SHOWN_CUTS).map(({ thread, frames, why }) => [count(frames), why, thread.name]);
  return [['frames', 'cut by', 'thread'], ...rows];
}

/** Columns of a paragraph. */
export function textWidth(width: number): number {
  return Number.isFinite(width) ? width : DEFAULT_WIDTH;
}

/** `width`: of the terminal; Infinity in a pipe. */
export function renderThreads(document: Told, width: number): string {
  const columns = textWidth(width);
  const rowsWidth = Number.isFinite(width) ? width : 1000;
  const { locks, groups, cutStacks, dumps, deadlocks } = document;
  const lines = [
    ...wrap(document.answer.join(' '), columns),
    ...document.limits.flatMap((limit) => ['', ...wrap(limit, columns)]),
    ...table(
      `Locks that are waited for${more(locks.length, SHOWN_LOCKS)}`,
      lockRows(document),
      rowsWidth,
      [0],
      [6, 2, 5],
    ),
    ...deadlocks.flatMap((circle) => [
      '',
      `Deadlock: ${circle.map(({ name }) => name).join(' → ')} → ${circle[0]?.name}`,
    ]),
    ...table(`Cut stacks${more(cutStacks.length, SHOWN_CUTS)}`, cutRows(document), rowsWidth, [0], []),
    ...table(`What changed${more(dumps.length, SHOWN_DUMPS)}`, dumpRows(document), rowsWidth, [0, 2, 3, 4, 5], [6]),
    ...table(`Threads by stack${more(groups.length, SHOWN_GROUPS)}`, groupRows(document), rowsWidth, [0, 2], []),
  ];
  return lines.map(harmless).join('\n');
}
