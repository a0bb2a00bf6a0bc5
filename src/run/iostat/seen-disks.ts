// What the kernel's events tell of each disk at each step of time, with the best that it has done since the run began. Where events are missing, it
// tells what is known all the same, and once why the rest is not.

import { disksWithin, type Pace, type SeenOfDisk } from '../../analysis/requests/disk-intervals.js';
import type { DiskInterval, Waits } from '../../model/disk-interval.js';
import type { LiveEvents, RequestsLack } from '../live-events.js';
import { WholeDisks } from '../../capture/whole-disks.js';

const NONE: Waits = { p99: NaN, max: NaN };
const IDLE: DiskInterval = { read: NONE, write: NONE, flush: NONE, busy: 0, ofBest: 0 };

/** As a sentence that is told once. */
const LACKS: Readonly<Record<RequestsLack, string>> = {
  untraced: 'This kernel does not tell when requests end, so --events shows nothing of them.',
  forgotten:
    'Events come so fast that less than an interval of them is kept: where that is so, their figures are `-`. Give a shorter interval.',
  overrun:
    'The kernel overwrote events before they were read: where that may be so, their figures are `-`. Fewer disks at work, or more CPU for this program, help.',
  sampled:
    'Requests come so fast that one small one of several is traced: meanwhile %busy and the longest are not known (`-`), and p99 and %best are of the sample.',
};

export class SeenDisks {
  private readonly events: Pick<LiveEvents, 'requestsOf'>;
  private readonly tell: (sentence: string) => void;
  private readonly disks: WholeDisks;
  private readonly best = new Map<string, Pace>();
  private readonly told = new Set<RequestsLack>();

  /** `tell` is given a sentence for each kind of loss, once. */
  constructor(
    events: Pick<LiveEvents, 'requestsOf'>,
    tell: (sentence: string) => void,
    disks: WholeDisks = new WholeDisks(),
  ) {
    this.events = events;
    this.tell = tell;
    this.disks = disks;
  }

  /** By the kernel's name, between two times of CLOCK_MONOTONIC; disks of which nothing is known are not among them. */
  within(from: bigint, to: bigint): Map<string, DiskInterval> {
    const { requests, stretch, nameOf, lack } = this.events.requestsOf(from, to);
    if (lack !== undefined && !this.told.has(lack)) {
      this.told.add(lack);
      this.tell(LACKS[lack]);
    }
    if (lack !== undefined && lack !== 'sampled') return new Map();
    const disks = requests ? disksWithin(requests, stretch) : [];
    const seen = new Map(disks.map((one) => [nameOf(one.disk), this.against(nameOf(one.disk), one)]));
    if (lack === 'sampled') return new Map([...seen].map(([name, one]) => [name, ofSample(one)]));
    // What makes requests, and was seen to make none, did nothing.
    for (const name of this.disks.makingRequests()) if (!seen.has(name)) seen.set(name, IDLE);
    return seen;
  }

  private against(name: string, { pace, best: now, read, write, flush, busy }: SeenOfDisk): DiskInterval {
    const before = this.best.get(name) ?? { requests: 0, bytes: 0 };
    const best = { requests: Math.max(before.requests, now.requests), bytes: Math.max(before.bytes, now.bytes) };
    this.best.set(name, best);
    const share = (of: keyof Pace): number => (best[of] > 0 ? pace[of] / best[of] : 0);
    return { read, write, flush, busy, ofBest: Math.min(1, Math.max(share('requests'), share('bytes'))) };
  }
}

/** The longest may not be in the sample, and what the others took of the time is not. */
function ofSample({ read, write, flush, ofBest }: DiskInterval): DiskInterval {
  const known = ({ p99 }: Waits): Waits => ({ p99, max: NaN });
  return { read: known(read), write: known(write), flush: known(flush), busy: NaN, ofBest };
}
