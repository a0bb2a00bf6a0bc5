// Readings written by hand, or kept in memory, through the decoders of the tape at once.

import { unbounded } from '../../src/base/allowance.js';
import { CounterDecoder } from '../../src/decode/counters.js';
import { FactSets } from '../../src/decode/fact-sets.js';
import { FactsDecoder } from '../../src/decode/facts.js';
import type { Counters } from '../../src/model/counters.js';
import type { Facts } from '../../src/model/facts.js';
import type { Reading } from '../../src/model/recording.js';

const WHOLE = { from: 0, to: Infinity };

function decoded(readings: Iterable<Reading>, counters: CounterDecoder, facts: FactsDecoder): void {
  const marks = new FactSets();
  for (const reading of readings) {
    const kind = marks.classify(reading);
    if (kind === 'member') facts.add(reading);
    else if (kind) facts.begin(kind, reading.atNs / 1e6);
    else counters.take(reading);
  }
}

export function decodeCounters(readings: Iterable<Reading>, allowance = unbounded()): Counters {
  const counters = new CounterDecoder(allowance);
  decoded(readings, counters, new FactsDecoder(100));
  return counters.within(WHOLE);
}

export function decodeFacts(readings: Iterable<Reading>, allowance = unbounded()): Facts[] {
  const facts = new FactsDecoder(100, allowance);
  decoded(readings, new CounterDecoder(), facts);
  return [...facts.within(WHOLE)];
}
