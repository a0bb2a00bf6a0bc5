// When processes were stopped by signals, and by whom. A file of its own because a victim is stopped (cpu.stopped), and so may be whoever it
// waits for (wait.server). Source: signal(7); signal:signal_generate, recorded for SIGSTOP, SIGTSTP and SIGCONT of everybody.

import { IntervalList, type Intervals, union } from '../../base/intervals.js';
import type { Case } from '../../model/case.js';
import { processesOf, threadName } from '../machine/processes.js';
import { valueAt } from '../machine/series.js';
import { column } from '../machine/time-walk.js';

const STOP_SIGNALS: ReadonlyMap<number, string> = new Map([
  [19, 'SIGSTOP'],
  [20, 'SIGTSTP'],
]);
const SIGCONT = 18;

export interface Sender {
  readonly name: string;
  readonly pid: number;
  readonly signal: string;
}

/** Who sent one of these threads the last signal that stops it. */
export function lastStopper(input: Case, isTarget: (thread: number) => boolean): Sender | undefined {
  const table = input.events?.tables.get('signal_generate');
  const targets = column(table, 'pid');
  const row = column(table, 'sig').findLastIndex(
    (signal, at) => STOP_SIGNALS.has(signal) && isTarget(valueAt(targets, at)),
  );
  const signal = STOP_SIGNALS.get(valueAt(column(table, 'sig'), row));
  const pid = table?.pid[row];
  if (signal === undefined || pid === undefined) return undefined;
  return { name: threadName(input, pid) || 'a process', pid, signal };
}

/** When any of these processes was stopped: from a signal that stops it until one that lets it go on, or the end. */
export function stoppedTimes(input: Case, pids: readonly number[]): Intervals {
  const table = input.events?.tables.get('signal_generate');
  const [signals, targets] = [column(table, 'sig'), column(table, 'pid')];
  const processes = processesOf(input);
  const since = new Map<number, number>();
  const times = new IntervalList();
  for (let row = 0; row < (table?.length ?? 0); row += 1) {
    const pid = processes.of(valueAt(targets, row));
    const at = table?.t[row] ?? 0;
    if (!pids.includes(pid)) continue;
    if (STOP_SIGNALS.has(signals[row] ?? 0)) {
      if (!since.has(pid)) since.set(pid, at);
    } else if (signals[row] === SIGCONT) {
      const from = since.get(pid);
      if (from !== undefined) times.push(from, at);
      since.delete(pid);
    }
  }
  for (const from of since.values()) times.push(from, input.durationMs);
  return union(times);
}
