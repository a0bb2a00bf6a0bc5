// What the user is told when a command cannot do its work: one sentence with what is wrong, where, and what to do.
// Only the command line turns it into an exit status; everything below it throws a UserError or records a loss.

/** A condition that the user can act on. Its message is one whole sentence and is printed without a stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

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

/** A thrown value as text, for sentences that quote it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
