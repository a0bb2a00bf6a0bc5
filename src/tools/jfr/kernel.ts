// What a recording of iowitness has of a JVM's threads → what the owner of a monitor did while others waited for it, as the kernel saw it. Java's events tell
// its operations, these where it was held up within them.

import { IntervalList, type Intervals } from '../../base/intervals.js';
import type { Timeline } from '../../model/timeline.js';
import type { State } from '../../model/states.js';
import type { FlightTime } from './collector.js';

/** A name in the kernel has no more letters (TASK_COMM_LEN). */
const MOST_COMM = 15;

export interface KernelSide {
  /** The wall clock at the recording's start, ms since 1970. */
  readonly startMs: number;
  readonly lines: ReadonlyMap<number, Timeline>;
  /** The kernel's name of a thread; '' where that is not known. */
  readonly nameOf: (task: number) => string;
}

/** Its states in that time (ns of the flight recording), the longest first; null where the recording has nothing of it, or another thread has its number. */
export function statesOf(
  { startMs, lines, nameOf }: KernelSide,
  thread: { readonly nativeId?: number; readonly name: string },
  during: Intervals,
  time: FlightTime,
): { readonly state: State; readonly ms: number }[] | null {
  const line = thread.nativeId === undefined ? undefined : lines.get(thread.nativeId);
  if (!line || nameOf(thread.nativeId ?? NaN) !== thread.name.slice(0, MOST_COMM)) return null;
  const own = new IntervalList();
  for (const { from, to } of during) own.push(time.wallMs(from) - startMs, time.wallMs(to) - startMs);
  const told = line.statesDuring(own.take()).filter(({ ms }) => ms > 0);
  return told.length > 0 ? told : null;
}
