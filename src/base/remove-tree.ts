// Removes a folder with all that is in it, also while a process in it puts links in folders' places: it goes down through folders that are
// held, so that nothing outside the tree is touched. `rm` of node:fs goes down by paths.

import { errnoOf } from './errors.js';
import type { HeldFolder } from './held-folder.js';

/** Somebody may go on making files there, or put a folder where a file was: so many surprises are borne in all. */
const MOST_SURPRISES = 100;
const SURPRISES = new Set(['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST']);

/** Removes an entry of a folder, whatever it is; nothing where it is missing. Throws the system's error. */
export function removeTree(parent: HeldFolder, name: string): void {
  removeEntry(parent, name, { left: MOST_SURPRISES });
}

function removeEntry(parent: HeldFolder, name: string, surprises: { left: number }): void {
  for (;;) {
    try {
      if (parent.stat(name)?.isDirectory() !== true) parent.removeSync(name);
      else {
        removeContents(parent.folder(name), surprises);
        parent.removeEmptyFolder(name);
      }
      return;
    } catch (error) {
      const errno = errnoOf(error) ?? '';
      if (errno === 'ENOENT') return;
      surprises.left -= 1;
      if (!SURPRISES.has(errno) || surprises.left < 0) throw error;
    }
  }
}

function removeContents(folder: HeldFolder, surprises: { left: number }): void {
  try {
    for (const entry of folder.list()) removeEntry(folder, entry.name, surprises);
  } finally {
    folder.close();
  }
}
