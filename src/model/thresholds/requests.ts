// Numbers of analysis/requests: what an ordinary disk may take, when one is slow or has become so, and when it gives a fixed rate.

import { thresholds } from './threshold.js';

const NORM_UNITS = { fixedMs: 'ms', flushMs: 'ms', bytesPerMs: 'B/ms' } as const;

/** The slowest that still passes for healthy, by kind of disk. */
export const NORMS = thresholds('norm', {
  solid: {
    value: { fixedMs: 5, flushMs: 25, bytesPerMs: 20_000 },
    unit: NORM_UNITS,
    means:
      'What a solid-state or network disk may take for a request and for a flush, and the least that it transfers.',
    basis: {
      prior: 'such disks answer in 0.1 to 2 ms and give tens of MB/s at least; a flush may have to empty a write cache',
    },
  },
  spinning: {
    value: { fixedMs: 20, flushMs: 60, bytesPerMs: 20_000 },
    unit: NORM_UNITS,
    means: 'The same for a spinning disk, and for one of which nobody knows whether it spins.',
    basis: { derived: 'a seek and half a turn at 7200 a minute are about 13 ms; a flush takes several of them' },
  },
});

export const FOLLOW = thresholds('follow', {
  overtakenMs: {
    value: 100,
    unit: 'ms',
    means:
      'Where events were lost, or left out for a sample, a request is given up when one that was dispatched this much later has been answered.',
    basis: {
      prior: 'schedulers and disks reorder by some ms; what is overtaken by this much hangs, or has ended unseen',
    },
  },
});

export const DISK_LOAD = thresholds('disk-load', {
  smallBytes: {
    value: 64 * 1024,
    unit: 'B',
    means: 'Requests up to this size are judged as small ones, larger ones apart from them.',
    basis: { derived: '64 KiB at the norm’s 20 MB/s take 3 ms: below that the fixed part of the norm decides' },
  },
  windowMs: {
    value: 500,
    unit: 'ms',
    means: 'Slowness is judged in windows of this length, so that a fast stretch does not average a slow one away.',
    basis: {
      prior: 'a window must hold several requests of a slow disk, and a stall that is noticed holds several windows',
    },
  },
  mostWindows: {
    value: 100_000,
    unit: 'windows',
    means: 'Longer recordings have longer windows, so that there are no more than these.',
    basis: { prior: 'fourteen hours of half seconds; beyond that memory matters more than half a second' },
  },
  tellingShare: {
    value: 0.3,
    unit: 'share',
    means: 'A class of requests that took this much of a window’s service time speaks for the window.',
    basis: { prior: 'at most three classes can have as much at once, so none of them is a sideline' },
  },
  grownTimes: {
    value: 4,
    unit: 'ratio',
    means: 'A disk became slower where it takes more than so many times as long as before.',
    basis: { prior: 'the load alone makes ordinary disks two to three times slower' },
  },
  grownLeast: {
    value: 0.2,
    unit: 'share',
    means: 'Less than this of what an ordinary disk may take is fast, however it was before.',
    basis: { derived: 'a fifth of the solid norm is 1 ms, which solid-state disks take on ordinary days' },
  },
  leastWindows: {
    value: 3,
    unit: 'windows',
    means: 'A disk’s pace must be known from so many windows before it grew, and stay so for as many.',
    basis: { prior: 'the least of which a median is not just the worse of two' },
  },
  staysShare: {
    value: 0.6,
    unit: 'share',
    means: 'It must be slower in at least this many of the windows that follow.',
    basis: { prior: 'more than half, with room for windows that a cache answers' },
  },
  stretchMs: {
    value: 250,
    unit: 'ms',
    means: 'Counters are judged over stretches of at least this length.',
    basis: { derived: 'io_ticks counts in clock ticks of up to 10 ms: over 250 ms they are exact to 4 per cent' },
  },
  stretchRequests: {
    value: 2,
    unit: 'requests',
    means: 'A stretch in which fewer requests completed goes on until it has as many.',
    basis: { prior: 'one completion may belong to a request of the stretch before' },
  },
});

export const CEILING = thresholds('ceiling', {
  windowMs: {
    value: 500,
    unit: 'ms',
    means: 'A fixed rate is looked for in windows of this length.',
    basis: { derived: 'five of the 100 ms slices in which block/blk-throttle.c lets requests through' },
  },
  leastWindows: {
    value: 4,
    unit: 'windows',
    means: 'Fewer windows with a queue are no pattern.',
    basis: { prior: 'a spread over three values is hardly known at all' },
  },
  queuedRequests: {
    value: 3,
    unit: 'requests',
    means: 'So many requests in the device, on average over a window, are a queue.',
    basis: { prior: 'a writer with one request in flight and its journal’s make two' },
  },
  fewestCounted: {
    value: 25,
    unit: 'requests',
    means:
      'Where counters show no queue, a window is as long as it takes for so many: of fewer it is not known how even they come.',
    basis: { derived: 'one more or less of 25 is half of what an output may vary by that is flat' },
  },
  mostFlushing: {
    value: 0.5,
    unit: 'share',
    means: 'Counters of a disk that flushes for more of a window than this show no queue inside it.',
    basis: {
      cited:
        'block/blk-flush.c: one flush is under way at a time, and what needs one waits for the next; here, for most of what is counted',
    },
  },
  longestGap: {
    value: 2,
    unit: 'windows',
    means: 'So many windows in a row without a queue end it.',
    basis: { prior: 'one may be a pause of the load; two are a second without a queue' },
  },
  trimmedLittle: {
    value: { dropped: 0.2, factor: 2.5 },
    unit: { dropped: 'share', factor: 'ratio' },
    means: 'Without the fifth of the windows that is furthest off, the spread counts so many times.',
    basis: {
      derived:
        '0.66 of a normal distribution’s standard deviation is left (times 1.5), and it is less certain than that of all',
    },
  },
  trimmedMuch: {
    value: { dropped: 0.4, factor: 5 },
    unit: { dropped: 'share', factor: 'ratio' },
    means: 'Without the two fifths that are furthest off, it counts so many times.',
    basis: { derived: '0.46 of a normal distribution’s is left (times 2.2), and it is twice as uncertain again' },
  },
});

