// Numbers of analysis/victim by which a victim's time and requests are found: whom it is about, what it waited for, which disk.

import { thresholds } from './threshold.js';

export const ACCOUNT = thresholds('account', {
  lostMarginMs: {
    value: 2000,
    unit: 'ms',
    means: 'So much before the first second that a watch saw lost, and behind the last, is judged with them.',
    basis: {
      derived:
        'a second counts as lost when most of it was, so that a stall may begin one before and end one behind; another shows what it was before',
    },
  },
  standsForParent: {
    value: 0.8,
    unit: 'share',
    means: 'A child that was held up for this part of what its parent was stands for it.',
    basis: { prior: 'a parent that only waits is held up as long as its child, but for starting and reaping it' },
  },
});

export const WAKERS = thresholds('wakers', {
  leastAnswered: {
    value: 0.25,
    unit: 'share',
    means:
      'A program on whose CPU packets were delivered sent them where the victim woke it in turn so often for each of them.',
    basis: {
      prior: 'a server that is busy is not woken by each request; a program that a packet interrupts is woken by none',
    },
  },
});

export const TIMELINE = thresholds('timeline', {
  longestWakeupMs: {
    value: 3,
    unit: 'ms',
    means: 'A longer wait for an idle CPU is one for a quota or for the hypervisor, and no wake-up.',
    basis: { cited: 'exit latencies of drivers/idle/intel_idle.c; Documentation/admin-guide/pm/cpuidle.rst' },
  },
  longSleepMs: {
    value: 50,
    unit: 'ms',
    means: 'Only a sleep of this length is surely the one that a sample shows.',
    basis: { derived: 'a sample is read some ms after its time, and on a busy machine tens of ms' },
  },
  nearSleeps: {
    value: 24,
    unit: 'count',
    means: 'So many sleeps with a stack are looked at on either side of one without.',
    basis: { prior: 'enough to meet each kind of wait of a thread’s loop, and few enough to be of the same time' },
  },
});

export const SAMPLES = thresholds('samples', {
  diskBusyShare: {
    value: 0.2,
    unit: 'share',
    means: 'A disk that worked for no more than this between two samples was idle.',
    basis: { prior: 'journals and others’ single writes keep an idle disk busy for some per cent' },
  },
  cgroupSamplesMs: {
    value: 600,
    unit: 'ms',
    means: 'A quota that ran out this much before or after a sample counts for it.',
    basis: { derived: 'cgroups are sampled twice a second, and a sample may be late' },
  },
  leftOutMs: {
    value: 2500,
    unit: 'ms',
    means: 'A thread of many that was not sampled for longer than this while the machine was, was left out meanwhile.',
    basis: { derived: 'threads are sampled once a second at least, and two samples may be late' },
  },
  meanWakeupMs: {
    value: 0.1,
    unit: 'ms',
    means: 'Waits for a CPU that last no longer than this in the mean are idle CPUs that wake up.',
    basis: { cited: 'kernel/sched/fair.c: a competitor’s slice (sysctl_sched_base_slice) is 0.7 ms or more' },
  },
});

export const OWN_REQUESTS = thresholds('own-requests', {
  wakeWithinMs: {
    value: 0.5,
    unit: 'ms',
    means: 'A wake-up this close behind a completion on the same CPU was caused by it.',
    basis: { derived: 'both run in one softirq, which takes some tens of µs' },
  },
  finishWithinMs: {
    value: 5,
    unit: 'ms',
    means: 'Where a thread of the kernel finishes the write first, it wakes the sleeper within this time.',
    basis: { prior: 'unwritten extents and checksums take a worker a millisecond or two, once it has a CPU' },
  },
  leastHeldMs: {
    value: 1,
    unit: 'ms',
    means: 'A bio that was queued later than this behind the sleep’s start was held back.',
    basis: { cited: 'block/blk-throttle.c: bios are released by a timer of the clock tick, 1 to 10 ms' },
  },
});

export const VICTIM_DISK = thresholds('victim-disk', {
  atWorkShare: {
    value: 0.2,
    unit: 'share',
    means: 'A disk at work for this share of the recording is one that the owner of an open file on it may wait for.',
    basis: { prior: 'the same limit as between two samples: below it a disk mostly idles' },
  },
  leastBytes: {
    value: 2 ** 20,
    unit: 'B',
    means:
      'What a process read from disks, or surely wrote to them, tells by which disks it can have gone from this on.',
    basis: {
      derived:
        'what is in flight when the last counters are read: some requests of at most 1280 KiB, and read-ahead of 128 KiB',
    },
  },
  leastTaken: {
    value: 0.5,
    unit: 'share',
    means: 'A disk that moved less than this of what its owner’s process moved is not where most of it went.',
    basis: { derived: 'more than half went elsewhere, so that another disk has most' },
  },
});

export const OF_TRACE = thresholds('of-trace', {
  leastWaited: {
    value: 0.01,
    unit: 'share',
    means: 'A block trace is not about a program with requests under way for less than this share of it.',
    basis: { prior: 'a hundredth is what a passing command takes; a victim waits for a tenth at least' },
  },
  asLong: {
    value: 0.9,
    unit: 'share',
    means: 'Programs that waited this part of the longest waited as long, and the one that moved least is the victim.',
    basis: { prior: 'two that wait for one queue differ by their own pace, some per cent' },
  },
});
