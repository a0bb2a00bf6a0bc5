// Whether a text begins as a log of statistics that is read.

import { isAtop } from './atop-json.js';
import { isSysstat } from './sysstat-json.js';

export function holdsStatistics(beginning: string): boolean {
  return isSysstat(beginning) || isAtop(beginning);
}
