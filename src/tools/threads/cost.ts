// What a question costs the JVM that is asked. To list the owners of java.util.concurrent locks it walks its heap while all its threads stand still, so a
// large one is not asked without being told to.

import { THREADS } from '../../model/thresholds/threads.js';

/** Whether a JVM with so many bytes of memory may be asked for owners unasked. */
export function isQuickToWalk(residentBytes: number): boolean {
  return residentBytes <= THREADS.quickHeap;
}
