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
