// A diagnosis for a terminal. The first three lines are the whole message (what, who, what to do); below them the argument, in the
// order in which a doubter asks: evidence, rivals, where the time went, what could not be seen. At most one screen and a bit.
// Everything that came from the machine passes through harmless() before it is laid out.

import { styleText } from 'node:util';
import { bytes, duration, figure, harmless, percent } from '../base/format.js';
import type { Diagnosis } from '../model/diagnosis.js';
import { bar, clip, columns, pad, widthOf, wrap } from './text-layout.js';
import {
  culpritText,
  outcomeOf,
  PHASE_FIGURES,
  phaseFigures,
  processText,
  sinceText,
  KIND_WORDS,
  stateWords,
  sureText,
  limitsTitle,
  type Outcome,
} from './words.js';
import { writerLines } from './writers.js';

export interface TextOptions {
  readonly colour: boolean;
  /** Characters a line; without it lines are as long as they are. */
  readonly width?: number;
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

const OUTCOME_STYLE: Readonly<Record<Outcome, { readonly sign: string; readonly style: Style }>> = {
  stall: { sign: '✗', style: 'red' },
  healthy: { sign: '✓', style: 'green' },
  inconclusive: { sign: '?', style: 'yellow' },
};

/** More of each would push the verdict off the screen; the report and --json have them all. */
const MOST = { ruledOut: 5, notChecked: 4, changes: 5, states: 6, also: 3, devices: 2, writers: 3 } as const;
/** States below this share of the time are not worth a line. */
const LEAST_SHARE = 0.005;
const BAR_CELLS = 24;
/** With less room than this the sentence of a state is left out: its name has to do. */
const LEAST_WORDS = 40;
/** Below this, wrapped columns can't be read any more: the terminal may wrap by itself. */
const LEAST_WIDTH = 60;

class Page {
  private readonly lines: string[] = [];
  private readonly colour: boolean;
  readonly width: number;

  constructor({ colour, width }: TextOptions) {
    this.colour = colour;
    this.width = width === undefined ? Infinity : Math.max(LEAST_WIDTH, width);
  }

