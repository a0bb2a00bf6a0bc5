// Where a report's page goes: a file that takes the place of an older one at once, or a pipe, a device or standard output. A file of its
// own, as `check` and `report` both write one.

import { errnoOf, messageOf, UserError } from '../base/errors.js';
import { findOutput } from '../base/output.js';
import { writeFileDirect } from '../recording/direct-file.js';
import { FileOutput } from '../tools/blkparse/output.js';

/**
 * Writes a page, for this user alone where it is a file, and tells whether it is; '-' is standard output. Throws a UserError where it
 * can't be written, and OutputClosed where nobody reads on.
 */
export async function writePage(path: string, page: string): Promise<boolean> {
  try {
    const output = path === '-' ? undefined : findOutput(path);
    if (output?.kind === 'file') {
      await writeFileDirect(output.folder, output.name, Buffer.from(page)).finally(() => output.folder.close());
      return true;
    }
    const stream = output ? new FileOutput(path, output.descriptor, output.ours) : FileOutput.standard();
    stream.write(Buffer.from(page));
    stream.close();
    return false;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new UserError(`${path} can’t be written (${messageOf(error)}): name another place with -o.`);
  }
}
