// Runs on this machine.

import { describeHere } from './describe.js';
import { checkChanges, makeRun } from './make-run.js';
import { outcomeOf } from './outcome.js';
import type { Site } from './site.js';

export const here: Site = {
  check: (plan, arm) => checkChanges(plan, arm),
  describe: describeHere,
  async run(request) {
    const made = await makeRun(request);
    return made && (await outcomeOf(made, request));
  },
};
