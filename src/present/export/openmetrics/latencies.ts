// Requests → histograms of how long each device took, dispatch to completion, by operation. The busiest have one each, all others share one.

import { entry } from '../../../base/maps.js';
import type { RequestTimes } from '../../../model/amounts.js';
import { numberText, type Family, type Labels, type Sample } from './exposition.js';

/** Upper bounds, seconds: a flash device, a busy one, a disk's seek, a stall. */
const BOUNDS = [0.0002, 0.001, 0.005, 0.02, 0.1, 0.5, 2, Infinity];
/** Each makes ten series. */
const MOST_HISTOGRAMS = 7;

class Latency {
  readonly counts = BOUNDS.map(() => 0);
  count = 0;
  sum = 0;

  add(seconds: number, weight: number): void {
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + weight;
    this.count += weight;
    this.sum += seconds * weight;
  }

  take(other: Latency): void {
    for (const [bucket, count] of other.counts.entries()) this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
    this.count += other.count;
    this.sum += other.sum;
  }

  samples(labels: Labels): Sample[] {
    let below = 0;
    const buckets = BOUNDS.map((bound, bucket) => {
      below += this.counts[bucket] ?? 0;
      return { suffix: '_bucket', labels: { ...labels, le: numberText(bound) }, value: below };
    });
    return [...buckets, { suffix: '_count', labels, value: this.count }, { suffix: '_sum', labels, value: this.sum }];
  }
}

/** Histograms that only grow: the busiest of the first requests have one each, for good. */
export class Latencies {
  private readonly told = new Map<string, { readonly labels: Labels; readonly latency: Latency }>();
  private readonly rest = new Latency();

  add(requests: RequestTimes): void {
    const found = latenciesOf(requests);
    for (const [key, one] of [...found].sort(([, a], [, b]) => b.latency.count - a.latency.count)) {
      const known = this.told.get(key);
      if (known) known.latency.take(one.latency);
      else if (this.told.size < MOST_HISTOGRAMS) this.told.set(key, one);
      else this.rest.take(one.latency);
    }
  }

  family(): Family {
    const { rest } = this;
    return {
      name: 'iowitness_request_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'How long devices took for their requests, dispatch to completion.',
      samples: [
        ...[...this.told.values()].flatMap(({ labels, latency }) => latency.samples(labels)),
        ...(rest.count > 0 ? rest.samples({ device: 'others', operation: 'others' }) : []),
      ],
    };
  }
}

function latenciesOf(requests: RequestTimes): Map<string, { readonly labels: Labels; readonly latency: Latency }> {
  const found = new Map<string, { readonly labels: Labels; readonly latency: Latency }>();
  for (let row = 0; row < requests.answered; row += 1) {
    const seconds = ((requests.completedMs[row] ?? NaN) - (requests.dispatchedMs[row] ?? NaN)) / 1000;
    if (!(seconds >= 0)) continue;
    const operation = requests.kind[row] ?? 'other';
    const device = requests.names[requests.device[row] ?? 0] ?? '';
    const { latency } = entry(found, `${operation} ${device}`, () => ({
      labels: { device, operation },
      latency: new Latency(),
    }));
    latency.add(seconds, requests.weight[row] ?? 1);
  }
  return found;
}
