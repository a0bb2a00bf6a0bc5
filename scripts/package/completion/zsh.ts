// Completion for zsh: a function for compinit, in the specifications of _arguments (zshcompsys(1)).

import type { CommandText, Flag, Operand, ProgramText } from '../describe.js';
import { offerFor, type Kind } from './kinds.js';

function action(offer: Kind | readonly string[], drills: readonly string[]): string {
  if (typeof offer !== 'string') return `(${offer.join(' ')})`;
  const actions: Readonly<Record<Kind, string>> = {
    file: '_files',
    folder: '_files -/',
    pid: '_pids',
    device: '_files -W /dev',
    command: '_command_names -e',
    drill: `(${drills.join(' ')})`,
    none: ' ',
  };
  return actions[offer];
}

/** A word of the shell: quoted singly. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Inside a specification a colon ends a message and a bracket an explanation. */
function plain(text: string): string {
  return text.replace(/[\\:[\]]/g, '\\$&');
}

function flagSpec({ names, word, short, choices }: Flag, drills: readonly string[]): string {
  const value = word === undefined ? '' : `:${word}:${action(offerFor({ word, choices }), drills)}`;
  const rest = `[${plain(short)}]${value}`;
  if (names.length === 1) return quoted(`${names[0]}${word !== undefined ? '=' : ''}${rest}`);
  const spelt = names.map((name) => (word === undefined ? name : name.startsWith('--') ? `${name}=` : `${name}+`));
  return `${quoted(`(${names.join(' ')})`)}{${spelt.join(',')}}${quoted(rest)}`;
}

function operandSpecs(operand: Operand, drills: readonly string[]): string[] {
  // Another program's line: its name, and then what that program itself is completed with.
  if (operand.word === 'command') return [quoted('(-)1:command:_command_names -e'), quoted('*::arguments:_normal')];
  const place = operand.term.includes('...') ? '*' : '1';
  return [quoted(`${place}:${operand.word}:${action(offerFor(operand), drills)}`)];
}

function ofCommand({ name, flags, operands }: CommandText, drills: readonly string[]): string {
  const specs = [
    ...flags.map((flag) => flagSpec(flag, drills)),
    ...operands.flatMap((operand) => operandSpecs(operand, drills)),
  ];
  return `    ${name})\n      _arguments -s -S \\\n        ${specs.join(' \\\n        ')} ;;`;
}

export function zshCompletion(program: ProgramText, drills: readonly string[]): string {
  const described = program.commands.map(({ name, summary }) => `    ${quoted(`${name}:${plain(summary)}`)}`);
  return `#compdef iowitness
# zsh completion for iowitness. It is made from the program's own options; changes belong there.

_iowitness() {
  # An array of the name "commands" would hide zsh's own.
  local curcontext=$curcontext state line ret=1
  local -a subcommands
  subcommands=(
${described.join('\n')}
    'help:${plain('display help for a command')}'
  )
  _arguments -C \\
    ${program.flags.map((flag) => flagSpec(flag, drills)).join(' \\\n    ')} \\
    '1: :->command' '*:: :->arguments' && ret=0
  case $state in
    command) _describe -t commands 'command' subcommands && ret=0 ;;
    arguments)
      curcontext="\${curcontext%:*:*}:iowitness-\${line[1]}:"
      _iowitness_command "\${line[1]}" && ret=0 ;;
  esac
  return ret
}

_iowitness_command() {
  case $1 in
    help) _arguments '1:command:(${program.commands.map(({ name }) => name).join(' ')})' ;;
${program.commands.map((command) => ofCommand(command, drills)).join('\n')}
  esac
}

_iowitness "$@"
`;
}
