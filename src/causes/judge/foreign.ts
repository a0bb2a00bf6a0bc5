// What a block trace can't tell, in the sentences that stand near the top of its diagnosis, and for each layer of the causes the reason
// why those of it can't be told from one. Requests, names of threads and a clock are all that a trace holds.

import { isKernelThread } from '../../analysis/machine/processes.js';
import type { Measures } from '../../analysis/measures.js';

/** What would tell it, for advice. */
export const RECORD_INSTEAD = '`iowitness record` does';

/** By a cause's layer: what a trace lacks of it. */
export const UNSEEN = {
  none: 'what the process did outside its requests',
  application: 'the process’s calls, locks and sleeps',
  scheduler: 'when the process ran, waited for a CPU or was stopped',
  'page cache': 'the time before a request is queued (the page cache’s throttle), nor the dirty limits',
  memory: 'reclaim and swapping',
  filesystem: 'the filesystem’s journal waits, locks and free space',
  block: 'the queue’s settings and cgroups’ limits',
  device: 'the device’s settings and counters',
  any: 'settings',
} as const;

function whom({ input, account }: Measures): string {
  if (!account)
    return 'Nobody was watched, and no request that somebody would wait for was seen from queue to completion: there is no victim.';
  const { name, pid, threads } = account;
  const who = `${name || 'unnamed'} (${pid})`;
  if (input.victims.length > 0) return `Nobody was watched: the victim is ${who}, as asked for.`;
  if (isKernelThread(input, pid))
    return `Nobody was watched: the victim is ${who}, a thread of the kernel, because no program waited for requests of its own. For whom it works is not in the trace.`;
  const group =
    threads.size > 1
      ? ` Threads of one name count as one program (${threads.size} of this), because records carry thread ids only.`
      : '';
  return `Nobody was watched: the victim is ${who}, whose own requests took up most of its time; \`--pid\` chooses another.${group}`;
}

/** What a reader must know of a diagnosis from a block trace; empty for recordings. */
export function limitsOf(m: Measures): string[] {
  if (m.input.source !== 'block-trace') return [];
  return [
    whom(m),
    `Not in a block trace is the time before a request is queued: the page cache’s throttle, the journal, locks, reclaim. It shows as time outside the block layer, whether the process waited, ran or slept in it. \`iowitness record\` tells them apart.`,
    'Not in it either: who made the pages dirty that the flusher wrote, what the settings and limits were, and which kind of disk it is, so it is judged by what a spinning one may take.',
  ];
}
