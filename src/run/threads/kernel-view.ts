// Threads of a JVM → what the kernel says that they do: state, the function that they sleep in, the system call with its descriptor, and what that
// leads to. One look at /proc right behind a dump, so the thread may have gone on since.

import os from 'node:os';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { parseSyscall } from '../../base/procfs/syscall.js';
import type { ThreadAtWork } from '../../model/recording.js';
import type { KernelThread } from '../../model/threads.js';
import { linkOf, readProc, type Jvm } from './jvm.js';
import { readdirSync } from 'node:fs';

/** Those that sleep neither for a lock nor for work are few; each takes three small files. */
const MOST_AT_WORK = 256;
/** Sleeps that say nothing about what for. */
const NO_PLACE = new Set(['0', '']);

export interface SleepingThread extends KernelThread {
  readonly name: string;
  readonly nativeId: number;
  /** It sleeps outside of any system call: for a page of a file or of swap. */
  readonly inFault: boolean;
}

/** The kernel's numbers of its threads, in our namespace. */
function tasksOf(jvm: Jvm): number[] {
  try {
    return readdirSync(jvm.folder.entry('task')).map(Number);
  } catch {
    return [];
  }
}

/** From numbers in the JVM's namespace to ours; undefined where they are the same. */
export function namespaceMap(jvm: Jvm): ReadonlyMap<number, number> | undefined {
  if (!jvm.isContained) return undefined;
  const map = new Map<number, number>();
  for (const task of tasksOf(jvm)) {
    const numbers = /^NSpid:\s*(.*)$/m.exec(readProc(jvm.folder, `task/${task}/status`) ?? '')?.[1];
    const inner = Number(numbers?.trim().split(/\s+/).at(-1));
    if (inner > 0) map.set(inner, task);
  }
  return map;
}

interface Seen extends Pick<SleepingThread, 'name' | 'inFault'> {
  readonly kernel: KernelThread;
}

function look(jvm: Jvm, task: number): Seen | undefined {
  const stat = parsePidStat(readProc(jvm.folder, `task/${task}/stat`) ?? '');
  if (!stat) return undefined;
  const place = (readProc(jvm.folder, `task/${task}/wchan`) ?? '').trim();
  const text = jvm.is64 ? (readProc(jvm.folder, `task/${task}/syscall`) ?? '') : '';
  const call = parseSyscall(text, os.machine());
  const known = typeof call === 'object' ? call : undefined;
  const path = known?.descriptor === undefined ? undefined : linkOf(jvm.folder, `fd/${known.descriptor}`);
  return {
    name: stat.comm,
    inFault: call === 'fault',
    kernel: {
      state: stat.state,
      wchan: NO_PLACE.has(place) ? null : place,
      call: known?.name ?? null,
      descriptor: known?.descriptor ?? null,
      path: path ?? null,
    },
  };
}

/** By the numbers that a dump gives (nid). Threads that have ended are missing. */
export function kernelViewOf(jvm: Jvm, nativeIds: Iterable<number>): Map<number, KernelThread> {
  const views = new Map<number, KernelThread>();
  const map = namespaceMap(jvm);
  for (const nativeId of nativeIds) {
    const task = map ? map.get(nativeId) : nativeId;
    const seen = task === undefined ? undefined : look(jvm, task);
    if (seen) views.set(nativeId, seen.kernel);
  }
  return views;
}

/** Its threads but those that sleep in futex(2), of which a dump tells more. `tasks`: as namespaceMap says. */
export function threadsAtWork(jvm: Jvm, tasks?: ReadonlyMap<number, number>): ThreadAtWork[] {
  const found: ThreadAtWork[] = [];
  for (const [nativeId, task] of tasks ?? tasksOf(jvm).map((one) => [one, one] as const)) {
    if (found.length === MOST_AT_WORK) break;
    const seen = look(jvm, task);
    if (seen && seen.kernel.call !== 'futex') found.push({ nativeId, ...seen.kernel });
  }
  return found;
}

/** Its threads that sleep uninterruptibly, those in a page fault first: these keep a JVM from its safepoint. */
export function uninterruptible(jvm: Jvm): SleepingThread[] {
  const found: SleepingThread[] = [];
  for (const task of tasksOf(jvm)) {
    const seen = look(jvm, task);
    if (seen?.kernel.state !== 'D') continue;
    const { name, inFault, kernel } = seen;
    found.push({ ...kernel, name, inFault, nativeId: task });
  }
  return found.sort((a, b) => Number(b.inFault) - Number(a.inFault));
}
