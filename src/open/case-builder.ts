// Readings, one after the other → a case of any part of the time that they tell of. Nothing of the tape's text is kept: each reading goes to
// the one decoder that it concerns. What opens a finished recording and what watches one grow both stand on this.

import { diffFacts } from '../analysis/machine/changes.js';
import { unbounded, type Allowance } from '../base/allowance.js';
import type { Interval } from '../base/intervals.js';
import { CounterDecoder } from '../decode/counters.js';
import { FactSets } from '../decode/fact-sets.js';
import { FactsDecoder, MOST_SETS } from '../decode/facts.js';
import { ThreadLists } from '../decode/threads.js';
import type { Case } from '../model/case.js';
import type { Events } from '../model/events.js';
import type { FactChange, Facts } from '../model/facts.js';
import { LossCounter, type Loss } from '../model/losses.js';
import type { Part } from '../model/part.js';
import type { Manifest, Reading } from '../model/recording.js';
import type { RecordedDumps } from './jvm-threads.js';
import { OwnReadingsDecoder } from '../recording/own-readings.js';

/** What a case is made of besides readings. */
export interface CaseOf {
  readonly path: string;
  /** Times of the case count from its beginning; to Infinity it goes up to the recording's end. */
  readonly part: Part;
  readonly complete: boolean;
  readonly events?: Events;
  /** What was lost besides what the recorder said. */
  readonly losses: readonly Loss[];
  /** Reads the thread dumps; absent where there are no files that hold them. */
  readonly dumps?: RecordedDumps;
}

/** The kernel tells lost events in the buffers' statistics, which the recorder keeps, and again in the pages behind each gap. */
function withoutRepeats(losses: readonly Loss[], told: readonly Loss[]): readonly Loss[] {
  const isTold = told.some(({ code }) => code === 'events-overrun');
  return isTold ? losses.filter(({ code }) => code !== 'events-overrun') : losses;
}

/** What is damaged everywhere is told as far as one can read. */
function fewOf(losses: readonly Loss[]): Loss[] {
  const few: Loss[] = [];
  const counter = new LossCounter('the recording', (loss) => few.push(loss));
  for (const loss of losses) counter.add(loss);
  counter.finish();
  return few;
}

export class CaseBuilder {
  private readonly manifest: Manifest;
  private readonly marks = new FactSets();
  private readonly facts: FactsDecoder;
  private readonly counters: CounterDecoder;
  private readonly threads: ThreadLists;
  private readonly own: OwnReadingsDecoder;
  private readonly allowance: Allowance;

  /** What is kept of the readings has to fit the allowance; what does not is passed over, and is a loss of the case. */
  constructor(manifest: Manifest, allowance = unbounded()) {
    this.manifest = manifest;
    this.allowance = allowance;
    this.facts = new FactsDecoder(manifest.ticksPerSecond ?? NaN, allowance);
    this.counters = new CounterDecoder(allowance);
    this.threads = new ThreadLists(allowance);
    this.own = new OwnReadingsDecoder(BigInt(manifest.start.monotonicNs), allowance);
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
      if (before) for (const change of diffFacts([before, set])) changes.push(change);
      if (facts.length > MOST_SETS) facts.pop();
      facts.push((before = set));
    }
    return { facts, changes };
  }

  private beyond(): Loss[] {
    const { refused } = this.allowance;
    return refused > 0 ? [{ code: 'beyond-bounds', where: 'machine.log: what its readings say', count: refused }] : [];
  }

  /** The case of a part. May be asked for again when more has been taken. */
  caseOf({ path, part, complete, events, losses, dumps }: CaseOf): Case {
    const { manifest } = this;
    const own = this.own.within(part);
    const jvms = dumps?.judge(own.dumps, manifest.start.wallMs + part.from) ?? [];
    const counters = this.counters.within(part);
    return {
      path,
      source: 'recording',
      manifest: part.from === 0 ? manifest : { ...manifest, start: later(manifest.start, part.from) },
      pageBytes: manifest.pageBytes ?? NaN,
      ticksPerSecond: manifest.ticksPerSecond ?? NaN,
      complete,
      durationMs: Math.min(part.to, part.wholeMs) - part.from,
      ...((part.from > 0 || part.to < part.wholeMs) && { part }),
      ...(part.from === 0 &&
        part.to >= part.wholeMs &&
        part.asked !== true &&
        manifest.lost && { lost: manifest.lost }),
      ...this.factsWithin(part),
      counters,
      ...(events && { events }),
      victims: own.victims,
      threads: this.threads.threads(),
      savedNames: this.threads.names(),
      // None are seen where the recorder's numbers are not the kernel's, in a container.
      ...(own.kernelThreads.length > 0 && {
        kernelThreads: new Map(own.kernelThreads.map(({ pid, comm }) => [pid, comm])),
      }),
      attached: own.attached,
      stopped: own.stopped,
      chains: own.chains,
      probe: own.probe,
      recorder: own.recorder,
      trace: own.trace,
      space: own.space,
      files: own.files,
      ...(own.past && { past: own.past }),
      ...(jvms.length > 0 && { jvms }),
      losses: fewOf([...own.losses, ...withoutRepeats(losses, own.losses), ...(dumps?.losses ?? []), ...this.beyond()]),
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
