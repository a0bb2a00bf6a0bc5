// What the keys do and the columns mean, on one screen.

import { wrap } from '../../present/text-layout.js';
import { FILTER_WORDS } from './filter.js';
import { span, type Line } from './spans.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['q, Ctrl-C', 'quit'],
  ['↑ ↓ PgUp PgDn', 'choose a line; Enter shows that process in detail, Esc goes back'],
  ['← →, r', 'sort by another column, turn the order round; by bytes again with b'],
  ['o', 'those that did or waited for something, or all, idle devices as well'],
  ['p', 'processes or threads'],
  ['a', 'bytes a second, or since the start'],
  ['/', `filter: words of the command, or ${FILTER_WORDS.join(' ')}`],
  ['space', 'pause and go on'],
  ['Ctrl-T', 'have the kernel count waits for block I/O (IO); put back at the end'],
  ['v', 'record the chosen process, or the one that waits most, for 10 s, and say what holds it up'],
  ['mouse', 'click a column to sort by it, a line to choose it; the wheel scrolls'],
];

const COLUMNS: readonly (readonly [string, string])[] = [
  [
    'READ WRITE',
    'what the process made storage read, and made dirty or wrote directly (/proc/PID/io); CANCEL: made dirty and thrown away',
  ],
  [
    'SWAPIN IO',
    'shares of time; - where the kernel does not count them: Ctrl-T for IO, p where a process has threads; no file tells SWAPIN',
  ],
  ['WAITS FOR', 'where its threads sleep, and in what share of the looks of the last 10 s'],
  [
    'CAUSED',
    'what devices moved on its behalf, by whomever it was written; the same bytes on each device that they pass',
  ],
  ['[…]', 'bytes that are no process’s: the kernel’s own work; [nobody] is what no event told of'],
  ['-', 'not known: the note says what would tell'],
];

export function helpLines(width: number): Line[] {
  const part = (title: string, pairs: readonly (readonly [string, string])[], left: number): Line[] => [
    [span(title, 'head')],
    ...pairs.flatMap(([key, what]) =>
      wrap(what, Math.max(20, width - left - 2)).map((text, index): Line => [
        span(`  ${(index === 0 ? key : '').padEnd(left - 1)} `, 'key'),
        span(text),
      ]),
    ),
  ];
  return [[span('iowitness top', 'title')], ...part('KEYS', KEYS, 15), ...part('COLUMNS', COLUMNS, 12)];
}
