// Diagnosed recordings → what differs between them (model/differences.ts).

import type { Measures } from '../analysis/measures.js';
import { medianOf } from '../base/median.js';
import { wallTime } from '../model/case.js';
import { isNoStall, type Verdict } from '../model/diagnosis.js';
import type { Differences, DifferingGroup, Onsets } from '../model/differences.js';
import { Searches } from '../statistics/step-draws.js';
import { answerOf, sentenceOf } from './answer.js';
import { compareAtLoad } from './at-load.js';
import { drawnOf, type Drawn } from './charts.js';
import { factsOf, type FactSet } from './facts.js';
import { separate, separates, type FactGroup, type Side } from './separate.js';
import { measuresOf, type Measure } from '../onset/series.js';
import { whenOf } from './when.js';
import { compareGroups, compareTwo, windowsOf, type Window, type WindowsCompared } from './windows.js';

/** What searches for changes draw once. */
const SEARCHES = new Searches();

/** What is kept of a recording while others are opened. */
export interface Extract extends Drawn {
  /** Undefined where it has none. */
  readonly facts: FactSet | undefined;
  /** Of many, the median of each measure. */
  readonly medians: readonly Window[];
  readonly when: Onsets | undefined;
}

/** Up to so many recordings are searched for changes, and their samples kept. */
export const FEW = 2;

/** A stall is slow, none is fast, and what has no verdict is neither. */
function sideOf(verdict: Verdict | undefined): Side {
  if (!verdict || verdict.cause === 'inconclusive') return 'unknown';
  return isNoStall(verdict) ? 'fast' : 'slow';
}

/** What is left of a measure whose samples are not kept. */
function median({ id, label, unit }: Measure, values: Float64Array): Window {
  const alone = Float64Array.of(medianOf(values));
  return { measure: { id, label, unit, values: () => ({ t: new Float64Array(1), values: alone }) }, values: alone };
}

export interface ExtractOptions {
  /** The side that whoever compares says it is on. */
  readonly side: Side | undefined;
  /** Of its diagnosis, where one was made. */
  readonly verdict: Verdict | undefined;
  readonly place: number;
  /** Whether so few are compared that each is by its samples. */
  readonly isOfFew: boolean;
}

export function extractOf(m: Measures, { side, verdict, place, isOfFew }: ExtractOptions): Extract {
  const measures = measuresOf(m);
  const { path, manifest, durationMs } = m.input;
  return {
    about: {
      path,
      host: manifest.host ?? null,
      kernel: manifest.kernel ?? null,
      startedAt: wallTime(manifest, 0) ?? null,
      durationMs,
      side: side ?? sideOf(verdict),
      sideBy: side === undefined ? 'verdict' : 'asked',
      cause: verdict?.cause ?? null,
    },
    facts: factsOf(m),
    measures: isOfFew ? measures : drawnOf(measures, durationMs),
    medians: isOfFew ? [] : windowsOf(measures).map(({ measure, values }) => median(measure, values)),
    when: isOfFew ? whenOf(m, measures, place, SEARCHES) : undefined,
  };
}

/** Values by place among all recordings, of a group that only knows those with facts. */
function told(group: FactGroup, places: readonly number[], all: number): DifferingGroup {
  const facts = group.facts.map(({ name, area, values }) => {
    const byRecording = Array.from({ length: all }, (): string | null => null);
    values.forEach((value, at) => (byRecording[places[at] ?? 0] = value ?? null));
    return { name, area, values: byRecording };
  });
  return {
    sentence: sentenceOf(group),
    facts,
    division: group.division ? { ...group.division } : null,
    p: group.p,
    separates: separates(group),
  };
}

type MeasuresCompared = NonNullable<Differences['measures']>;

function toldMeasures(
  { compared, groups, tooShort }: WindowsCompared,
  before: string,
  after: string,
  atLoad: MeasuresCompared['atLoad'],
): MeasuresCompared {
  const notes =
    tooShort > 0
      ? [
          `${tooShort} of ${compared} measures could not be compared: they change so slowly that the recordings are too short for them.`,
        ]
      : [];
  return { compared, before, after, groups: groups.map((one) => ({ measures: [...one] })), atLoad, notes };
}

/** One recording before and after its change; two as they are; more as two groups of medians. */
function measuresBetween(extracts: readonly Extract[]): MeasuresCompared | null {
  const [one, other] = extracts;
  if (one && extracts.length === 1) {
    const [onset] = one.when?.changes ?? [];
    if (!onset) return null;
    const [from, to] = onset.withinMs;
    const [was, is] = [windowsOf(one.measures, -Infinity, from), windowsOf(one.measures, to)];
    return toldMeasures(compareTwo(was, is), 'before the change', 'after it', []);
  }
  if (one && other && extracts.length === 2) {
    const atLoad = compareAtLoad(one.measures, other.measures);
    return toldMeasures(
      compareTwo(windowsOf(one.measures), windowsOf(other.measures)),
      one.about.path,
      other.about.path,
      atLoad,
    );
  }
  const side = (wanted: Side) => extracts.filter(({ about }) => about.side === wanted).map(({ medians }) => medians);
  const [slow, fast] = [side('slow'), side('fast')];
  if (slow.length === 0 || fast.length === 0) return null;
  return toldMeasures(
    compareGroups(fast, slow),
    `${fast.length} fast recordings`,
    `${slow.length} slow recordings`,
    [],
  );
}

export function compareAll(extracts: readonly Extract[], tool: string): Differences {
  const having = extracts.flatMap(({ facts, about }, at) => (facts ? [{ facts, side: about.side, at }] : []));
  const sides = having.map(({ side }) => side);
  const separation = separate(
    having.map(({ facts }) => facts),
    sides,
  );
  const places = having.map(({ at }) => at);
  return {
    schema: 'iowitness.differences/1',
    tool,
    recordings: extracts.map(({ about }) => about),
    answer: extracts.length === 1 ? (extracts[0]?.when?.sentence ?? '') : answerOf(separation, sides),
    facts: {
      compared: separation.compared,
      groups: separation.groups.map((group) => told(group, places, extracts.length)),
      tried: separation.tried,
      perfectByAccident: separation.perfectByAccident,
      without: extracts.flatMap(({ facts }, at) => (facts ? [] : [at])),
    },
    measures: measuresBetween(extracts),
    when: extracts.flatMap(({ when }) => when ?? []),
  };
}
