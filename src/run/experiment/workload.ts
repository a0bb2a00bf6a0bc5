// The workload of a run as a process in a session of its own: how each kind is started, and what it has moved so far. It is in the undo journal before it
// begins, with all that it may start, so that nothing of it goes on when the run is over or this process is killed.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parsePidIo } from '../../base/procfs/pid-io.js';
import { UserError } from '../../base/errors.js';
import { familyOf } from '../../capture/family.js';
import { readWhole } from '../../capture/files.js';
import type { UndoJournal } from '../../capture/undo.js';
import { holdCommand, letGo } from '../held-command.js';
import type { Plan } from './plan.js';
import { statOf } from '../../capture/process.js';

/** What the process that writes snapshots is told. */
export interface SnapshotTask {
  readonly file: string;
  readonly bytes: number;
  readonly everyMs: number;
  readonly blockBytes: number;
  readonly readers: number;
}

/** What it says: bytes written in all, and how long it was at it, ms. */
export interface SnapshotTold {
  readonly bytes: number;
  readonly activeMs: number;
}

/** What a workload has moved since it began. */
export interface Progress {
  readonly bytes: number;
  /** How long it was at it, ms; absent where it always is. */
  readonly activeMs?: number;
}

export interface RunningWorkload {
  readonly pid: number;
  /** Lets it begin. */
  go(): void;
  readonly progress: () => Progress;
  /** Settles when it is gone: with its status, or the signal that ended it, and its last words. */
  readonly gone: Promise<{ readonly status: number | string; readonly complaint: string }>;
}

const SNAPSHOT_FILE = '.iowitness-snapshot';

/** Throws a UserError where two snapshots, the last and the next, have no room on a volume of so many bytes. */
export function checkRoom({ workload }: Plan, bytes: number): void {
  if (workload.kind === 'snapshot' && workload.value.size * 2 > bytes)
    throw new UserError('the volume has no room for two of these snapshots, the last and the next');
}

/** The command line of a plan's workload. `self`: the command that runs this program. */
export function commandOf({ workload, volume }: Plan, self: readonly string[]): readonly string[] {
  switch (workload.kind) {
    case 'command':
      return typeof workload.value === 'string' ? ['/bin/sh', '-c', workload.value] : workload.value;
    case 'dd':
      return [...self, 'dd', ...workload.value.trim().split(/\s+/), 'status=none', '--repeat', 'forever'];
    case 'fio':
      return ['fio', workload.value];
    default: {
      const { size, every, block, readers } = workload.value;
      const task: SnapshotTask = {
        file: `${volume}/${SNAPSHOT_FILE}`,
        bytes: size,
        everyMs: every * 1000,
        blockBytes: block,
        readers,
      };
      const program = fileURLToPath(new URL('./snapshot-main.js', import.meta.url));
      return [process.execPath, program, JSON.stringify(task)];
    }
  }
}

/**
 * What a process and its descendants have written by calls, and had storage read: with children that have ended, whose sums their parents have
 * (proc_pid_io(5)).
 */
function movedBy(pid: number): number {
  return familyOf([pid]).reduce((sum, one) => {
    const io = parsePidIo(readWhole(`/proc/${one}/io`) ?? '');
    return sum + (io ? io.calledWriteBytes + io.readBytes : 0);
  }, 0);
}

const MOST_COMPLAINT = 2000;

/** Starts it, not begun yet. Throws a UserError where that can't be. */
export function startWorkload(plan: Plan, self: readonly string[], journal: UndoJournal): RunningWorkload {
  const isSnapshot = plan.workload.kind === 'snapshot';
  if (isSnapshot)
    journal.plan(
      ['', '.new'].map((end) => ({ kind: 'remove-file', path: `${plan.volume}/${SNAPSHOT_FILE}${end}` }) as const),
    );
  const held = holdCommand(commandOf(plan, self), {
    cwd: plan.volume,
    detached: true,
    streams: ['ignore', isSnapshot ? 'pipe' : 'ignore', 'pipe'],
  });
  const { child, pid } = held;
  const stat = statOf(pid);
  if (!stat) throw new UserError('The workload ended before it began.');
  journal.plan([{ kind: 'kill-session', session: pid, startTicks: stat.startTicks }]);
  let complaint = '';
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-MOST_COMPLAINT)));
  let told: SnapshotTold = { bytes: 0, activeMs: 0 };
  if (isSnapshot && child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => (told = JSON.parse(line)));
  let most = 0;
  const gone: RunningWorkload['gone'] = new Promise((settle) => {
    // Whoever it has started may hold the pipe open for longer.
    child.once('exit', (code, signal) =>
      settle({ status: code ?? signal ?? 'unknown', complaint: complaint.trim().split('\n').at(-1) ?? '' }),
    );
  });
  return {
    pid,
    go: () => letGo(held),
    // A descendant may be missed between its end and its parent's taking notice.
    progress: () => (isSnapshot ? told : { bytes: (most = Math.max(most, movedBy(pid))) }),
    gone,
  };
}
