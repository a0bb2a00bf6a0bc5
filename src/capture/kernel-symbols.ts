// The kernel's symbols, by which the addresses of recorded stacks get names: whether they are shown to us, and their text, packed.
// Source: proc_kallsyms(5); kernel.kptr_restrict in Documentation/admin-guide/sysctl/kernel.rst.

import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

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
export async function packSymbols(root = ''): Promise<Buffer> {
  const packed: Buffer[] = [];
  await pipeline(createReadStream(root + KALLSYMS), createGzip({ level: 1 }), async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) packed.push(chunk);
  });
  return Buffer.concat(packed);
}
