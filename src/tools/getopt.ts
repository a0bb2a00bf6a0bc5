// Arguments as getopt_long(3) of the GNU C Library takes them apart: -ab, -iFILE, -i FILE, --input=FILE, unambiguous beginnings of long
// names, operands anywhere, `--`. For commands that stand in for another program; the project's own commands use commander, which
// lets a short option's argument stick to it, but not behind other letters, and gives no meaning to the order of different options.

import { UsageError } from '../base/errors.js';

export interface LongOption {
  readonly name: string;
  readonly letter: string;
}

export interface Given {
  readonly letter: string;
  /** Empty for an option without an argument. */
  readonly value: string;
}

/** `letters` is getopt's string: a colon behind a letter that takes an argument. Throws a UsageError at what it doesn't know. */
export function getopt(
  args: readonly string[],
  letters: string,
  long: readonly LongOption[],
): { options: Given[]; operands: string[] } {
  const options: Given[] = [];
  const operands: string[] = [];
  const takesValue = (letter: string) => letters[letters.indexOf(letter) + 1] === ':';
  const rest = [...args];
  const valueFor = (name: string): string => {
    const value = rest.shift();
    if (value === undefined) throw new UsageError(`${name} needs an argument (--help shows what there is).`);
    return value;
  };
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--') {
      operands.push(...rest);
      break;
    }
    if (argument.startsWith('--')) {
      const [, name = '', , value] = /^--([^=]*)(=(.*))?$/s.exec(argument) ?? [];
      const { letter } = findLong(name, long);
      if (takesValue(letter)) options.push({ letter, value: value ?? valueFor(`--${name}`) });
      else if (value !== undefined) throw new UsageError(`--${name} takes no argument.`);
      else options.push({ letter, value: '' });
    } else if (argument.startsWith('-') && argument !== '-') {
      for (let at = 1; at < argument.length; at += 1) {
        const letter = argument.charAt(at);
        if (letter === ':' || !letters.includes(letter)) {
          throw new UsageError(`There is no option -${letter} (--help shows what there is).`);
        }
        if (!takesValue(letter)) options.push({ letter, value: '' });
        else {
          const stuck = argument.slice(at + 1);
          options.push({ letter, value: stuck === '' ? valueFor(`-${letter}`) : stuck });
          break;
        }
      }
    } else operands.push(argument);
  }
  return { options, operands };
}

function findLong(name: string, long: readonly LongOption[]): LongOption {
  const exact = long.find((option) => option.name === name);
  const begun = long.filter((option) => option.name.startsWith(name));
  const found = exact ?? (begun.length === 1 ? begun[0] : undefined);
  if (found) return found;
  const which = begun.map((option) => `--${option.name}`).join(', ');
  throw new UsageError(
    begun.length > 1
      ? `--${name} may be any of ${which}.`
      : `There is no option --${name} (--help shows what there is).`,
  );
}
