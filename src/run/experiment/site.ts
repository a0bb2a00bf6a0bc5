// Where the runs of an arm are made: on this machine, or somewhere that stands for another one. The closed table of sites.ts has one for each word that a
// plan may use; the rest of an experiment (order, state on disk, statistics) knows no more of them than this.

import type { RunOutcome } from '../../model/experiment.js';
import type { Plan, PlannedArm } from './plan.js';

/** What a site is given for one run. */
export interface RunRequest {
  readonly plan: Plan;
  readonly arm: PlannedArm;
  /** The recording to make. */
  readonly recording: string;
  readonly undoFolder: string | undefined;
  readonly tool: string;
  /** The command that runs this program. */
  readonly self: readonly string[];
  /** True in a guest whose CPU is emulated: to look as often as elsewhere would take all of it. */
  readonly isEmulated?: boolean;
  /** Settles when the run is to be given up: everything is put back, and the run is made again another time. */
  readonly interrupted: Promise<unknown>;
  /** What it is at: 'resetting', 'warming up', 'running, 12 s of 60 s'. */
  readonly say: (what: string) => void;
  /** Waits until a person says that something has been done by hand, or an interrupt comes; throws a UserError where there is nobody to ask. */
  readonly ask: (what: string) => Promise<void>;
  /** Hears of what a person has to take back after an interrupt, where nobody is asked any more. */
  readonly left: (what: string) => void;
}

export interface Site {
  /** Throws a UserError where the arm can't be run there; changes nothing. */
  check(plan: Plan, arm: PlannedArm): void;
  /** What is done and undone for a run, in the order in which it is, for `--dry-run`. */
  describe(plan: Plan, arm: PlannedArm, self: readonly string[]): readonly string[];
  /** Makes one run. Undefined where it was interrupted. Throws a UserError where it fails. Whatever ends it, everything is put back. */
  run(request: RunRequest): Promise<Omit<RunOutcome, 'recording'> | undefined>;
}
