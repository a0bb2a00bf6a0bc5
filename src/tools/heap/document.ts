// A heap dump → the document of `heap`: judged as a thread dump is, with what could not be read of it.

import { bytes, count, duration, several } from '../../base/format.js';
import type { Heap } from '../../model/heap.js';
import type { HeapDump } from '../../model/heap-dump.js';
import type { DumpedThread, ThreadDump } from '../../model/thread-dump.js';
import { methodOf } from '../threads/activity.js';
import { threadsDocument } from '../threads/document.js';
import { History } from '../threads/history.js';
import type { KernelThreads } from '../threads/tracks.js';
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

/** A thread dump of the same JVM, and of one in a recording what the kernel said of its threads and how long after the heap dump that was, ms. */
export interface Beside {
  readonly dump: ThreadDump;
  readonly kernel?: KernelThreads;
  readonly afterMs?: number;
}

/** Of threads that were at the same place in both dumps: what the others did in between nobody knows. */
function unmoved(heap: ThreadDump, { dump, kernel = new Map() }: Beside): KernelThreads {
  const tops = new Map(dump.threads.map(({ nativeId, frames }) => [nativeId, frames[0]]));
  return new Map(
    heap.threads.flatMap(({ nativeId, frames }) => {
      const view = nativeId === undefined ? undefined : kernel.get(nativeId);
      const isSame = frames[0] !== undefined && methodOf(frames[0]) === methodOf(tops.get(nativeId) ?? '');
      return nativeId !== undefined && view && isSame ? [[nativeId, view] as const] : [];
    }),
  );
}

/** `source`: the file's name. */
export function heapDocument(tool: string, source: string, heap: HeapDump, beside?: Beside): Heap {
  const { dump, open } = concludeMonitors(heap);
  const joined = beside && joinThreadDump(dump, beside.dump);
  const history = new History();
  history.take(source, joined?.dump ?? dump, joined && (() => unmoved(joined.dump, beside)));
  const strange = joined?.shared === 0 ? ['The thread dump has no thread of the heap dump: it is of another JVM.'] : [];
  const when =
    beside?.afterMs === undefined
      ? []
      : [
          `What the kernel says is of ${duration(Math.abs(beside.afterMs))} ${beside.afterMs < 0 ? 'before' : 'after'} the heap dump, of threads that were in the same method then.`,
        ];
  const document = threadsDocument(tool, history, [...strange, ...when, ...limitsOf(heap, open)]);
  return { ...document, schema: 'iowitness.heap/1', file: heap.coverage };
}
