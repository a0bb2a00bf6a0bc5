// The JVM's own report of deadlocks → who waits for what that whom holds. Its threads are told again there, with stacks of their own, and are no
// further threads. Source: DeadlockCycle::print_on_with (src/hotspot/share/services/threadService.cpp).
//
//   "b":
//     waiting to lock monitor 0x00007f… (object 0x00000000fa18e2f0, a java.lang.Object),
//     which is held by "a"

import type { DumpedLock, ReportedWait } from '../../model/thread-dump.js';
import { lockOf } from './lock-lines.js';
import { nameOf } from './text.js';

const WAITER = /^"([^]*)":$/;
const MONITOR =
  /^waiting to lock (?:monitor|Monitor@)\s*\S* \((?:object |Object@)(?:0x)?([\da-f]+), an? (.*?)\)[,.]?$/i;
const SYNCHRONIZER = /^waiting for ownable synchronizer (?:0x)?([\da-f]+),? \(an? (.*?)\)[,.]?$/i;
const HELD = /^which is held by "([^]*)"$/;

export class DeadlockSection {
  readonly waits: ReportedWait[] = [];
  private waiter: string | undefined;
  private lock: DumpedLock | undefined;

  /** A line of the section, without the blanks around it. */
  take(line: string): void {
    const [, waiter] = WAITER.exec(line) ?? [];
    if (waiter !== undefined) {
      this.waiter = nameOf(waiter);
      this.lock = undefined;
      return;
    }
    const [, id, type = ''] = MONITOR.exec(line) ?? SYNCHRONIZER.exec(line) ?? [];
    if (id !== undefined) this.lock = lockOf(`<0x${id}> (a ${type})`);
    const [, owner] = HELD.exec(line) ?? [];
    if (owner === undefined || this.waiter === undefined || this.lock === undefined) return;
    this.waits.push({ waiter: this.waiter, lock: this.lock, owner: nameOf(owner) });
    this.lock = undefined;
  }
}
