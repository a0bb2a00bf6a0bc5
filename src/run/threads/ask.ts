// A JVM that is asked for its threads, and what is said where it does not answer: it does not reach its safepoint then, and which of its threads sleep
// uninterruptibly is what keeps it from that.

import { several } from '../../base/format.js';
import { UserError } from '../../base/errors.js';
import { NoAnswer, threadPrint, type Printed } from './attach.js';
import type { Jvm } from './jvm.js';
import { uninterruptible, type SleepingThread } from './kernel-view.js';

/** A JVM that has not answered by then does not reach its safepoint, or gets no CPU. */
const LIMIT_MS = 10_000;
const SHOWN = 3;

/** Asks it for its threads, with the owners of java.util.concurrent locks where `synchronizers`. Throws a UserError where it does not answer. */
export async function askThreads(jvm: Jvm, synchronizers: boolean): Promise<Printed> {
  try {
    return await threadPrint(jvm, synchronizers, LIMIT_MS);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const sleeping = uninterruptible(jvm);
    throw new UserError(
      `Process ${jvm.pid} has not answered within ${LIMIT_MS / 1000} s: it does not reach a safepoint, or gets no CPU; ${
        sleeping.length === 0
          ? 'none of its threads sleeps uninterruptibly'
          : `asleep uninterruptibly (D): ${several(sleeping.map(whatHolds), SHOWN)}`
      }. It is not asked again.`,
    );
  }
}

function whatHolds({ name, nativeId, wchan, call, path, inFault }: SleepingThread): string {
  const place = wchan === null ? '' : ` in ${wchan}`;
  const how = inFault ? ' in a page fault' : call === null ? '' : ` in ${call}(2)${path === null ? '' : ` on ${path}`}`;
  return `${name} (${nativeId})${how}${place}`;
}
