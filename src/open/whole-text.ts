// The text of a log, as a whole: JSON is parsed at once, and needs ten times its bytes while it is.

import { UserError } from '../base/errors.js';
import { openSource } from '../decode/blktrace/source.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';

/** Eight hours of iostat at one-second intervals of a machine with ten disks. */
const MOST_BYTES = 128 * 1024 * 1024;
const CHUNK = 1024 * 1024;

/** `instead`: how to write a smaller one. Throws a UserError where it can't be read. */
export async function wholeText(path: string, instead: string, progress?: ReadingProgress): Promise<string> {
  const source = openSource(path, meterOf([path], progress));
  const pieces: Buffer[] = [];
  try {
    let length = 0;
    for (;;) {
      const piece = Buffer.alloc(CHUNK);
      const count = await source.read(piece);
      if (count === 0) break;
      if ((length += count) > MOST_BYTES)
        throw new UserError(`${path} is larger than ${MOST_BYTES / 2 ** 20} MiB: ${instead}.`);
      pieces.push(piece.subarray(0, count));
    }
  } finally {
    await source.close();
  }
  if (source.refusal !== undefined) throw new UserError(`${path} can’t be read (${source.refusal}).`);
  return Buffer.concat(pieces).toString('utf8');
}
