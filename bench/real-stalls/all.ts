// All scenarios, in the order of their files.

import type { Scenario } from './scenario.js';
import { scenarios as devices } from './scenarios/devices.js';
import { scenarios as frozen } from './scenarios/frozen.js';
import { scenarios as healthy } from './scenarios/healthy.js';
import { scenarios as limits } from './scenarios/limits.js';
import { scenarios as locks } from './scenarios/locks.js';
import { scenarios as memory } from './scenarios/memory.js';
import { scenarios as neighbours } from './scenarios/neighbours.js';
import { scenarios as space } from './scenarios/space.js';

export const SCENARIOS: readonly Scenario[] = [
  ...devices,
  ...neighbours,
  ...frozen,
  ...memory,
  ...limits,
  ...locks,
  ...space,
  ...healthy,
];
