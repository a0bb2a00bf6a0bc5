// Numbers of `watch`: when a second counts as lost by a thread, when lost seconds are a stall, and how many stalls of a day are recorded.

import { thresholds } from './threshold.js';

export const LOST = thresholds('watch.lost', {
  waits: {
    value: 0.5,
    unit: 'share',
    means: 'A thread that was in an uninterruptible sleep at this part of the ten looks of a second has waited for it.',
    basis: { derived: 'more than half of the second was spent so' },
  },
  mostRuns: {
    value: 20,
    unit: 'per second',
    means: 'A thread that waited and ran no more often than this waited for tens of ms at a time: the second is lost.',
    basis: {
      prior:
        'a disk that turns answers within 15 ms, so a thread that only waits for one runs 60 times a second; the kernel’s pauses at the dirty limit last up to 200 ms (MAX_PAUSE in mm/page-writeback.c)',
    },
  },
  idle: {
    value: 0.5,
    unit: 'share',
    means:
      'A thread that waited for a disk for this much more of a second than all disks together had requests under way has lost it, whatever it got besides.',
    basis: { derived: 'for more than half of the second no disk worked for it, and none for anybody else' },
  },
  slowerShare: {
    value: 0.5,
    unit: 'share',
    means:
      'A disk has become slow in a second in which this part of its requests’ time was of such as took longer than they used to at the same load.',
    basis: { derived: 'more than half of what it did was slow, whichever kind of requests that is' },
  },
  progress: {
    value: 1_048_576,
    unit: 'B',
    means: 'A thread that read or wrote this much in the second gets what it asks for, however seldom it runs.',
    basis: { prior: 'half of one large request of a backup; a writer that the dirty limit holds back gets some kB' },
  },
  fallenTo: {
    value: 0.2,
    unit: 'share',
    means:
      'A thread that waits and runs this part as often as it usually does when it waits has lost the second as well.',
    basis: {
      prior: 'a device shared by two halves what each gets; a fifth is no neighbour but a device that has slowed',
    },
  },
  usualAfter: {
    value: 60,
    unit: 'count',
    means: 'What is usual is known after so many seconds in which the thread waited.',
    basis: { derived: 'the mean of 60 Poisson counts of 20 and more is off by 3 % at most' },
  },
  starved: {
    value: 0.5,
    unit: 'share',
    means: 'A thread that was ready to run for this part of a second and got no CPU has lost it.',
    basis: { derived: 'more than half of the second is lost' },
  },
  memoryFull: {
    value: 0.5,
    unit: 'share',
    means: 'A second in which all tasks waited for memory for this part of it is lost by all.',
    basis: { cited: 'Documentation/accounting/psi.rst: “full” is time in which nothing productive was done' },
  },
});

export const JVM_STALL = thresholds('watch.jvm', {
  fallenTo: {
    value: 1 / 3,
    unit: 'share',
    means:
      'A JVM of which one thread waits has lost a second in which no more threads ran than this part of those that ran in its busiest second of late.',
    basis: {
      prior:
        'of a pool that gets work at random the quietest second of a minute has half of its busiest; who waits for a lock does not run at all, and a few threads of the JVM always do',
    },
  },
  lookBack: {
    value: 30,
    unit: 'count',
    means: 'So many seconds are looked back for the busiest one.',
    basis: { prior: 'a lock that is kept for longer at a time is a stall that needs no comparison' },
  },
});

export const STALL = thresholds('watch.stall', {
  named: {
    value: { lost: 3, of: 5 },
    unit: { lost: 'count', of: 'count' },
    means: 'A watched service stalls when it lost so many of so many seconds.',
    basis: { prior: 'one flush of a journal or of a disk’s cache is over in two seconds' },
  },
  anybody: {
    value: { lost: 5, of: 8 },
    unit: { lost: 'count', of: 'count' },
    means: 'The same of a process that nobody named.',
    basis: {
      prior: 'a `sync` or the end of a copy waits some seconds by design, and nobody asked for it to be watched',
    },
  },
  calm: {
    value: 10_000,
    unit: 'ms',
    means: 'A stall is over when no second was lost for this time.',
    basis: {
      prior:
        'the flusher wakes every 5 s (vm.dirty_writeback_centisecs), so a stall that it makes comes back within 10 s',
    },
  },
  recorded: {
    value: 60_000,
    unit: 'ms',
    means: 'Of a stall that lasts longer this much is recorded after it was noticed.',
    basis: { prior: 'a cause that holds for a minute shows within it; at 5 MB/s of events it is 300 MB' },
  },
  longest: {
    value: 300_000,
    unit: 'ms',
    means:
      'After this time of one stall those that still lose are passed over until they have a second that they do not lose, so that others’ stalls are seen.',
    basis: {
      prior:
        'what recovers by itself has done so: two timeouts of a SCSI command with all of their steps of recovery are over; what has not (a dead server’s mount, a stopped worker) may stay for days',
    },
  },
  refractory: {
    value: 60_000,
    unit: 'ms',
    means: 'After a stall none is recorded for this time.',
    basis: { prior: 'the diagnosis of the last one runs meanwhile' },
  },
});

export const DAY = thresholds('watch.day', {
  recorded: {
    value: 24,
    unit: 'count',
    means: 'Stalls recorded within 24 hours; of those beyond it the count and the times are kept.',
    basis: { prior: 'one an hour; 24 recordings of some tens of MB fit into the usual 1 GiB' },
  },
  ofCause: {
    value: 6,
    unit: 'count',
    means: 'Recordings kept of one cause within 24 hours; of further stalls with it the verdict is kept alone.',
    basis: { prior: 'the sixth recording of a cause tells what the first five did' },
  },
});

export const AWAY = thresholds('watch.away', {
  leastAsleep: {
    value: 0.9,
    unit: 'share',
    means:
      'A watch that was asleep for this part of a time in which it should have been woken, and not ready to run meanwhile, tells that nothing ran.',
    basis: {
      prior:
        'a beat and the tick beside it take some ms of the tenth of a second before; a watch that is starved of CPU is ready for nearly all of such a time, and one that waits for a disk is not in its event loop',
    },
  },
});
