// The kernel's symbols, by which the addresses of recorded stacks get names: whether they are shown to us, and their text, packed.
// Source: proc_kallsyms(5); kernel.kptr_restrict in Documentation/admin-guide/sysctl/kernel.rst.

import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { messageOf } from '../base/errors.js';
import type { Loss } from '../model/losses.js';
import type { Sink } from '../model/sink.js';

const KALLSYMS = '/proc/kallsyms';

/** True where the kernel shows its symbols' addresses to us: hidden ones are all zero (kernel.kptr_restrict). */
export function symbolsAreShown(root = ''): boolean {
  try {
    const fd = openSync(root + KALLSYMS, 'r');
    try {
      const start = Buffer.alloc(64 * 1024);
      return /^0*[1-9a-f]/m.test(start.toString('latin1', 0, readSync(fd, start)));
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

/** The kernel's symbols, the text of /proc/kallsyms, compressed as they are read: some megabytes never lie in memory at once. */
async function packSymbols(root: string): Promise<Buffer> {
  const packed: Buffer[] = [];
  await pipeline(createReadStream(root + KALLSYMS), createGzip({ level: 1 }), async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) packed.push(chunk);
  });
  return Buffer.concat(packed);
}

/** Gives them to a recording, compressed off the thread that asks; settles when that has them, or can't have them, which is a loss; never rejects. */
export async function keepSymbols(sink: Sink, lost: (loss: Loss) => void, root = ''): Promise<void> {
  if (!symbolsAreShown(root)) {
    lost({ code: 'no-symbols', where: KALLSYMS });
    return;
  }
  try {
    sink.file('trace/kallsyms.gz', await packSymbols(root));
  } catch (error) {
    lost({ code: 'no-symbols', where: messageOf(error) });
  }
}
