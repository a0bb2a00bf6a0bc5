// Threads of a JVM → what the kernel says that they do: state, the function that they sleep in, the system call with its descriptor, and what that
// leads to. One look at /proc right behind a dump, so the thread may have gone on since.

import { closeSync, constants, readdirSync, readSync } from 'node:fs';
import os from 'node:os';
import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { parseSyscall } from '../../base/procfs/syscall.js';
import { readLink, readWhole } from '../../capture/files.js';
import type { ThreadAtWork } from '../../model/recording.js';
import type { KernelThread } from '../../model/threads.js';
import type { Jvm } from './jvm.js';
import { socketOf, type Peers } from './peers.js';

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
    const numbers = /^NSpid:\s*(.*)$/m.exec(readWhole(jvm.folder.entry(`task/${task}/status`)) ?? '')?.[1];
    const inner = Number(numbers?.trim().split(/\s+/).at(-1));
    if (inner > 0) map.set(inner, task);
  }
  return map;
}

interface Seen extends Pick<SleepingThread, 'name' | 'inFault'> {
  readonly kernel: KernelThread;
}

function look(jvm: Jvm, task: number): Seen | undefined {
  const stat = parsePidStat(readWhole(jvm.folder.entry(`task/${task}/stat`)) ?? '');
  if (!stat) return undefined;
  const place = (readWhole(jvm.folder.entry(`task/${task}/wchan`)) ?? '').trim();
  const text = jvm.is64 ? (readWhole(jvm.folder.entry(`task/${task}/syscall`)) ?? '') : '';
  const call = parseSyscall(text, os.machine());
  const known = typeof call === 'object' ? call : undefined;
  const descriptor = known?.descriptor ?? (known?.polledAt === undefined ? undefined : polledIn(jvm, known.polledAt));
  const path = descriptor === undefined ? undefined : readLink(jvm.folder.entry(`fd/${descriptor}`));
  return {
    name: stat.comm,
    inFault: call === 'fault',
    kernel: {
      state: stat.state,
      wchan: NO_PLACE.has(place) ? null : place,
      call: known?.name ?? null,
      descriptor: descriptor ?? null,
      path: path ?? null,
      peer: null,
    },
  };
}

/** The descriptor that a thread polls: JDK 13 and later wait so at every socket. Undefined where the memory may not be read. */
function polledIn(jvm: Jvm, at: number): number | undefined {
  // struct pollfd { int fd; short events, revents; }, include/uapi/asm-generic/poll.h
  const pollfd = new DataView(new ArrayBuffer(8));
  try {
    const memory = jvm.folder.openSync('mem', constants.O_RDONLY);
    try {
      readSync(memory, pollfd, 0, 8, at);
    } finally {
      closeSync(memory);
    }
    return pollfd.getInt32(0, true);
  } catch {
    return undefined;
  }
}

/** The same views, of those at a socket with whom that is connected. */
function withPeers<T extends KernelThread>(views: readonly T[], jvm: Jvm, peers: Peers): T[] {
  const inodes = new Set(views.flatMap(({ path }) => socketOf(path) ?? []));
  const found = peers.of(jvm, inodes);
  return views.map((view) => ({ ...view, peer: found.get(socketOf(view.path) ?? NaN) ?? null }));
}

/** By the numbers that a dump gives (nid). Threads that have ended are missing. */
export function kernelViewOf(jvm: Jvm, nativeIds: Iterable<number>, peers: Peers): Map<number, KernelThread> {
  const views: ThreadAtWork[] = [];
  const map = namespaceMap(jvm);
  for (const nativeId of nativeIds) {
    const task = map ? map.get(nativeId) : nativeId;
    const seen = task === undefined ? undefined : look(jvm, task);
    if (seen) views.push({ nativeId, ...seen.kernel });
  }
  return new Map(withPeers(views, jvm, peers).map(({ nativeId, ...view }) => [nativeId, view]));
}

/** Its threads but those that sleep in futex(2), of which a dump tells more. `tasks`: as namespaceMap says. */
export function threadsAtWork(jvm: Jvm, peers: Peers, tasks?: ReadonlyMap<number, number>): ThreadAtWork[] {
  const found: ThreadAtWork[] = [];
  for (const [nativeId, task] of tasks ?? tasksOf(jvm).map((one) => [one, one] as const)) {
    if (found.length === MOST_AT_WORK) break;
    const seen = look(jvm, task);
    if (seen && seen.kernel.call !== 'futex') found.push({ nativeId, ...seen.kernel });
  }
  return withPeers(found, jvm, peers);
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
