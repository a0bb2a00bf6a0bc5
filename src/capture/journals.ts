// The folder of undo journals, held. Whoever can write a journal has root do what it says at the next start, so folder and journals are
// used only where they are this user's and nobody else can write them, and are looked at through descriptors that nobody can exchange.

import { errnoOf, messageOf, UserError } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import { holdFolder } from '../base/hold-path.js';

const PURPOSE = 'where changes are noted so that they can be undone,';

/** Holds the folder, which is made where it is missing. Throws a UserError where there is none that is safe. */
export function makeJournals(path: string | undefined): HeldFolder {
  if (path === undefined)
    throw new UserError(
      'There is no folder to note changes in so that they can be undone: set HOME or XDG_STATE_HOME to a folder of this user.',
    );
  let folder: HeldFolder;
  try {
    folder = holdFolder(path, { make: true });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new UserError(`${path}, ${PURPOSE} can’t be made (${messageOf(error)}): make it, writable for this user.`);
  }
  try {
    requireSafe(folder);
    return folder;
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Throws a UserError where others can write in it. */
export function requireSafe(folder: HeldFolder): void {
  const danger = folder.danger();
  if (danger !== undefined)
    throw new UserError(`${folder.path}, ${PURPOSE} ${danger}: look at what is in it, and make it this user’s alone.`);
}
