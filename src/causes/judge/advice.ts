// Advice as causes write it: words with commands between them. What leaves is the sentence with each command between backticks, and the
// commands as data with what they change and how that is undone, so that pages can offer them and scripts can read them.

import { shellWord } from '../../base/shell.js';
import type { Advice } from '../../model/diagnosis.js';

type Command = Advice['commands'][number];

/** A command that only looks. */
export function look(command: string): Command {
  return { command, changes: null, undo: null };
}

/** A command that leaves something different; `undo` is words, with its commands between backticks. */
export function change(command: string, changes: string, undo: string): Command {
  return { command, changes, undo };
}

/** Writes a setting's file; `was` is the value in force. */
export function write(value: string, file: string, changes: string, was: string | undefined): Command {
  const echo = (what: string) => `echo ${shellWord(what)} > ${shellWord(file)}`;
  const undo = was === undefined ? 'write back what the file showed before' : `\`${echo(was)}\``;
  return change(echo(value), changes, undo);
}

/** Joins words and commands: advise`Raise it: ${write('128', file, …)}.` */
export function advise(words: TemplateStringsArray, ...parts: readonly (Command | string)[]): Advice {
  const text = (one: Command | string | undefined) => (typeof one === 'object' ? `\`${one.command}\`` : (one ?? ''));
  return {
    text: words.map((word, index) => word + text(parts[index])).join(''),
    commands: parts.filter((one) => typeof one === 'object'),
  };
}
