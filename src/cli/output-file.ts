// Where what a command makes goes: a file that takes the place of an older one at once, or a pipe, a device or standard output. A file of its
// own, as `check`, `report` and `export` all write one.

import { errnoOf, reasonOf, UserError } from '../base/errors.js';
import { findOutput } from '../base/output.js';
import { writeFileDirect } from '../recording/direct-file.js';
import { FileOutput } from '../tools/blkparse/output.js';

/**
 * Writes the pieces, for this user alone and whole at once where it is a file, and tells whether it is; '-' is standard output. Throws a
 * UserError where it can't be written, and OutputClosed where nobody reads on.
 */
export async function writeOutput(path: string, pieces: Iterable<Uint8Array>): Promise<boolean> {
  try {
    const output = path === '-' ? undefined : findOutput(path);
    if (output?.kind === 'file') {
      await writeFileDirect(output.folder, output.name, Buffer.concat([...pieces])).finally(() =>
        output.folder.close(),
      );
      return true;
    }
    const stream = output ? new FileOutput(path, output.descriptor, output.ours) : FileOutput.standard();
    for (const piece of pieces) stream.write(piece);
    stream.close();
    return false;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new UserError(`${path} can’t be written (${reasonOf(error)}): name another place with -o.`);
  }
}

/** The same of a text. */
export function writePage(path: string, page: string): Promise<boolean> {
  return writeOutput(path, [Buffer.from(page)]);
}

/** Throws a UserError where a result and what `--json` says of it would both go to standard output. */
export function refuseStandardOutput(path: string | undefined): void {
  if (path === '-') throw new UserError('--json says where the result is: name a file with -o.');
}
