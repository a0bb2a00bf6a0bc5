// kernel.task_delayacct: whether the kernel counts how long each process waits for block I/O. It is off by default since Linux 5.14, costs all
// processes a little while it is on, and counts only for those that begin while it is on. What it was is journalled before it is switched on.
// Source: Documentation/accounting/delay-accounting.rst; kernel/delayacct.c (delayacct_tsk_init).

import { writeFileSync } from 'node:fs';
import { errnoOf, messageOf } from '../../base/errors.js';
import { readWhole } from '../../capture/files.js';
import type { UndoJournal } from '../../capture/undo.js';
import type { Seen } from './processes.js';

const SETTING = '/proc/sys/kernel/task_delayacct';

export class Delays {
  private readonly journal: UndoJournal;
  private readonly ticksPerSecond: number;
  private isJournalled = false;
  /** Clock ticks after boot from which on we know it to be on. */
  private onSince = Infinity;

  constructor(journal: UndoJournal, ticksPerSecond: number) {
    this.journal = journal;
    this.ticksPerSecond = ticksPerSecond;
  }

  /** As it is set now; to be called at each sample. */
  look(): boolean {
    const isOn = readWhole(SETTING)?.trim() === '1';
    if (!isOn) this.onSince = Infinity;
    else if (this.onSince === Infinity) this.onSince = this.ticksNow();
    return isOn;
  }

  private ticksNow(): number {
    return Number((readWhole('/proc/uptime') ?? '').split(' ')[0]) * this.ticksPerSecond;
  }

  /** Switches it, and says in a sentence why that can't be. */
  toggle(): string | undefined {
    const before = readWhole(SETTING);
    if (before === undefined)
      return 'this kernel has no kernel.task_delayacct: boot it with delayacct (Linux 5.13 and older)';
    try {
      if (!this.isJournalled) this.journal.plan([{ kind: 'write-file', path: SETTING, value: before }]);
      this.isJournalled = true;
      writeFileSync(SETTING, before.trim() === '1' ? '0\n' : '1\n');
      return undefined;
    } catch (error) {
      if (errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM')
        return 'only root can switch kernel.task_delayacct on';
      return messageOf(error);
    }
  }

  /** The share of the time that a thread waited for block I/O; null where that was not counted for it. */
  shareOf({ stat, growth }: Pick<Seen, 'stat' | 'growth'>, isOn: boolean): number | null {
    const ticks = growth?.blkioTicks;
    if (!isOn || !growth || ticks === undefined || growth.seconds <= 0) return null;
    // Of one that began before it was on nothing is counted, and its figure stays 0.
    if ((stat.blkioTicks ?? 0) === 0 && stat.startTicks < this.onSince) return null;
    return Math.min(1, Math.max(0, ticks / this.ticksPerSecond / growth.seconds));
  }
}
