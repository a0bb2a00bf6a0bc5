// What a process is that another one of ours starts for work of its own: it hears that one alone, and ends with it.

import { writeFileSync } from 'node:fs';
import { errnoOf } from '../base/errors.js';

/** The kernel's scale ends here: the first to go. Source: proc(5), oom_score_adj. */
const FIRST_TO_GO = '1000';

/** Where memory is short this process is ended before any other: its work can be done again, and what started it may be protected. */
export function goFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', FIRST_TO_GO);
  } catch (error) {
    // A container may have a /proc that can't be written.
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Makes this process end with the one that started it, whatever ends that. */
export function endWithStarter(): void {
  process.title = 'iowitness';
  // Ctrl-C goes to all of a terminal's processes: the one that started this ends in order, and this one with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
