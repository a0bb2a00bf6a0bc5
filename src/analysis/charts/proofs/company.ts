// Who was served by the device, and below it what the victim's own requests took at the same time.

import type { Chart } from '../../../model/charts.js';
import type { Axis } from '../axis.js';
import type { Shown } from '../../shown.js';
import { usersChart } from '../users.js';
import { ownLatency } from './latency.js';

export function companyProof({ at }: Shown, axis: Axis): Chart[] {
  return [...usersChart(at, axis), ...ownLatency(at, axis)];
}
