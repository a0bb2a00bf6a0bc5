// Numbers by which a measured copy is judged: when its throughput has fallen for good, and how many latencies a percentile takes.

import { thresholds } from './threshold.js';

export const FALL = thresholds('fall', {
  ofNormal: {
    value: 0.5,
    unit: 'share',
    means: 'Throughput is low below this part of what it was before.',
    basis: { prior: 'half is more than load, drift and placement on a disk explain' },
  },
  stays: {
    value: 30,
    unit: 'count',
    means: 'It must have been low for so many intervals to have fallen for good.',
    basis: {
      prior: 'half a minute of seconds is longer than a journal’s commit, a burst of a neighbour or a flush of a cache',
    },
  },
  before: {
    value: 60,
    unit: 'count',
    means: 'What was normal is told from so many intervals before that at least.',
    basis: { derived: 'twice as many as must be low' },
  },
  mostlyLow: {
    value: 0.9,
    unit: 'share',
    means: 'So many of those intervals must be low.',
    basis: { prior: 'a single good second in a stall changes nothing' },
  },
  longerThanPast: {
    value: 3,
    unit: 'ratio',
    means: 'Where it was low before and recovered, it must be low for so many times the longest of those stretches.',
    basis: { prior: 'what has come back after a minute may do so again; three times as long it has not yet been' },
  },
  lowBefore: {
    value: 0.25,
    unit: 'share',
    means: 'Where more intervals than this were low before, there is no normal to fall from.',
    basis: { prior: 'the median is then no level but one of two' },
  },
});

export const ENOUGH = thresholds('enough', {
  byChance: {
    value: 0.05,
    unit: 'share',
    means:
      'A percentile is within its limit, or beyond it, where as few latencies over the limit, or as many, would be so rare by chance.',
    basis: { cited: 'the exact binomial test; 5 % is the usual level of one test of one disk' },
  },
});
