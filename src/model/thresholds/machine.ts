// Numbers of analysis/machine: what changed on the machine, and who lived long enough to count.

import { thresholds } from './threshold.js';

export const CHANGES = thresholds('changes', {
  settledMs: {
    value: 10_000,
    unit: 'ms',
    means: 'A process that has lived this long is a daemon, and no passing command.',
    basis: { prior: 'jobs of cron and shells end within seconds; what outlives ten of them was meant to stay' },
  },
});
