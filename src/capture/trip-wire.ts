// A trace instance that records nothing: the kernel switches it on when an event happens that must not be missed and is too seldom to be looked
// for (Documentation/trace/events.rst, section 6.2, the trigger traceon). One small read tells whether it did.

import { closeSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instanceFolder } from './tracefs.js';
import type { UndoJournal } from './undo.js';

export class TripWire {
  private readonly folder: string;
  private readonly fd: number;
  private readonly state = Buffer.alloc(8);

  /** `events`: the condition of each, by 'system/event', as a trigger takes it. Throws the system's error where tracefs refuses the instance. */
  constructor(tracefs: string, journal: UndoJournal, events: Readonly<Record<string, string>>) {
    this.folder = instanceFolder(tracefs, 'wire');
    journal.plan([{ kind: 'rmdir', path: this.folder }]);
    mkdirSync(this.folder);
    this.set('tracing_on', '0');
    this.set('buffer_size_kb', '4');
    for (const [event, condition] of Object.entries(events)) this.arm(event, condition);
    this.fd = openSync(join(this.folder, 'tracing_on'), 'r');
  }

  /** Events without a wire: this kernel lacks them, or their triggers. */
  readonly missing: string[] = [];

  private set(file: string, value: string): void {
    writeFileSync(join(this.folder, file), value);
  }

  private arm(event: string, condition: string): void {
    try {
      this.set(`events/${event}/trigger`, `traceon${condition}`);
    } catch {
      this.missing.push(event);
    }
  }

  /** True once for whatever happened since this was last asked. */
  tripped(): boolean {
    readSync(this.fd, this.state, 0, this.state.length, 0);
    if (this.state[0] !== 0x31) return false;
    try {
      this.set('tracing_on', '0');
    } catch {
      // tracefs was unmounted, which whoever looks after the tracer notices.
    }
    return true;
  }

  /** The folder itself is removed by the undo journal. */
  close(): void {
    closeSync(this.fd);
  }
}
