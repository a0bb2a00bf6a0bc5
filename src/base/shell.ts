// Text from outside as one word of a POSIX shell, for commands that people copy: a mount point or a cgroup may be named to do harm.

const PLAIN = /^[\w@%+=:,./-]+$/;

export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
