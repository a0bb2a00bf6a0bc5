// Numbers of analysis/attribution: which writers get a line of their own.

import { thresholds } from './threshold.js';

export const WRITERS = thresholds('writers', {
  leastShare: {
    value: 0.001,
    unit: 'share',
    means: 'Files with less than this of a device’s bytes are summed up by process, and processes with less together.',
    basis: { prior: 'a thousand lines are more than anybody reads, and a thousandth of the bytes stalls nobody' },
  },
});

/** When the bytes that reached a disk are held against those that were written by calls. */
export const WHO = thresholds('who', {
  leastCalled: {
    value: 0.5,
    unit: 'share',
    means:
      'Calls must have written at least this part of the data that reached the disk: less means that something else made pages dirty.',
    basis: {
      derived:
        'a page may be written back once more for each call that adds to it, which halves the calls’ part at two calls a page',
    },
  },
  mostWaiting: {
    value: 0.05,
    unit: 'share',
    means:
      'No more than this part of what calls wrote may still wait to be written back, or be of programs whose calls are not known.',
    basis: { prior: 'a twentieth leaves the first figure of the ratio as it is' },
  },
});
