// A live JVM → its threads, sample by sample: a dump by the attach protocol, and right behind it the kernel's view of the threads that the dump makes
// interesting. Nothing is left in the JVM but the socket that it listens on from then on, as after any jcmd.

import { UserError } from '../../base/errors.js';
import { isoTime } from '../../base/format.js';
import { dumpsIn } from '../../open/thread-dumps.js';
import { isQuickToWalk } from '../../tools/threads/cost.js';
import type { History } from '../../tools/threads/history.js';
import { askThreads } from './ask.js';
import { holdJvm, requireAnswers, type Jvm } from './jvm.js';
import { kernelViewOf } from './kernel-view.js';
import { Peers } from './peers.js';

export interface LiveRun {
  readonly pid: number;
  readonly samples: number;
  readonly everyMs: number;
  /** To list ownable synchronizers whatever the heap's size. */
  readonly synchronizers: boolean;
  readonly history: History;
  readonly nowMs: () => number;
  /** Settles after so many ms; with true where it is to stop. */
  readonly wait: (ms: number) => Promise<boolean>;
}

/** Takes the samples; tells in sentences what they lack. Throws a UserError where the JVM can't be asked. */
export async function sampleThreads(run: LiveRun): Promise<string[]> {
  const jvm = holdJvm(run.pid);
  try {
    requireAnswers(jvm);
    const synchronizers = run.synchronizers || isQuickToWalk(jvm.resident);
    await sampleAll(run, jvm, synchronizers);
    if (synchronizers) return [];
    return [
      'Owners of java.util.concurrent locks are not listed, as that stops a JVM of this size until its heap is walked: -l does it all the same.',
    ];
  } finally {
    jvm.folder.close();
  }
}

async function sampleAll(run: LiveRun, jvm: Jvm, synchronizers: boolean): Promise<void> {
  const startMs = performance.now();
  const peers = new Peers();
  for (let sample = 0; sample < run.samples; sample += 1) {
    const restMs = startMs + sample * run.everyMs - performance.now();
    if (restMs > 0 && (await run.wait(restMs))) return;
    const takenAt = isoTime(run.nowMs());
    const { text } = await askThreads(jvm, synchronizers);
    const [dump] = dumpsIn(text);
    if (!dump) throw new UserError(`Process ${jvm.pid} answered with no thread dump that is known.`);
    run.history.take(`process ${jvm.pid}`, { ...dump, ...(takenAt !== undefined && { takenAt }) }, (threads) =>
      kernelViewOf(jvm, threads, peers),
    );
  }
}
