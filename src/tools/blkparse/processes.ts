// Who did it: names by process id as notifications tell them, and the figures of each process for `-s`.
// The first name that is heard of a process id stays, as in blkparse; a process that nobody named becomes "unknown" once it is counted.

import { IoStats } from './io-stats.js';
import type { Time } from './track-memory.js';

export interface Process {
  readonly pid: number;
  /** At most 15 bytes, in whatever encoding. */
  readonly name: Uint8Array;
  /** The same bytes as Latin-1, to compare by. */
  readonly key: string;
}

const UNKNOWN = new TextEncoder().encode('unknown');

export class ProcessNames {
  private readonly byPid = new Map<number, Process>();

  find(pid: number): Process | undefined {
    return this.byPid.get(pid);
  }

  /** The process of that id, which gets this name if it has none yet. */
  add(pid: number, name: Uint8Array = UNKNOWN): Process {
    let process = this.byPid.get(pid);
    if (process === undefined) {
      process = { pid, name, key: Array.from(name, (byte) => String.fromCharCode(byte)).join('') };
      this.byPid.set(pid, process);
    }
    return process;
  }
}

/** The longest waits of one process, in nanoseconds, by direction. NaN once an unknown time went into one. */
export type LongestWaits = [reads: Time, writes: Time];

export class ProcessStats {
  readonly process: Process;
  readonly stats = new IoStats();
  /** Whether other processes of the same name are counted here (`-h`). */
  moreThanOne = false;
  readonly allocation: LongestWaits = [0, 0];
  readonly dispatch: LongestWaits = [0, 0];
  readonly completion: LongestWaits = [0, 0];

  constructor(process: Process) {
    this.process = process;
  }
}

/** The figures of all processes, one row a process id or one a name. */
export class ProcessTable {
  readonly list: ProcessStats[] = [];
  private readonly names: ProcessNames;
  private readonly byName: boolean;
  private readonly rows = new Map<number | string, ProcessStats>();

  constructor(names: ProcessNames, byName: boolean) {
    this.names = names;
    this.byName = byName;
  }

  /** The row of a process id; by name, that another process shares it is noted. */
  find(pid: number): ProcessStats | undefined {
    const row = this.peek(pid);
    if (row && row.process.pid !== pid) row.moreThanOne = true;
    return row;
  }

  /** The same without a note. */
  peek(pid: number): ProcessStats | undefined {
    if (!this.byName) return this.rows.get(pid);
    const name = this.names.find(pid)?.key;
    return name === undefined ? undefined : this.rows.get(name);
  }

  /** By name, two processes that nobody named make two rows "unknown", of which the later is found from then on. */
  statsOf(pid: number): IoStats {
    let row = this.find(pid);
    if (row === undefined) {
      row = new ProcessStats(this.names.add(pid));
      this.rows.set(this.byName ? row.process.key : pid, row);
      this.list.push(row);
    }
    return row.stats;
  }
}
