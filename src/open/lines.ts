// The lines of a text of any length, one after the other, in memory that does not follow it.

import type { ByteSource } from '../decode/blktrace/source.js';

/** Text is read in pieces of this many bytes. */
const CHUNK = 256 * 1024;

/**
 * Hands on each line, the last one also where nothing ends it, and closes the source. Of a line that goes over several pieces at most `most` letters
 * are kept until its end. `read` is told the bytes of each piece before its lines.
 */
export async function eachLine(
  source: ByteSource,
  most: number,
  take: (line: string) => void,
  read: (bytes: number) => void = () => {},
): Promise<void> {
  try {
    const chunk = new Uint8Array(CHUNK);
    let rest = '';
    for (let count = await source.read(chunk); count > 0; count = await source.read(chunk)) {
      read(count);
      const lines = (rest + Buffer.from(chunk.buffer, 0, count).toString('latin1')).split('\n');
      rest = (lines.pop() ?? '').slice(0, most);
      for (const line of lines) take(line);
    }
    take(rest);
  } finally {
    await source.close();
  }
}
