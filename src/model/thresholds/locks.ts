// Numbers of analysis/victim about locks in user space: which threads are a convoy, and how far a chain of waits is followed.

import { thresholds } from './threshold.js';

export const CONVOY = thresholds('convoy', {
  leastWaits: {
    value: 3,
    unit: 'count',
    means: 'A thread that waited or let others go fewer times than this is not in a convoy.',
    basis: { prior: 'a start and an end of a pool are two; three are a habit' },
  },
  leastShare: {
    value: 0.25,
    unit: 'share',
    means: 'Nor is one that waited for less of its life than this.',
    basis: { prior: 'a lock that takes less than a quarter of a thread’s time hardly limits it' },
  },
  forWork: {
    value: 0.5,
    unit: 'share',
    means:
      'A thread that waits for work during this much of the waiting that is known waits for it in what is not known.',
    basis: { prior: 'the larger part' },
  },
  leastWithin: {
    value: 0.75,
    unit: 'share',
    means: 'This much of the waiting must be ended by threads of the convoy itself.',
    basis: { prior: 'a lock is passed on among those that use it; workers of a pool are given work by everybody' },
  },
  leastHandedOn: {
    value: 1 / 3,
    unit: 'share',
    means: 'Of the turns that ended while another still waited, so many let one go.',
    basis: { prior: 'each turn at a lock does, but for those that found it taken again; a worker lets nobody go' },
  },
});

export const LOCK_OWNERS = thresholds('lock-owners', {
  deepest: {
    value: 4,
    unit: 'count',
    means: 'A chain of waits is followed so far: for one who waits for one who waits.',
    basis: { prior: 'chains of databases are two or three long; the bound ends circles' },
  },
});

export const JAVA_DEADLOCK = thresholds('app.deadlock', {
  leastDumps: {
    value: 2,
    unit: 'count',
    means: 'A circle of threads that fewer thread dumps show is told by none.',
    basis: { prior: 'a circle in one dump is one, and may be undone by an interrupt; in two it has lasted' },
  },
  sure: {
    value: 0.98,
    unit: 'confidence',
    means: 'How sure it is.',
    basis: { derived: 'the JVM itself names who has each lock: as sure as a score can be' },
  },
});

export const JAVA_LOCK = thresholds('java-lock', {
  leastDumps: {
    value: 2,
    unit: 'count',
    means: 'A lock that fewer thread dumps show waited for is told by none.',
    basis: { prior: 'any lock may be waited for at one moment; in two samples it is more than that' },
  },
  leastWaiters: {
    value: 2,
    unit: 'count',
    means: 'As many threads must be seen to wait for it at once.',
    basis: { derived: 'one thread behind a lock is no convoy, as with CONVOY' },
  },
  leastOwned: {
    value: 0.5,
    unit: 'share',
    means: 'Whoever has it in this part of the dumps that show it is told as its holder.',
    basis: { prior: 'the larger part: others have it in between' },
  },
});
