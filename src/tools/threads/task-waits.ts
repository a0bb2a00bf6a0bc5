// A judged dump → its threads that wait to be told to go on while they are within a task of a pool: for a free connection, a permit, or the result of another
// task. Such a wait is for no lock, so nothing else tells of it; an idle worker waits in the same methods, but outside of any task.

import { OF_JDK } from '../../base/java-names.js';
import { grouped } from '../../base/maps.js';
import type { DumpedThread } from '../../model/thread-dump.js';
import { methodOf } from './activity.js';
import { doingOf, type JudgedDump } from './judge.js';

/** Frames that are on a worker's stack only while it runs a task: of the JDK's fork-join pool, Jetty's pool, and a virtual thread, which is one. */
const RUNS_TASK =
  /^(?:java\.util\.concurrent\.ForkJoinTask\.doExec|org\.eclipse\.jetty\.util\.thread\.QueuedThreadPool\.runJob|java\.lang\.VirtualThread\.run)\(/;
/** The loop of a ThreadPoolExecutor, the JDK's or Tomcat's, which asks for the next task in `getTask`. */
const LOOP = /ThreadPoolExecutor\.runWorker\(/;
const ASKS = /ThreadPoolExecutor\.getTask\(/;

export interface TaskWait {
  /** The innermost method that is not the JDK's. */
  readonly method: string;
  readonly threads: readonly DumpedThread[];
}

/** The frame that begins its task; below 0 where it runs none. */
function taskAt({ frames }: DumpedThread): number {
  return frames.findLastIndex(
    (frame, at) => RUNS_TASK.test(frame) || (at > 0 && LOOP.test(frame) && !ASKS.test(frames[at - 1] ?? '')),
  );
}

/** The place that most wait at first; none of a task of the JDK's own. */
export function taskWaitsIn(judged: JudgedDump): TaskWait[] {
  const waiting = judged.dump.threads.flatMap((thread) => {
    if (doingOf(judged, thread).doing !== 'news') return [];
    const frame = thread.frames.slice(0, Math.max(0, taskAt(thread))).find((each) => !OF_JDK.test(each));
    return frame === undefined ? [] : [{ thread, method: methodOf(frame) }];
  });
  return [...grouped(waiting, ({ method }) => method)]
    .map(([method, found]) => ({ method, threads: found.map(({ thread }) => thread) }))
    .sort((a, b) => b.threads.length - a.threads.length);
}
