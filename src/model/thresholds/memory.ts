// Numbers of the causes about memory and the page cache: mem.dirty-backpressure, mem.dirty-limit, mem.reclaim, mem.swap, mem.thrash, and
// what they share.

import { thresholds } from './threshold.js';

const SURE_UNITS = { to: 'share', low: 'confidence', high: 'confidence' } as const;

export const MEMORY = thresholds('memory', {
  reached: {
    value: 0.9,
    unit: 'share',
    means: 'A cgroup’s memory limit that is used up to this share makes its processes reclaim.',
    basis: { prior: 'the kernel reclaims in batches, so use stays a little under the limit' },
  },
  leastPerSecond: {
    value: 50,
    unit: 'per second',
    means: 'Fewer faults or swapped pages a second come back without anybody noticing.',
    basis: { prior: 'at 1 ms each, 50 take a twentieth of the time' },
  },
});

export const THROTTLED = thresholds('throttled', {
  leastWritten: {
    value: 0.1,
    unit: 'share',
    means:
      'From counters alone, a disk that was written less than this share of what the victim wrote in the later half of its pauses is not the one that it was paused for.',
    basis: {
      prior:
        'whoever is paused is kept to what its disk takes; pages that are rewritten in memory leave a part, and a disk that is only read none',
    },
  },
});

export const BACKPRESSURE = thresholds('mem.dirty-backpressure', {
  mostForeign: {
    value: 0.5,
    unit: 'share',
    means: 'Where more of what the device served belonged to others than this, they fill it.',
    basis: { prior: 'the larger part' },
  },
  sure: {
    value: { to: 0.9, low: 0.6, high: 0.95 },
    unit: SURE_UNITS,
    means: 'How sure it is, by the share of the pauses in which the device worked, up to this one.',
    basis: { prior: 'a device that works all along sets the pace; gaps may be those of a limit' },
  },
});

export const DIRTY_LIMIT = thresholds('mem.dirty-limit', {
  collapsed: {
    value: 0.01,
    unit: 'share',
    means: 'A limit under this share of the memory that can be dirty is far under what memory allows.',
    basis: { derived: 'a twentieth of the kernel’s default of 20 % (vm.dirty_ratio)' },
  },
  binds: {
    value: 0.5,
    unit: 'share',
    means: 'A device’s own limit is the one in force where it is under this part of the machine’s.',
    basis: { prior: 'a device that may have most of the limit has no limit of its own' },
  },
  othersFill: {
    value: 0.5,
    unit: 'share',
    means: 'Who else made pages dirty for this share of the limit while it was recorded is told as filling it.',
    basis: { prior: 'the larger part: the limit is one for all' },
  },
  lowOfTotal: {
    value: 0.02,
    unit: 'share',
    means: 'A limit that is a share of memory, and this share of all memory or more, is no low one.',
    basis: {
      derived: 'a tenth of the kernel’s default of 20 % (vm.dirty_ratio), which memory that can’t be dirty takes away',
    },
  },
  lowRatio: {
    value: 5,
    unit: '%',
    means: 'A vm.dirty_ratio under this is named as the setting.',
    basis: { derived: 'a quarter of the kernel’s default of 20 %' },
  },
  sure: {
    value: { from: 0.1, low: 0.97, high: 0.6 },
    unit: { from: 'share', low: 'confidence', high: 'confidence' },
    means:
      'How sure it is, by the share of the pauses in which the device worked, from this one up to where it had no room.',
    basis: { prior: 'a device that idles while the writer is paused is not to blame' },
  },
  notCollapsed: {
    value: 0.85,
    unit: 'confidence',
    means: 'With a limit that has not collapsed it is worth this part of that.',
    basis: { prior: 'such a limit may be meant' },
  },
});

export const SWAP = thresholds('mem.swap', {
  inMemoryMs: {
    value: 0.02,
    unit: 'ms',
    means: 'Swap in memory (zram) answers without a sleep: each page costs its reader about this much CPU.',
    basis: { prior: 'a fault and the decompression of 4 KiB take 10 to 30 µs' },
  },
  ofTurns: {
    value: 0.5,
    unit: 'share',
    means:
      'Where so many of its turns on a CPU ended in a fault that had to read, swapping is told before what it waited for a CPU.',
    basis: { derived: 'the larger part: without the faults it would keep its CPU for whole slices' },
  },
});

