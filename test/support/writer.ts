// A victim for tests of a watch.

import { setPriority } from 'node:os';
import type { UndoJournal } from '../../src/capture/undo.js';
import { startWorkload, type Workload } from '../../src/lab/workload.js';

const MiB = 1024 * 1024;

/** A process that writes 4 KiB to a file again and again once it is let go; ahead of everybody else, or on a busy machine want of a CPU would be told first, and rightly. */
export async function startWriter(
  journal: UndoJournal,
  { name, file, direct = true }: { readonly name: string; readonly file: string; readonly direct?: boolean },
): Promise<Workload> {
  const work = { does: 'write', file, fileBytes: 64 * MiB, blockBytes: 4096, direct, restMs: 5 } as const;
  const victim = await startWorkload(journal, { name, threads: [work] });
  setPriority(victim.pid, -20);
  return victim;
}
