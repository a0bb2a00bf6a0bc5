// A cause that holds whatever was recorded, for tests of how causes are weighed against each other.

import { NO_INTERVALS } from '../../src/base/intervals.js';
import type { Cause, Found } from '../../src/causes/cause.js';

export function holding(id: string, share: number, confidence: number, different: Partial<Found> = {}): Cause {
  const found: Found = {
    kind: 'found',
    share,
    confidence,
    sentence: id,
    yardstick: { measure: id, value: '', against: '' },
    culprit: null,
    evidence: [],
    advice: [],
    lost: NO_INTERVALS,
    ...different,
  };
  return { id, layer: 'block', rank: 'verdict', proof: 'time', waits: [], examine: () => found };
}
