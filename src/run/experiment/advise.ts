// Recordings that are slow and fast, and the runs of an experiment, → their facts, and what to change next. Of an experiment's runs those that degraded are
// slow.

import { join } from 'node:path';
import { measure } from '../../analysis/measures.js';
import { UserError } from '../../base/errors.js';
import { factsOf, type FactSet } from '../../differences/facts.js';
import type { Side } from '../../differences/separate.js';
import { adviseNext, type Advice } from '../../experiment/next.js';
import type { ExperimentState } from '../../model/experiment.js';
import { openCase } from '../../open/recording.js';

export interface Labelled {
  readonly path: string;
  readonly side: Side;
}

/** Those that were made. */
export function labelledRuns(path: string, { runs }: ExperimentState): Labelled[] {
  return runs.flatMap(({ outcome }): Labelled[] =>
    outcome ? [{ path: join(path, outcome.recording), side: outcome.onsetSeconds === null ? 'fast' : 'slow' }] : [],
  );
}

/** Undefined where no fact differs between the slow and the fast ones. Throws a UserError where one kind is missing, or a recording can't be read. */
export async function adviseOn(
  labelled: readonly Labelled[],
  say: (path: string) => void,
): Promise<Advice | undefined> {
  for (const side of ['slow', 'fast'] as const)
    if (!labelled.some((one) => one.side === side))
      throw new UserError(
        `None of the runs is ${side}, so no fact can separate them: name recordings after --slow and --fast, or an experiment of which some runs degraded.`,
      );
  const sets: FactSet[] = [];
  const sides: Side[] = [];
  for (const { path, side } of labelled) {
    say(path);
    const facts = factsOf(measure(await openCase(path, { events: false })));
    if (!facts) continue;
    sets.push(facts);
    sides.push(side);
  }
  return adviseNext(sets, sides);
}
