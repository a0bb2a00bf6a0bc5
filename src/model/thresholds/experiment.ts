// Numbers by which the arms of an experiment are told apart, or told to be alike.

import { thresholds } from './threshold.js';

export const EXPERIMENT = thresholds('experiment', {
  wrongBlame: {
    value: 0.01,
    unit: 'share',
    means:
      'Of experiments in which no arm differs, at most this part tells that one does: the false discovery rate of all arms and measures together.',
    basis: { prior: 'whoever reads ‘this is the cause’ changes a fleet: five in a hundred wrong are too many' },
  },
  felt: {
    value: 1.1,
    unit: 'ratio',
    means: 'An arm that makes less than this of a difference is not told to differ, however sure that is.',
    basis: { prior: 'a tenth is what nobody notices' },
  },
  alike: {
    value: 1.25,
    unit: 'ratio',
    means:
      'Throughput and requests of an arm are unchanged where their interval leaves no more than this in either direction.',
    basis: { prior: 'a quarter is felt by whoever waits' },
  },
  alikeTimes: {
    value: 2,
    unit: 'ratio',
    means:
      'Times until a slow-down, and bursts a minute, are unchanged where their interval excludes a doubling and a halving.',
    basis: { prior: 'what takes away a cause takes away much more than half; smaller changes need hundreds of runs' },
  },
  sureness: {
    value: 0.95,
    unit: 'share',
    means:
      'Intervals of an arm’s figures, and of its ratio to the first arm’s, hold the true one in this share of cases.',
    basis: { cited: 'the usual level' },
  },
  gone: {
    value: 0.1,
    unit: 'share',
    means: 'Bursts of which an arm has no more than this part are told to be gone and not fewer.',
    basis: { prior: 'one in ten is left to other programs that happen to burst' },
  },
  exposure: {
    value: { times: 1.5, bursts: 5 },
    unit: { times: 'ratio', bursts: 'count' },
    means:
      'Where the runs of one arm are more than this many times as long as those of the other, bursts are compared only if the shorter ones have at least so many.',
    basis: {
      derived:
        'of Poisson’s counts with a mean of 5 one in 150 is 0 (e⁻⁵), and their spread is below half of it; up to 1.5 times a rate’s steps are much the same in both',
    },
  },
  orderEffect: {
    value: 0.05,
    unit: 'share',
    means:
      'That runs depend on what ran before them, or on how late they are, is told where it comes about by accident at most this often.',
    basis: { cited: 'the usual level of one test; it leads to a note and to no blame' },
  },
  mislabelled: {
    value: 0.1,
    unit: 'share',
    means:
      'A run counts as slow or fast with this chance of being the other: what is told from runs to be the fact behind it bears with so many.',
    basis: { prior: 'a stall that comes at random misses some runs of those that could have it' },
  },
  found: {
    value: 0.95,
    unit: 'share',
    means:
      'A fact is the one that makes the difference where its probability among all that are left is at least this.',
    basis: { cited: 'the usual level' },
  },
});
