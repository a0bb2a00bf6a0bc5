// The folder in which `watch` keeps what it finds, for the commands that read it.

import { errnoOf, UserError } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import { inFolder } from '../base/hold-path.js';

interface WatchFolderOptions {
  readonly dir: string;
  /** Seconds ago. */
  readonly since?: number;
}

/** Reads what is kept; `from` is the moment of `--since`, ms since 1970. Throws a UserError where nobody has watched, or where it may not be read. */
export function inWatchFolder<T>(
  { dir, since }: WatchFolderOptions,
  read: (folder: HeldFolder, path: string, from: number | undefined) => T,
): T {
  try {
    return inFolder(dir, (folder) =>
      read(folder, folder.realPath(), since === undefined ? undefined : Date.now() - since * 1000),
    );
  } catch (error) {
    if (errnoOf(error) === 'ENOENT')
      throw new UserError(`There is no ${dir}, so nobody has watched into it: \`iowitness watch\` begins to.`);
    if (errnoOf(error) === 'EACCES') throw new UserError(`${dir} may be read by root alone: run it with sudo.`);
    throw error;
  }
}
