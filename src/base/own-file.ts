// Small files of state in held folders, such as undo journals and books of a disk's past: read only where they are this user's and nobody else can
// write them, and replaced whole, so that at every moment the old text or the new one is there.

import { closeSync, constants, fstatSync, fsyncSync, readFileSync, writeFileSync } from 'node:fs';
import type { HeldFolder } from './held-folder.js';

/** A file's text; undefined where it is larger than `mostBytes`. Throws the system's error, or in words where others have a hand in it. */
export function readOwnFile(folder: HeldFolder, name: string, mostBytes = Infinity): string | undefined {
  // A pipe by that name is not waited for.
  const file = folder.openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (stat.uid !== process.geteuid?.()) throw new Error(`it belongs to another user (${stat.uid}) and is left alone`);
    if (!stat.isFile() || (stat.mode & 0o022) !== 0)
      throw new Error('it is no file of this user’s alone and is left alone');
    return stat.size > mostBytes ? undefined : readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Puts a text or bytes in a file's place, on disk before the old one goes. Throws the system's error. */
export function replaceFile(folder: HeldFolder, name: string, content: string | Uint8Array): void {
  const fresh = `${name}.new`;
  if (folder.stat(fresh)) folder.removeSync(fresh);
  const file = folder.createSync(fresh);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  folder.renameSync(fresh, name);
}
