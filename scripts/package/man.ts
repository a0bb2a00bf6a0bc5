// Man pages from the program's description, in the macros of man(7): one for the program and one a command. Sections and their order are
// those of man-pages(7). Text stays ASCII, with groff's names for other characters, so that it is the same in every locale.

import type { CommandText, Flag, Note, ProgramText } from './describe.js';

export interface Release {
  readonly version: string;
  /** The day that stands on the pages, as 2026-11-29. */
  readonly day: string;
}

/** What no help says, as it is the same for all commands. */
const FILES: readonly (readonly [string, string])[] = [
  ['NAME.iow/', 'A recording: a folder. docs/recording.md describes its files.'],
  ['NAME.html', 'Its report: one page that works offline.'],
  ['/var/lib/iowitness/undo/', 'What root’s runs have changed and not yet put back.'],
  [
    '$XDG_STATE_HOME/iowitness/undo/, ~/.local/state/iowitness/undo/',
    'The same of other users, in the first of these folders whose variable is set.',
  ],
  ['/run/iowitness/', 'Where tracefs and debugfs are mounted while a run needs them and nobody else has mounted them.'],
];
const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['NO_COLOR', 'Where it is set, a terminal gets no colours.'],
  ['IOWITNESS_DEBUG', 'Where it is set, an error is printed with its place in the program.'],
];

const CHARACTERS: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  '’': '\\(cq',
  '‘': '\\(oq',
  '“': '\\(lq',
  '”': '\\(rq',
  '–': '\\(en',
  '…': '...',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

function escaped(text: string): string {
  return text.replace(/[\\'`^~-]|[^ -\u007e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return CHARACTERS[character] ?? `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

/** A line of input must not begin with a control character. */
function line(text: string): string {
  return /^[.']/.test(text) ? `\\&${text}` : text;
}

/** Prose in input lines of at most 79 characters, behind what is escaped already; `code` in backquotes is set bold. */
function prose(text: string, before: readonly string[] = []): string {
  const lines: string[] = [];
  const words = escaped(text)
    .replace(/\\\(ga(.+?)\\\(ga/g, '\\fB$1\\fR')
    .split(/\s+/);
  for (const word of [...before, ...words]) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 79) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map(line).join('\n');
}

const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;
const italic = (text: string): string => `\\fI${escaped(text)}\\fR`;

/** A sentence as NAME has it: without the capital at its beginning and the full stop. */
function nameLine(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1).replace(/\.$/, '')}`;
}

/** A sentence: a capital at its beginning, a full stop at its end. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

function section(title: string, ...blocks: readonly string[]): string {
  return blocks.length === 0 ? '' : [`.SH ${title}`, ...blocks].join('\n');
}

function entry(term: string, description: string): string {
  return ['.TP', line(term), description === '' ? '\\&' : prose(sentence(description))].join('\n');
}

function flagTerm({ names, word }: Flag): string {
  return names.map((name) => bold(name) + (word === undefined ? '' : ` ${italic(word)}`)).join(', ');
}

/** Lines as they are, indented and not filled. */
function literal(lines: readonly string[]): string {
  return ['.nf', '.RS 4', ...lines.map((each) => line(escaped(each)) || '.sp'), '.RE', '.fi'].join('\n');
}

/** 'Exit status: 0 …, 1 …' as a list. */
function exitStatus(all: readonly Note[]): string {
  const text = all.find(({ title }) => title === 'Exit status')?.lines.join(' ') ?? '';
  const each = [...text.matchAll(/(\d+) (.+?)(?=[,;] \d+ |\.?$)/g)];
  if (each.length === 0) throw new Error('the program’s help names no exit status');
  return section('EXIT STATUS', ...each.map(([, status = '', meaning = '']) => entry(bold(status), meaning)));
}

function notes(all: readonly Note[]): string[] {
  return all
    .filter(({ title }) => title !== 'Exit status')
    .map(({ title, lines }) =>
      section(/^Examples?$/.test(title) ? 'EXAMPLES' : escaped(title.toUpperCase()), literal(lines)),
    );
}

function pairs(title: string, all: readonly (readonly [string, string])[]): string {
  return section(title, ...all.map(([term, description]) => entry(italic(term), description)));
}

/** 'iowitness check [options] <dir>': what is typed as it stands bold, the rest as it is. */
function synopsis(usage: string): string {
  const [, typed = '', rest = ''] = /^((?:[a-z]+ ?)+)(.*)$/.exec(usage) ?? [];
  return section('SYNOPSIS', line(`${bold(typed.trim())} ${escaped(rest)}`.trim()));
}

function seeAlso(names: readonly string[]): string {
  return section(
    'SEE ALSO',
    ...names.map((name, index) => `.BR ${escaped(name)} (1)${index < names.length - 1 ? ',' : ''}`),
  );
}

function page(name: string, { version, day }: Release, ...sections: readonly string[]): string {
  const head = `.TH ${escaped(name.toUpperCase())} 1 ${day} "iowitness ${version}" "User Commands"`;
  return `${[head, ...sections.filter((one) => one !== '')].join('\n')}\n`;
}

function commandPage(command: CommandText, program: ProgramText, release: Release): string {
  const name = `${program.name}-${command.name}`;
  return page(
    name,
    release,
    section('NAME', prose(command.summary, [escaped(name), '\\-'])),
    synopsis(command.usage),
    section('DESCRIPTION', prose(sentence(command.summary))),
    section('ARGUMENTS', ...command.operands.map(({ term, description }) => entry(italic(term), description))),
    section('OPTIONS', ...command.flags.map((flag) => entry(flagTerm(flag), flag.description))),
    ...notes(command.notes),
    exitStatus(program.notes),
    seeAlso([program.name]),
  );
}

/** All pages by file name. `about` is what stands in the program's DESCRIPTION. */
export function manPages(program: ProgramText, about: string, release: Release): Map<string, string> {
  const names = program.commands.map(({ name }) => `${program.name}-${name}`);
  const main = page(
    program.name,
    release,
    section('NAME', prose(nameLine(program.summary), [program.name, '\\-'])),
    synopsis(program.usage),
    section('DESCRIPTION', prose(about)),
    section('OPTIONS', ...program.flags.map((flag) => entry(flagTerm(flag), flag.description))),
    section('COMMANDS', ...program.commands.map(({ name, summary }) => entry(bold(name), summary))),
    ...notes(program.notes),
    exitStatus(program.notes),
    pairs('ENVIRONMENT', ENVIRONMENT),
    pairs('FILES', FILES),
    seeAlso(names),
  );
  const pages = program.commands.map(
    (command) => [`${program.name}-${command.name}.1`, commandPage(command, program, release)] as const,
  );
  return new Map([[`${program.name}.1`, main], ...pages]);
}
