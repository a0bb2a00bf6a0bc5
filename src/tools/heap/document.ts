// A heap dump → the document of `heap`: judged as a thread dump is, with what could not be read of it.

import { bytes, count, several } from '../../base/format.js';
import type { Heap } from '../../model/heap.js';
import type { HeapDump } from '../../model/heap-dump.js';
import type { DumpedThread, ThreadDump } from '../../model/thread-dump.js';
import { threadsDocument } from '../threads/document.js';
import { History } from '../threads/history.js';
import { joinThreadDump } from './beside.js';
import { concludeMonitors } from './monitors.js';

const SHOWN = 3;

function named(threads: readonly DumpedThread[]): string {
  return several(
    threads.map(({ name }) => `“${name}”`),
    SHOWN,
  );
}

function limitsOf({ coverage, lostBlockers, threads }: HeapDump, open: readonly DumpedThread[]): string[] {
  const { ended, covered, inflated, size, damage, rootsWhole } = coverage;
  const whole = inflated ?? size;
  const nameless = threads.filter(({ thread }) => thread.javaId === undefined).length;
  return [
    ...(ended ? [] : [`The dump is cut: its end is missing behind byte ${covered}.`]),
    ...(covered < whole ? [`${bytes(whole - covered)} of ${bytes(whole)} could not be made sense of.`] : []),
    ...damage,
    ...(nameless > 0
      ? [`Of ${count(nameless)} of ${count(threads.length)} threads the dump has the stack alone.`]
      : []),
    ...(rootsWhole ? [] : ['Not all that the stacks refer to is there, so no owner of a monitor is told.']),
    ...(open.length > 0
      ? [
          `${open.length === 1 ? 'One thread is' : `${count(open.length)} threads are`} blocked at a monitor of which the dump does not tell which it is: ${named(open)}.`,
        ]
      : []),
    ...(lostBlockers > 0
      ? [
          `What ${count(lostBlockers)} parked ${lostBlockers === 1 ? 'thread waits' : 'threads wait'} for could not be read.`,
        ]
      : []),
  ];
}

/** `source`: the file's name. `beside`: a thread dump of the same JVM. */
export function heapDocument(tool: string, source: string, heap: HeapDump, beside?: ThreadDump): Heap {
  const { dump, open } = concludeMonitors(heap);
  const joined = beside && joinThreadDump(dump, beside);
  const history = new History();
  history.take(source, joined?.dump ?? dump);
  const strange = joined?.shared === 0 ? ['The thread dump has no thread of the heap dump: it is of another JVM.'] : [];
  const document = threadsDocument(tool, history, [...strange, ...limitsOf(heap, open)]);
  return { ...document, schema: 'iowitness.heap/1', file: heap.coverage };
}
