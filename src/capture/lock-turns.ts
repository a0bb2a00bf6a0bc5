// Whether threads of one process take turns at a lock in user space, by what their samples show: two or more of them were found asleep in a
// futex that have run since. Idle workers sleep there as well, and do not run.

/** The kernel's functions that wait for a futex (kernel/futex/waitwake.c): futex_wait_queue_me, futex_wait_queue, futex_do_wait, futex_lock_pi. */
const IN_FUTEX = /^futex_/;
const ENOUGH = 2;

interface Thread {
  readonly pid: number;
  /** How often it had run when the round began. */
  readonly before: number | undefined;
  /** How often it has by now; undefined until it is seen in this round. */
  runs: number | undefined;
  waited: boolean;
}

export class LockTurns {
  private threads = new Map<string, Thread>();

  /** A sample of one thread, `thread` its folder: its wchan and schedstat (CPU ns, waited ns, how often it ran). */
  see(pid: number, thread: string, wchan: string, schedstat: string): void {
    const runs = Number(schedstat.split(' ')[2]);
    let one = this.threads.get(thread);
    if (!one) this.threads.set(thread, (one = { pid, before: undefined, runs: undefined, waited: false }));
    one.runs = runs;
    if (IN_FUTEX.test(wchan)) one.waited = true;
  }

  /** Ends a round of samples: true where threads of one process took turns in it. */
  endRound(): boolean {
    const taking = new Map<number, number>();
    const next = new Map<string, Thread>();
    for (const [thread, { pid, before, runs, waited }] of this.threads) {
      if (runs === undefined) continue;
      if (waited && before !== undefined && runs > before) taking.set(pid, (taking.get(pid) ?? 0) + 1);
      next.set(thread, { pid, before: runs, runs: undefined, waited: false });
    }
    this.threads = next;
    return [...taking.values()].some((count) => count >= ENOUGH);
  }
}
