// The folder of a new recording: a path → a folder that is held open, empty, and reachable by nobody else. What others could reach, what is a
// link and what holds something already is refused in one sentence.

import { errnoOf, messageOf, UserError } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import { holdPlace } from '../base/hold-path.js';

/** The recording's folder, held: new, or empty and this user's alone. Throws a UserError where it can't be. */
export function makeFolder(path: string): HeldFolder {
  const made = holdNew(path);
  const danger = made.danger();
  const isEmpty = danger === undefined && made.list().length === 0;
  if (isEmpty) return made;
  made.close();
  throw new UserError(
    danger === undefined
      ? `${path} exists and is not empty: name another recording with -o.`
      : `${path} ${danger}, so the recording would not be safe there: name another with -o.`,
  );
}

function holdNew(path: string): HeldFolder {
  try {
    const { folder, name } = holdPlace(path.replace(/(?<=.)\/+$/, ''));
    try {
      if (folder.stat(name)?.isSymbolicLink())
        throw new UserError(`${path} is a link and is not followed: name the folder itself, or another with -o.`);
      return folder.makeFolder(name);
    } finally {
      folder.close();
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new UserError(`${path} can’t be made (${messageOf(error)}): name another place with -o.`);
  }
}
