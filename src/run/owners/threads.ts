// Which process a thread of the kernel's events belongs to and what it is called, looked up while it lives: an event carries a number alone.
// Who has ended before anybody looked is named by the event of its end.

import { parsePidStat } from '../../base/procfs/pid-stat.js';
import type { EndedNames } from '../../capture/ended-names.js';
import type { Case } from '../../model/case.js';
import { type OpenFiles, readText } from '../../capture/files.js';

interface Known {
  readonly process: number;
  readonly name: string;
  readonly kernel: boolean;
  seenMs: number;
}

/** A number that nothing was heard of for so long may be another thread's, ms. */
const FORGET_MS = 180_000;

export class Threads {
  private readonly files: OpenFiles;
  private readonly ended: Pick<EndedNames, 'nameOf'> | undefined;
  private readonly known = new Map<number, Known>();

  constructor(files: OpenFiles, ended?: Pick<EndedNames, 'nameOf'>) {
    this.files = files;
    this.ended = ended;
  }

  /** Looks up those that are not known; to be called while they may still live. */
  meet(threads: Iterable<number>, nowMs: number): void {
    for (const thread of threads) {
      const known = this.known.get(thread);
      if (known) known.seenMs = nowMs;
      else if (thread > 0) this.lookUp(thread, nowMs);
    }
  }

  private lookUp(thread: number, seenMs: number): void {
    const stat = parsePidStat(readText(this.files, `/proc/${thread}/stat`) ?? '');
    if (stat) {
      const status = stat.kernelThread ? '' : (readText(this.files, `/proc/${thread}/status`) ?? '');
      const process = Number(/^Tgid:\s*(\d+)/m.exec(status)?.[1] ?? thread);
      this.known.set(thread, { process, name: stat.comm, kernel: stat.kernelThread, seenMs });
      return;
    }
    const name = this.nameAtEnd(thread);
    if (name !== undefined) this.known.set(thread, { process: thread, name, kernel: false, seenMs });
  }

  /** The name that one had at its end, or when it was first seen. */
  nameOf(thread: number): string | undefined {
    return this.nameAtEnd(thread) ?? this.known.get(thread)?.name;
  }

  /** In UTF-8, as the names of those that live are read; the event's text is Latin-1. */
  private nameAtEnd(thread: number): string | undefined {
    const name = this.ended?.nameOf(thread);
    return name === undefined ? undefined : Buffer.from(name, 'latin1').toString('utf8');
  }

  processOf(thread: number): number | undefined {
    return this.known.get(thread)?.process;
  }

  forget(nowMs: number): void {
    for (const [thread, { seenMs }] of this.known) if (nowMs - seenMs > FORGET_MS) this.known.delete(thread);
  }

  /** As a case has them; where lines are of threads, each thread is a process of its own. */
  asCase(byThread: boolean): Pick<Case, 'threads' | 'savedNames' | 'kernelThreads'> {
    const threads = new Map<number, number[]>();
    const savedNames = new Map<number, string>();
    const kernelThreads = new Map<number, string>();
    for (const [thread, { process, name, kernel }] of this.known) {
      savedNames.set(thread, name);
      if (kernel) kernelThreads.set(thread, name);
      else if (!byThread) {
        const list = threads.get(process);
        if (list) list.push(thread);
        else threads.set(process, [thread]);
      }
    }
    return { threads, savedNames, kernelThreads };
  }
}
