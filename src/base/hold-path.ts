// From a path to the folder that it names, held, one name after the other. A link on the way is followed only where no other user can have
// put it there: in somebody's own folder a link may lead, from one moment to the next, to any place of the machine, and what root writes
// would land there. A folder that somebody has put in another's place can only be his own, and what is made in it is made anew.
// The kernel's setting fs.protected_symlinks asks much the same, of folders like /tmp alone, and may be off.

import { statfsSync, type Stats } from 'node:fs';
import { errnoOf, UserError } from './errors.js';
import { HeldFolder } from './held-folder.js';

export interface HoldOptions {
  /** Makes the folders that are missing, for this user alone. */
  readonly make?: boolean;
  /** Refuses a path that another user could give another meaning: for what outside programs are told by its name. */
  readonly guarded?: boolean;
}

/** As the kernel's own bound, MAXSYMLINKS in include/linux/namei.h. */
const MOST_LINKS = 40;
/** PROC_SUPER_MAGIC of include/uapi/linux/magic.h. */
const PROC = 0x9fa0;
const STICKY = 0o1000;

/** Holds the folder at a path. Throws the system's error, or a UserError where the way is not safe. */
export function holdFolder(path: string, { make = false, guarded = false }: HoldOptions = {}): HeldFolder {
  const names = namesOf(path);
  let held = HeldFolder.at(path.startsWith('/') ? '/' : '.');
  let links = 0;
  try {
    for (;;) {
      if (guarded) requireGuarded(held, path);
      const name = names.shift();
      if (name === undefined) return held;
      const next = step(held, name, make);
      if (typeof next === 'string') {
        links += 1;
        if (links > MOST_LINKS) throw new UserError(`${path} leads through too many links: name the folder itself.`);
        names.unshift(...namesOf(next));
        if (!next.startsWith('/')) continue;
      }
      held.close();
      held = typeof next === 'string' ? HeldFolder.at('/') : next;
    }
  } catch (error) {
    held.close();
    throw error;
  }
}

/** Holds the folder of a path; the name is what stands behind the last slash, and may be empty. Errors as of `holdFolder`. */
export function holdPlace(path: string): { readonly folder: HeldFolder; readonly name: string } {
  const slash = path.lastIndexOf('/');
  const folder = slash < 0 ? '.' : path.slice(0, Math.max(1, slash));
  return { folder: holdFolder(folder), name: path.slice(slash + 1) };
}

/** Does something in the folder at a path, which is held meanwhile. Errors as of `holdFolder`. */
export function inFolder<T>(path: string, act: (folder: HeldFolder) => T, options: HoldOptions = {}): T {
  const folder = holdFolder(path, options);
  try {
    return act(folder);
  } finally {
    folder.close();
  }
}

/** Does something with the entry at a path, whose folder is held meanwhile. Errors as of `holdFolder`. */
export function atPlace<T>(path: string, act: (folder: HeldFolder, name: string) => T): T {
  const { folder, name } = holdPlace(path);
  try {
    return act(folder, name);
  } finally {
    folder.close();
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** The next folder, or a link's text. */
function step(held: HeldFolder, name: string, make: boolean): HeldFolder | string {
  try {
    return held.folder(name);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' && make) return held.makeFolder(name);
    const entry = errno === 'ENOTDIR' ? held.stat(name) : undefined;
    if (!entry?.isSymbolicLink()) throw error;
    if (!canBeTrusted(held.owner(), entry))
      throw new UserError(
        `${held.shown(name)} is a link that another user may have put there: name the folder that it leads to.`,
      );
    // The kernel's own links in /proc/PID lead to places that their text may not name.
    const isProc = statfsSync(held.entry('.')).type === PROC;
    return isProc ? HeldFolder.at(held.entry(name), held.shown(name)) : held.linkTarget(name);
  }
}

/** This user's or root's. */
function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/** Whether nobody else can have made a link, or have moved one of ours to where it is. */
function canBeTrusted(folder: Stats, link: Stats): boolean {
  if (!isOurs(folder)) return false;
  if ((folder.mode & 0o022) === 0) return true;
  // A folder that its group can write in is the rule where the umask is 002.
  return isOurs(link) && ((folder.mode & 0o002) === 0 || (folder.mode & STICKY) !== 0);
}

function requireGuarded(held: HeldFolder, path: string): void {
  const stat = held.owner();
  if (isOurs(stat) && ((stat.mode & 0o022) === 0 || (stat.mode & STICKY) !== 0)) return;
  throw new UserError(
    `${path} is not safe, as other users can change ${held.path}: name a folder that they can’t move.`,
  );
}
