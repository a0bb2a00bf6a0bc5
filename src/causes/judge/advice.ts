// Advice as causes write it: words with commands between them. What leaves is the sentence with each command between backticks, and the
// commands as data with what they change and how that is undone, so that pages can offer them and scripts can read them.

import { shellWord } from '../../base/shell.js';
import type { Advice } from '../../model/diagnosis.js';
import type { CgroupLimit } from '../../model/facts.js';

export type Command = Advice['commands'][number];

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

/** Takes a limit on I/O away: version 2 has one file with a key for each, version 1 a file for each, in which 0 is none. */
export function unlimit({ file, device = 'MAJ:MIN', what, value, cgroup }: CgroupLimit): Command {
  const line = (limit: string) => (file.endsWith('io.max') ? `${device} ${what}=${limit}` : `${device} ${limit}`);
  const none = line(file.endsWith('io.max') ? 'max' : '0');
  return write(none, file, `what cgroup ${cgroup} may do on that device`, line(String(value)));
}

/** Sets properties of a systemd unit until the machine restarts. */
export function setProperties(unit: string, ...assignments: readonly string[]): string {
  return `systemctl set-property --runtime ${[unit, ...assignments].map(shellWord).join(' ')}`;
}

/** Joins words and commands: advise`Raise it: ${write('128', file, …)}.` */
export function advise(words: TemplateStringsArray, ...parts: readonly (Command | string)[]): Advice {
  const text = (one: Command | string | undefined) => (typeof one === 'object' ? `\`${one.command}\`` : (one ?? ''));
  return {
    text: words.map((word, index) => word + text(parts[index])).join(''),
    commands: parts.filter((one) => typeof one === 'object'),
  };
}
