// A setting, mount, device or daemon changed during the recording. Never the verdict by itself: it stands beside whatever was found,
// because a change at the onset of a stall is the first thing to ask about.

import { NO_INTERVALS } from '../base/intervals.js';
import { number, said } from '../model/quantity.js';
import { duration } from '../base/format.js';
import type { FactChange } from '../model/facts.js';
import { SHOWN } from '../model/thresholds/judging.js';
import { defineCause, holds, ruledOut } from './cause.js';

function text(value: FactChange['before']): string {
  if (value === null) return 'nothing';
  return value.length > SHOWN.letters ? `${value.slice(0, SHOWN.letters - 3)}…` : value;
}

export const cause = defineCause({
  id: 'env.changed',
  layer: 'any',
  rank: 'beside',
  proof: 'time',
  waits: [],
  needs: ['facts'],
  judge({ input: { changes } }) {
    const [first] = changes;
    if (!first) return ruledOut('no setting, mount, device or daemon changed during the recording');
    return holds({ share: 0, confidence: 1, lost: NO_INTERVALS }, { first, changes });
  },
  tell: ({ first, changes }) => ({
    sentence: `${changes.length === 1 ? 'One thing' : `${changes.length} things`} changed during the recording, first ${first.what}, ${duration(first.atMs)} after its start.`,
    yardstick: { measure: 'changed', value: said`${number(changes.length)}`, against: `first ${first.what}` },
    culprit: first.what.startsWith('/') ? { kind: 'setting', name: first.what, file: first.what } : null,
    // The values are the settings’ own texts: they have no unit.
    evidence: changes.slice(0, SHOWN.changes).map((change) => ({
      measure: change.what,
      value: `${text(change.before)} → ${text(change.after)}`,
      meaning: `first seen ${duration(change.atMs)} after the start`,
      source: 'settings compared once a second',
    })),
    advice: ['Compare the time of the change with the onset of the stall.'],
  }),
});
