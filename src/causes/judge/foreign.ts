// What can't be told from what other tools recorded, in the sentences that stand near the top of such a diagnosis, and for each layer of the
// causes the reason why those of it can't be told. A block trace holds requests, names of threads and a clock; a trace of the kernel's
// events also when threads ran, if those events were on; a log of statistics nothing but counters.

import { isKernelThread } from '../../analysis/machine/processes.js';
import type { Case } from '../../model/case.js';
import type { Measures } from '../../analysis/measures.js';
import type { Measured } from '../../model/measured.js';

/** What would tell it, for advice. */
export const RECORD_INSTEAD = '`iowitness record` does';

/** What a diagnosis is made of, where that is no recording of ours. */
export const SOURCE_NOUNS: Readonly<Record<Exclude<Case['source'], 'recording'>, string>> = {
  'block-trace': 'a block trace',
  'kernel-trace': 'a trace of these events',
  statistics: 'a log of statistics',
  benchmark: 'a result of fio',
};

/** By a cause's layer: what all of them lack of it. */
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
    return 'Nobody was watched, and no request that somebody would wait for was seen from queue (block_bio_queue, block_getrq) to completion: there is no victim.';
  const { name, pid, threads } = account;
  const who = `${name || 'unnamed'} (${pid})`;
  if (input.victims.length > 0) return `Nobody was watched: the victim is ${who}, as asked for.`;
  if (isKernelThread(input, pid))
    return `Nobody was watched: the victim is ${who}, a thread of the kernel, because no program waited for requests of its own. For whom it works is not in the trace.`;
  const group =
    threads.size > 1
      ? ` Records carry thread ids only, so the ${threads.size} threads of that name count as one program.`
      : '';
  return `Nobody was watched: the victim is ${who}, whose own requests took up most of its time; \`--pid\` chooses another.${group}`;
}

/** What a reader must know of such a diagnosis; empty for recordings. */
export function limitsOf(m: Measures): string[] {
  const { source } = m.input;
  if (source === 'recording') return [];
  if (m.input.measured) return ofBenchmark(m.input.measured);
  if (source === 'statistics') return m.input.counters.processes.size > 0 ? OF_PROCESSES : OF_STATISTICS;
  return [
    whom(m),
    ...(source === 'block-trace' ? [`Not in a block trace is ${BEFORE_QUEUE}`] : ofKernelTrace(m)),
    UNKNOWN_MACHINE,
  ];
}

const OF_STATISTICS = [
  'A log of statistics holds averages of devices over its intervals and nothing of any process: there is no victim, and no stall is told or ruled out.',
  'What is slow for less than an interval does not show, and who caused the I/O is not in it. `iowitness record` tells both.',
];

const OF_PROCESSES = [
  'A log of statistics holds averages of devices and processes over its intervals. Whether a process waited is not in it, so there is no victim, and no stall is told or ruled out.',
  'What is slow for less than an interval does not show. On which device a process read and wrote is not in it, nor what it did in the interval in which it ended. `iowitness record` tells all of that.',
];

const CONCLUDED = {
  µs: 'Logs of fio before 3.20 do not tell µs from ns. These are taken for µs, as fio 2 logs them, because each operation fits into the time before its end.',
  ns: 'Logs of fio before 3.20 do not tell µs from ns. These are taken for ns, as fio 3 logs them; if fio 2 wrote them, every latency is a thousand times longer.',
} as const;

function ofBenchmark({ jobs, concludedUnit }: Measured): string[] {
  const isLogged = jobs.some(({ each, windows }) => each !== undefined || Object.keys(windows ?? {}).length > 0);
  const isOfWindows = jobs.some(({ windows }) => windows?.latency?.columns.has('longest') === false);
  return [
    'fio measures its own operations from their beginning to their end: page cache, filesystem and queue are in that as much as the device. Which of them held it up is not told, so no stall is explained or ruled out.',
    isLogged
      ? 'Who else used the device is not in it. `iowitness record -- fio …` tells that, and what held it up.'
      : 'A result is of the whole run: when it was slow, `write_lat_log` tells. `iowitness record -- fio …` also tells what held it up.',
    ...(isOfWindows
      ? [
          'Of each window of time one latency is logged, the mean or the longest: in a mean a single operation that hung does not show.',
        ]
      : []),
    ...(concludedUnit ? [CONCLUDED[concludedUnit]] : []),
  ];
}

const BEFORE_QUEUE =
  'the time before a request is queued: the page cache’s throttle, the journal, locks, reclaim. It shows as time outside the block layer, whether the process waited, ran or slept in it. `iowitness record` tells them apart.';

const UNKNOWN_MACHINE =
  'Not in it either: who made the pages dirty that the flusher wrote, what the settings and limits were, and which kind of disk it is, so it is judged by what a spinning one may take.';

/** How much of the victim's time the events of a trace tell. */
function ofKernelTrace({ account, input }: Measures): string[] {
  if (!account) return [];
  if (account.source !== 'events')
    return [`When threads ran and slept was not traced (sched_switch), and so neither ${BEFORE_QUEUE}`];
  return [
    (input.events?.stacks.length ?? 0) > 0
      ? 'What its sleeps were for is told by the kernel’s stacks in the trace.'
      : 'No kernel stacks with names of functions are in the trace, so a sleep that no request of its own explains stays unexplained: the page cache’s throttle, the journal, locks, reclaim. `iowitness record` takes them.',
  ];
}
