// Numbers by which it is told what differs between recordings: what may be by accident, and how much makes a difference worth telling.

import { thresholds } from './threshold.js';

export const DIFFERENCES = thresholds('differences', {
  accident: {
    value: 0.05,
    unit: 'share',
    means:
      'A fact separates slow recordings from fast ones where as good a division among all that were tried comes about by accident at most this often.',
    basis: { cited: 'the usual level of a test, here for all divisions together (Bonferroni)' },
  },
  falseDiscovery: {
    value: 0.05,
    unit: 'share',
    means: 'Of the measures that are told to differ, at most this part does so by accident.',
    basis: { cited: 'Benjamini & Hochberg 1995; the usual level' },
  },
  leastDistance: {
    value: 0.33,
    unit: 'share',
    means:
      'Two distributions that are less apart than this (Kolmogorov’s distance) are not told to differ, however sure that is.',
    basis: { cited: 'a medium effect by Romano et al. 2006, for Cliff’s delta' },
  },
  felt: {
    value: 1.1,
    unit: 'ratio',
    means:
      'Distributions of which no part is so many times that of the other are not told to differ, however sure that is.',
    basis: { prior: 'a tenth is what nobody notices; levels of memory move by thousandths beyond all doubt' },
  },
  together: {
    value: 0.8,
    unit: 'ratio',
    means:
      'Measures whose means over time are correlated as much as this go up and down together, and are told as one.',
    basis: { prior: 'two thirds of what one does is then told by the other' },
  },
  fewBlocks: {
    value: 6,
    unit: 'count',
    means: 'A window that is worth fewer independent stretches than this can’t be told from another one.',
    basis: { derived: 'of 6 and 6 blocks one division of 924 is the rarest there is; with 4 and 4 it is one of 70' },
  },
  onsetAlarms: {
    value: 0.01,
    unit: 'share',
    means: 'Of recordings in which nothing changes, at most this part is told to change.',
    basis: {
      prior: 'a change is looked for in every recording that is compared: one false one in a hundred is bearable',
    },
  },
  counterMoves: {
    value: 0.002,
    unit: 'share',
    means: 'Of counters that don’t change, at most this part is told to move at any time of a recording.',
    basis: { prior: 'of 500 counters one moves by accident, and hardly ever about the onset' },
  },
  leastGrowth: {
    value: 1.25,
    unit: 'ratio',
    means: 'A level that grows or falls by less than this is not told to change.',
    basis: { prior: 'a quarter is felt by whoever waits; less varies by itself over hours' },
  },
  aboutMs: {
    value: 5000,
    unit: 'ms',
    means: 'What changes within this of the bounds of an onset is told beside it.',
    basis: {
      derived:
        'dirty_writeback_centisecs: what sets a writer back may show with the next round of the flusher, 5 s later',
    },
  },
});
