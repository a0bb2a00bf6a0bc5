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
});
