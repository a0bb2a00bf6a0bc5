// Completion for bash: one function with the commands, their options and what each argument is. It needs bash alone; where bash-completion
// is there as well, what stands behind `record --` is completed as a command of its own.

import type { CommandText, ProgramText } from '../describe.js';
import { offerFor, type Kind } from './kinds.js';

/** A shell command that fills COMPREPLY; `cur` is what has been typed of the word. */
function reply(offer: Kind | readonly string[], drills: readonly string[]): string {
  if (typeof offer !== 'string') return `_iowitness_of '${offer.join(' ')}'`;
  const replies: Readonly<Record<Kind, string>> = {
    file: '_iowitness_paths -f',
    folder: '_iowitness_paths -d',
    pid: `_iowitness_of "$(cd /proc && echo [1-9]*)"`,
    device: `_iowitness_of "$(cd /sys/class/block 2>/dev/null && printf '/dev/%s ' *)"`,
    command: '_iowitness_program "$dashes"',
    drill: `_iowitness_of '${drills.join(' ')}'`,
    none: ':',
  };
  return replies[offer];
}

/** A command's case: what each option that takes an argument offers, its options, and what stands after it. */
function ofCommand({ name, flags, operands }: CommandText, drills: readonly string[]): string {
  const taking = flags.filter(({ word }) => word !== undefined);
  const offers = taking.map(({ names, word = '', choices }) => {
    return `        ${names.join('|')}) ${reply(offerFor({ word, choices }), drills)}; return ;;`;
  });
  const [operand] = operands;
  const lines = [
    `    ${name})`,
    ...(offers.length === 0 ? [] : ['      case $previous in', ...offers, '      esac']),
    `      if [[ $cur == -* && -z $dashes ]]; then _iowitness_of '${flags.flatMap(({ names }) => names).join(' ')}'; return; fi`,
    `      ${operand === undefined ? ':' : reply(offerFor(operand), drills)} ;;`,
  ];
  return lines.join('\n');
}

export function bashCompletion(program: ProgramText, drills: readonly string[]): string {
  const commands = program.commands.map(({ name }) => name).join(' ');
  const flags = program.flags.flatMap((flag) => flag.names).join(' ');
  return `# bash completion for iowitness. It is made from the program's own options; changes belong there.

_iowitness_of() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

_iowitness_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

# A program behind "--", at the given place of the line, with its own completion where that is known.
_iowitness_program() {
  [[ -n $1 ]] || { mapfile -t COMPREPLY < <(compgen -c -- "$cur"); return; }
  if declare -F _command_offset >/dev/null; then _command_offset $(($1 + 1))
  elif ((COMP_CWORD == $1 + 1)); then mapfile -t COMPREPLY < <(compgen -c -- "$cur")
  else _iowitness_paths -f; fi
}

_iowitness() {
  local cur=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' dashes='' i
  COMPREPLY=()
  # Bash takes --for=30s as three words.
  [[ $cur == = ]] && cur=
  [[ $previous == = ]] && previous=\${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ -z $command && \${COMP_WORDS[i]} != -* ]] && command=\${COMP_WORDS[i]}
    [[ -z $dashes && \${COMP_WORDS[i]} == -- ]] && dashes=$i
  done
  [[ -n $dashes ]] && previous=
  case $command in
    '') _iowitness_of '${commands} help ${flags}' ;;
    help) _iowitness_of '${commands}' ;;
${program.commands.map((command) => ofCommand(command, drills)).join('\n')}
  esac
}

complete -F _iowitness iowitness
`;
}
