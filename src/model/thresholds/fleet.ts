// Numbers by which the stalls of many hosts are told apart from the hosts that have none, and a host that is silent from one that is well.

import { thresholds } from './threshold.js';

export const FLEET = thresholds('fleet', {
  leastRatio: {
    value: 2,
    unit: 'ratio',
    means:
      'A fact is told to separate hosts where a host with it stalls so many times as often as one without it at the same load, or where it is the other way round.',
    basis: { prior: 'among thousands of hosts a difference of a tenth is beyond all doubt, and explains nothing' },
  },
  strata: {
    value: 10,
    unit: 'count',
    means: 'Hosts are compared within at most so many classes of load.',
    basis: {
      cited:
        'Cochran, The Effectiveness of Adjustment by Subclassification, Biometrics 24, 1968: five classes take away 90 % of what a confounder does, ten more',
    },
  },
  stallingOfStratum: {
    value: 5,
    unit: 'count',
    means: 'There are as many classes of load as leave each of them so many stalling hosts on average.',
    basis: { derived: 'with fewer a class often has none, and its other hosts say nothing' },
  },
  silentMs: {
    value: 180_000,
    unit: 'ms',
    means: 'A host that was not heard of for longer is silent.',
    basis: { derived: 'a host sends every minute: two of them may be lost' },
  },
  skewMs: {
    value: 60_000,
    unit: 'ms',
    means: 'A host whose clock is further off the store’s is told of.',
    basis: { derived: 'what a host sends lies in memory for up to a minute, by which its clock looks late' },
  },
  togetherMs: {
    value: 60_000,
    unit: 'ms',
    means: 'Silent hosts that were last heard of within so short a time fell silent together.',
    basis: {
      derived:
        'a host sends every minute: those that lose their way at one moment were last heard of in the minute before',
    },
  },
  togetherByChance: {
    value: 0.01,
    unit: 'share',
    means:
      'Hosts are told to have fallen silent together where as many would within as short a time by accident at most this often, each for a reason of its own.',
    basis: { prior: 'who looks every night is led astray once in three months at most' },
  },
});
