// Undoing what was done to processes: those of ours are ended, those that were stopped go on. A process is told from a later one with its number by its start
// time (field 22 of /proc/PID/stat).

import { type PidStat } from '../base/procfs/pid-stat.js';
import { errnoOf } from '../base/errors.js';
import { sleepHere } from '../base/sleep.js';
import { allPids, livingStat, statOf } from './process.js';

const RETRY_MS = 50;
const RETRIES = 40;

/** Whether any thread of it is alive, be the first one dead. */
export function hasThreadsAlive({ state, threads }: PidStat): boolean {
  return !/[ZX]/.test(state) || threads > 1;
}

/** As long as the kernel lets them go at all. */
function waitFor(areGone: () => boolean): void {
  for (let attempt = 0; attempt < RETRIES && !areGone(); attempt += 1) sleepHere(RETRY_MS);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has just ended by itself.
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

/** Ends a process for good and waits until it is gone. Each of these returns a sentence; undefined where nothing was left to undo. */
export function kill(pid: number, startTicks: number): string | undefined {
  const lives = () => livingStat(pid)?.startTicks === startTicks;
  if (!lives()) return undefined;
  signal(pid, 'SIGKILL');
  waitFor(() => !lives());
  return `ended process ${pid}`;
}

/**
 * The processes of a session and all that descend from them, in sessions of their own as well (fio's jobs are); none where the session's number has come
 * to another one. A number is not given to another process while it is a session's.
 */
function familyOfSession(session: number, startTicks: number): PidStat[] {
  const first = livingStat(session);
  if (first && first.startTicks !== startTicks) return [];
  const later = allPids().flatMap((pid) => livingStat(pid) ?? []);
  const family = new Map<number, PidStat>();
  for (let before = -1; before < family.size;) {
    before = family.size;
    for (const stat of later)
      if (stat.startTicks >= startTicks && (stat.session === session || family.has(stat.parent)))
        family.set(stat.pid, stat);
  }
  return [...family.values()];
}

/** Ends all that a session of ours has started, but for what has made a session of its own and whose parent has ended since. */
export function killSession(session: number, startTicks: number): string | undefined {
  const ours = new Map<number, number>();
  // Who is stopped starts nothing while the others are looked for, and its children stay its own.
  for (let before = -1; before < ours.size;) {
    before = ours.size;
    for (const stat of familyOfSession(session, startTicks)) {
      if (!ours.has(stat.pid)) signal(stat.pid, 'SIGSTOP');
      ours.set(stat.pid, stat.startTicks);
    }
  }
  if (ours.size === 0) return undefined;
  waitFor(() => {
    const left = [...ours].filter(([pid, ticks]) => livingStat(pid)?.startTicks === ticks);
    for (const [pid] of left) signal(pid, 'SIGKILL');
    return left.length === 0;
  });
  return `ended ${ours.size === 1 ? `process ${[...ours.keys()][0]}` : `${ours.size} processes`}`;
}

/**
 * Lets a process go on that was stopped, whatever its state says: that is its first thread's alone, which may have ended before the others (Z), or may not
 * have taken the signal yet (D, t), in which case SIGCONT discards it (signal(7)).
 */
export function letContinue(pid: number, startTicks: number): string | undefined {
  const stat = statOf(pid);
  if (stat?.startTicks !== startTicks) return undefined;
  signal(pid, 'SIGCONT');
  return hasThreadsAlive(stat) ? `process ${pid} (${stat.comm}) goes on` : undefined;
}
