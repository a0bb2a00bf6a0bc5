// `stop-process: cadvisor`: every process of that name is stopped (SIGSTOP) for the run, and goes on after it. It keeps its memory and files, so it is out of
// the way and nothing of it is lost; what has to be gone altogether is a service, or done by hand.

import * as v from 'valibot';
import { UserError } from '../../../base/errors.js';
import { type PidStat } from '../../../base/procfs/pid-stat.js';
import { ancestorsOf } from '../../../capture/family.js';
import { hasThreadsAlive } from '../../../capture/undo-processes.js';
import type { Change, ChangeKind } from '../change.js';
import { allPids, statOf } from '../../../capture/process.js';

/** The kernel keeps 15 bytes of a name (TASK_COMM_LEN). */
const schema = v.pipe(
  v.string(),
  v.regex(/^[^\0\n/]{1,15}$/, 'a name of at most 15 characters, as /proc/PID/comm has it'),
);

/** Users' processes of a name that are neither dead nor stopped by somebody else (T, and t by a debugger), who has yet to let them go on. */
function named(name: string): PidStat[] {
  return allPids()
    .flatMap((pid) => statOf(pid) ?? [])
    .filter((stat) => stat.comm === name && !stat.kernelThread && hasThreadsAlive(stat) && !/[Tt]/.test(stat.state));
}

/** Those of a name, or a refusal. */
function targets(name: string): PidStat[] {
  const found = named(name);
  if (found.length === 0)
    throw new UserError(`No process is named ${name} and not stopped already, so stopping it would change nothing.`);
  // A stopped shell or service manager above this program would never let it go on.
  const above = new Set([1, ...ancestorsOf(process.pid)]);
  if (found.some(({ pid }) => above.has(pid)))
    throw new UserError(
      `A process named ${name} has started this program, or is the first of all, and can’t be stopped.`,
    );
  return found;
}

function bind(name: string): Change {
  let noted: readonly PidStat[] = [];
  return {
    about: `the processes named ${name}`,
    words: `stop every process named ${name} (SIGSTOP)`,
    undoWords: `let every process named ${name} go on (SIGCONT)`,
    check: () => void targets(name),
    undo() {
      noted = targets(name);
      return noted.map(({ pid, startTicks }) => ({ kind: 'continue', pid, startTicks }));
    },
    make() {
      // One that has begun since is not in the journal, and is left alone.
      const left = new Set(named(name).map(({ pid, startTicks }) => `${pid} ${startTicks}`));
      for (const { pid, startTicks } of noted) if (left.has(`${pid} ${startTicks}`)) process.kill(pid, 'SIGSTOP');
    },
  };
}

export const stopProcess: ChangeKind<string> = { schema, bind };
