// Numbers by which a disk is held against its own past: what is worth remembering, how much of it tells, and when it became slower.

import { thresholds } from './threshold.js';

export const STRETCHES = thresholds('past.stretches', {
  leastMs: {
    value: 1000,
    unit: 'ms',
    means: 'A disk’s latency is remembered and judged over stretches of at least this length.',
    basis: { derived: 'a sample of a recorder that runs for months is a second' },
  },
  mostMs: {
    value: 10_000,
    unit: 'ms',
    means: 'A stretch that is longer before enough requests came tells nothing.',
    basis: { prior: 'over longer times the load is not one load' },
  },
  exactTicks: {
    value: 10,
    unit: 'ms',
    means: 'Requests of a stretch tell their latency where they took as long as this together.',
    basis: { derived: 'the kernel counts in ms: ten of them are exact to a tenth' },
  },
  exactRequests: {
    value: 50,
    unit: 'requests',
    means: 'They do so as well where they are as many as this.',
    basis: { derived: 'the kernel’s ms over 50 requests are 20 µs each' },
  },
});

export const PAST = thresholds('past', {
  leastStretches: {
    value: 10,
    unit: 'count',
    means: 'A load of which fewer stretches are known tells nothing, nor does a day of it.',
    basis: { prior: 'ten seconds: the fewest of which a median is not moved by one or two that are held up' },
  },
  slower: {
    value: 4,
    unit: 'ratio',
    means: 'A disk is slower than it was where it takes more than so many times what it usually did at that load.',
    basis: {
      prior: 'what is no load of this disk, a busy CPU or a neighbour of it, makes it two to three times slower',
    },
  },
  leastMs: {
    value: 0.4,
    unit: 'ms',
    means: 'Less than this is fast, however it was before.',
    basis: { prior: 'waking a CPU, interrupts that wait for each other and the call itself take a tenth or two' },
  },
  leastStays: {
    value: 3,
    unit: 'count',
    means: 'It must be slower in at least so many stretches.',
    basis: { prior: 'a single one is a moment' },
  },
  deviceShare: {
    value: 0.5,
    unit: 'share',
    means: 'Where requests were traced, this part of their time must have been spent with the device.',
    basis: { prior: 'the larger part; counters hold the wait in a scheduler’s queue as well' },
  },
  acquitDays: {
    value: 3,
    unit: 'count',
    means: 'From so many days on a disk that is slow for its kind, and as it always was, is not called slow.',
    basis: { prior: 'the fewest of which a median is not one bad day’s' },
  },
  knownShare: {
    value: 0.7,
    unit: 'share',
    means: 'This part of what a disk did has to be at loads that its past knows, for it to be acquitted.',
    basis: { prior: 'most of it' },
  },
  sure: {
    value: { from: 4, to: 10, low: 0.7, high: 0.9 },
    unit: { from: 'ratio', to: 'ratio', low: 'confidence', high: 'confidence' },
    means: 'How sure it is that a disk is slow, by how many times slower than it was it is.',
    basis: { derived: 'from the least by which it becomes slower; ten times is beyond what load and neighbours do' },
  },
  rests: {
    value: { from: 10, to: 300, low: 0.8, high: 1 },
    unit: { from: 'count', to: 'count', low: 'confidence', high: 'confidence' },
    means: 'What is left of that by the stretches that its past rests on.',
    basis: { derived: 'from the fewest that tell up to five minutes of them' },
  },
});

export const AS_EVER = thresholds('past.asEver', {
  factor: {
    value: 2,
    unit: 'ratio',
    means: 'A disk does what it always did where its requests took no more than so many times the usual, all together.',
    basis: { prior: 'half of the least by which it becomes slower' },
  },
  slowShare: {
    value: 0.1,
    unit: 'share',
    means: 'No larger part of the requests’ time than this may be of stretches that took longer than they used to.',
    basis: { prior: 'a disk that hung once for a tenth of the time is not as ever' },
  },
});