export const THRASH = thresholds('mem.thrash', {
  leastAgain: {
    value: 0.3,
    unit: 'share',
    means: 'This share of what it read must have been in memory shortly before.',
    basis: { prior: 'refaults are counted for the whole machine; a cold start has next to none' },
  },
  leastThrownOut: {
    value: 0.5,
    unit: 'ratio',
    means: 'So much must be thrown out for what is read again, or it is not memory that is short.',
    basis: {
      derived: 'where memory is full each page that comes throws one out; half for what is thrown out of others’',
    },
  },
  leastReads: {
    value: 0.5,
    unit: 'share',
    means: 'Without stacks, reads must be this share of what it moved, or it did not wait for them.',
    basis: { prior: 'the larger part' },
  },
  sure: {
    value: { to: 0.6, low: 0.7, high: 0.93 },
    unit: SURE_UNITS,
    means: 'How sure it is, by the share that was read again, up to this one.',
    basis: { prior: 'with most of it read again, memory is what is missing' },
  },
});

export const NO_READ_AHEAD = thresholds('mem.no-read-ahead', {
  least: {
    value: 50,
    unit: 'requests',
    means: 'So many reads must have brought no more than was asked for, each where the one before ended.',
    basis: { prior: 'a stall of seconds has thousands; fewer may be the beginning of each of some small files' },
  },
  leastOfReads: {
    value: 0.5,
    unit: 'share',
    means: 'They must be this part of its reads.',
    basis: { prior: 'the larger part: random reads go on in order by accident only' },
  },
  merged: {
    value: 4,
    unit: 'count',
    means:
      'The usual read-ahead would bring so many of its requests at once; a setting that asks for more is no cause.',
    basis: { prior: 'what costs less than four times the waits is not what a reader in order is slow for' },
  },
  bySetting: {
    value: { to: 0.4, low: 0.75, high: 0.95 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means:
      'How sure it is where the disk’s setting says so, by the share of its time that it waited for cached reads, from what is noticed up to this one.',
    basis: { prior: 'requests and setting say the same: what is open is whether it matters' },
  },
  byAdvice: {
    value: { to: 0.4, low: 0.6, high: 0.8 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means: 'The same where only the requests say so.',
    basis: { prior: 'what the program told the kernel is not recorded, and only follows from the requests' },
  },
  wholePages: {
    value: 0.85,
    unit: 'share',
    means:
      'Where its calls leave more of a page untaken, a request, than the rest of this, it may have read small files one after the other.',
    basis: {
      derived:
        'who reads a file in order takes all of each page; a file that ends within a page leaves the rest of it, half of one on average',
    },
  },
  mostTaken: {
    value: 2,
    unit: 'ratio',
    means:
      'Calls that take so many times what requests of several pages bring are fed from elsewhere, and don’t tell how large the requests could be.',
    basis: {
      prior: 'compressed data, or a file half of which is in memory: of a file read in order each byte is taken once',
    },
  },
});

export const RECLAIM = thresholds('mem.reclaim', {
  wholeSleepMs: {
    value: { from: 90, to: 112 },
    unit: 'ms',
    means: 'A sleep in congestion_wait(HZ/10) that lasts this long was not ended early.',
    basis: {
      derived:
        'ten ticks of 10 ms may lose most of one, and what is woken waits a tick for a CPU; at 250 and 1000 Hz it is nearer to 100',
    },
  },
  leastSleeps: {
    value: 5,
    unit: 'count',
    means: 'Fewer such sleeps than this make no pattern.',
    basis: { prior: 'half a second of them' },
  },
  mostlyAsleep: {
    value: 0.5,
    unit: 'share',
    means: 'Where reclaim spends this part of its time in such sleeps, they are what it costs.',
    basis: { prior: 'the larger part' },
  },
});
