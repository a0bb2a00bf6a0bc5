// Which threads belong to a victim, and what a thread is: one of the victim's, a kernel thread, or somebody else's.

import type { Case } from '../../model/case.js';
import type { RunningProcess } from '../../model/facts.js';
import { remembered } from '../../base/remember.js';
import { isKernelName } from './kernel-names.js';
import { column } from './time-walk.js';

/** A worker's name ends with the work that it did last (wq_worker_comm() in kernel/workqueue.c). */
const WORK = /(?<=^kworker\/u?\d+:\d+H?)[+-].*/;

/** Names of processes by the first set of facts that has each. */
const factNames = remembered(
  (input: Case) => {
    const names = new Map<number, string>();
    for (const { processes } of input.facts)
      for (const { pid, comm } of processes) if (!names.has(pid)) names.set(pid, comm);
    return names;
  },
  () => '',
);

/** The name of a thread, from events, then counters, then facts, then what the tracer remembered, then the list of the kernel's own. */
export function threadName(input: Case, pid: number): string {
  return (
    input.events?.comms.get(pid) ??
    input.counters.processes.get(pid)?.comm ??
    factNames(input).get(pid) ??
    input.savedNames.get(pid) ??
    input.kernelThreads?.get(pid)?.replace(WORK, '') ??
    ''
  );
}

const kernelTest = remembered(
  (input: Case): ((thread: number) => boolean) => {
    const { kernelThreads } = input;
    const programs = new Set(
      kernelThreads && [
        ...[...input.threads].flatMap(([pid, threads]) => [pid, ...threads]),
        ...input.counters.processes.keys(),
        ...input.facts.flatMap(({ processes }) => processes.map(({ pid }) => pid)),
      ],
    );
    const known = new Map<number, boolean>([[0, true]]);
    return (thread) => {
      let kernel = known.get(thread);
      if (kernel === undefined) {
        kernel =
          kernelThreads?.has(thread) === true || (!programs.has(thread) && isKernelName(threadName(input, thread)));
        known.set(thread, kernel);
      }
      return kernel;
    };
  },
  () => '',
);

/**
 * True for the kernel's own threads and for the idle task: as their flag was recorded, or, of those that ended before anybody looked and in
 * recordings without it, by name. A thread without a name is somebody's.
 */
export function isKernelThread(input: Case, thread: number): boolean {
  return kernelTest(input)(thread);
}

/** What the facts have of a process, each time that they list it. */
export function factsOf({ facts }: Pick<Case, 'facts'>, pid: number | undefined): RunningProcess[] {
  return facts.flatMap(({ processes }) => processes.filter((one) => one.pid === pid));
}

/** True for a process that the last facts list: what came later, or has ended by then, nobody can be sent to. */
export function isThere({ facts }: Case, pid: number): boolean {
  return facts.at(-1)?.processes.some((one) => one.pid === pid) === true;
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
      const family = [...threadsOf(input, pid)];
      // A server's copies of itself are all processes, also those that lived too short to be listed as the others were.
      const isCopy = (child: number) => child !== pid && threadName(input, child) === threadName(input, pid);
      const copies = family.some((child) => known.has(child) && isCopy(child));
      for (const child of family)
        if (!known.has(child) && !this.owners.has(child) && !(copies && isCopy(child))) this.owners.set(child, pid);
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
}

/** The same of a case for whoever asks. */
export const processesOf = remembered(
  (input: Case) => new Processes(input),
  () => '',
);
