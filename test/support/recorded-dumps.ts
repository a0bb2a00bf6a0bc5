// Recordings with thread dumps in them, written as the recorder writes them and opened as any recording is.

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Case } from '../../src/model/case.js';
import { SOURCE, type DumpMark } from '../../src/model/recording.js';
import { openCase, type OpenOptions } from '../../src/open/recording.js';
import { RecordingWriter } from '../../src/recording/writer.js';
import { inFolder, newManifest } from './recordings.js';

export const JVM = 4711;

export interface Taken {
  readonly atMs: number;
  /** What the JVM printed; bytes are kept as they are, for dumps that are damaged. */
  readonly text: string | Uint8Array;
  readonly mark?: Partial<DumpMark>;
  /** What the mark says instead, for one that lies. */
  readonly told?: Partial<DumpMark>;
}

/** The case of a recording with these dumps of one JVM. */
export async function caseWithDumps(dumps: readonly Taken[], options: OpenOptions = {}): Promise<Case> {
  return await withDumps(dumps, async (path) => await openCase(path, options));
}

/** What is made of such a recording while it is there. */
export async function withDumps<T>(dumps: readonly Taken[], use: (path: string) => Promise<T>): Promise<T> {
  let found: { readonly made: T } | undefined;
  await inFolder(async (folder) => {
    const manifest = newManifest();
    const path = join(folder, 'dumps.iow');
    const writer = await RecordingWriter.create(path, manifest);
    const startNs = BigInt(manifest.start.monotonicNs);
    for (const [at, { atMs, text, mark, told }] of dumps.entries()) {
      const whole: DumpMark = { pid: JVM, file: `jvm/${JVM}-${at + 1}.txt.gz`, tookMs: 5, atWork: [], ...mark };
      writer.file(whole.file, typeof text === 'string' ? gzipSync(text) : text);
      writer.reading(SOURCE.threadDump, JSON.stringify({ ...whole, ...told }), startNs + BigInt(atMs) * 1_000_000n);
    }
    const { monotonicNs, wallMs } = manifest.start;
    await writer.close(
      { monotonicNs: (BigInt(monotonicNs) + 10_000_000_000n).toString(), wallMs: wallMs + 10_000 },
      'time',
    );
    found = { made: await use(path) };
  });
  if (!found) throw new Error('the recording was not opened');
  return found.made;
}
