// Completion for fish: one `complete` line for each command, option and argument.

import type { CommandText, Flag, ProgramText } from '../describe.js';
import { offerFor, type Kind } from './kinds.js';

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** The options of `complete` that say what is offered: -f keeps files out, -F lets them in. */
function offered(offer: Kind | readonly string[], drills: readonly string[]): string {
  if (typeof offer !== 'string') return `-f -a ${quoted(offer.join(' '))}`;
  const ways: Readonly<Record<Kind, string>> = {
    file: '-F',
    folder: "-f -a '(__fish_complete_directories)'",
    pid: "-f -a '(__fish_complete_pids)'",
    device: '-f -a \'(printf "/dev/%s\\n" (ls /sys/class/block))\'',
    command: "-f -a '(__fish_complete_subcommand --fcs-skip=2)'",
    drill: `-f -a ${quoted(drills.join(' '))}`,
    none: '-f',
  };
  return ways[offer];
}

function flagLine(condition: string, { names, word, short, choices }: Flag, drills: readonly string[]): string {
  const spelt = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ');
  const value = word === undefined ? '' : ` -r ${offered(offerFor({ word, choices }), drills)}`;
  return `complete -c iowitness -n ${quoted(condition)} ${spelt} -d ${quoted(short)}${value}`;
}

function ofCommand({ name, summary, flags, operands }: CommandText, drills: readonly string[]): string[] {
  const inside = `__fish_seen_subcommand_from ${name}`;
  return [
    `complete -c iowitness -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...flags.map((flag) => flagLine(inside, flag, drills)),
    ...operands.map((operand) => `complete -c iowitness -n ${quoted(inside)} ${offered(offerFor(operand), drills)}`),
  ];
}

export function fishCompletion(program: ProgramText, drills: readonly string[]): string {
  const names = program.commands.map(({ name }) => name).join(' ');
  return [
    "# fish completion for iowitness. It is made from the program's own options; changes belong there.",
    '',
    'complete -c iowitness -f',
    ...program.flags.map((flag) => flagLine('__fish_use_subcommand', flag, drills)),
    "complete -c iowitness -n __fish_use_subcommand -f -a help -d 'display help for a command'",
    `complete -c iowitness -n '__fish_seen_subcommand_from help' -f -a ${quoted(names)}`,
    ...program.commands.flatMap((command) => ofCommand(command, drills)),
    '',
  ].join('\n');
}
