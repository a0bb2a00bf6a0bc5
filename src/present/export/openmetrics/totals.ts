// Running totals: bytes by program and device, how long devices took, the victim's time by state. Amounts are added, of one recording once or of
// one that goes on again and again, and no total ever falls: a series that has been told of stays, and what comes when there are as many as
// there may be is summed as `others`, for good.

import type { Amounts } from '../../../model/amounts.js';
import type { Family, Labels, Sample } from './exposition.js';
import { Latencies } from './latencies.js';

/** Of bytes by program; with one series for the reads and one for the writes of all others. */
const MOST_WRITERS = 60;
const OTHERS = 'others';

interface Sum {
  readonly labels: Labels;
  value: number;
}

function addTo(sums: Map<string, Sum>, labels: Labels, value: number): void {
  const key = JSON.stringify(labels);
  const sum = sums.get(key) ?? { labels, value: 0 };
  sum.value += value;
  sums.set(key, sum);
}

/** Bytes by the labels of their series, the most first. */
function sumsOf(writers: NonNullable<Amounts['writers']>): [key: string, sum: Sum][] {
  const sums = new Map<string, Sum>();
  for (const { device, layer, process, through, readBytes, writeBytes } of writers) {
    for (const [direction, bytes] of Object.entries({ read: readBytes, write: writeBytes })) {
      if (bytes === 0) continue;
      addTo(sums, { device, layer, program: process, direction, ...(through !== null && { through }) }, bytes);
    }
  }
  return [...sums].sort(([, a], [, b]) => b.value - a.value);
}

function totalsOf(sums: ReadonlyMap<string, Sum>): Sample[] {
  return [...sums.values()].map(({ labels, value }) => ({ suffix: '_total', labels, value }));
}

export class Totals {
  private readonly bytes = new Map<string, Sum>();
  private readonly others = new Map<string, Sum>();
  private readonly latencies = new Latencies();
  private readonly states = new Map<string, Sum>();

  add({ writers = [], requests, states = [] }: Amounts): void {
    for (const [key, { labels, value }] of sumsOf(writers)) {
      if (this.bytes.has(key) || this.bytes.size < MOST_WRITERS) addTo(this.bytes, labels, value);
      else addTo(this.others, { device: OTHERS, program: OTHERS, direction: labels['direction'] ?? '' }, value);
    }
    if (requests) this.latencies.add(requests);
    for (const { state, ms } of states) addTo(this.states, { state }, ms / 1000);
  }

  families(): Family[] {
    return [
      {
        name: 'iowitness_victim_state_seconds',
        type: 'counter',
        unit: 'seconds',
        help: 'The victim’s wall time by state; the states are exclusive and sum to its wall time.',
        samples: totalsOf(this.states),
      },
      {
        name: 'iowitness_io_bytes',
        type: 'counter',
        unit: 'bytes',
        help: 'Bytes that devices completed, by the program behind them: what the flusher wrote is given to those who made the pages dirty.',
        samples: [...totalsOf(this.bytes), ...totalsOf(this.others)],
      },
      this.latencies.family(),
    ];
  }
}
