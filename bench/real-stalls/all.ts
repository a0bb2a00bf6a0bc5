// All scenarios, in the order of their files.

import type { Scenario } from './scenario.js';
import { scenarios as devices } from './scenarios/devices.js';
import { scenarios as frozen } from './scenarios/frozen.js';
import { scenarios as handful } from './scenarios/handful.js';
import { scenarios as healthy } from './scenarios/healthy.js';
import { scenarios as limits } from './scenarios/limits.js';
import { scenarios as locks } from './scenarios/locks.js';
import { scenarios as memory } from './scenarios/memory.js';
import { scenarios as neighbours } from './scenarios/neighbours.js';
import { scenarios as several } from './scenarios/several.js';
import { scenarios as shapes } from './scenarios/shapes.js';
import { scenarios as space } from './scenarios/space.js';
import { scenarios as stacks } from './scenarios/stacks.js';
import { scenarios as twoDisks } from './scenarios/two-disks.js';

export const SCENARIOS: readonly Scenario[] = [
  ...devices,
  ...neighbours,
  ...frozen,
  ...memory,
  ...limits,
  ...locks,
  ...space,
  ...healthy,
  ...stacks,
  ...twoDisks,
  ...handful,
  ...shapes,
  ...several,
];
