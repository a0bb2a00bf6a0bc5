// Which threads belong to a victim, and what a thread is: one of the victim's, a kernel thread, or somebody else's.

import type { Case } from '../../model/case.js';
import { column } from './time-walk.js';

const KERNEL_NAME =
  /^(kworker|jbd2|kthrotld|ksoftirqd|kswapd|loop\d|xfs|btrfs|dmcrypt|dm-|md\d|khugepaged|kcompactd|migration|rcu_|irq\/|swapper|flush-|nvme|scsi_)/;

/** True for names that the kernel gives its own threads. */
export function isKernelThread(comm: string): boolean {
  return KERNEL_NAME.test(comm) || comm === '';
}

/** The name of a thread, from events, then counters, then facts, then what the tracer remembered. */
export function threadName(input: Case, pid: number): string {
  return (
    input.events?.comms.get(pid) ??
    input.counters.processes.get(pid)?.comm ??
    input.facts.flatMap((facts) => facts.processes).find((process) => process.pid === pid)?.comm ??
    input.savedNames.get(pid) ??
    ''
  );
}

/** When each process or thread that was forked during the recording began, ms since its start. */
export function births(input: Case): Map<number, number> {
  const forks = input.events?.tables.get('sched_process_fork');
  const child = column(forks, 'child_pid');
  return new Map(Array.from(child, (pid, row) => [pid, forks?.t[row] ?? 0]));
}

/** All threads of these processes as the recorder listed them, and all that they were seen to fork, processes and threads alike. */
export function threadsOf(input: Case, ...pids: readonly number[]): Set<number> {
  const threads = new Set(pids.flatMap((pid) => [pid, ...(input.threads.get(pid) ?? [])]));
  const forks = input.events?.tables.get('sched_process_fork');
  const parent = column(forks, 'parent_pid');
  const child = column(forks, 'child_pid');
  // In order of time, so a child is known before its own children come.
  for (let row = 0; row < (forks?.length ?? 0); row += 1) {
    if (threads.has(parent[row] ?? 0)) threads.add(child[row] ?? 0);
  }
  return threads;
}

/** Threads to processes, with names: for everything that is told of a process but comes from one of its threads. */
export class Processes {
  private readonly input: Case;
  private readonly owners = new Map<number, number>();
  private readonly names = new Map<number, string>();

  constructor(input: Case) {
    this.input = input;
    const known = new Set([
      ...input.threads.keys(),
      ...input.counters.processes.keys(),
      ...input.facts.flatMap((facts) => facts.processes.map((one) => one.pid)),
    ]);
    for (const pid of input.threads.keys()) {
      for (const thread of input.threads.get(pid) ?? []) this.owners.set(thread, pid);
      // What it forked and nobody listed by itself was too short to be one of its own: a command of a script.
      for (const child of threadsOf(input, pid))
        if (!known.has(child) && !this.owners.has(child)) this.owners.set(child, pid);
    }
  }

  /** The process of a thread, as far as it is known; the thread itself otherwise. */
  of(thread: number): number {
    return this.owners.get(thread) ?? thread;
  }

  /** The process's name, or the thread's where the process's is not known; '' where neither is. */
  name(thread: number): string {
    let name = this.names.get(thread);
    if (name === undefined) {
      name = threadName(this.input, this.of(thread)) || threadName(this.input, thread);
      this.names.set(thread, name);
    }
    return name;
  }

  /** True for the idle task and for what has a kernel thread's name; a thread without a name is somebody's. */
  isKernel(thread: number): boolean {
    const name = this.name(thread);
    return thread === 0 || (name !== '' && isKernelThread(name));
  }
}
