// Secrets on command lines, made unreadable before anything is recorded: a recording is sent to colleagues, and root's
// recorder sees what every user has typed. What enters is a command line as the kernel or the user gives it; what
// leaves is the same with *** in the place of each secret. `secret-patterns.ts` says what secrets look like; this file
// knows how words follow each other.

import {
  COLON,
  MASK,
  PROGRAM_OPTIONS,
  SCHEME,
  SECRET_NAME,
  SECRET_TEXTS,
  TAKES_NOTHING,
  type ProgramOption,
} from './secret-patterns.js';

const OPTION = new RegExp(`^--?${SECRET_NAME}$`, 'i');
/** An argument that is a secret from behind its name to its end, whatever characters follow. */
const NAMED = new RegExp(String.raw`^(${SECRET_NAME}(?:=|${COLON}[ \t]*${SCHEME}))[^]`, 'i');
/** The argument behind it is a script: sh -c, bash -lc, psql -c. */
const TAKES_SCRIPT = /^-[a-z]*c$/;
/** A word of a script, with what is in quotes as one. A quote that nothing closes is a character like any other. */
const WORD = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\]|["'\\])+/gs;
const QUOTED = /^(["'])([^]*)\1$/;
/** Where a script goes on to its next command. */
const NEXT_COMMAND = /^[;&|]+$|;$/;

/** The words of one command line in their order: a word may say that the next one is a secret. */
class Words {
  private options: readonly ProgramOption[] = [];
  /** What of the next word may be shown, where that is a secret. */
  private next: ((value: string) => string) | undefined;

  mask(word: string): string {
    const hide = this.next;
    this.next = undefined;
    // An option is no value, or a flag that takes none would have the next one masked.
    if (hide && !word.startsWith('-')) return hide(word);
    // First of all, as -pmypassword has the form of an option by itself.
    const masked = this.asProgramOption(word);
    if (masked !== undefined) return masked;
    if (OPTION.test(word)) {
      if (!TAKES_NOTHING.test(word)) this.next = () => MASK;
      return word;
    }
    const [, named] = NAMED.exec(word) ?? [];
    if (named !== undefined) return named + MASK;
    this.noteProgram(word);
    return word;
  }

  private asProgramOption(word: string): string | undefined {
    for (const { option, apart, shows } of this.options) {
      const [name] = option.exec(word) ?? [];
      if (name === undefined) continue;
      const hide = (value: string) => hideAllBut(shows, value);
      const value = word.slice(name.length);
      if (value !== '') return name + hide(value);
      if (apart) this.next = hide;
    }
    return undefined;
  }

  private noteProgram(word: string): void {
    const name = word.slice(word.lastIndexOf('/') + 1);
    const options = PROGRAM_OPTIONS.filter(({ program }) => program.test(name));
    if (options.length > 0 || NEXT_COMMAND.test(word)) this.options = options;
  }
}

function hideAllBut(shows: RegExp | undefined, value: string): string {
  const shown = shows === undefined ? '' : (shows.exec(value)?.[0] ?? '');
  return shown === value ? value : shown + MASK;
}

/** Masks what gives itself away without the words around it: for texts that are no command lines. */
export function maskText(text: string): string {
  return SECRET_TEXTS.reduce((masked, pattern) => masked.replace(pattern, `$1${MASK}`), text);
}

/**
 * Masks a whole command line in one text: a script, a title that a process has given itself, the kernel's own command
 * line.
 */
function maskScript(script: string): string {
  const words = new Words();
  return script.replace(WORD, (word) => {
    const [, quote, inner] = QUOTED.exec(word) ?? [];
    if (quote === undefined || inner === undefined) return words.mask(word);
    const masked = words.mask(inner);
    return quote + (masked === inner && /\s/.test(inner) ? maskScript(inner) : masked) + quote;
  });
}

/** The arguments of a program, the program first, with their secrets masked. Benign arguments come back as they are. */
export function maskArguments(args: readonly string[]): string[] {
  const words = new Words();
  return args.map((argument, index) => {
    const text = maskText(argument);
    const hasWords = /\s/.test(text);
    const isScript = hasWords && (index === 0 || TAKES_SCRIPT.test(args[index - 1] ?? ''));
    const masked = isScript ? text : words.mask(text);
    return hasWords && masked === text ? maskScript(text) : masked;
  });
}

/** Of a longer command line only so much is kept, in characters: a process can make its own as long as it likes. */
const LONGEST = 64 * 1024;

/**
 * The text of /proc/PID/cmdline or /proc/cmdline: arguments that end with NUL, or one text. An argument is kept whole
 * or not at all.
 */
export function maskCommandLine(text: string): string {
  const kept = text.length <= LONGEST ? text : `${text.slice(0, text.lastIndexOf('\0', LONGEST) + 1)}…`;
  return maskArguments(kept.split('\0')).join('\0');
}
