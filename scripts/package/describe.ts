// The commander program as plain data: every command with its arguments, options and the notes that stand below its help. Man pages and
// completion are made from this, so that neither repeats a word of the command line's own description.

import type { Argument, Command, Option } from 'commander';

export interface Operand {
  /** The word that says what kind of thing it is: 'dir', 'recording', 'pid'. */
  readonly word: string;
  /** As usage shows it: '<dir>', '[command...]'. */
  readonly term: string;
  readonly description: string;
  readonly choices: readonly string[];
}

export interface Flag {
  /** Its names, '-o' before '--output'. */
  readonly names: readonly string[];
  /** What its argument is; absent where it has none. */
  readonly word?: string;
  /** With its choices and its default. */
  readonly description: string;
  readonly short: string;
  readonly choices: readonly string[];
}

/** A paragraph below the help: 'Examples' with its lines, or 'Exit status' with its sentence. */
export interface Note {
  readonly title: string;
  readonly lines: readonly string[];
}

export interface CommandText {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly operands: readonly Operand[];
  readonly flags: readonly Flag[];
  readonly notes: readonly Note[];
}

export interface ProgramText extends CommandText {
  readonly commands: readonly CommandText[];
}

function operandOf(argument: Argument): Operand {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return {
    word: argument.name(),
    term: argument.required ? `<${name}>` : `[${name}]`,
    description: argument.description,
    choices: argument.argChoices ?? [],
  };
}

function flagOf(option: Option, description: string): Flag {
  const word = /[<[]([\w-]+)(?:\.\.\.)?[>\]]$/.exec(option.flags)?.[1];
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    ...(word !== undefined && { word }),
    description,
    short: option.description,
    choices: option.argChoices ?? [],
  };
}

/** What `addHelpText('after', …)` adds, as commander prints it below the help. */
function textBelow(command: Command): string {
  let printed = '';
  const before = command.configureOutput();
  command.configureOutput({ ...before, writeOut: (text) => void (printed += text) });
  command.outputHelp();
  command.configureOutput(before);
  return printed.slice(command.helpInformation().length);
}

/** Paragraphs: 'Title:' above indented lines, or 'Title: sentence'. */
function notesOf(text: string): Note[] {
  const paragraphs = text.split(/\n\s*\n/).map((one) => one.replace(/^\n+|\n+$/g, ''));
  return paragraphs
    .filter((one) => one !== '')
    .map((paragraph) => {
      const [, title = '', first = ''] = /^([^:\n]+):[ ]?(.*)/.exec(paragraph) ?? [];
      const rest = paragraph.split('\n').slice(1);
      if (title === '') throw new Error(`a help text has a paragraph without a title: ${paragraph}`);
      return { title, lines: [first, ...rest].filter((line) => line !== '').map((line) => line.replace(/^ {2}/, '')) };
    });
}

function describeCommand(command: Command): CommandText {
  const help = command.createHelp();
  return {
    name: command.name(),
    summary: command.description(),
    usage: help.commandUsage(command),
    operands: command.registeredArguments.map(operandOf),
    flags: help.visibleOptions(command).map((option) => flagOf(option, help.optionDescription(option))),
    notes: notesOf(textBelow(command)),
  };
}

export function describeProgram(program: Command): ProgramText {
  return { ...describeCommand(program), commands: program.commands.map(describeCommand) };
}
