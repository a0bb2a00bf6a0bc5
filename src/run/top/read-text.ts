// A small file of /proc that may be gone or refused at any time, as those of processes may.

import { errnoOf } from '../../base/errors.js';
import type { OpenFiles } from '../../capture/files.js';

/** Undefined where it can't be read: a process ends between the listing and the look, and another user's is refused. */
export function readText(files: OpenFiles, path: string): string | undefined {
  try {
    return files.readOnce(path).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
