// The folder of undo journals, held. Whoever can write a journal has root do what it says at the next start, so folder and journals are
// used only where they are this user's and nobody else can write them, and are looked at through descriptors that nobody can exchange.

import { closeSync, constants, fstatSync, fsyncSync, readFileSync, writeFileSync } from 'node:fs';
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

/** Puts a journal in another's place so that at every moment the old text or the new one is there. */
export function replaceJournal(folder: HeldFolder, name: string, text: string): void {
  const fresh = `${name}.new`;
  if (folder.stat(fresh)) folder.removeSync(fresh);
  const file = folder.createSync(fresh);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  folder.renameSync(fresh, name);
}

/** A journal's text. Throws the system's error, or in words where others have a hand in it. */
export function readJournal(folder: HeldFolder, name: string): string {
  // A pipe by that name is not waited for.
  const file = folder.openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (stat.uid !== process.geteuid?.()) throw new Error(`it belongs to another user (${stat.uid}) and is left alone`);
    if (!stat.isFile() || (stat.mode & 0o022) !== 0)
      throw new Error('it is no file of this user’s alone and is left alone');
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
