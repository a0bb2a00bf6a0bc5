// A setting, mount, device or daemon changed during the recording. Never the verdict by itself: it stands beside whatever was found,
// because a change at the onset of a stall is the first thing to ask about.

import { duration } from '../base/format.js';
import { ruledOut, type Cause } from './cause.js';

export const cause: Cause = {
  id: 'env.changed',
  layer: 'any',
  rank: 'beside',
  needs: ['facts'],
  examine(m) {
    const { changes } = m.input;
    const first = changes[0];
    if (!first) return ruledOut('no setting, mount, device or daemon changed during the recording');
    const text = (value: string | null) =>
      value === null ? 'nothing' : value.length > 60 ? `${value.slice(0, 57)}…` : value;
    return {
      kind: 'found',
      share: 0,
      confidence: 1,
      sentence: `${changes.length === 1 ? 'One thing' : `${changes.length} things`} changed during the recording, first ${first.what}, ${duration(first.atMs)} after its start.`,
      culprit: first.what.startsWith('/') ? { kind: 'setting', name: first.what, file: first.what } : null,
      evidence: changes.slice(0, 10).map((change) => ({
        measure: change.what,
        value: `${text(change.before)} → ${text(change.after)}`,
        meaning: `first seen ${duration(change.atMs)} after the start`,
        source: 'settings compared once a second',
      })),
      advice: ['Compare the time of the change with the onset of the stall.'],
      lost: [],
    };
  },
};
