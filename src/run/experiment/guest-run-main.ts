// One run in a guest: `node guest-run-main.js '<GuestTask>'`, started by guest.ts's script. It makes the run as it would on any machine, and leaves what was
// measured as JSON and the recording where it is told. The status is 1 where it failed, with one sentence on standard error.

import { renameSync, writeFileSync } from 'node:fs';
import { UserError } from '../../base/errors.js';
import { checkChanges, makeRun } from './make-run.js';
import { parsePlan } from './plan.js';

/** What it is told. Paths are the guest's. */
export interface GuestTask {
  /** The plan's text. */
  readonly plan: string;
  readonly arm: string;
  readonly recording: string;
  readonly undoFolder: string;
  readonly tool: string;
  /** The command that runs this program. */
  readonly self: readonly string[];
  readonly isEmulated: boolean;
  /** The file for what was measured. */
  readonly result: string;
}

async function main(task: GuestTask): Promise<void> {
  const plan = parsePlan(task.plan, 'plan.yaml');
  const arm = plan.arms.find(({ name }) => name === task.arm);
  if (!arm) throw new UserError(`The plan has no arm ${task.arm}.`);
  checkChanges(plan, arm);
  const { undoFolder, tool, self, recording, isEmulated } = task;
  const made = await makeRun({
    plan,
    arm,
    undoFolder,
    tool,
    self,
    recording,
    isEmulated,
    // Whoever gives it up ends the guest.
    interrupted: new Promise<never>(() => {}),
    say: () => {},
    ask: (what) => Promise.reject(new UserError(`There is nobody in a guest to ask for: ${what}.`)),
    left: () => {},
  });
  writeFileSync(`${task.result}.new`, JSON.stringify(made));
  renameSync(`${task.result}.new`, task.result);
}

try {
  await main(JSON.parse(process.argv[2] ?? ''));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
