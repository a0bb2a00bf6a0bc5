// The names of threads that have ended: who did the I/O is asked for when records are read, and by then short-lived ones are gone.
// An instance of our own records their ends, whose events carry name and number; it disturbs no other tracer, and goes with its folder.
// Cost: one event a thread's end, under a microsecond, and one read a poll. The kernel's own list of names (saved_cmdlines) is no
// substitute: on a busy machine it lacks many and holds the names of earlier owners of a number.
// Source: include/trace/events/sched.h, sched_process_exit; its text is `comm=NAME pid=NUMBER prio=…`.

import { closeSync, constants, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../base/errors.js';
import type { UndoJournal } from './undo.js';

const ENDED = /sched_process_exit: comm=(.*) pid=(\d+) prio=/;
/** Names that are kept: those of the latest ends. */
const MOST_NAMES = 100_000;

export class EndedNames {
  private readonly fd: number | undefined;
  private readonly chunk = Buffer.allocUnsafeSlow(64 * 1024);
  private readonly names = new Map<number, string>();
  private rest = '';

  private readonly most: number;

  /** Where the kernel refuses the event, no name is ever known. `most` names are kept. */
  constructor(tracefs: string, journal: UndoJournal, most = MOST_NAMES) {
    this.most = most;
    const folder = join(tracefs, 'instances', `iowitness-${process.pid}-names`);
    try {
      journal.plan([{ kind: 'rmdir', path: folder }]);
      mkdirSync(folder);
      writeFileSync(join(folder, 'buffer_size_kb'), '512');
      writeFileSync(join(folder, 'events/sched/sched_process_exit/enable'), '1');
      this.fd = openSync(join(folder, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  /** Takes in what has been recorded since; to be called often, as the buffer is small. */
  drain(): void {
    if (this.fd === undefined) return;
    for (;;) {
      const read = readSome(this.fd, this.chunk);
      if (read === 0) return;
      const lines = (this.rest + this.chunk.toString('latin1', 0, read)).split('\n');
      this.rest = lines.pop() ?? '';
      for (const line of lines) this.take(line);
    }
  }

  /** The name, in Latin-1, of a thread that has ended. */
  nameOf(pid: number): string | undefined {
    if (!this.names.has(pid)) this.drain();
    return this.names.get(pid);
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
  }

  private take(line: string): void {
    const [, name, pid] = ENDED.exec(line) ?? [];
    if (name === undefined) return;
    // A number that is used again moves to the end of the map, which is in the order of insertion.
    this.names.delete(Number(pid));
    this.names.set(Number(pid), name);
    if (this.names.size <= this.most) return;
    for (const oldest of this.names.keys()) {
      this.names.delete(oldest);
      return;
    }
  }
}

/** Reads what there is without waiting; 0 where there is nothing. */
export function readSome(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into, 0, into.length, null);
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return 0;
    throw error;
  }
}
