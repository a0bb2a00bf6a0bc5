// A memory cgroup for the process that holds memory: what it holds is counted there, and stays out of swap where the kernel can promise that. The undo
// journal removes the group, also after a SIGKILL, by its watchdog or at the next start.

import { UserError } from '../../base/errors.js';
import { UndoJournal } from '../../capture/undo.js';
import { LabCgroup } from '../../lab/scenarios/cgroup.js';

export class HoldGroup {
  readonly maySwap: boolean;
  private readonly journal: UndoJournal;
  private readonly group: LabCgroup;

  /** Throws a UserError where it can't be made. */
  constructor(undoFolder: string | undefined) {
    if (process.geteuid?.() !== 0) throw new UserError('--how cgroup needs root: give --how tmpfs, which does not.');
    this.journal = UndoJournal.open(undoFolder);
    try {
      this.group = LabCgroup.make(this.journal, 'memory', 'hold');
      this.maySwap = !this.group.forbidSwap();
    } catch (error) {
      this.journal.undoAll();
      throw error;
    }
  }

  enter(pid: number): void {
    this.group.enter(pid);
  }

  /** Once that process has ended. Returns what could not be undone, in sentences. */
  remove(): string[] {
    return this.journal.undoAll();
  }
}
