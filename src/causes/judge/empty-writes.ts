// Calls to write that wrote nothing, by counters: these tell no call's result, but a call that writes counts in syscw whatever comes of it, and only what it
// wrote in wchar (fs/read_write.c, vfs_write). A file of its own because two causes ask: fs.full, where its filesystem is seen to be full, and dev.errors.

import { valueAt } from '../../analysis/machine/series.js';
import { IntervalList, type Intervals, union } from '../../base/intervals.js';
import type { Given } from './needs.js';

export interface EmptyWrites {
  readonly count: number;
  readonly times: Intervals;
}

/** Undefined where that was not read. */
export function emptyWrites({ input, account }: Given<'victim'>): EmptyWrites | undefined {
  const io = input.counters.processes.get(account.pid)?.io;
  const calls = io?.columns.get('syscw');
  const written = io?.columns.get('wchar');
  if (!io || !calls || !written) return undefined;
  let count = 0;
  const times = new IntervalList();
  io.t.forEach((to, index) => {
    const made = valueAt(calls, index) - valueAt(calls, index - 1);
    if (!(made > 0) || written[index] !== written[index - 1]) return;
    count += made;
    times.push(valueAt(io.t, index - 1), to);
  });
  return { count, times: union(times) };
}
