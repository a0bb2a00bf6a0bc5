// A diagnosis for a terminal. The first screen is the whole message: what, who, the key figures, what to type, where the time went. With
// `verbose` the argument follows, which `text-argument.ts` lays out.
// Everything that came from the machine passes through harmless() before it is laid out.

import { duration, figure, harmless, percent } from '../base/format.js';
import type { Advice, Diagnosis } from '../model/diagnosis.js';
import { stepsOf } from './steps.js';
import { argument } from './text-argument.js';
import { TerminalPage, type Style, type TextOptions } from './terminal-page.js';
import { bar, columns, pad, widthOf, wrap } from './text-layout.js';
import {
  culpritText,
  OUTCOME_LOOK,
  outcomeOf,
  processText,
  sinceText,
  KIND_WORDS,
  statesOfVerdict,
  stateWords,
  sureText,
  limitsTitle,
  type Outcome,
} from './words.js';

export interface DiagnosisTextOptions extends TextOptions {
  /** Everything, and not the first screen alone. */
  readonly verbose: boolean;
  /** Lines of the terminal: the first screen has room for fewer of the victim's states where it is low. */
  readonly height?: number;
  /** What is typed for `iowitness` here, where that is something else. */
  readonly called?: string;
}

const OUTCOME_STYLE: Readonly<Record<Outcome, Style>> = { stall: 'red', healthy: 'green', inconclusive: 'yellow' };

/** More of each would push the verdict off the screen; the report and --json have them all. */
const MOST = { states: 8, firstStates: 4, advice: 1 } as const;
/** States below this share of the time are not worth a line. */
const LEAST_SHARE = 0.005;
const BAR_CELLS = 24;
/** What stands beside a key figure has at least so many columns, or stands below it. */
const LEAST_BESIDE = 20;
const BELOW = '    ';
/** A shorter bar tells nothing. */
const LEAST_CELLS = 4;

function headline(page: TerminalPage, { verdict, keyFigures }: Diagnosis): void {
  const outcome = outcomeOf(verdict);
  const style = OUTCOME_STYLE[outcome];
  const label = `${OUTCOME_LOOK[outcome].sign} ${[harmless(verdict.cause), sureText(verdict)].filter(Boolean).join(', ')}:`;
  const [first = '', ...rest] = wrap(`${label} ${harmless(verdict.sentence)}`, page.width, '  ');
  page.line(page.paint(['bold', style], first.slice(0, label.length)) + page.paint('bold', first.slice(label.length)));
  for (const line of rest) page.line(page.paint('bold', line));
  // The key figures say since when, where there are any.
  const since = keyFigures.length > 0 ? undefined : sinceText(verdict);
  const who = [
    verdict.culprit && `culprit ${culpritText(verdict.culprit)}`,
    verdict.victim && `victim ${processText(verdict.victim)}`,
    since !== undefined && `since ${since}`,
  ].filter((part) => typeof part === 'string');
  if (who.length > 0) for (const line of wrap(harmless(who.join(' · ')), page.width, '  ')) page.line(line);
}

/** The key figures, a line each: what, how much, and against what. */
function figures(page: TerminalPage, { keyFigures }: Diagnosis): void {
  if (keyFigures.length === 0) return;
  page.line('');
  const labels = Math.max(...keyFigures.map(({ label }) => widthOf(harmless(label))));
  const values = Math.max(...keyFigures.map(({ value }) => widthOf(harmless(value))));
  for (const { label, value, beside } of keyFigures) {
    const before = `  ${pad(harmless(label), labels)}  `;
    const indent = widthOf(before) + values + 2;
    if (page.width - indent < LEAST_BESIDE) {
      page.line(`${before}${page.paint('bold', harmless(value))}`);
      for (const line of wrap(harmless(beside), page.width - BELOW.length)) page.line(BELOW + line);
      continue;
    }
    const [first = '', ...rest] = wrap(harmless(beside), page.width - indent);
    page.line(`${before}${page.paint('bold', pad(harmless(value), values))}  ${first}`);
    for (const line of rest) page.line(' '.repeat(indent) + line);
  }
}

