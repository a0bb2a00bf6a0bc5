// Threads of a dump → those whose stack lacks its first frames, and why. HotSpot stops after 1024 frames without a word, and with the frames go
// the lines that tell of locks taken in them: what is missing in a cut stack must not be read as 'not held'.

import { THREADS } from '../../model/thresholds/threads.js';
import type { DumpedThread, ThreadDump } from '../../model/thread-dump.js';

export interface Cut {
  readonly thread: DumpedThread;
  /** 'limit': as deep as the printer goes; 'elided': the dump says so; 'broken': its reader failed; 'end': the text ends in it. */
  readonly why: 'limit' | 'elided' | 'broken' | 'end';
}

/** The first method of a thread: java.lang.Thread's and its subclasses', main, and where virtual threads begin. */
const FIRST_FRAME =
  /^(?:java\.lang\.(?:Thread|VirtualThread)\.run|jdk\.internal\.vm\.Continuation\.enter|sun\.misc\.GC\$Daemon\.run|[\w.$]+Thread\.run|java\.lang\.ref\.\w+\$\w+\.run|[\w.$]+\.main)\(/;

function isWhole({ frames }: DumpedThread): boolean {
  return frames.length === 0 || FIRST_FRAME.test(frames.at(-1) ?? '');
}

/** The depth at which the dump's stacks are cut; undefined where none shows. */
function limitOf(threads: readonly DumpedThread[]): number | undefined {
  let [deepest, cut] = [0, 0];
  for (const thread of threads) {
    const depth = thread.frames.length;
    if (depth > deepest) [deepest, cut] = [depth, 0];
    if (depth === deepest && !isWhole(thread)) cut += 1;
  }
  if (cut === 0) return undefined;
  if (deepest === THREADS.defaultDepth) return deepest;
  return deepest >= THREADS.leastShared && cut >= THREADS.leastEqual ? deepest : undefined;
}

/** In the dump's order. */
export function cutStacks({ threads, ended, format }: ThreadDump): Cut[] {
  const limit = limitOf(threads);
  const cuts: Cut[] = [];
  threads.forEach((thread, at) => {
    const isWithout = !isWhole(thread);
    if (thread.elided) cuts.push({ thread, why: 'elided' });
    else if (thread.broken) cuts.push({ thread, why: 'broken' });
    else if (isWithout && thread.frames.length === limit) cuts.push({ thread, why: 'limit' });
    else if (isWithout && at === threads.length - 1 && !ended && format !== 'dump-to-file-json')
      cuts.push({ thread, why: 'end' });
  });
  return cuts;
}
