// Which threads belong to a victim, and what a thread is: one of the victim's, a kernel thread, or somebody else's.

import type { Case } from './case.js';
import { column } from './merge.js';

const KERNEL_NAME =
  /^(kworker|jbd2|kthrotld|ksoftirqd|kswapd|loop\d|xfs|btrfs|dmcrypt|dm-|md\d|khugepaged|kcompactd|migration|rcu_|irq\/|swapper|flush-|nvme|scsi_)/;

/** True for names that the kernel gives its own threads. */
export function isKernelThread(comm: string): boolean {
  return KERNEL_NAME.test(comm) || comm === '';
}

/** The name of a thread, from events, then counters, then facts. */
export function threadName(input: Case, pid: number): string {
  return (
    input.events?.comms.get(pid) ??
    input.counters.processes.get(pid)?.comm ??
    input.facts.flatMap((facts) => facts.processes).find((process) => process.pid === pid)?.comm ??
    ''
  );
}

/** When each process or thread that was forked during the recording began, ms since its start. */
export function births(input: Case): Map<number, number> {
  const forks = input.events?.tables.get('sched_process_fork');
  const child = column(forks, 'child_pid');
  return new Map(Array.from(child, (pid, row) => [pid, forks?.t[row] ?? 0]));
}

/** All threads of a process as the recorder listed them, and all that they were seen to fork, processes and threads alike. */
export function threadsOf(input: Case, pid: number): Set<number> {
  const threads = new Set([pid, ...(input.threads.get(pid) ?? [])]);
  const forks = input.events?.tables.get('sched_process_fork');
  const parent = column(forks, 'parent_pid');
  const child = column(forks, 'child_pid');
  // In order of time, so a child is known before its own children come.
  for (let row = 0; row < (forks?.length ?? 0); row += 1) {
    if (threads.has(parent[row] ?? 0)) threads.add(child[row] ?? 0);
  }
  return threads;
}
