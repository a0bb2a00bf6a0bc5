// Numbers of the causes about the device: dev.capped, dev.errors, dev.neighbour, dev.slow, and what they share.

import { thresholds } from './threshold.js';

const SURE_UNITS = { low: 'confidence', high: 'confidence' } as const;

export const CAPPED = thresholds('dev.capped', {
  flat: {
    value: 0.08,
    unit: 'share',
    means: 'An output that varies by no more than this from one half second to the next is flat.',
    basis: { prior: 'what is asked at random gives 10 % and more; a token bucket some per cent' },
  },
  leastOwn: {
    value: 0.6,
    unit: 'share',
    means: 'The victim must own this share of what waits in the device, or somebody else fills it.',
    basis: { prior: 'the larger part, and its journal’s writes are not its own' },
  },
  follows: {
    value: 0.25,
    unit: 'share',
    means:
      'Without a queue: how many requests are inside varies by this at least while the output is flat, so that how long each takes follows it.',
    basis: {
      derived:
        'three times what is flat. By Little’s law the output of a device that takes its time for each would vary like them',
    },
  },
  reached: {
    value: 0.9,
    unit: 'share',
    means:
      'A limit on a device beneath, of which this share is used, is what caps a device that takes no longer for each request than it may.',
    basis: {
      derived:
        'a throttle lets through its limit on average; what is paced by something else is as near by chance only',
    },
  },
  either: {
    value: 0.5,
    unit: 'confidence',
    means:
      'What is left of it, and of a slow device, where counters show a flat output and always as many requests inside.',
    basis: { derived: 'one of two: both stay candidates' },
  },
  fell: {
    value: 1.3,
    unit: 'ratio',
    means: 'A device that gave so many times as much before fell to the limit.',
    basis: { prior: 'a third more is beyond the spread of its output' },
  },
  sure: {
    value: { from: 0.02, low: 0.95, high: 0.7 },
    unit: { from: 'share', ...SURE_UNITS },
    means: 'How sure it is, by how much the output varies, from this up to where it is flat no more.',
    basis: { prior: 'nothing but a limit is flat to some per cent' },
  },
  depth: {
    value: { from: 3, to: 6, low: 0.85, high: 1 },
    unit: { from: 'requests', to: 'requests', ...SURE_UNITS },
    means: 'What is left of that by the queue inside the device.',
    basis: { derived: 'from what is called a queue to twice that' },
  },
});

export const ERRORS = thresholds('dev.errors', {
  aftermathMs: {
    value: 100,
    unit: 'ms',
    means: 'A failed request holds up what comes after it for this long.',
    basis: { prior: 'a retry, a remount, a report' },
  },
  leastFailed: {
    value: 10,
    unit: 'count',
    means: 'From counters, fewer calls that wrote nothing may be chance.',
    basis: { prior: 'a full pipe or an empty write now and then' },
  },
  untold: {
    value: 0.4,
    unit: 'confidence',
    means: 'How sure it is from counters, which tell that calls fail and not why.',
    basis: { derived: 'less than what is sure enough' },
  },
  sure: {
    value: { from: 1, to: 10, low: 0.8, high: 0.97 },
    unit: { from: 'requests', to: 'requests', ...SURE_UNITS },
    means: 'How sure it is, by the requests that failed.',
    basis: { prior: 'a single error may be a bad block that was mended since' },
  },
  callsOnly: {
    value: 0.7,
    unit: 'confidence',
    means: 'How sure it is where calls of the victim failed and no request did.',
    basis: { prior: 'the error may come from a filesystem that shut itself down before' },
  },
});

export const NEIGHBOUR = thresholds('dev.neighbour', {
  bursting: {
    value: { share: 0.01, irregular: 0.02, bytes: 0.35, slowed: 2 },
    unit: { share: 'share', irregular: 'share', bytes: 'share', slowed: 'ratio' },
    means:
      'Bursts that cost this share of the time (irregular ones the second), by one who moves this share of the device’s bytes and makes requests so many times slower, are named even so.',
    basis: { prior: 'a burst hurts while it lasts, however seldom it comes' },
  },
  leastBursts: {
    value: 2,
    unit: 'count',
    means: 'Fewer bursts than these are none.',
    basis: { prior: 'a single one may be a start or an end' },
  },
  slowed: {
    value: { to: 4, low: 0.65, high: 0.95 },
    unit: { to: 'ratio', ...SURE_UNITS },
    means: 'How sure it is, by how much slower its requests are in company, from the least that counts up to this.',
    basis: { prior: 'ordinary load makes them two to three times slower' },
  },
  neverAlone: {
    value: 0.45,
    unit: 'confidence',
    means:
      'How sure it is where its requests were never alone and took no longer than an ordinary disk may: a candidate, which a minute without the others decides.',
    basis: { prior: 'a device that serves many at once, each in that time, looks the same' },
  },
  share: {
    value: { to: 0.3, low: 0.8, high: 1 },
    unit: { to: 'share', ...SURE_UNITS },
    means: 'What is left of that by the share of its time in which others were served, up to this.',
    basis: { prior: 'the less time, the less it explains' },
  },
  leads: {
    value: 0.5,
    unit: 'share',
    means: 'It is told before a slow device or a ceiling where it explains this part of the waiting for the device.',
    basis: { prior: 'the larger part' },
  },
  unnamed: {
    value: 0.5,
    unit: 'confidence',
    means: 'What is left where a thread of the kernel writes, for whom is not known.',
    basis: { prior: 'it may write for the victim itself: that alone is no verdict' },
  },
});

