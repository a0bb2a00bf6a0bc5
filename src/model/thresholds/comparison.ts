// Numbers by which two recordings are held against each other: when the victim did comparable work.

import { thresholds } from './threshold.js';

export const COMPARISON = thresholds('comparison', {
  leastWork: {
    value: 0.5,
    unit: 'share',
    means:
      'A victim that moves less than this part of what it moved before is asked for less, and no stall of it says nothing.',
    basis: { prior: 'a program’s pace varies by two to three times by itself' },
  },
  ofItsWork: {
    value: 0.25,
    unit: 'share',
    means:
      'Reads, or writes, that were less than this part of all that it moved before are not what it was at work on.',
    basis: { prior: 'a quarter is felt where it is missing; less may be its log or its configuration' },
  },
  trifle: {
    value: 0.01,
    unit: 'share',
    means:
      'Reads, or writes, that make less than this part of all that was moved in both are not told beside its work.',
    basis: { prior: 'a hundredth is below what varies from run to run' },
  },
  changed: {
    value: 0.01,
    unit: 'share',
    means: 'A state of the victim that took less of its time than this in both recordings is not compared.',
    basis: { prior: 'a hundredth is below what varies from run to run' },
  },
});
