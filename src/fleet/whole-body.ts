// An answer's body as a whole, up to a bound.

import type { IncomingMessage } from 'node:http';

/** Rejects with what `tooLong` makes beyond so many bytes, and with the connection's error. */
export async function wholeBody(answer: IncomingMessage, most: number, tooLong: () => Error): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.length;
    if (bytes > most) throw tooLong();
    parts.push(part);
  }
  return Buffer.concat(parts);
}
