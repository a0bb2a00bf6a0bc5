// Users by their numbers, as /etc/passwd has them; a number that it does not have stays one, as it may be another service's (passwd(5)).

import { shownWord, UserError } from '../../base/errors.js';
import { readWhole } from '../../capture/files.js';

export function userNames(root = ''): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of (readWhole(`${root}/etc/passwd`) ?? '').split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (/^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}

/** The users that are asked for, by name or number, as lines name them. Throws a UserError for a name that there is not. */
export function usersAsked(asked: readonly string[], root = ''): string[] {
  const names = userNames(root);
  const known = new Set(names.values());
  return asked.map((user) => {
    if (known.has(user)) return user;
    if (/^\d+$/.test(user)) return names.get(Number(user)) ?? String(Number(user));
    throw new UserError(
      `There is no user ${shownWord(user)} in /etc/passwd: name one that is there, or give a number.`,
    );
  });
}
