// Where an arm's runs are made: on this machine, or in a guest where the arm has a kernel.

import { guest } from './guest.js';
import { here } from './here.js';
import type { PlannedArm } from './plan.js';
import type { Site } from './site.js';

export function siteOf({ machine }: PlannedArm): Site {
  return machine === undefined ? here : guest;
}