  paint(style: Style | Style[], text: string): string {
    // Whether to colour is the caller's decision, not that of the stream that util.styleText would look at.
    return this.colour ? styleText(style, text, { validateStream: false }) : text;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** A heading and its lines; nothing where there are none. */
  section(title: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.lines.push('', this.paint('bold', title));
    for (const line of lines) this.lines.push(`  ${line}`);
  }

  /** Two columns, the second clipped to the width, with a last line for what is left out. */
  pairs(all: readonly (readonly [left: string, right: string])[], most: number): string[] {
    const shown = all.slice(0, most).map(([left, right]) => [harmless(left), harmless(right)] as const);
    const column = Math.max(0, ...shown.map(([left]) => widthOf(left)));
    const lines = shown.map(([left, right]) => `${pad(left, column)}  ${clip(right, this.width - column - 4)}`);
    const left = all.length - shown.length;
    return left > 0 ? [...lines, this.paint('dim', `and ${left} more: see the report or --json`)] : lines;
  }

  toString(): string {
    return this.lines.join('\n');
  }
}

function headline(page: Page, { verdict }: Diagnosis): void {
  const { sign, style } = OUTCOME_STYLE[outcomeOf(verdict)];
  const label = `${sign} ${[harmless(verdict.cause), sureText(verdict)].filter(Boolean).join(', ')}:`;
  const [first = '', ...rest] = wrap(`${label} ${harmless(verdict.sentence)}`, page.width, '  ');
  page.line(page.paint(['bold', style], first.slice(0, label.length)) + page.paint('bold', first.slice(label.length)));
  for (const line of rest) page.line(page.paint('bold', line));
  const since = sinceText(verdict);
  const who = [
    verdict.culprit && `culprit ${culpritText(verdict.culprit)}`,
    verdict.victim && `victim ${processText(verdict.victim)}`,
    since !== undefined && `since ${since}`,
  ].filter((part) => typeof part === 'string');
  if (who.length > 0) for (const line of wrap(harmless(who.join(' · ')), page.width, '  ')) page.line(line);
  const [advice] = verdict.advice;
  if (advice !== undefined) for (const line of wrap(`→ ${harmless(advice.text)}`, page.width, '  ')) page.line(line);
}

function evidence(page: Page, { verdict }: Diagnosis): string[] {
  const column = Math.max(0, ...verdict.evidence.map((one) => widthOf(harmless(one.measure))));
  return verdict.evidence.flatMap((one) => {
    const value = harmless(one.value);
    const argument = wrap(`${value} – ${harmless(one.meaning)}`, page.width - column - 4);
    return argument.map((line, at) =>
      at === 0 && line.startsWith(value)
        ? `${pad(harmless(one.measure), column)}  ${page.paint('bold', value)}${page.paint('dim', line.slice(value.length))}`
        : `${pad(at === 0 ? harmless(one.measure) : '', column)}  ${page.paint('dim', line)}`,
    );
  });
}

function accounting(page: Page, { accounting: states }: Diagnosis): string[] {
  const shown = states.filter((one) => one.share >= LEAST_SHARE).slice(0, MOST.states);
  const rows = columns(
    shown.map((one) => [bar(one.share, BAR_CELLS), percent(one.share), duration(one.ms), harmless(one.state)]),
    [1, 2],
  );
  const column = Math.max(0, ...rows.map(widthOf));
  return rows.map((row, at) => {
    const words = stateWords(shown[at]?.state ?? '');
    const room = page.width - column - 4;
    return room < LEAST_WORDS ? row : `${pad(row, column)}  ${page.paint('dim', clip(harmless(words), room))}`;
  });
}

/** Of the devices that moved most bytes, who is behind them. */
function writers(page: Page, { writers: all }: Diagnosis): string[] {
  const { lines, left } = writerLines(all, { devices: MOST.devices, writers: MOST.writers });
  const clipped = lines.map((line) => clip(line, page.width - 2));
  return left > 0 ? [...clipped, page.paint('dim', `and ${left} more devices: see the report or --json`)] : clipped;
}

function phases({ phases: all }: Diagnosis): string[] {
  if (all.length === 0) return [];
  const rows = all.map((phase) => [
    harmless(phase.name),
    bytes(phase.blockBytes),
    ...phaseFigures(phase),
    phase.error === undefined ? '' : harmless(phase.error),
  ]);
  const head = ['writes', 'block', ...PHASE_FIGURES, ''];
  return columns([head, ...rows], [1, 2, 3, 4, 5, 6]);
}

function losses(page: Page, { losses: all }: Diagnosis): string[] {
  const serious = all.filter((loss) => loss.severity !== 'info');
  const lines = serious.flatMap(({ sentence, where, count, remedy }) => [
    ...wrap(harmless(`${sentence} (${where}${count === undefined ? '' : `, ${figure(count)}`})`), page.width - 2),
    ...wrap(`→ ${harmless(remedy)}`, page.width - 2, '  ').map((line) => page.paint('dim', line)),
  ]);
  const minor = new Set(all.filter((loss) => loss.severity === 'info').map((loss) => loss.code));
  if (minor.size > 0) lines.push(page.paint('dim', `of no weight: ${harmless([...minor].join(', '))}`));
  return lines;
}

function changes(page: Page, { changes: all }: Diagnosis): string[] {
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

function bullets(page: Page, all: readonly string[]): string[] {
  return all.flatMap((text) => wrap(`→ ${harmless(text)}`, page.width - 2, '  '));
}

function limits(page: Page, { recording }: Diagnosis): string[] {
  return recording.limits.flatMap((text) => wrap(harmless(text), page.width - 2));
}

const ACCOUNTED: Readonly<Record<Diagnosis['accountingFrom'], string>> = {
  events: '',
  samples: ', estimated from samples',
  requests: ', by its requests alone',
  none: '',
};

/** The diagnosis as lines for a terminal, without a line break at the end. */
export function renderText(diagnosis: Diagnosis, options: TextOptions): string {
  const page = new Page(options);
  const { verdict, recording } = diagnosis;
  const cause = (one: { cause: string; why: string }) => [one.cause, one.why] as const;
  headline(page, diagnosis);
  page.section(limitsTitle(recording.kind), limits(page, diagnosis));
  page.section(
    'Holds as well',
    page.pairs(
      // What changed has a section of its own.
      diagnosis.also.filter((one) => one.cause !== 'env.changed').map((one) => [one.cause, one.sentence]),
      MOST.also,
    ),
  );
  page.section('Evidence', evidence(page, diagnosis));
  page.section('Not to blame', page.pairs(diagnosis.ruledOut.map(cause), MOST.ruledOut));
  const of = verdict.victim ? `the time of ${processText(verdict.victim)}` : 'the victim’s time';
  page.section(harmless(`Where ${of} went${ACCOUNTED[diagnosis.accountingFrom]}`), accounting(page, diagnosis));
  page.section('Who used which device', writers(page, diagnosis));
  page.section('Could not be checked', page.pairs(diagnosis.notChecked.map(cause), MOST.notChecked));
  page.section('Lost while recording', losses(page, diagnosis));
  page.section('Changed while recording', changes(page, diagnosis));
  page.section('What the probe achieved', phases(diagnosis));
  page.section(
    'More to do',
    bullets(
      page,
      verdict.advice.slice(1).map(({ text }) => text),
    ),
  );
  page.line('');
  const ended = recording.complete ? '' : ', incomplete';
  const what = KIND_WORDS[recording.kind];
  const where = recording.host === null ? ', host unknown' : ` on ${recording.host}`;
  page.line(
    harmless(
      `${what.charAt(0).toUpperCase()}${what.slice(1)}: ${recording.path} (${duration(recording.durationMs)}${where}${ended})`,
    ),
  );
  return page.toString();
}
