// tracefs and debugfs where they are mounted, or mounted for ourselves in a private folder where they are not.
// Both are views of the one kernel-wide filesystem, so a private mount changes nothing that another process can see but the mount itself.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findTracefs } from './tracefs.js';
import type { UndoJournal } from './undo.js';

const RUN = '/run/iowitness';

export interface KernelFilesystems {
  /** Absent where it could neither be found nor mounted; `why` says what refused. */
  readonly tracefs?: string;
  readonly debugfs?: string;
  readonly why?: string;
}

function mountPrivately(type: 'tracefs' | 'debugfs', journal: UndoJournal): { path: string } | { why: string } {
  const folder = join(RUN, `${type}-${process.pid}`);
  journal.plan([
    { kind: 'rmdir', path: folder },
    { kind: 'unmount', path: folder },
  ]);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mount = spawnSync('mount', ['-t', type, 'none', folder], { encoding: 'utf8' });
  return mount.status === 0
    ? { path: folder }
    : { why: (mount.stderr || String(mount.error ?? 'mount failed')).trim() };
}

/** Finds or mounts both. Only root can mount; anybody else gets what is there and readable. */
export function openKernelFilesystems(journal: UndoJournal): KernelFilesystems {
  const root = process.geteuid?.() === 0;
  const foundTracefs = findTracefs();
  const foundDebugfs = existsSync('/sys/kernel/debug/bdi') ? '/sys/kernel/debug' : undefined;
  if (!root) {
    return {
      why: 'only root can read kernel events',
      ...(foundDebugfs !== undefined && { debugfs: foundDebugfs }),
    };
  }
  const tracefs = foundTracefs === undefined ? mountPrivately('tracefs', journal) : { path: foundTracefs };
  const debugfs = foundDebugfs === undefined ? mountPrivately('debugfs', journal) : { path: foundDebugfs };
  return {
    ...('path' in tracefs ? { tracefs: tracefs.path } : { why: tracefs.why }),
    ...('path' in debugfs && { debugfs: debugfs.path }),
  };
}