export const BURSTS = thresholds('bursts', {
  joinBins: {
    value: { short: 3, middle: 6, long: 12 },
    unit: 'bins',
    means: 'Gaps shorter than this are within one burst; the longer ones only where that makes the bursts regular.',
    basis: { derived: 'in bins of 50 ms: 150, 300 and 600 ms, the slices into which a throttle cuts a burst' },
  },
  leastRegular: {
    value: 0.8,
    unit: 'share',
    means: 'Bursts are periodic where 1 − the coefficient of variation of their distances is at least this.',
    basis: {
      prior: 'timers drift by less than a fifth under load; bursts at random have a deviation as large as the mean',
    },
  },
  mostChance: {
    value: 0.02,
    unit: 'share',
    means: 'And where bursts at random times would be as regular no more often than this.',
    basis: {
      derived:
        'three bursts at random are regular within a fifth once in five times, five of them once in eighty: the fewer they are, the closer they have to be',
    },
  },
  ofHeight: {
    value: 0.25,
    unit: 'share',
    means: 'A burst is above this part of the typical height.',
    basis: { prior: 'well above a background, well below the dips within a burst' },
  },
  heightQuantile: {
    value: 0.9,
    unit: 'share',
    means: 'The typical height is this quantile of the bins that are not empty.',
    basis: { prior: 'high enough to pass over a background, with room above it for single outliers' },
  },
  mostCovered: {
    value: 0.8,
    unit: 'share',
    means: 'What is up for more of the time than this is a steady load, and no bursts.',
    basis: { prior: 'with a fifth of the time between them, bursts still leave gaps that somebody would notice' },
  },
  leastDistances: {
    value: 2,
    unit: 'count',
    means: 'A period takes so many distances between bursts.',
    basis: { derived: 'one distance has no spread' },
  },
});

/** Of live counters, every 10 ms. */
export const LIVE_BURSTS = thresholds('bursts.live', {
  leastDistances: {
    value: 3,
    unit: 'count',
    means: 'A period takes so many distances between bursts.',
    basis: { derived: 'two distances are as alike as that once in a thousand times only where they differ by 0.1 %' },
  },
  mostDistances: {
    value: 16,
    unit: 'count',
    means: 'A period is looked for in no more than the last so many distances.',
    basis: { prior: 'a dozen beats and some; what was another way longer ago is another period' },
  },
  mostChance: {
    value: 0.001,
    unit: 'share',
    means: 'A period is told where bursts at random times would be as regular no more often than this.',
    basis: { derived: 'each burst is another look: of fifty bursts at random one series in thirty is called periodic' },
  },
  heightShare: {
    value: 0.5,
    unit: 'share',
    means:
      'Bins are background below the part of a height that a burst has to be above; here the height is that of the bins, highest first, that hold this share of all.',
    basis: { derived: 'half of what is moved, however many small bins the rest is in' },
  },
  leastRequests: {
    value: 8,
    unit: 'count',
    means: 'A burst has so many requests, or moves what the next line says.',
    basis: { prior: 'fewer are a file’s block with its journal entry, and no burst' },
  },
  leastBytes: {
    value: 131_072,
    unit: 'B',
    means: 'A burst moves so much, or has as many requests as the line before says.',
    basis: {
      derived: 'what a kernel reads ahead unless it is told otherwise: a single read of a file’s beginning is none yet',
    },
  },
  requestBytes: {
    value: 4096,
    unit: 'B',
    means: 'A request weighs as much as so many bytes, beside its own, where bursts are told by their height.',
    basis: { derived: 'a page: the smallest request that most filesystems make' },
  },
  contrast: {
    value: 3,
    unit: 'ratio',
    means: 'While it lasts a burst moves so many times what the disk moves on average of the last two minutes.',
    basis: { prior: 'small writes at random come twice as dense as usual now and then, seldom three times' },
  },
  hides: {
    value: 5,
    unit: 'ratio',
    means: 'An average hides a burst where the burst’s peak is so many times what the average shows.',
    basis: { prior: 'a reader allows for twice or three times what is shown, not for five times' },
  },
});
