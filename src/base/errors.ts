// What the user is told when a command cannot do its work: one sentence with what is wrong, where, and what to do.
// Only the command line turns it into an exit status; everything below it throws a UserError or records a loss.

/** A condition that the user can act on. Its message is one whole sentence and is printed without a stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Wrong use of a command: of its options and arguments among each other, whatever the machine is like. */
export class UsageError extends UserError {}

/** The errno name of a system error ('ENOENT', 'EACCES', …), or undefined for any other thrown value. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return undefined;
}

/** Why the system refused, without the call and the path that it was refused for: 'EACCES: permission denied'. */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(/, \w+(?: '[^]*')?$/, '');
}

/** Why a path can't be read, and what to do: `instead` is what to name where it is nothing that can be read ('name a heap dump'). */
export function unreadable(path: string, error: unknown, instead: string): UserError {
  switch (errnoOf(error)) {
    case 'ENOENT':
      return new UserError(`There is no ${shownWord(path)}: ${instead}.`);
    case 'EISDIR':
      return new UserError(`${path} is a folder: ${instead}.`);
    case 'EACCES':
    case 'EPERM':
      return new UserError(`${path} may not be read by this user: read it as its owner or as root.`);
    default:
      return new UserError(`${path} can’t be read (${reasonOf(error)}): ${instead}.`);
  }
}

/** A word of the user's as sentences show it: an empty one would leave a gap in them. */
export function shownWord(word: string): string {
  return word === '' ? '‘’' : word;
}

/** A thrown value as text, for sentences that quote it: on one line, as V8 quotes what JSON.parse refuses with its line breaks. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*[\r\n]\s*/g, ' ');
}
