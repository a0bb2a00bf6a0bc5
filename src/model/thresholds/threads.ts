// Numbers of `threads`: when a stack counts as cut, and when a holder that no stack shows is inferred.

import { thresholds } from './threshold.js';

export const THREADS = thresholds('threads', {
  defaultDepth: {
    value: 1024,
    unit: 'count',
    means: 'HotSpot prints no more frames of a stack than this, and does not say so.',
    basis: { cited: 'MaxJavaStackTraceDepth in src/hotspot/share/runtime/globals.hpp, 1024 in JDK 5 to 26' },
  },
  leastEqual: {
    value: 2,
    unit: 'count',
    means:
      'As many stacks that are the dump’s deepest, are as deep as each other and end in no thread’s beginning are cut by another limit.',
    basis: { prior: 'two unrelated stacks of the same depth that both end in the middle are no accident' },
  },
  leastShared: {
    value: 8,
    unit: 'count',
    means: 'Below this depth equal stacks are no sign of a limit.',
    basis: { cited: 'ThreadInfo.toString() prints 8 frames (MAX_FRAMES), the least that any printer keeps' },
  },
  leastSamples: {
    value: 3,
    unit: 'count',
    means: 'In as many samples a lock with the same waiters and no holder in sight is held for good, not handed over.',
    basis: { prior: 'a lock that is handed over has lost a waiter by the next sample' },
  },
  leastTogether: {
    value: 2,
    unit: 'count',
    means:
      'As many threads that all wait together again for an object of the same class at another address wait for the same one, which was moved.',
    basis: {
      prior: 'one thread may have gone on to another lock of that class; two that meet again at the next one are rare',
    },
  },
  leastInTask: {
    value: 2,
    unit: 'count',
    means: 'As many threads that wait for news at one place within a task of their pool are told of.',
    basis: { prior: 'one is what a pool is for; two at the same place may wait for the same' },
  },
  quickHeap: {
    value: 1_073_741_824,
    unit: 'B',
    means:
      'Of a JVM with at most this memory the owners of java.util.concurrent locks are listed unasked, for which its heap is walked while it stands still.',
    basis: { cited: 'apache/dubbo pull request 16195: 36 to 39 s for 65 GB, so about half a second a gigabyte' },
  },
});