/** Commands that follow each other with `;` on a line each where one line has no room for them all: none is ever broken. */
function commandLines(commands: string, before: string, width: number): string[] {
  const isWide = widthOf(before + commands) > width && !/['"]/.test(commands);
  return (isWide ? commands.split('; ') : [commands]).map(
    (one, at) => (at === 0 ? before : ' '.repeat(before.length)) + one,
  );
}

/** One piece of advice: words within the width, commands on lines of their own, whole. */
function advice(page: TerminalPage, one: Advice, called: string): string[] {
  const lines: string[] = [];
  let text = '→ ';
  const flush = () => {
    const [first = '', ...rest] = wrap(text.trim(), page.width - 2, '  ');
    if (first !== '') lines.push(lines.length === 0 ? first : `  ${first}`, ...rest);
    // What follows a command stands below the words before it.
    text = '  ';
  };
  for (const step of stepsOf(one)) {
    if (step.kind !== 'command') {
      text += harmless(step.text);
      continue;
    }
    flush();
    const { command, undo } = step.command;
    for (const line of commandLines(harmless(command.replace(/^iowitness(?= )/, called)), '    ', page.width))
      lines.push(page.paint('bold', line));
    if (undo !== null)
      for (const line of commandLines(harmless(undo).replaceAll('`', ''), '    undo: ', page.width))
        lines.push(page.paint('dim', line));
  }
  flush();
  return lines;
}

function whatToDo(page: TerminalPage, { verdict }: Diagnosis, most: number, called: string): void {
  for (const one of verdict.advice.slice(0, most)) {
    page.line('');
    for (const line of advice(page, one, called)) page.line(line);
  }
}

/** The largest states; where the room ends before one that carries the verdict, that one takes the last line. */
function worthALine(
  states: Diagnosis['accounting'],
  ofVerdict: ReadonlySet<string>,
  most: number,
): Diagnosis['accounting'] {
  const worth = states.filter((one) => one.share >= LEAST_SHARE);
  const shown = worth.slice(0, most);
  const carrier = worth.find(({ state }) => ofVerdict.has(state));
  return carrier === undefined || shown.includes(carrier) ? shown : [...shown.slice(0, -1), carrier];
}

/** The states with their sentences, where those have room: else their names have to do. */
function accounting(page: TerminalPage, { accounting: states }: Diagnosis, most: number): string[] {
  const ofVerdict = statesOfVerdict(states);
  const shown = worthALine(states, ofVerdict, most);
  const told = columns(
    shown.map(({ share, ms, state }) => [
      percent(share),
      duration(ms),
      harmless(state),
      ofVerdict.has(state) ? '◀' : '',
    ]),
    [0, 1],
  );
  // A bar takes what a narrow terminal leaves to it.
  const cells = Math.min(BAR_CELLS, page.width - 4 - Math.max(0, ...told.map(widthOf)));
  const rows = cells < LEAST_CELLS ? told : columns(shown.map((one, at) => [bar(one.share, cells), told[at] ?? '']));
  const column = Math.max(0, ...rows.map(widthOf));
  const words = shown.map(({ state }) => harmless(stateWords(state)));
  const room = page.width - column - 4;
  if (words.some((one) => widthOf(one) > room)) return rows;
  return rows.map((row, at) => `${pad(row, column)}  ${page.paint('dim', words[at] ?? '')}`);
}

function losses(page: TerminalPage, { losses: all }: Diagnosis, verbose: boolean): string[] {
  const told = all.filter(({ severity }) => severity === 'severe' || (verbose && severity !== 'info'));
  const lines = told.flatMap(({ sentence, where, count, remedy }) => [
    ...wrap(harmless(`${sentence} (${where}${count === undefined ? '' : `, ${figure(count)}`})`), page.width - 2),
    ...wrap(`→ ${harmless(remedy)}`, page.width - 2, '  ').map((line) => page.paint('dim', line)),
  ]);
  if (!verbose) return lines;
  const minor = new Set(all.filter((loss) => loss.severity === 'info').map((loss) => loss.sentence));
  const noted = [...minor].flatMap((sentence) => wrap(harmless(sentence), page.width - 2));
  return [...lines, ...noted.map((line) => page.paint('dim', line))];
}

function leads(page: TerminalPage, { leads: all = [] }: Diagnosis): string[] {
  return all.flatMap((one) => [
    ...wrap(harmless(`${one.title} (iowitness known ${one.id})`), page.width - 2),
    ...wrap(`→ ${harmless(one.advice)}`, page.width - 2, '  '),
  ]);
}

function limits(page: TerminalPage, { recording }: Diagnosis): string[] {
  return recording.limits.flatMap((text) => wrap(harmless(text), page.width - 2));
}

const ACCOUNTED: Readonly<Record<Diagnosis['accountingFrom'], string>> = {
  events: '',
  samples: ', estimated from samples',
  requests: ', by its requests alone',
  none: '',
};

function whereFrom({ recording }: Diagnosis): string {
  const ended = recording.complete ? '' : ', incomplete';
  const what = KIND_WORDS[recording.kind];
  const where = recording.host === null ? ', host unknown' : ` on ${recording.host}`;
  return harmless(
    `${what.charAt(0).toUpperCase()}${what.slice(1)}: ${recording.path} (${duration(recording.durationMs)}${where}${ended})`,
  );
}

/** The diagnosis as lines for a terminal, without a line break at the end: its first screen, or everything. */
export function renderText(diagnosis: Diagnosis, options: DiagnosisTextOptions): string {
  if (options.verbose) return pageOf(diagnosis, options, MOST.states).toString();
  // A screen must not lose its first line: the last two are for the prompt, and where the report is.
  const room = (options.height ?? Infinity) - 2;
  for (let states: number = MOST.firstStates; ; states -= 1) {
    const page = pageOf(diagnosis, options, states);
    if (states === 1 || page.height <= room) return page.toString();
  }
}

/** With so many of the victim's states. */
function pageOf(diagnosis: Diagnosis, options: DiagnosisTextOptions, states: number): TerminalPage {
  const page = new TerminalPage(options);
  const { verdict, recording } = diagnosis;
  const { verbose, called = 'iowitness' } = options;
  headline(page, diagnosis);
  figures(page, diagnosis);
  whatToDo(page, diagnosis, verbose ? Infinity : MOST.advice, called);
  page.section(limitsTitle(recording.kind), limits(page, diagnosis));
  const of = verdict.victim ? `the time of ${processText(verdict.victim)}` : 'the victim’s time';
  page.section(harmless(`Where ${of} went${ACCOUNTED[diagnosis.accountingFrom]}`), accounting(page, diagnosis, states));
  page.section('Known of this kernel: a lead, no verdict', leads(page, diagnosis));
  if (verbose) argument(page, diagnosis);
  page.section('Lost while recording', losses(page, diagnosis, verbose));
  // A screen that is too low even for the one state has no line to spare.
  if (states > 1) page.line('');
  foot(page, diagnosis, verbose);
  return page;
}

function foot(page: TerminalPage, diagnosis: Diagnosis, verbose: boolean): void {
  const from = whereFrom(diagnosis);
  const more = '-v shows evidence and rivals';
  if (verbose) page.line(from);
  else if (widthOf(`${from}; ${more}`) <= page.width) page.line(`${from}${page.paint('dim', `; ${more}`)}`);
  else for (const line of [from, page.paint('dim', more)]) page.line(line);
}
