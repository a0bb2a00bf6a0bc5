// Where -o leads: to a descriptor that this process has, to a device or a pipe, or to a name that is free or a plain file's. A device is
// written to and never replaced, a link is not followed, and no file is written that another user owns or has a name of.

import { closeSync, constants, fstatSync, ftruncateSync, type Stats } from 'node:fs';
import { errnoOf, UserError } from './errors.js';
import type { HeldFolder } from './held-folder.js';
import { holdPlace } from './hold-path.js';

export type Output =
  /** To be written to as it is; `ours` tells whether to close it. */
  | { readonly kind: 'stream'; readonly descriptor: number; readonly ours: boolean }
  /** The folder is for the caller to close. */
  | { readonly kind: 'file'; readonly folder: HeldFolder; readonly name: string };

const STANDARD: Readonly<Record<string, number>> = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 };

/** The descriptor of this process that a path names, as a shell's `>(…)` does. */
function ownDescriptor(path: string): number | undefined {
  const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  return number === undefined ? STANDARD[path] : Number(number);
}

/** Finds out what is at a path, and opens a device or a pipe. Throws a UserError for what can't be written to, or the system's error. */
export function findOutput(path: string): Output {
  const own = ownDescriptor(path);
  if (own !== undefined) return { kind: 'stream', descriptor: own, ours: false };
  if (path === '') throw new UserError('There is no file without a name: name one to write to.');
  const { folder, name } = holdPlace(path);
  try {
    const stat = folder.stat(name);
    if (stat === undefined || stat.isFile()) return { kind: 'file', folder, name };
    const descriptor = openStream(path, folder, name, stat);
    folder.close();
    return { kind: 'stream', descriptor, ours: true };
  } catch (error) {
    folder.close();
    throw error;
  }
}

function openStream(path: string, folder: HeldFolder, name: string, stat: Stats): number {
  if (stat.isDirectory()) throw new UserError(`${path} is a folder: name a file in it.`);
  if (stat.isSymbolicLink())
    throw new UserError(`${path} is a link to ${folder.linkTarget(name)} and is not followed: name that file itself.`);
  requireStream(path, stat);
  const descriptor = folder.openSync(name, constants.O_WRONLY | constants.O_NOCTTY);
  try {
    // Another may have come by that name.
    requireStream(path, fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function requireStream(path: string, stat: Stats): void {
  if (stat.isCharacterDevice()) return;
  if (!stat.isFIFO()) throw new UserError(`${path} is neither a file nor a pipe: name another place.`);
  if (stat.uid !== 0 && stat.uid !== process.geteuid?.())
    throw new UserError(`${path} is a pipe of another user (${stat.uid}), who would read it: name another place.`);
}

/**
 * Opens a file to be written from its beginning while somebody may look on: a new one for this user alone, or one that is there, emptied.
 * Throws a UserError for another user's, or the system's error.
 */
export function openFile(folder: HeldFolder, name: string): number {
  try {
    return folder.createSync(name);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  const descriptor = folder.openSync(name, constants.O_WRONLY | constants.O_NONBLOCK);
  const stat = fstatSync(descriptor);
  if (stat.isFile() && stat.uid === process.geteuid?.() && stat.nlink === 1) {
    ftruncateSync(descriptor);
    return descriptor;
  }
  closeSync(descriptor);
  const why = stat.nlink > 1 ? 'has a second name' : `belongs to another user (${stat.uid})`;
  throw new UserError(`${folder.shown(name)} ${why}: remove it, or name another place.`);
}
