// Readings, one after the other → a case of any part of the time that they tell of. Nothing of the tape's text is kept: each reading goes to
// the one decoder that it concerns. What opens a finished recording and what watches one grow both stand on this.

import { diffFacts } from '../analysis/machine/changes.js';
import type { Interval } from '../base/intervals.js';
import { CounterDecoder } from '../decode/counters.js';
import { FactSets } from '../decode/fact-sets.js';
import { FactsDecoder } from '../decode/facts.js';
import { ThreadLists } from '../decode/threads.js';
import type { Case } from '../model/case.js';
import type { Events } from '../model/events.js';
import type { FactChange, Facts } from '../model/facts.js';
import type { Loss } from '../model/losses.js';
import type { Part } from '../model/part.js';
import type { Manifest, Reading } from '../model/recording.js';
import { OwnReadingsDecoder } from '../recording/own-readings.js';

/** Sets of facts that a case holds, besides the last one: a night of changes has thousands, each as long as the first. */
const MOST_FACTS = 64;

/** What a case is made of besides readings. */
export interface CaseOf {
  readonly path: string;
  /** Times of the case count from its beginning; to Infinity it goes up to the recording's end. */
  readonly part: Part;
  readonly complete: boolean;
  readonly events?: Events;
  /** What was lost besides what the recorder said. */
  readonly losses: readonly Loss[];
}

/** The kernel tells lost events in the buffers' statistics, which the recorder keeps, and again in the pages behind each gap. */
function isToldTwice(loss: Loss, told: readonly Loss[]): boolean {
  return loss.code === 'events-overrun' && told.some((other) => other.code === 'events-overrun');
}

export class CaseBuilder {
  private readonly manifest: Manifest;
  private readonly marks = new FactSets();
  private readonly facts: FactsDecoder;
  private readonly counters = new CounterDecoder();
  private readonly threads = new ThreadLists();
  private readonly own: OwnReadingsDecoder;

  constructor(manifest: Manifest) {
    this.manifest = manifest;
    this.facts = new FactsDecoder(manifest.ticksPerSecond ?? NaN);
    this.own = new OwnReadingsDecoder(BigInt(manifest.start.monotonicNs));
  }

  /** Takes the next reading of the tape. */
  take(reading: Reading): void {
    const kind = this.marks.classify(reading);
    if (kind === 'member') this.facts.add(reading);
    else if (kind) this.facts.begin(kind, reading.atNs / 1e6);
    else {
      this.own.take(reading);
      this.threads.take(reading);
      this.counters.take(reading);
    }
  }

  /** Forgets what only a case that begins before `ms` would need. */
  forgetBefore(ms: number): void {
    this.facts.forgetBefore(ms);
    this.counters.forgetBefore(ms);
    this.own.forgetBefore(ms);
  }

  private factsWithin(part: Interval): { facts: Facts[]; changes: FactChange[] } {
    const facts: Facts[] = [];
    const changes: FactChange[] = [];
    let before: Facts | undefined;
    for (const set of this.facts.within(part)) {
      if (before) changes.push(...diffFacts([before, set]));
      if (facts.length > MOST_FACTS) facts.pop();
      facts.push((before = set));
    }
    return { facts, changes };
  }

  /** The case of a part. May be asked for again when more has been taken. */
  caseOf({ path, part, complete, events, losses }: CaseOf): Case {
    const { manifest } = this;
    const own = this.own.within(part);
    return {
      path,
      source: 'recording',
      manifest: part.from === 0 ? manifest : { ...manifest, start: later(manifest.start, part.from) },
      pageBytes: manifest.pageBytes ?? NaN,
      ticksPerSecond: manifest.ticksPerSecond ?? NaN,
      complete,
      durationMs: Math.min(part.to, part.wholeMs) - part.from,
      ...((part.from > 0 || part.to < part.wholeMs) && { part }),
      ...this.factsWithin(part),
      counters: this.counters.within(part),
      ...(events && { events }),
      victims: own.victims,
      threads: this.threads.threads(),
      savedNames: this.threads.names(),
      // None are seen where the recorder's numbers are not the kernel's, in a container.
      ...(own.kernelThreads.length > 0 && {
        kernelThreads: new Map(own.kernelThreads.map(({ pid, comm }) => [pid, comm])),
      }),
      attached: own.attached,
      probe: own.probe,
      recorder: own.recorder,
      trace: own.trace,
      space: own.space,
      files: own.files,
      losses: [...own.losses, ...losses.filter((loss) => !isToldTwice(loss, own.losses))],
    };
  }
}

function later(start: Manifest['start'], ms: number): Manifest['start'] {
  const { monotonicNs, wallMs, bootSeconds } = start;
  return {
    monotonicNs: (BigInt(monotonicNs) + BigInt(Math.round(ms * 1e6))).toString(),
    wallMs: wallMs + ms,
    ...(bootSeconds !== undefined && { bootSeconds: bootSeconds + ms / 1000 }),
  };
}
