// Which threads belong to a victim, and what a thread is: one of the victim's, a kernel thread, or somebody else's.

import type { Case } from './case.js';

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

/** All threads of the watched process as the recorder listed them. */
export function threadsOf(input: Case, pid: number): Set<number> {
  return new Set([pid, ...(input.threads.get(pid) ?? [])]);
}
