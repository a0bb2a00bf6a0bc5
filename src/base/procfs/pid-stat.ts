// /proc/PID/stat: a process's name, state, faults, CPU time, priority and start, on one line.
// Source: proc_pid_stat(5); Documentation/filesystems/proc.rst, table 1-4; field numbers below are the manual page's, from 1.
// In base, as capture chooses the busiest processes by it and decode reads it from the recording.
//
//   812 (my (odd) name) S 1 812 812 0 -1 4194560 ...
//       ^ first '('   ^ last ')': the name is the program's own and may hold spaces, parentheses and newlines

import { toInteger } from './numbers.js';

export interface PidStat {
  readonly pid: number;
  readonly comm: string;
  /** R running, S sleeping, D uninterruptible, T stopped, t traced, Z zombie, I idle kernel thread, X dead. */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  /** The controlling terminal; 0 for none. */
  readonly tty: number;
  readonly kernelThread: boolean;
  readonly minflt: number;
  readonly majflt: number;
  /** Minor faults of the children that it has waited for: it grows when one is reaped. */
  readonly childMinflt: number;
  /** -20 to 19; of this thread alone. */
  readonly nice: number;
  /** Clock ticks. */
  readonly utime: number;
  readonly stime: number;
  readonly threads: number;
  /** Clock ticks after boot. */
  readonly startTicks: number;
  /** Pages. */
  readonly rss: number;
  /** Clock ticks waited for block I/O; stays 0 while kernel.task_delayacct is off. Absent before Linux 2.6.18. */
  readonly blkioTicks?: number;
  /** The scheduling class of this thread (SCHED_* in include/uapi/linux/sched.h). Absent before Linux 2.5.19. */
  readonly policy?: number;
}

/** A worker's name with what it works on is the longest (proc_task_name() in fs/proc/array.c). */
const MOST_COMM = 64;
const SPACES = /\s+/;
/** The last of those that are kept: delayacct_blkio_ticks. */
const LAST_FIELD = 42;
/** PF_KTHREAD, include/linux/sched.h since Linux 2.6.27. */
const KERNEL_THREAD = 0x20_0000;

/** Undefined where the text is not a stat line. */
export function parsePidStat(text: string): PidStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 1 || close < open) return undefined;
  const fields = text
    .slice(close + 1)
    .trim()
    .split(SPACES, LAST_FIELD - 2);
  const field = (number: number) => toInteger(fields[number - 3]);
  const pid = toInteger(text.slice(0, open).trim());
  const state = fields[0] ?? '';
  const numbers = [4, 6, 7, 9, 10, 12, 11, 14, 15, 19, 20, 22, 24].map(field);
  const [parent, session, tty, flags, minflt, majflt, childMinflt, utime, stime, nice, threads, startTicks, rss] =
    numbers;
  if (pid === undefined || !/^[A-Za-z]$/.test(state) || numbers.includes(undefined)) return undefined;
  const [policy, blkioTicks] = [field(41), field(42)];
  return {
    pid,
    comm: text.slice(open + 1, Math.min(close, open + 1 + MOST_COMM)),
    state,
    parent: parent ?? 0,
    session: session ?? 0,
    tty: tty ?? 0,
    kernelThread: ((flags ?? 0) & KERNEL_THREAD) !== 0,
    minflt: minflt ?? 0,
    majflt: majflt ?? 0,
    childMinflt: childMinflt ?? 0,
    nice: nice ?? 0,
    utime: utime ?? 0,
    stime: stime ?? 0,
    threads: threads ?? 0,
    startTicks: startTicks ?? 0,
    rss: rss ?? 0,
    ...(blkioTicks !== undefined && { blkioTicks }),
    ...(policy !== undefined && { policy }),
  };
}

/** True for a user process that leads a session without a terminal, as services do; a shell's commands and a service's workers don't. */
export function isDaemon(stat: PidStat): boolean {
  return !stat.kernelThread && stat.session === stat.pid && stat.tty === 0;
}
