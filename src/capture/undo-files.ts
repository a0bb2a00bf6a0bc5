// Undoing what lies in folders that other users may own: files of ours there are removed or set back through their folder, held, so that
// whoever puts a link in the folder's place gains nothing. Nothing to undo where it is gone already, with the folder or without.

import { closeSync, constants, writeSync } from 'node:fs';
import { errnoOf } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import { atPlace } from '../base/hold-path.js';
import { removeTree } from '../base/remove-tree.js';

/** Does something with an entry of a folder; false where there is none. */
function withEntry(path: string, act: (folder: HeldFolder, name: string) => void): boolean {
  try {
    return atPlace(path, (folder, name) => {
      const isThere = folder.stat(name) !== undefined;
      if (isThere) act(folder, name);
      return isThere;
    });
  } catch (error) {
    // The folder has gone, or the file since it was looked at.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** Removes a file, or a link itself. Each of these tells whether there was something to do, and throws the system's error. */
export function undoFile(path: string): boolean {
  return withEntry(path, (folder, name) => folder.removeSync(name));
}

export function undoTree(path: string): boolean {
  return withEntry(path, removeTree);
}

/** Writes a value into a file, which is not made anew where it has just gone. */
export function undoValue(path: string, value: string): boolean {
  return withEntry(path, (folder, name) => {
    const file = folder.openSync(name, constants.O_WRONLY | constants.O_TRUNC);
    try {
      writeSync(file, value);
    } finally {
      closeSync(file);
    }
  });
}
