// Diagnosed recordings → what differs between them (model/differences.ts).

import type { Measures } from '../analysis/measures.js';
import { isNoStall, type Diagnosis } from '../model/diagnosis.js';
import type { ComparedRecording, Differences, DifferingGroup } from '../model/differences.js';
import { answerOf, sentenceOf } from './answer.js';
import { factsOf, type FactSet } from './facts.js';
import { separate, separates, type FactGroup, type Side } from './separate.js';

/** What is kept of a recording while others are opened. */
export interface Extract {
  readonly about: ComparedRecording;
  /** Undefined where it has none. */
  readonly facts: FactSet | undefined;
}

/** A stall is slow, none is fast, and what has no verdict is neither. */
function sideOf({ verdict }: Diagnosis): Side {
  if (verdict.cause === 'inconclusive') return 'unknown';
  return isNoStall(verdict) ? 'fast' : 'slow';
}

/** `asked`: the side that whoever compares says it is on. */
export function extractOf(measures: Measures, diagnosis: Diagnosis, asked?: Side): Extract {
  const { path, host, kernel, startedAt, durationMs } = diagnosis.recording;
  return {
    about: {
      path,
      host,
      kernel,
      startedAt,
      durationMs,
      side: asked ?? sideOf(diagnosis),
      sideBy: asked === undefined ? 'verdict' : 'asked',
      cause: diagnosis.verdict.cause,
    },
    facts: factsOf(measures),
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
    answer: answerOf(separation, sides),
    facts: {
      compared: separation.compared,
      groups: separation.groups.map((group) => told(group, places, extracts.length)),
      tried: separation.tried,
      perfectByAccident: separation.perfectByAccident,
      without: extracts.flatMap(({ facts }, at) => (facts ? [] : [at])),
    },
    measures: null,
    when: [],
  };
}