export const HARM = thresholds('neighbour-harm', {
  slowed: {
    value: 1.5,
    unit: 'ratio',
    means: 'The victim’s requests must take so many times as long in company as alone.',
    basis: { prior: 'latencies differ by a third from hour to hour' },
  },
  leastShare: {
    value: 0.04,
    unit: 'share',
    means: 'Others must be served during this share of the victim’s time, while it waits.',
    basis: { prior: 'bursts hurt before they fill a tenth of the time' },
  },
  leastOfWaiting: {
    value: 0.15,
    unit: 'share',
    means: 'And during this share of its waiting for the device.',
    basis: { prior: 'less of the waiting than a sixth is not what the waiting is for' },
  },
  stillFast: {
    value: 0.2,
    unit: 'share',
    means: 'A request answered within this share of what an ordinary disk may take is not held up.',
    basis: { derived: 'a fifth of the solid norm is 1 ms, which solid-state disks take on ordinary days' },
  },
});

export const BENEATH = thresholds('beneath', {
  leastUsed: {
    value: 0.5,
    unit: 'share',
    means: 'A limit on a device beneath must be used up to this share to hold it back.',
    basis: { prior: 'a device that does less than half of what it may is held back by something else' },
  },
  commitBytes: {
    value: 32 * 1024,
    unit: 'B',
    means: 'So much more than it was given the filesystem between may write to the device beneath for each flush.',
    basis: {
      derived:
        'a commit of ext4 is a descriptor, the changed blocks of inodes, bitmaps, groups and extents, and a commit block: eight blocks of 4 KiB',
    },
  },
});

export const MAPPED = thresholds('mapped', {
  idleBeneath: {
    value: 0.9,
    unit: 'share',
    means:
      'A mapped device keeps to itself what the victim waits for while all that it stands on has nothing to do for this share of the time.',
    basis: { prior: 'a device that serves it is at work all that time; what others ask of it takes little' },
  },
});

export const SLOW = thresholds('dev.slow', {
  sure: {
    value: { from: 1, to: 3, low: 0.6, high: 0.95 },
    unit: { from: 'ratio', to: 'ratio', ...SURE_UNITS },
    means: 'How sure it is, by how many times the norm the device takes.',
    basis: { prior: 'the norm is generous; what takes three times as long is slow by any measure' },
  },
  sureFromCounters: {
    value: { from: 1, to: 2, low: 0.5, high: 0.75 },
    unit: { from: 'ratio', to: 'ratio', ...SURE_UNITS },
    means: 'The same from counters.',
    basis: { prior: 'time in a scheduler’s queue counts there as well' },
  },
  sureOfGrown: {
    value: { from: 4, to: 10, low: 0.6, high: 0.9 },
    unit: { from: 'ratio', to: 'ratio', ...SURE_UNITS },
    means: 'The same by how many times slower than before it is, where it is still within the norm.',
    basis: { derived: 'from the least by which a disk becomes slower' },
  },
  saturated: {
    value: 0.05,
    unit: 'share',
    means: 'CPUs that idle for less than this have no time left for a loop device’s workers.',
    basis: { prior: 'counters of ticks leave some per cent of idle time to a busy CPU' },
  },
  realTime: {
    value: 0.5,
    unit: 'share',
    means: 'A process in real time that ran for this share of a CPU’s time kept a loop device’s workers from that CPU.',
    basis: {
      cited:
        'sched(7): what runs in real time goes before all that does not, the kernel’s own workers among them; here, for the larger part',
    },
  },
  unsure: {
    value: 0.5,
    unit: 'confidence',
    means: 'What is left of it then.',
    basis: { prior: 'the CPUs explain it as well' },
  },
  hangs: {
    value: { leastOf: 20, mostShare: 0.1, times: 10, leastMs: 100 },
    unit: { leastOf: 'requests', mostShare: 'share', times: 'ratio', leastMs: 'ms' },
    means:
      'Of at least so many requests, or of any number where each of these took a second too long, up to this share of those from the first to the last of them makes up half of what they took beyond an ordinary disk’s time, each so many times longer than half of all, and this long: it hangs now and then.',
    basis: { prior: 'a slow disk is slow for most requests; a tenth with most of the time is something that happens' },
  },
  handful: {
    value: { least: 3, most: 9, mostShare: 0.35, part: 0.9 },
    unit: { least: 'requests', most: 'requests', mostShare: 'share', part: 'share' },
    means:
      'So many requests that took as long as a hang are told as hangs as well where they are up to this share of those from the first to the last of them, and make up this part of what all took beyond an ordinary disk’s time.',
    basis: {
      prior:
        'who waits for each answer, and rests, has two requests from one hang to the next; more than a handful of hangs is how the disk is, and where nothing else took too long it is not slow between them',
    },
  },
  leastBusy: {
    value: 0.5,
    unit: 'share',
    means:
      'Counters tell a slow disk, or others’ work on one beneath it, only where it had something to do for this share of the time that it may have been waited for.',
    basis: { derived: 'where it idled for more than half, most of the waits were for something else' },
  },
  leastHungMs: {
    value: 1000,
    unit: 'ms',
    means: 'Requests that have waited for this long when a recording ends are told as not answered.',
    basis: { prior: 'what is under way at the end is no news' },
  },
});
